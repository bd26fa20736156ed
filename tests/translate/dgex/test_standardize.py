"""Duplicates against a loop, strict and transductive standardisation, step 1."""

import numpy as np
import pytest
from l1000_rnaseq.translate.dgex.standardize import (
    Standardization,
    distinct_samples,
    standardize_sources,
)
from l1000_rnaseq.translate.step1.joint_quantile import fit_joint_quantile
from scipy.stats import rankdata


def test_duplicates_are_those_of_the_loop():
    rng = np.random.default_rng(0)
    x = rng.normal(8, 1, (120, 40)).astype(np.float32)
    x[100:] = x[rng.integers(0, 100, 20)] + rng.normal(0, 0.15, (20, 40))  # about 0.95 from their twins
    keep = np.ones(120, bool)
    for later in range(120):
        for earlier in range(later):
            if np.sqrt(((x[later].astype(float) - x[earlier]) ** 2).sum()) < 1.0:
                keep[later] = False
    assert 3 < (~keep).sum() < 17  # twins on both sides of the limit
    assert np.array_equal(distinct_samples(x), keep)
    assert distinct_samples(x, distance=1e-6).all() and distinct_samples(x, distance=100).sum() == 1


def test_missing_values_are_told():
    x = np.ones((5, 4))
    x[2, 2] = np.nan
    with pytest.raises(ValueError, match="profiles have NaN or infinite values"):
        distinct_samples(x)
    with pytest.raises(ValueError, match="training profiles have NaN or infinite values"):
        Standardization.fit(x)


@pytest.mark.parametrize("size", [7, 5000])
def test_standard_units_block_by_block(size):
    x = np.random.default_rng(2).normal(1000, 3, (50, 6)).astype(np.float32)
    x[:, 3] = 5
    rows = np.arange(50) % 3 > 0
    fitted = Standardization.fit(x, np.flatnonzero(rows), size)
    np.testing.assert_allclose(fitted.mean, x[rows].mean(0, dtype=float), rtol=1e-5)
    spread = x[rows].std(0, dtype=float)
    np.testing.assert_allclose(fitted.sd, np.where(spread > 0, spread, 1), rtol=1e-5)
    assert np.array_equal(fitted.transform(x)[:, 3], np.zeros(50))  # a constant gene stays finite


def test_step_1_gives_l1000_the_moments_of_rna_seq():
    rng = np.random.default_rng(4)
    x, y = rng.normal(8, 1.5, (80, 30)) + rng.normal(0, 1, 30), rng.gamma(2, 2, (60, 30))
    wx, wy = rng.uniform(0.5, 2, 80), rng.uniform(0.5, 2, 60)
    step = fit_joint_quantile(x, y, wx, wy)
    out = step.transform(x).astype(float)
    for values, weights, truth, others in ((out, wx, y, wy),):
        mean, target = np.average(values, axis=0, weights=weights), np.average(truth, axis=0, weights=others)
        np.testing.assert_allclose(mean, target, rtol=1e-4)
        spread = np.average((values - mean) ** 2, axis=0, weights=weights)
        np.testing.assert_allclose(
            spread, np.average((truth - target) ** 2, axis=0, weights=others), rtol=1e-3
        )


def test_step_1_sees_only_the_order_of_the_genes_of_a_sample():
    rng = np.random.default_rng(5)
    x, y = rng.normal(8, 1.5, (40, 30)), rng.gamma(2, 2, (60, 30))
    step = fit_joint_quantile(x, y)
    np.testing.assert_allclose(step.transform(2**x), step.transform(x), atol=1e-5)
    reference = np.sort(y, axis=1).mean(axis=0)
    ranked = reference[rankdata(x[0]).astype(int) - 1]
    np.testing.assert_allclose(step.transform(x[:1])[0], ranked * step.slope + step.intercept, rtol=1e-5)


def test_sources_are_standardised_each_by_itself_or_all_by_training():
    rng = np.random.default_rng(4)
    x, source = rng.normal(3, 2, (30, 4)), np.repeat(["a", "b", "c"], 10)
    train = source != "c"
    strict = standardize_sources(x, source, train, False)
    np.testing.assert_allclose(
        strict, (x - x[train].mean(axis=0)) / x[train].std(axis=0), rtol=1e-5, atol=1e-5
    )
    own = standardize_sources(x, source, train, True)
    for name in "abc":
        np.testing.assert_allclose(own[source == name].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(own[source == name].std(axis=0), 1, rtol=1e-5)
