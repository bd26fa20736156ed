"""The running sum of a gene set over a ranked signature (GSEA; Liu, "CGS query"; Jeon, Fig. 5 and 6).

Along the genes from rank 1 on, the sum rises at a gene of the set by its share of the set's weight, and falls
at any other gene by 1 / (number of other genes), so that it ends at 0. It has two forms. `running_sum` is the
whole walk: for a plot, its area, or a mean over signatures. `enrichment` is only the value farthest from 0,
looked up at the genes of the set, which is much faster.

Both follow the same rules. Equal scores are ranked in the order of the genes (`stats.ranks`). Where all genes
of a set have weight 0, they weigh the same. Where the highest and the lowest value are equally far from 0, up
to rounding (1e-12), the highest counts.
"""

import numpy as np
import pandas as pd

ROUNDING = 1e-12
BLOCK = 256  # rows at a time: what a step makes stays in the cache


def running_sum(members: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Walk along ranked genes.

    Parameters
    ----------
    members : array of bool, … × genes, in the order of the ranks
        Several gene sets, or several signatures, at once.
    weights : array, … × genes, optional
        Of the genes in the set, in the same order; those of other genes are not used.

    Raises
    ------
    ValueError
        A set has no gene, or all genes.

    Examples
    --------
    >>> running_sum(np.array([True, False, True, False])).tolist()
    [0.5, 0.0, 0.5, 0.0]
    """
    members = np.asarray(members, bool)
    n_genes, size = members.shape[-1], members.sum(axis=-1, keepdims=True)
    if (size == 0).any() or (size == n_genes).any():
        raise ValueError(
            f"a running sum needs genes in the set and others: {int(size.min())} to {int(size.max())} of "
            f"{n_genes} ranked genes are in it. Are both sides gene symbols?"
        )
    hits = members.astype(float) if weights is None else np.where(members, weights, 0.0)
    hits = np.where(hits.any(axis=-1, keepdims=True), hits, members)
    passed = np.cumsum(hits, axis=-1) / hits.sum(axis=-1, keepdims=True)
    return passed - np.cumsum(~members, axis=-1) / (n_genes - size)


def area(walk: np.ndarray) -> np.ndarray:
    """Return the mean of running sums (… × genes); unweighted, the area under the ROC curve less .5."""
    return np.asarray(walk).mean(axis=-1)


def peak(walk: np.ndarray) -> np.ndarray:
    """Return the value of running sums (… × genes) that is farthest from 0, with its sign: GSEA's score."""
    return _farther(np.max(walk, axis=-1), np.min(walk, axis=-1))


def enrichment(rank: np.ndarray, size: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the weighted enrichment score of gene sets: the `peak` of their `running_sum`.

    Parameters
    ----------
    rank : integer array, sets × genes of the set
        Rank of each gene of the set in its signature, 1 … n_genes, different ones.
    size : array, sets × genes of the set
        Weight of each: its |score|.
    n_genes : int
        Genes of a signature.

    Raises
    ------
    ValueError
        An empty set, or no gene outside it.
    """
    n = rank.shape[1]
    if not 0 < n < n_genes:
        raise ValueError(f"a gene set of {n} among {n_genes} genes; expected at least one gene in and out.")
    scores = np.empty(len(rank))
    for start in range(0, len(rank), BLOCK):
        rows = slice(start, start + BLOCK)
        scores[rows] = _turning_points(rank[rows], size[rows], n_genes)
    return scores


def _turning_points(rank: np.ndarray, size: np.ndarray, n_genes: int) -> np.ndarray:
    """Look the running sum up just before and just after each gene of the set: only there can it turn."""
    n, bits = rank.shape[1], rank.shape[1].bit_length()
    # sorted with its column in the low bits: a plain sort is several times as fast as an argsort
    key = np.sort((rank.astype(np.int64) << bits) | np.arange(n), axis=1)
    rank = key >> bits
    size = np.take_along_axis(size.astype(np.float64), key & ((1 << bits) - 1), axis=1)
    total = size.sum(axis=1, keepdims=True)
    size = np.where(total > 0, size / np.where(total > 0, total, 1), 1 / n)
    after = np.cumsum(size, axis=1) - (rank - np.arange(1, n + 1)) / (n_genes - n)
    return _farther(after.max(axis=1), (after - size).min(axis=1))


def _farther(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return np.where(high >= -low - ROUNDING, high, low)


def checked(values: np.ndarray, genes) -> tuple[np.ndarray, pd.Index]:
    """Return signatures and genes; a ValueError where a value is not finite or a gene is there twice."""
    values, genes = np.asarray(values), pd.Index(genes)
    if not np.isfinite(values).all():
        raise ValueError("signatures have NaN or infinite values; leave these signatures out.")
    if genes.has_duplicates:
        raise ValueError(f"the gene {genes[genes.duplicated()][0]} is in the signatures twice.")
    return values, genes


def columns_of(genes: pd.Index, names) -> np.ndarray:
    """Return the positions of genes; a ValueError where one is unknown or given twice."""
    names = pd.Index(names)
    columns = genes.get_indexer(names)
    if (columns < 0).any() or names.has_duplicates:
        wrong = [*names[columns < 0], *names[names.duplicated()]]
        raise ValueError(f"{len(wrong)} query genes are unknown or given twice: {', '.join(wrong[:5])}.")
    return columns


def enrichment_once(values: np.ndarray, genes, *sets) -> list[np.ndarray]:
    """Return the enrichment of a few gene sets in signatures (signatures × genes) that are not kept.

    The same as by `connectivity.Reference`, and several times as fast: only the genes of the sets are ranked.
    """
    values, genes = checked(values, genes)
    columns = [columns_of(genes, names) for names in sets]
    asked = np.concatenate(columns)
    chosen, n = np.take(values, asked, axis=1), len(genes)
    rank = np.empty(chosen.shape, np.int64)
    for row, (signature, scores) in enumerate(zip(values, chosen, strict=True)):
        ascending = np.sort(signature)
        right = np.searchsorted(ascending, scores, "right")
        rank[row] = n - right + 1
        for number in np.flatnonzero(right - np.searchsorted(ascending, scores) > 1):  # ties: order of genes
            rank[row, number] += np.count_nonzero(signature[: asked[number]] == scores[number])
    bounds = np.cumsum([len(part) for part in columns])[:-1]
    parts = zip(np.split(rank, bounds, axis=1), np.split(np.abs(chosen), bounds, axis=1), strict=True)
    return [enrichment(of_set, size, n) for of_set, size in parts]
