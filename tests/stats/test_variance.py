"""Moments, pooled variances and robust spreads against NumPy, scipy and loops over groups."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.variance import (
    from_plate_medians,
    moments,
    pooled_variance,
    robust_sd,
    within_groups,
)
from scipy.stats import median_abs_deviation


def test_weighted_moments_are_those_of_repeated_samples():
    rng = np.random.default_rng(0)
    values, times = rng.normal(8, 2, (9, 4)), rng.integers(0, 4, 9)
    mean, sd = moments(values, times * 0.1)
    repeated = values.repeat(times, axis=0)
    np.testing.assert_allclose(mean, repeated.mean(axis=0))
    np.testing.assert_allclose(sd, repeated.std(axis=0))
    np.testing.assert_allclose(moments(values), [values.mean(axis=0), values.std(axis=0)])


@pytest.fixture
def wells():
    rng = np.random.default_rng(1)
    lines, plates = rng.choice(list("abc"), 60), rng.integers(0, 3, 60)
    lines[0], plates[0] = "alone", 9
    return rng.normal(8, 1, (60, 4)).astype(np.float32) + 3 * plates[:, None], lines, plates


def test_the_pooled_variance_by_a_loop(wells):
    values, lines, plates = wells
    squares, df = np.zeros(4), 0
    for line in set(lines):
        for plate in set(plates):
            group = values[(lines == line) & (plates == plate)].astype(float)
            if len(group) > 1:
                squares, df = squares + (len(group) - 1) * group.var(axis=0, ddof=1), df + len(group) - 1
    np.testing.assert_allclose(pooled_variance(values, [lines, plates]), squares / df)
    residuals, got = within_groups(values, [lines, plates])
    assert got == df and residuals.dtype == np.float64 and (residuals[0] == 0).all()
    one = pooled_variance(values, np.zeros(60))
    np.testing.assert_allclose(one, values.astype(float).var(axis=0, ddof=1))
    with pytest.raises(ValueError, match="none of the 2 groups has two members"):
        pooled_variance(values[:2], np.array(["x", "y"]))


def test_robust_spreads_are_scipys(wells):
    values, _, plates = wells
    names = [f"w{k}" for k in range(60)]
    profiles, plate_of = pd.DataFrame(values, names), pd.Series(plates, names).sample(frac=1, random_state=0)
    seen = []
    for rows, deviations in from_plate_medians(profiles, plate_of):
        (plate,) = set(plates[rows])
        assert rows.tolist() == np.flatnonzero(plates == plate).tolist()
        np.testing.assert_allclose(deviations, values[rows] - np.median(values[rows], axis=0), atol=1e-6)
        expected = median_abs_deviation(values[rows].astype(float), axis=0, scale="normal")
        np.testing.assert_allclose(robust_sd(deviations), expected, rtol=1e-5)  # 1.4826 for 1.482602…
        seen.append(plate)
    assert seen == list(pd.unique(plates))
