"""How far a signature moves a gene, as a rank from +1 to −1 that all signatures share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.specificity import hundredth


def relative_ranks(index: Index, gene: str | Sequence[str], rows: np.ndarray | None = None) -> pd.DataFrame:
    """Say how far signatures move a gene, or several genes on average.

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
    rows : int array, optional
        Row numbers of its signatures; all when absent.

    Returns
    -------
    DataFrame, signatures × (relative_rank, log2fc, up, down)
        relative_rank: +1 where the gene is the first of its status, −1 where it is the last. up, down: it is
        in the first or last hundredth; of several genes more are.
    """
    symbols = index.names.resolve_all(gene)
    rows = np.arange(len(index.signatures)) if rows is None else rows
    log2fc = index.values(symbols, "log2fc", rows)
    rank = index.values(symbols, "rank", rows, log2fc)
    of = index.status_sizes[index.genes.loc[symbols, "status"]].to_numpy()
    return relative(rank, log2fc, of, index.signatures.index[rows])


def relative(
    rank: np.ndarray, log2fc: np.ndarray, of: np.ndarray, rows: pd.Index | np.ndarray
) -> pd.DataFrame:
    """Return what `relative_ranks` does, of values that are read already.

    Parameters
    ----------
    rank, log2fc : array, signatures × genes
    of : int array, genes
        How many genes the status of each has.
    rows : signatures
        The index of the table.
    """
    ends = np.array([hundredth(n) for n in of])
    extreme = ((rank <= ends).astype(int) - (rank > of - ends).astype(int)).sum(axis=1)
    mean = (1 - 2 * (rank - 1) / np.maximum(of - 1, 1)).mean(axis=1)
    columns = {"relative_rank": mean, "log2fc": log2fc.mean(axis=1, dtype=np.float64)}
    return pd.DataFrame({**columns, "up": extreme > 0, "down": extreme < 0}, rows)
