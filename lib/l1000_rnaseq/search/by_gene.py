"""Which perturbations move a gene."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index

RANKINGS = ("log2fc", "cd", "rank")
DIRECTIONS = ("up", "down", "both")
METADATA = ["sig_id", "pert_iname", "pert_id", "type", "cell_id", "dose", "dose_unit", "time", "time_unit"]
EVIDENCE = ["n_treated", "n_controls", "agreement", "strength", "control", "batch", "source"]


def search(
    index: Index,
    gene: str | Sequence[str],
    direction: str = "up",
    by: str = "log2fc",
    filters: Filters = EVERY,
    n: int = 100,
) -> pd.DataFrame:
    """Return the signatures that move a gene most.

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
        Symbols, aliases, Ensembl or Entrez ids; the table of several genes has a part for each.
    direction : {"up", "down", "both"}
    by : {"log2fc", "cd", "rank"}
        log2 fold change, characteristic direction, or rank of the gene in its signature.
    filters : Filters
    n : int
        Signatures for each gene and direction.

    Returns
    -------
    DataFrame, signatures × (gene, direction, metadata, log2fc, cd, rank, concordant, evidence), best first
        log2fc: log2 fold change. cd: characteristic direction, no unit. rank: 1 is the gene that the
        signature moves most that way. concordant: log2fc and cd agree in sign.

    Raises
    ------
    ValueError
        Unknown gene or option; or no signature moves the gene that way.
    FilterError
        A filter leaves nothing; it is named.

    Examples
    --------
    >>> from l1000_rnaseq.search.index import Index
    >>> table = search(Index(), "HMOX1", "up", filters=Filters(cell="HT115"), n=5)
    >>> table["direction"].tolist()
    ['up', 'up', 'up', 'up', 'up']
    """
    if direction not in DIRECTIONS or by not in RANKINGS or n < 1:
        raise ValueError(
            f"direction is {direction!r}, by is {by!r} and n is {n}; expected direction one of "
            f"{', '.join(DIRECTIONS)}, by one of {', '.join(RANKINGS)}, and n of at least 1."
        )
    symbols, tables = index.names.resolve_all(gene), []
    for symbol in symbols:
        entries = index.entries(symbol)
        entries = entries.loc[filters.select(index.signatures, entries.index.to_numpy())]
        entries = filters.select_entries(entries)
        for way in ("up", "down") if direction == "both" else (direction,):
            tables.append(_best(index, entries, symbol, way, by, n))
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        raise ValueError(
            f"No signature in this index moves {', '.join(symbols)} {direction} under these filters."
        )
    return table


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
    signatures = index.signatures.iloc[entries.index]
    parts = (signatures[METADATA], entries, signatures[EVIDENCE])
    table = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    table.insert(0, "direction", way)
    table.insert(0, "gene", symbol)
    for name in ("dose", "time"):
        table[name] = pd.to_numeric(table[name].astype(str), errors="coerce").astype(float)
    return table
