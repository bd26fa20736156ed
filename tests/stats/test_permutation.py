"""Permutation p-values against a loop and their distribution under the null."""

import numpy as np
from l1000_rnaseq.stats.permutation import permutation_p
from scipy.stats import kstest


def test_p_counts_the_permutations_by_a_loop():
    rng = np.random.default_rng(0)
    observed, null = rng.normal(size=7).round(1), rng.normal(size=(40, 7)).round(1)  # with ties
    expected = [
        (1 + sum(value >= number for value in column)) / 41
        for number, column in zip(observed, null.T, strict=True)
    ]
    np.testing.assert_array_equal(permutation_p(observed, null), expected)
    np.testing.assert_array_equal(permutation_p(observed[2], null[:, 2]), expected[2])
    np.testing.assert_array_equal(permutation_p(observed, null[:, :1])[0], expected[0])
    assert permutation_p(0.3, np.array([0.1 + 0.2, 0.3 - 1e-15])) == 1  # rounding is no difference
    assert permutation_p(5.0, np.zeros(99)) == 0.01


def test_p_is_uniform_where_there_is_nothing():
    rng = np.random.default_rng(1)
    p = permutation_p(rng.normal(size=2000), rng.normal(size=(199, 2000)))
    assert kstest(p, "uniform").pvalue > 0.01
