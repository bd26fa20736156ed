"""The p-value of a statistic against the same statistic of permuted or random data."""

import numpy as np

ROUNDING = 1e-12


def permutation_p(observed: float | np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return the one-sided p: the share of the permutations that reach the observed value.

    The observed value counts as one of them (Phipson and Smyth 2010), so p is never 0: with n permutations it
    is at least 1 / (1 + n). A tie reaches it, up to rounding (1e-12). For a two-sided p give absolute values.

    Parameters
    ----------
    observed : float, or array
    null : array, permutations × the shape of `observed`

    Examples
    --------
    >>> float(permutation_p(2.0, np.array([0.5, 2.0, 1.0, -3.0])))
    0.4
    """
    null = np.asarray(null)
    return (1 + (null >= np.asarray(observed) - ROUNDING).sum(axis=0)) / (1 + len(null))
