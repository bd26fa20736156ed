"""How unusual a connection is for a signature: CMap's tau, against queries made of other signatures."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.compounds import CHEMICAL
from l1000_rnaseq.search.annotation import annotated
from l1000_rnaseq.search.by_gene_list import Query
from l1000_rnaseq.search.index_source import IndexSource
from l1000_rnaseq.search.sources import Source, read_one
from l1000_rnaseq.stats.connectivity import Reference, tau
from l1000_rnaseq.stats.ranks import ends

REFERENCES = 1000
"""Reference queries at most, each from another perturbagen. Tau is then known to some two points."""


def add_tau(
    table: pd.DataFrame,
    source: Source,
    query: Query,
    by: str = "cd",
    n_references: int = REFERENCES,
    seed: int = 0,
) -> pd.DataFrame:
    """Add to scored signatures how few reference queries connect with them as strongly.

    Tau is the signed percentage of reference queries whose |score| with the same signature is smaller
    (Subramanian et al. 2017; CLUE). A signature that connects with anything has a small tau. A tau of 90
    means that one reference query in ten connects more strongly. It is no p-value, and no evidence that a
    perturbagen has the effect in a patient.

    Reference queries are the genes that one signature of each perturbagen moves most, as many up and down as
    the query has. CLUE's are its reference perturbagens too, but it compares normalised scores. Those need
    every reference query against every signature; here raw scores are compared, which have one scale for
    lists of one size. So the cost does not grow with the index: it is for the signatures of `table` only.

    Parameters
    ----------
    table : DataFrame × (sig_id, score, …)
        Of `perturbagens`.
    source : Source
        The signatures that references are drawn from, and that has those of the table.
    query : Query
        For the sizes of its lists.
    by : {"cd", "log2fc"}
        What ranks the genes, as for the scores.
    n_references : int
        Perturbagens drawn at most.
    seed : int

    Returns
    -------
    DataFrame, the table × (…, tau, references)
        tau: −100 to 100. references: how many queries it is among: those of other perturbagens.

    Raises
    ------
    ValueError
        A signature of the table is not in the source, or there is no other perturbagen.
    """
    ids = pd.Index(source.table.index.astype(str))
    rows = ids.get_indexer(table["sig_id"].astype(str))
    if (rows < 0).any():
        raise ValueError(f"{table['sig_id'].iloc[rows.argmin()]!r} is no signature of {source.name}.")
    names = _perturbagens(source.table)
    drawn = _one_of_each(names, n_references, seed)
    values, genes = _values(source, by, drawn), np.array(source.genes, object)
    sides = [
        genes[ends(values, len(asked))[side]] if asked else [()] * len(drawn)
        for side, asked in enumerate((query.up, query.down))
    ]
    reference = Reference.of(_values(source, by, rows), genes)
    background = np.array([reference.connectivity(*lists) for lists in zip(*sides, strict=True)])
    out, numbers = np.full(len(table), np.nan), np.zeros(len(table), int)
    for column, (row, score) in enumerate(zip(rows, table["score"], strict=True)):
        others = background[names[drawn] != names[row], column]
        numbers[column] = len(others)
        if not len(others):
            raise ValueError(f"{source.name} has one perturbagen; tau needs others to compare with.")
        out[column] = tau(np.array([score]), others[:, None])[0]
    return table.assign(tau=out, references=numbers)


def _perturbagens(signatures: pd.DataFrame) -> np.ndarray:
    """Return the number of each signature's perturbagen; spellings of a compound are one."""
    table = signatures if "compound" in signatures else annotated(signatures)
    kind = table["type"].astype(str)
    return pd.factorize(table["compound"].astype(str) + "\t" + kind.where(~kind.isin(CHEMICAL), ""))[0]


def _one_of_each(names: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draw a signature of each perturbagen, of so many perturbagens at most."""
    order = np.random.default_rng(seed).permutation(len(names))
    _, first = np.unique(names[order], return_index=True)
    return np.sort(order[np.sort(first)[:n]])


def _values(source: Source, by: str, rows: np.ndarray) -> np.ndarray:
    if isinstance(source, IndexSource):
        return source.index.whole(by, source.rows[rows])
    return np.concatenate([read_one(source, by, int(row), int(row) + 1) for row in rows])
