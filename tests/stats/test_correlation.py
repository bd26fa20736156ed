"""Correlations against scipy: rows, matrices, genes, ties, constants and missing values."""

import numpy as np
import pytest
from l1000_rnaseq.stats.correlation import (
    by_gene,
    is_constant,
    pearson,
    pearson_matrix,
    pearson_where_measured,
    spearman,
    spearman_matrix,
)
from scipy.stats import pearsonr, spearmanr


@pytest.fixture(params=[False, True], ids=["plain", "ties"])
def rows(request):
    rng = np.random.default_rng(0)
    a = rng.gamma(2, 2, (12, 30))
    b = a + rng.normal(0, 2, a.shape)
    return (np.round(a), np.round(b)) if request.param else (a, b)


@pytest.mark.parametrize(
    ("ours", "matrix", "scipys"),
    [(pearson, pearson_matrix, pearsonr), (spearman, spearman_matrix, spearmanr)],
)
def test_rows_and_matrices_are_scipys(rows, ours, matrix, scipys):
    a, b = rows
    expected = [scipys(x, y).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(ours(a, b), expected, rtol=1e-12)
    expected = [[scipys(x, y).statistic for y in a] for x in a]
    np.testing.assert_allclose(matrix(a), expected, rtol=1e-12)
    np.testing.assert_allclose(by_gene(ours, a, b), ours(a.T, b.T), rtol=1e-12)


def test_two_tables_are_correlated_row_by_row(rows):
    a, b = rows
    expected = [[pearsonr(x, y).statistic for y in b[:5]] for x in a]
    np.testing.assert_allclose(pearson_matrix(a, b[:5]), expected, rtol=1e-12)


def test_scale_and_shift_change_nothing(rows):
    a, b = rows
    np.testing.assert_allclose(pearson(a * 1e-9, b * 1e9 + 1e10), pearson(a, b), rtol=1e-4)
    np.testing.assert_allclose(pearson(a.astype(np.float32), b), pearson(a, b), rtol=1e-6)


def test_constant_and_missing_rows_have_no_correlation(rows):
    a, b = (table.copy() for table in rows)
    a[0], a[1], b[2, 3] = 0.0, 7.1, np.nan
    a[3] = np.float32(12.3) + np.random.default_rng(1).integers(-1, 2, 30) * np.spacing(np.float32(12.3))
    assert is_constant(a).tolist() == [True, True, False, True] + [False] * 8
    for r in (pearson(a, b), np.diag(pearson_matrix(a, b))):
        assert np.isnan(r).tolist() == [True] * 4 + [False] * 8
    assert np.isnan(spearman(a, b)).tolist() == [True] * 3 + [False] * 9  # ranks tell rounding apart
    a[3] = 12.3
    assert np.isnan(spearman_matrix(a)).sum() == 12**2 - 9**2


def test_a_constant_prediction_counts_as_0_and_a_constant_truth_not(rows):
    true, predicted = (table.copy() for table in rows)
    predicted[:, 3], true[:, 5], true[:, 6], predicted[:, 6] = 2.0, 4.0, 1.0, 1.0
    for correlation in (pearson, spearman):
        r = by_gene(correlation, true, predicted)
        assert r[3] == 0 and np.isnan(r).nonzero()[0].tolist() == [5, 6]


def test_missing_values_are_left_out_of_a_row(rows):
    a, b = (table.astype(float) for table in rows)
    rng = np.random.default_rng(1)
    a[rng.random(a.shape) < 0.2] = np.nan
    b[rng.random(b.shape) < 0.2] = np.nan
    a[0], b[1] = np.where(np.isnan(a[0]), np.nan, 3.0), np.nan
    got = pearson_where_measured(a, b)
    assert np.isnan(got[:2]).all()
    for x, y, r in zip(a[2:], b[2:], got[2:], strict=True):
        both = ~np.isnan(x + y)
        assert r == pytest.approx(pearsonr(x[both], y[both]).statistic, abs=1e-12)
