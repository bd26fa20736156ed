"""Questions to an index: which perturbations move a gene, and which do so again and again."""

import difflib
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import gene_synonyms
from l1000_rnaseq.search.index import Index

RANKINGS = ("log2fc", "cd", "rank")
DIRECTIONS = ("up", "down", "both")
ALONGSIDE = ["sig_id", "pert_iname", "pert_id", "type", "cell_id", "dose", "dose_unit", "time", "time_unit"]
EVIDENCE = ["n_treated", "n_controls", "agreement", "strength", "control", "batch", "source"]


def resolve_gene(index: Index, name: str) -> str:
    """Return the symbol of a gene in an index.

    Parameters
    ----------
    name : str
        Symbol in any case, alias or previous symbol, Ensembl id (with or without version), Entrez id.

    Raises
    ------
    ValueError
        Unknown, with up to five similar names; or the name belongs to several genes.
    """
    text = str(name).strip()
    if text in index.genes.index:
        return text
    known = _names(index)
    found = known.get(re.sub(r"^(ENSG\d+)\.\d+$", r"\1", text.upper()), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{text[:40]!r} is a name of several genes: {', '.join(found)}; name one of them.")
    similar = difflib.get_close_matches(text.upper()[:40], known, n=5, cutoff=0.7)
    hint = f"; did you mean {', '.join(dict.fromkeys(known[s][0] for s in similar))}?" if similar else "."
    raise ValueError(f"Gene {text[:40]!r} is not in this index{hint}")


def _names(index: Index) -> dict[str, list[str]]:
    """Return upper-case name → symbols; a symbol comes before an alias of the same name."""
    cached = index.__dict__.get("_names")
    if cached is None:
        cached = {}
        genes = index.genes
        for symbol, aliases in genes["aliases"].astype(str).items():
            for alias in filter(None, aliases.split("|")):
                cached.setdefault(alias.upper(), []).append(symbol)
        for column in ("ensembl", "entrez"):
            for symbol, key in genes[column].astype(str).items():
                if key not in ("", "-1"):
                    cached[key] = [symbol]
        for symbol, names in gene_synonyms().reindex(genes.index).dropna().items():
            for name in map(str.upper, names.split("|")):
                if symbol not in cached.setdefault(name, []):
                    cached[name].append(symbol)
        cached |= {symbol.upper(): [symbol] for symbol in genes.index}
        index.__dict__["_names"] = cached
    return cached


def search(
    index: Index,
    gene: str | Sequence[str],
    direction: str = "up",
    by: str = "log2fc",
    type: str | None = None,
    cell: str | Sequence[str] | None = None,
    time: float | Sequence[float] | None = None,
    dose: tuple[float | None, float | None] | None = None,
    perturbagen: str | None = None,
    source: str | None = None,
    min_abs_log2fc: float = 0.0,
    min_abs_cd: float = 0.0,
    concordant: bool = False,
    n: int = 100,
) -> pd.DataFrame:
    """Return the signatures that move a gene most.

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
        See `resolve_gene`; several genes give one table with a column `gene`.
    direction : {"up", "down", "both"}
    by : {"log2fc", "cd", "rank"}
        log2 fold change, characteristic direction, or place of the gene in its signature.
    type : str, optional
        Perturbation type: chemical, shRNA, CRISPR, overexpression, …
    cell : str or sequence, optional
        Cell lines, in any case.
    time : float or sequence, optional
        In the unit of the index, hours as a rule.
    dose : (lowest, highest), optional
        Either end may be None.
    perturbagen : str, optional
        Part of a perturbagen's name or id, in any case.
    source : str, optional
        What the signatures were made from: "wells", "Level 5, extended".
    min_abs_log2fc, min_abs_cd : float
    concordant : bool
        Only signatures in which fold change and characteristic direction agree in sign.
    n : int
        Signatures for each direction.

    Returns
    -------
    DataFrame, signatures × (gene, direction, sig_id, perturbagen, cell line, dose and time in columns of
    their own, log2fc, cd, rank, concordant, evidence), best first. rank counts from the end asked for: 1 is
    the gene that the signature moves most that way.

    Raises
    ------
    ValueError
        Unknown gene or option; or nothing is left, naming the filter that left nothing.
    """
    if direction not in DIRECTIONS or by not in RANKINGS:
        wanted = f"direction one of {', '.join(DIRECTIONS)}; by one of {', '.join(RANKINGS)}"
        raise ValueError(f"direction={direction!r}, by={by!r}; expected {wanted}.")
    if n < 1 or not (min_abs_log2fc >= 0 and min_abs_cd >= 0):
        raise ValueError(
            "n must be at least 1, and the minimum fold change and direction numbers of at least 0."
        )
    filters = {
        "type": type,
        "cell": cell,
        "time": time,
        "dose": dose,
        "perturbagen": perturbagen,
        "source": source,
    }
    tables = []
    for name in [gene] if isinstance(gene, str) else list(gene):
        symbol = resolve_gene(index, name)
        entries = index.entries(symbol)
        left = filter_signatures(index, entries.index.to_numpy(), **filters)
        entries = _thresholds(entries.loc[left], min_abs_log2fc, min_abs_cd, concordant)
        for way in ("up", "down") if direction == "both" else (direction,):
            tables.append(_best(index, entries, symbol, way, by, n))
    found = pd.concat(tables, ignore_index=True)
    if found.empty:
        raise ValueError(
            f"No signature in this index moves {', '.join(_listed(gene))} {direction} under these filters."
        )
    return found


def _listed(gene) -> list[str]:
    return [gene] if isinstance(gene, str) else list(gene)


def filter_signatures(
    index: Index, rows: np.ndarray, type=None, cell=None, time=None, dose=None, perturbagen=None, source=None
) -> np.ndarray:
    """Return the rows (signature numbers) that pass the filters of `search`.

    Raises
    ------
    ValueError
        A filter leaves nothing; the message names it and what there is.
    """
    table = index.signatures

    def keep(rows: np.ndarray, name: str, wanted, good: np.ndarray, there: pd.Series) -> np.ndarray:
        left = rows[good]
        if not len(left):
            values = sorted({str(value) for value in there.iloc[rows]} - {""}, key=_natural)
            shown = ", ".join(values[:12]) + (", …" if len(values) > 12 else "")
            asked = ", ".join(map(str, wanted)) if isinstance(wanted, tuple | list) else wanted
            raise ValueError(
                f"The filter {name}={asked} leaves no signature; before it there are: {shown or 'none'}."
            )
        return left

    for name, wanted, column in (
        ("type", type, "type"),
        ("cell", cell, "cell_id"),
        ("source", source, "source"),
    ):
        if wanted:
            lower = {value.lower() for value in _listed(wanted)}
            good = table[column].iloc[rows].astype(str).str.lower().isin(lower).to_numpy()
            rows = keep(rows, name, wanted, good, table[column])
    if time is not None:
        values = pd.to_numeric(table["time"].iloc[rows].astype(str), errors="coerce").to_numpy()
        wanted = [float(value) for value in np.atleast_1d(time)]
        rows = keep(rows, "time", time, np.isin(values, wanted), table["time"])
    if dose is not None:
        low, high = (np.nan if end is None else float(end) for end in dose)
        values = pd.to_numeric(table["dose"].iloc[rows].astype(str), errors="coerce").to_numpy()
        good = ~np.isnan(values) & ~(values < low) & ~(values > high)
        rows = keep(rows, "dose", dose, good, table["dose"])
    if perturbagen:
        names = table["pert_iname"].iloc[rows].astype(str) + " " + table["pert_id"].iloc[rows].astype(str)
        good = names.str.lower().str.contains(str(perturbagen).strip().lower(), regex=False).to_numpy()
        rows = keep(rows, "perturbagen", perturbagen, good, table["pert_iname"])
    return rows


def _natural(text: str) -> tuple[float, str]:
    """Sort numbers by size and other texts after them by letters."""
    try:
        return float(text), ""
    except ValueError:
        return float("inf"), text


def _thresholds(entries: pd.DataFrame, log2fc: float, cd: float, concordant: bool) -> pd.DataFrame:
    steps = {
        f"min_abs_log2fc={log2fc}": entries["log2fc"].abs() >= log2fc,
        f"min_abs_cd={cd}": entries["cd"].abs() >= cd,
        "concordant=True": (np.sign(entries["log2fc"]) == np.sign(entries["cd"])) | (not concordant),
    }
    good = pd.Series(True, entries.index)
    for name, passed in steps.items():
        before, good = good, good & passed
        if before.any() and not good.any():
            raise ValueError(f"The filter {name} leaves no signature of {before.sum()}; relax it.")
    return entries[good]


def _best(index: Index, entries: pd.DataFrame, symbol: str, way: str, by: str, n: int) -> pd.DataFrame:
    """Return the best signatures of one direction as a table for people."""
    entries = entries.assign(concordant=np.sign(entries["log2fc"]) == np.sign(entries["cd"]))
    if way == "down":
        entries = entries.assign(rank=len(index.genes) + 1 - entries["rank"])
    sign = 1 if way == "up" else -1
    if by == "rank":
        entries = entries[sign * entries["cd"] > 0].sort_values("rank", kind="stable")
    else:
        entries = entries[sign * entries[by] > 0].sort_values(by, ascending=way == "down", kind="stable")
    entries = entries.head(n)
    about = index.signatures.iloc[entries.index]
    parts = [
        about[ALONGSIDE].reset_index(drop=True),
        entries.reset_index(drop=True),
        about[EVIDENCE].reset_index(drop=True),
    ]
    table = pd.concat(parts, axis=1)
    table.insert(0, "direction", way)
    table.insert(0, "gene", symbol)
    for name in ("dose", "time"):
        table[name] = pd.to_numeric(table[name].astype(str), errors="coerce").astype(float)
    return table
