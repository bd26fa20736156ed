"""Which perturbations move a gene."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.evidence import COLUMNS, evidence
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index

RANKINGS = ("log2fc", "cd", "rank")
DIRECTIONS = ("up", "down", "both")
METADATA = ["sig_id", "pert_iname", "pert_id", "type", "cell_id", "dose", "dose_unit", "time", "time_unit"]
COMPOUND = ["compound", "mechanism", "targets", "flags"]
VALUES = ["log2fc", "cd", "rank", "of", "concordant"]
EVIDENCE = ["n_treated", "n_controls", "agreement", "strength", "p_vehicle", "control", "batch", "source"]


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
        They act before anything is ranked or cut, so any combination is exact.
    n : int
        Signatures for each gene and direction.

    Returns
    -------
    DataFrame, signatures × (gene, direction, metadata, log2fc, cd, rank, of, concordant, grade, …)
        Best first. log2fc: log2 fold change. cd: characteristic direction, no unit. rank: among the `of`
        genes of this gene's status (landmark, CMap-inferred, newly inferred), 1 is the one that the signature
        moves most that way. concordant: log2fc and cd agree in sign; rows where they do not come last.
        grade: strong, fair, weak or doubtful, by `grade.grades`. The parts of the grade are columns of their
        own (see `evidence.evidence`). compound, mechanism, targets: what the perturbagen is (see
        `annotation.annotated`). flags: reasons to doubt the signature.

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
    rows = filters.select(index.signatures, np.arange(len(index.signatures)))
    for symbol in symbols:
        entries = filters.select_entries(values_of(index, symbol, rows))
        ways = ("up", "down") if direction == "both" else (direction,)
        hits = pd.concat([best_hits(index, entries, symbol, way, by, n) for way in ways])
        tables.append(table_of_hits(index, symbol, hits))
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        raise ValueError(
            f"No signature in this index moves {', '.join(symbols)} {direction} under these filters."
        )
    return table


def how_many(index: Index, gene: str, by: str = "log2fc", filters: Filters = EVERY) -> dict[str, int]:
    """Return how many signatures that pass the filters move a gene up, and how many down."""
    rows = filters.select(index.signatures, np.arange(len(index.signatures)))
    entries = filters.select_entries(values_of(index, index.names.resolve(gene), rows))
    values = entries["cd" if by == "rank" else by]
    return {"up": int((values > 0).sum()), "down": int((values < 0).sum())}


def values_of(index: Index, symbol: str, rows: np.ndarray) -> pd.DataFrame:
    """Return what some signatures do to a gene: row number of the signature × (log2fc, cd)."""
    log2fc = index.values(symbol, "log2fc", rows)
    return pd.DataFrame({"log2fc": log2fc[:, 0], "cd": index.values(symbol, "cd", rows, log2fc)[:, 0]}, rows)


def best_hits(index: Index, entries: pd.DataFrame, symbol: str, way: str, by: str, n: int) -> pd.DataFrame:
    """Return the best signatures of one direction: row number × (direction, VALUES).

    Parameters
    ----------
    index : Index
    entries : DataFrame
        Of `values_of`, those that may be chosen; with their ranks where these are known.
    symbol, way, by, n
        Gene, "up" or "down", ranking and number of signatures, as in `search`.
    """
    sign = 1 if way == "up" else -1
    log2fc, cd, rows = (*(entries[what].to_numpy() for what in ("log2fc", "cd")), entries.index.to_numpy())
    size, concordant = sign * (log2fc if by == "log2fc" else cd), np.sign(log2fc) == np.sign(cd)
    of = int(index.status_sizes[index.genes.loc[symbol, "status"]])
    if by == "rank":
        chosen = np.flatnonzero(size > 0)
    else:
        chosen = np.sort(np.r_[_largest(size, concordant, n), _largest(size, ~concordant, n)])
        chosen = chosen[np.lexsort((-size[chosen], ~concordant[chosen]))][:n]
    if "rank" in entries:
        rank = entries["rank"].to_numpy()[chosen]
    else:
        rank = index.values(symbol, "rank", rows[chosen])[:, 0]
    rank = rank if way == "up" else of + 1 - rank
    if by == "rank":
        best = np.lexsort((-size[chosen], rank, ~concordant[chosen]))[:n]
        chosen, rank = chosen[best], rank[best]
    columns = {"log2fc": log2fc[chosen], "cd": cd[chosen], "rank": rank, "concordant": concordant[chosen]}
    return pd.DataFrame(columns | {"of": of, "direction": way}, rows[chosen])


def _largest(size: np.ndarray, is_asked: np.ndarray, n: int) -> np.ndarray:
    """Return where those asked for are above 0 and among the n largest; ties of the last are all there."""
    there = np.flatnonzero(is_asked & (size > 0))
    if len(there) <= n:
        return there
    return there[size[there] >= np.partition(size[there], -n)[-n]]


def table_of_hits(index: Index, symbol: str, hits: pd.DataFrame) -> pd.DataFrame:
    """Return hits with their metadata and what speaks for them, as a table for people."""
    signatures, found = index.signatures.iloc[hits.index], evidence(index, symbol, hits)
    parts = (
        hits[["direction"]], signatures[METADATA], hits[VALUES], found[["grade"]],
        signatures[[*EVIDENCE, *COMPOUND]], found[COLUMNS[1:]],
    )  # fmt: skip
    table = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    table.insert(0, "gene", symbol)
    for name in ("dose", "time"):
        table[name] = pd.to_numeric(table[name].astype(str), errors="coerce").astype(float)
    return table
