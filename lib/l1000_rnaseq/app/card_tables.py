"""The tables of a gene's card: columns of plain numbers and texts, rounded, None where there is nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.labels import in_words_of_the_form
from l1000_rnaseq.search.by_gene import best_hits
from l1000_rnaseq.search.consensus_groups import of_one_type
from l1000_rnaseq.search.control_levels import expressed
from l1000_rnaseq.search.filters import Filters, listed
from l1000_rnaseq.search.gene_values import GeneValues
from l1000_rnaseq.search.grade import explain
from l1000_rnaseq.search.index import Index

DIGITS = {
    "log2fc": 2, "cd": 4, "relative_rank": 3, "agreement": 2, "strength": 2, "p_vehicle": 3, "level": 2,
    "mean": 2, "expected": 2, "of_target": 3,
}  # fmt: skip
"""Decimals of a column; p and fdr keep two digits that count."""
SIGNIFICANT = ("p", "fdr")
OF_SIGNATURE = (
    "sig_id", "compound", "pert_iname", "pert_id", "type", "cell_id", "dose", "dose_unit", "time",
    "n_treated", "n_controls", "agreement", "strength", "p_vehicle", "control", "batch", "source",
    "mechanism", "targets", "flags",
)  # fmt: skip
UNITS = {"uM": "µM", "um": "µM", "uL": "µl", "ul": "µl"}
OF_GENE = ("how often the gene moves", "how well the gene is followed")
N_CONSENSUS, N_ONCE = 20, 6
N_EVERY = 3000
CONSENSUS = ["signatures", "groups", "cell_lines", "relative_rank", "log2fc", "up", "down", "p", "fdr"]
CONSENSUS += ["grade", "other_lines", "lines_agree"]
"""Columns of `consensus` that are shown."""


def rows_by_type(index: Index, filters: Filters) -> dict[str, np.ndarray | str]:
    """Return the rows of each perturbation type that pass the filters, or why a type has none."""
    there = index.signatures["type"].value_counts().index.astype(str)
    asked = [name.lower() for name in listed(filters.type)]
    rows: dict[str, np.ndarray | str] = {}
    for kind in [kind for kind in there if not asked or kind.lower() in asked] or listed(filters.type):
        try:
            every = np.arange(len(index.signatures))
            rows[kind] = replace(filters, type=kind).select(index.signatures, every)
        except ValueError as error:
            rows[kind] = in_words_of_the_form(error)
    return rows


def best_signatures(
    index: Index, query: GeneQuery, of_type: dict[str, np.ndarray | str], values: GeneValues
) -> tuple[pd.DataFrame, list[dict]]:
    """Find the signatures that move a gene most, up and down, for each perturbation type.

    Parameters
    ----------
    index : Index
    query : GeneQuery
    of_type : dict
        Of `rows_by_type`.
    values : GeneValues

    Returns
    -------
    DataFrame, row number of the signature × (direction, log2fc, cd, rank, of, concordant)
    list of dict (type, up, down, silent)
        up, down: how many signatures pass the filters. silent: why a type has none, else "".

    Raises
    ------
    ValueError
        No type has one.
    """
    parts, types = [], []
    ways = ("up", "down") if query.direction == "both" else (query.direction,)
    for kind, rows in of_type.items():
        found = {"type": kind, "up": 0, "down": 0, "silent": rows if isinstance(rows, str) else ""}
        types.append(found)
        if found["silent"]:
            continue
        try:
            kept = {what: getattr(values, what)[rows] for what in ("log2fc", "cd", "rank")}
            entries = query.filters.select_entries(pd.DataFrame(kept, rows))
        except ValueError as error:
            found["silent"] = in_words_of_the_form(error)
            continue
        hits = [best_hits(index, entries, query.gene, way, query.by, query.n) for way in ways]
        sizes = entries["cd" if query.by == "rank" else query.by].to_numpy()
        found |= {"up": int((sizes > 0).sum()), "down": int((sizes < 0).sum())}
        if not sum(map(len, hits)):
            found["silent"] = f"No signature moves {query.gene} {query.direction} under these filters."
        types[-1] = found
        parts += hits
    if all(kind["silent"] for kind in types):
        raise ValueError(types[0]["silent"])
    return pd.concat(parts), types


def rows_of_hits(hits: pd.DataFrame, found: pd.DataFrame) -> dict:
    """Return hits as columns, with what speaks for them (of `evidence`); direction is 1 up, −1 down."""
    table = {"row": hits.index.to_series(), "direction": hits["direction"].map({"up": 1, "down": -1})}
    table |= {name: hits[name] for name in ("log2fc", "cd", "rank", "concordant")}
    return columns(table | {name: found[name] for name in ("grade", "other_lines", "lines_agree")})


def evidence_words(tables: dict[str, pd.DataFrame]) -> dict:
    """Say what speaks for the rows of some tables and what against, each sentence once.

    Parameters
    ----------
    tables : dict
        Name → rows with the parts of their grade.

    Returns
    -------
    dict
        said: [name, sentence] of all parts. For each table: for each row, which of them. What is not known,
        and what is the same for all hits of the gene, is left out.
    """
    said: dict[tuple[str, str], int] = {}
    words = {}
    for name, table in tables.items():
        words[name] = [
            [
                said.setdefault((part, sentence), len(said))
                for part, value, sentence in explain(row)
                if value is not None and part not in OF_GENE
            ]
            for row in table.to_dict("records")
        ]
    return {"said": [list(pair) for pair in said]} | words


def signature_table(signatures: pd.DataFrame, rows: Sequence[int]) -> dict:
    """Return what some signatures are of, with their row numbers."""
    rows = sorted(set(rows))
    if not rows:
        return {"row": []} | {name: [] for name in OF_SIGNATURE if name in signatures}
    table = signatures.iloc[rows][[name for name in OF_SIGNATURE if name in signatures]]
    table = table.assign(dose=as_number(table["dose"]), time=as_number(table["time"]))
    units = table["dose_unit"].astype(str)
    return {"row": list(map(int, rows))} | columns(table.assign(dose_unit=units.replace(UNITS)))


def as_number(column: pd.Series) -> pd.Series:
    """Read a column of texts as numbers, NaN where there is none."""
    return pd.to_numeric(column.astype(str), errors="coerce").astype(float)


@dataclass(frozen=True)
class Perturbagens:
    """What the perturbagens of some signatures are, whatever the gene.

    Attributes
    ----------
    table : DataFrame, perturbagen × (type, mechanism, targets, has_name)
        Called as `consensus` calls them. has_name: by more than an id.
    of_signature : int array, signatures
        Row of `table`.
    cell_lines : list of str
    line_of_signature : int array, signatures
    """

    table: pd.DataFrame
    of_signature: np.ndarray
    cell_lines: list[str]
    line_of_signature: np.ndarray

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "Perturbagens":
        """Read them off `Index.signatures`, or some of its rows."""
        texts = signatures[["compound", "pert_id", "type", "mechanism", "targets"]].astype(str)
        names = of_one_type(texts["compound"], texts["type"])
        table = texts.groupby(names)[["type", "mechanism", "targets"]].first()
        only_ids = names[texts["compound"] == texts["pert_id"]].unique()
        line, lines = pd.factorize(signatures["cell_id"].astype(str))
        table = table.assign(has_name=~table.index.isin(only_ids))
        return cls(table, table.index.get_indexer(names), list(lines), line)


def most_consistent(table: pd.DataFrame, has_name: pd.Series, once: bool = False) -> pd.DataFrame:
    """Return the perturbagens that move a gene most consistently up, and then those down.

    Parameters
    ----------
    table : DataFrame
        Of `consensus`, by compound.
    has_name : Series, perturbagen → bool
        Of `Perturbagens` (see `first_of_a_side`).
    once : bool
        Those that were seen in one group only, by the size of their rank, in place of those seen in several.
    """
    groups, rank = table["groups"].to_numpy(), table["relative_rank"].to_numpy()
    if once:
        rows = np.flatnonzero(groups == 1)
        rows = rows[np.argsort(-np.abs(rank[rows]), kind="stable")]
        return table.iloc[np.concatenate([rows[sign * rank[rows] > 0][:N_ONCE] for sign in (1, -1)])]
    rows = np.flatnonzero(groups > 1)
    named = has_name.reindex(table.index).to_numpy(bool)
    sides = [rows[sign * rank[rows] > 0] for sign in (1, -1)]
    return table.iloc[np.concatenate([side[first_of_a_side(named[side], N_CONSENSUS)] for side in sides])]


def first_of_a_side(has_name: np.ndarray, n: int) -> np.ndarray:
    """Return the positions of the first n, at most half of them without a public name to look up."""
    return np.flatnonzero(has_name | (np.cumsum(~has_name) <= n // 2))[:n]


def consensus_columns(best: pd.DataFrame, perturbagens: Perturbagens) -> dict:
    """Return rows of `consensus` as columns, with what the perturbagens are."""
    known = perturbagens.table.iloc[perturbagens.table.index.get_indexer(best.index)]
    table = {"perturbagen": best.index.to_series()} | {name: best[name] for name in CONSENSUS}
    return columns(table | {name: known[name] for name in ("type", "mechanism", "has_name")})


def every_perturbagen(table: pd.DataFrame) -> dict:
    """Return the relative rank of every perturbagen that was seen in several groups, for comparing genes.

    Returns
    -------
    dict (perturbagen, code)
        code: a letter for each, chr(35) for −1 to chr(125) for +1, in steps of 1/45.
    """
    groups = table["groups"].to_numpy()
    rows = np.argsort(-groups, kind="stable")[: min(N_EVERY, int((groups > 1).sum()))]
    names = table.index.to_numpy()[rows]
    order = np.argsort(names)
    steps = np.rint(45 * (1 + table["relative_rank"].to_numpy()[rows[order]])).astype(int)
    return {"perturbagen": names[order].tolist(), "code": "".join(chr(35 + step) for step in steps.tolist())}


def control_levels(index: Index, symbol: str) -> dict:
    """Return how much of a gene untreated cells of each line have, log2(CPM+1), and whether it is on.

    Lines whose level is not known are left out.
    """
    level = index.levels(symbol)[symbol].dropna()
    words = pd.Series(expressed(level), level.index, object)
    return columns({"cell_id": level.index.to_series(), "level": level, "is": words})


def columns(table: pd.DataFrame | dict[str, pd.Series]) -> dict:
    """Return a table as lists: rounded, None where missing, flags as 0 and 1."""
    return {str(name): _column(str(name), table[name]) for name in table}


def _column(name: str, values: pd.Series) -> list:
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object:
        is_missing = values.isna().to_numpy()
        return ["" if no else str(value) for value, no in zip(values.tolist(), is_missing, strict=True)]
    if values.dtype == bool:
        return values.astype(int).tolist()
    if np.issubdtype(values.dtype, np.integer):
        return values.tolist()
    numbers = [None if value != value else value for value in values.tolist()]  # NaN is unlike itself
    if name in SIGNIFICANT:
        return [value if value is None else float(f"{value:.2g}") for value in numbers]
    digits = DIGITS.get(name, 3)
    rounded = (value if value is None else round(value, digits) for value in numbers)
    return [int(value) if value is not None and value == int(value) else value for value in rounded]
