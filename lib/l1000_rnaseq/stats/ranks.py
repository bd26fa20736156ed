"""Ranks of genes: 1 is the largest score.

There is one rule for ties in the library. Where genes are put in an order (ranks, top genes, running sums),
equal scores keep the order of their genes. Where ranks are correlated (`correlation.spearman`), equal values
share the mean of their ranks, as in scipy.
"""

import numpy as np


def descending(scores: np.ndarray) -> np.ndarray:
    """Return the positions of the genes (last axis), the largest score first."""
    return np.argsort(-np.asarray(scores), axis=-1, kind="stable")


def ranks(scores: np.ndarray) -> np.ndarray:
    """Rank the genes of each signature (last axis; no NaN): 1 is the largest score, and no rank comes twice.

    Examples
    --------
    >>> ranks(np.array([0.5, 2.0, 0.5, -1.0])).tolist()
    [2, 1, 3, 4]
    """
    order = descending(scores)
    rank = np.empty(order.shape, np.int32)
    numbers = np.arange(1, order.shape[-1] + 1, dtype=np.int32)
    np.put_along_axis(rank, order, np.broadcast_to(numbers, order.shape), axis=-1)
    return rank


def ends(scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the n largest and the n smallest scores, the most extreme first.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
    n : int
        At most half of the genes, else a ValueError: no gene is at both ends.
    """
    order = descending(scores)
    if 2 * n > order.shape[-1]:
        raise ValueError(f"{order.shape[-1]} genes cannot give {n} up and {n} down; ask for fewer.")
    return order[..., :n], order[..., : -n - 1 : -1]
