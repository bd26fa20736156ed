"""The tables of a gene's card: columns of plain numbers and texts, rounded, None where there is nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.labels import in_words_of_the_form
from l1000_rnaseq.search.by_gene import how_many, search
from l1000_rnaseq.search.consensus import of_one_type
from l1000_rnaseq.search.control_levels import expressed
from l1000_rnaseq.search.filters import Filters, listed
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.mechanisms import mechanisms_of_gene

DIGITS = {
    "log2fc": 2, "cd": 5, "relative_rank": 3, "agreement": 2, "strength": 2, "p_vehicle": 3, "level": 2,
    "mean": 2, "expected": 2,
}  # fmt: skip
"""Decimals of a column; p and fdr keep two digits that count."""
SIGNIFICANT = ("p", "fdr")
OF_SIGNATURE = (
    "sig_id", "compound", "pert_iname", "pert_id", "type", "cell_id", "dose", "dose_unit", "time",
    "n_treated", "n_controls", "agreement", "strength", "p_vehicle", "control", "batch", "source",
    "mechanism", "targets", "flags",
)  # fmt: skip
UNITS = {"uM": "µM", "um": "µM", "uL": "µl", "ul": "µl"}
N_CONSENSUS, N_ONCE, N_HEAT, N_DOSES, N_MECHANISMS = 20, 8, 12, 6, 12
N_EVERY = 3000
CONSENSUS = ["signatures", "groups", "cell_lines", "relative_rank", "log2fc", "up", "down", "p", "fdr"]
CONSENSUS += ["grade", "other_lines", "lines_agree"]
"""Columns of `consensus` that are shown."""
N_DRAWS = 2000
"""Random groups for each mechanism: the smallest p is .001."""


def best_signatures(index: Index, query: GeneQuery) -> tuple[dict, list[dict]]:
    """Find the signatures that move a gene most, up and down, for each perturbation type.

    Returns
    -------
    dict of columns (row, direction, log2fc, cd, rank, concordant, grade), signatures
        row: number in `Index.signatures`. direction: 1 up, −1 down. rank: from the end that it moves to.
    list of dict (type, up, down, silent)
        up, down: how many signatures pass the filters. silent: why a type has none, else "".

    Raises
    ------
    ValueError
        No type has one.
    """
    parts, types = [], []
    there = index.signatures["type"].value_counts().index.astype(str)
    asked = [name.lower() for name in listed(query.filters.type)]
    for kind in [kind for kind in there if not asked or kind.lower() in asked] or listed(query.filters.type):
        filters = replace(query.filters, type=kind)
        try:
            parts.append(search(index, query.gene, query.direction, query.by, filters, query.n))
        except ValueError as error:
            types.append({"type": kind, "up": 0, "down": 0, "silent": in_words_of_the_form(error)})
            continue
        types.append({"type": kind, **how_many(index, query.gene, query.by, filters), "silent": ""})
    if not parts:
        raise ValueError(types[0]["silent"])
    table = pd.concat(parts, ignore_index=True)
    numbers = pd.Series(np.arange(len(index.signatures)), index.signatures["sig_id"].astype(str).to_numpy())
    table["row"] = numbers[table["sig_id"].astype(str)].to_numpy()
    table["direction"] = np.where(table["direction"] == "up", 1, -1)
    kept = ["row", "direction", "log2fc", "cd", "rank", "concordant", "grade"]
    return columns(table[[name for name in kept if name in table]]), types


def signature_table(signatures: pd.DataFrame, rows: Sequence[int]) -> dict:
    """Return what some signatures are of, with their row numbers."""
    rows = sorted(set(rows))
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
    table : DataFrame, perturbagen × (type, mechanism, has_name)
        Called as `consensus` calls them. has_name: by more than an id.
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "Perturbagens":
        """Read them off `Index.signatures`, or some of its rows."""
        texts = signatures[["compound", "pert_id", "type", "mechanism"]].astype(str).drop_duplicates()
        names = of_one_type(texts["compound"], texts["type"])
        table = texts.groupby(names)[["type", "mechanism"]].first()
        only_ids = names[texts["compound"] == texts["pert_id"]]
        return cls(table.assign(has_name=~table.index.isin(only_ids)))


def consensus_table(table: pd.DataFrame, perturbagens: Perturbagens, once: bool = False) -> dict:
    """Return the perturbagens that move a gene most consistently up, and those down.

    Parameters
    ----------
    table : DataFrame
        Of `consensus`, by compound.
    perturbagens : Perturbagens
    once : bool
        Those that were seen in one group only, by the size of their rank, in place of those seen in several.
    """
    part, n = (table[table["groups"] == 1], N_ONCE) if once else (table[table["groups"] > 1], N_CONSENSUS)
    if once:
        part = part.sort_values("relative_rank", key=np.abs, ascending=False, kind="stable")
    sides = [part[sign * part["relative_rank"] > 0].head(n) for sign in (1, -1)]
    best = pd.concat(sides)[CONSENSUS].join(perturbagens.table)
    return columns(best.drop(columns="has_name").rename_axis("perturbagen").reset_index())


def heat_map(signatures: pd.DataFrame, values: pd.DataFrame, consensus: dict) -> dict:
    """Return what the first perturbagens of each direction do in each cell line.

    Parameters
    ----------
    signatures, values : DataFrame
        Rows of `Index.signatures`; their `relative_ranks`.
    consensus : dict
        Of `consensus_table`.

    Returns
    -------
    dict (perturbagen, cell_id, cells)
        cells: [perturbagen, cell line, relative rank in percent, log2fc], the first two as positions. Values
        are means over the signatures (doses, times, batches) of the pair.
    """
    sides = {1: [], -1: []}
    for name, rank in zip(consensus["perturbagen"], consensus["relative_rank"], strict=True):
        sides[1 if rank > 0 else -1].append(name)
    names = sides[1][:N_HEAT] + sides[-1][:N_HEAT][::-1]
    place = pd.Series(range(len(names)), names)
    table = signatures[["compound", "cell_id"]].astype(str).assign(
        relative_rank=values["relative_rank"], log2fc=values["log2fc"]
    )  # fmt: skip
    table = table[table["compound"].isin(place.index)]
    means = table.groupby(["compound", "cell_id"])[["relative_rank", "log2fc"]].mean()
    lines = table["cell_id"].value_counts().index.tolist()
    of_line = {line: k for k, line in enumerate(lines)}
    cells = [
        [int(place[name]), of_line[line], round(100 * rank), round(change, 2)]
        for (name, line), (rank, change) in zip(means.index, means.to_numpy().tolist(), strict=True)
    ]
    return {"perturbagen": names, "cell_id": lines, "cells": cells}


def every_perturbagen(table: pd.DataFrame) -> dict:
    """Return the relative rank of every perturbagen that was seen in several groups, for comparing genes.

    Returns
    -------
    dict (perturbagen, code)
        code: a letter for each, chr(35) for −1 to chr(125) for +1, in steps of 1/45.
    """
    part = table[table["groups"] > 1].sort_values("groups", ascending=False, kind="stable")
    part = part.head(N_EVERY).sort_index()
    steps = np.rint(45 * (1 + part["relative_rank"].to_numpy())).astype(int)
    return {"perturbagen": part.index.tolist(), "code": "".join(chr(35 + step) for step in steps)}


def control_levels(index: Index, symbol: str) -> dict:
    """Return how much of a gene untreated cells of each line have, log2(CPM+1), and whether it is on.

    Lines whose level is not known are left out.
    """
    levels = index.levels(symbol)[symbol].dropna().rename("level").rename_axis("cell_id").reset_index()
    return columns(levels.assign(**{"is": expressed(levels["level"])}))


def dose_curves(signatures: pd.DataFrame, values: pd.DataFrame) -> list[dict]:
    """Return change against dose where a compound was given in three doses or more to one line.

    The compounds with the largest changes come first.

    Returns
    -------
    list of dict (perturbagen, cell_id, time, unit, dose, log2fc)
    """
    table = signatures[["compound", "cell_id", "time", "dose_unit"]].astype(str)
    table = table.assign(dose=as_number(signatures["dose"]), log2fc=values["log2fc"]).dropna()
    keys = ["compound", "cell_id", "dose_unit"]
    with_doses = table.groupby([*keys, "time"])["dose"].transform("nunique") >= 3
    table = table[with_doses]
    table["size"] = table.groupby(keys)["log2fc"].transform(lambda changes: changes.abs().max())
    chosen = table.drop_duplicates(keys).nlargest(N_DOSES, "size")[keys]
    curves = []
    for key in chosen.itertuples(index=False):
        part = table[(table[keys] == list(key)).all(axis=1)]
        for time, curve in sorted(part.groupby("time"), key=lambda pair: float(pair[0])):
            means = curve.groupby("dose")["log2fc"].mean()
            curves.append({
                "perturbagen": key[0], "cell_id": key[1], "time": float(time),
                "unit": UNITS.get(key[2], key[2]), "dose": means.index.tolist(),
                "log2fc": means.round(2).tolist(),
            })  # fmt: skip
    return curves


def mechanism_tests(index: Index, symbol: str, by: str, filters: Filters) -> dict:
    """Return the mechanisms, or the targets, whose compounds move a gene; empty where none can be tested."""
    try:
        table = mechanisms_of_gene(index, symbol, by, filters, n_draws=N_DRAWS)
    except ValueError:
        return {}
    return columns(table.head(N_MECHANISMS).rename_axis("name").reset_index())


def columns(table: pd.DataFrame) -> dict:
    """Return a table as lists: rounded, None where missing, flags as 0 and 1."""
    return {str(name): _column(str(name), table[name]) for name in table}


def _column(name: str, values: pd.Series) -> list:
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object:
        return ["" if pd.isna(value) else str(value) for value in values]
    if values.dtype == bool:
        return values.astype(int).tolist()
    if np.issubdtype(values.dtype, np.integer):
        return values.tolist()
    if name in SIGNIFICANT:
        return [None if np.isnan(value) else float(f"{value:.2g}") for value in values]
    digits = DIGITS.get(name, 3)
    rounded = (None if np.isnan(value) else round(float(value), digits) for value in values)
    return [int(value) if value is not None and value == int(value) else value for value in rounded]
