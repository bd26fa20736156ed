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
    """Rank the genes of each signature: 1 is the largest score.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
        Any unit; no NaN.

    Returns
    -------
    int32 array of the same shape: 1 … genes, each once.

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
    """Return the positions of the n largest and the n smallest scores of each signature.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
    n : int
        At most half of the genes, so that no gene is at both ends.

    Returns
    -------
    up, down : integer array, signatures × n
        The most extreme first.

    Raises
    ------
    ValueError
        Fewer than 2 n genes.
    """
    order = descending(scores)
    if 2 * n > order.shape[-1]:
        raise ValueError(f"{order.shape[-1]} genes cannot give {n} up and {n} down; ask for fewer.")
    return order[..., :n], order[..., : -n - 1 : -1]
