"""Pearson and Spearman correlations of the rows of tables; transpose for columns.

There is one rule for rows that do not vary in the library: a constant row has no correlation (NaN). Where a
number is needed, as for a prediction that does not vary, the caller counts it as 0 and says so.
"""

from collections.abc import Callable

import numpy as np
import scipy

CONSTANT = 1e-6  # standard deviation over the largest |value|: what float32 rounding leaves of a constant


def is_constant(rows: np.ndarray) -> np.ndarray:
    """Mark the rows whose standard deviation is at most 1e-6 of their largest absolute value."""
    rows = np.asarray(rows, np.float64)
    return rows.std(axis=1) <= CONSTANT * np.abs(rows).max(axis=1, initial=0)


def pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlate matching rows: NaN where one of the two is constant or has a NaN.

    Examples
    --------
    >>> pearson(np.array([[1.0, 2, 3], [1, 1, 1]]), np.array([[2.0, 4, 6], [1, 2, 3]])).round(3).tolist()
    [1.0, nan]
    """
    return (_unit_length(a) * _unit_length(b)).sum(axis=1)


def pearson_matrix(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Correlate every row of `a` with every row of `b`, or of `a` (see `pearson`): rows of a × rows of b."""
    a = _unit_length(a)
    return a @ (a if b is None else _unit_length(b)).T


def pearson_where_measured(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlate matching rows over the columns in which neither is NaN; NaN where one is then constant.

    Examples
    --------
    >>> a, b = np.array([[1.0, 2, 3, np.nan]]), np.array([[2.0, 4, 6, 100]])
    >>> pearson_where_measured(a, b).round(3).tolist()
    [1.0]
    """
    measured = ~(np.isnan(a) | np.isnan(b))
    count = np.maximum(measured.sum(axis=1, keepdims=True), 1)
    parts, constant = [], np.zeros(len(measured), bool)
    for rows in (a, b):
        values = np.where(measured, rows, 0).astype(np.float64)
        centred = np.where(measured, values - values.sum(axis=1, keepdims=True) / count, 0)
        spread = np.sqrt((centred**2).sum(axis=1) / count[:, 0])
        constant |= spread <= CONSTANT * np.abs(values).max(axis=1, initial=0)
        parts.append(centred)
    length = np.sqrt((parts[0] ** 2).sum(axis=1) * (parts[1] ** 2).sum(axis=1))
    return np.where(constant, np.nan, (parts[0] * parts[1]).sum(axis=1) / np.where(constant, 1, length))


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlate the ranks of matching rows (see `pearson`); equal values share their mean rank."""
    return pearson(_mean_ranks(a), _mean_ranks(b))


def spearman_matrix(a: np.ndarray) -> np.ndarray:
    """Correlate the ranks of every row with those of every other: rows × rows (see `spearman`)."""
    return pearson_matrix(_mean_ranks(a))


def by_gene(correlation: Callable, true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Correlate (by `pearson` or `spearman`) truth and prediction of each gene, both samples × genes.

    A gene has 0 where only the prediction is constant, and NaN where the truth is.
    """
    true, predicted = np.transpose(true), np.transpose(predicted)
    r = np.where(is_constant(predicted), 0.0, correlation(true, predicted))
    return np.where(is_constant(true), np.nan, r)


def _unit_length(rows: np.ndarray) -> np.ndarray:
    """Centre rows and scale them to length 1; NaN where they are constant."""
    rows = np.asarray(rows, np.float64)
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1)
    return centred / np.where(is_constant(rows), np.nan, length)[:, None]


def _mean_ranks(rows: np.ndarray) -> np.ndarray:
    return scipy.stats.rankdata(rows, axis=1)
