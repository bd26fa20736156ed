"""The rank of a gene among the genes of its status, from a few sorted values of each signature.

Landmarks vary most and newly inferred genes least, so a rank among all genes says more of a gene's status
than of the gene. A rank here is among the genes of one status: landmark, CMap-inferred or newly inferred.
"""

import numpy as np

EXACT = 16


def knot_ranks(n_genes: int) -> np.ndarray:
    """Return the ranks at which sorted values are kept: 1 to 16, then 6 an octave, from both ends."""
    half = (n_genes + 1) // 2
    near = np.r_[np.arange(1, EXACT + 1), np.round(EXACT * 2 ** (np.arange(1, 100) / 6))]
    near = np.unique(np.r_[near[near < half], half]).astype(int)
    return np.unique(np.r_[near, n_genes + 1 - near])


def knots_of(descending: np.ndarray) -> np.ndarray:
    """Return the values at the knots: signatures × knots, float16.

    Parameters
    ----------
    descending : array, signatures × genes of one status, the largest value first
    """
    return descending[:, knot_ranks(descending.shape[1]) - 1].astype(np.float16)


def rank_among(values: np.ndarray, knots: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the rank of a gene in every signature: 1 is the largest of its status.

    The rank is exact up to 16 from either end, but for genes that are equal in float16; such genes share the
    best of their ranks. Between knots it is interpolated: even in the log odds of the rank.

    Parameters
    ----------
    values : array, signatures
    knots : array, signatures × knots, as of `knots_of`
    n_genes : int
        Genes of the status.

    Returns
    -------
    int array, signatures

    Examples
    --------
    >>> rank_among(np.array([3.0, 0.0]), np.array([[5.0, 3.0, 1.0], [5.0, 3.0, 1.0]]), 3).tolist()
    [2, 3]
    """
    values = np.asarray(values).astype(np.float16).astype(np.float32)
    ranks, (n_rows, n) = knot_ranks(n_genes), knots.shape
    rows, above, end = np.arange(n_rows), np.zeros(n_rows, np.int64), np.full(n_rows, n)
    while (above < end).any():  # knots fall, so how many are above a value is found by halving
        middle = np.minimum((above + end) // 2, n - 1)
        is_above = knots[rows, middle] > values
        is_open = above < end
        above, end = np.where(is_open & is_above, middle + 1, above), np.where(is_above, end, middle)
    right = np.minimum(above, n - 1)
    left = np.maximum(above - 1, 0)
    high, low = (knots[rows, at].astype(np.float32) for at in (left, right))
    share = np.where(high > low, (high - values) / np.where(high > low, high - low, 1), 1)
    odds = np.log(ranks) - np.log(n_genes + 1 - ranks)
    position = odds[left] + np.clip(share, 0, 1) * (odds[right] - odds[left])
    rank = np.rint((n_genes + 1) / (1 + np.exp(-position))).astype(np.int64)
    least = np.where(above > 0, ranks[left] + 1, 1)
    return np.where(above == n, n_genes, np.clip(rank, least, np.maximum(ranks[right], least)))
