"""Intervals: quantiles by hand, coverage on groups that were not used, few groups, missing values."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.intervals import LEVELS, conformal_factors, coverage, gene_errors


def test_factors_are_quantiles_of_scaled_errors():
    true = np.arange(1.0, 11)[:, None] * [[2.0]]
    factors = conformal_factors(true, np.zeros((10, 1)), np.array([2.0]), levels=(0.5, 0.9, 0.95))
    assert factors["0.5"] == pytest.approx(np.quantile(np.arange(1, 11), 0.55))
    assert factors["0.9"] == pytest.approx(np.quantile(np.arange(1, 11), 0.99))
    assert factors["0.95"] == np.inf  # ten groups cannot say so much about an eleventh


def test_new_groups_are_covered_as_promised():
    rng, scale = np.random.default_rng(3), np.linspace(0.2, 3, 400)
    harder = rng.uniform(0.5, 2, (60, 1))  # groups differ in difficulty: the hard part
    true = rng.normal(0, scale, (60, 400)) * harder
    factors = conformal_factors(true[:30], np.zeros((30, 400)), scale)
    for level in (0.5, 0.8, 0.9):
        share = coverage(true[30:], np.zeros((30, 400)), scale * factors[str(level)]).mean()
        assert abs(share - level) < 0.06


def test_missing_values_do_not_count():
    true = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 9.0]])
    assert np.isfinite(conformal_factors(true, np.zeros((3, 2)), np.ones(2), levels=(0.5,))["0.5"])
    np.testing.assert_allclose(coverage(true, np.zeros((3, 2)), np.array([2.0, 2.0])), [1, 0, 0])


def test_errors_of_landmarks_are_their_spread_within_sources():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(0, [1, 2], (400, 2)), columns=["A", "B"])
    sources = np.repeat(["x", "y"], 200)
    table[sources == "y"] += 50  # a difference between laboratories is no spread
    found = gene_errors(table, sources, ["A", "B"], pd.Series({"C": 0.7, "A": 9.0, "D": 0.0}))
    np.testing.assert_allclose(found, [1, 2, 0.7, 0.05], rtol=0.1)


def test_a_bundle_keeps_its_widths(random_bundle, tmp_path):
    plain = Bundle.load(random_bundle)
    error = np.linspace(0.1, 2, len(plain.genes))
    factors = {
        kind: {str(level): k * level for level in LEVELS} for kind, k in (("landmarks", 2), ("others", 3))
    }
    replace(plain, gene_error=error, card={"interval_factors": factors}).save(tmp_path / "b.h5")
    loaded = Bundle.load(tmp_path / "b.h5")
    width = loaded.half_width(0.8)
    assert list(width.index) == list(loaded.genes)
    by_hand = 0.8 * error * np.r_[np.full(978, 2), np.full(60, 3)]
    np.testing.assert_allclose(width, by_hand, rtol=1e-5)
    with pytest.raises(ValueError, match=r"level is 0.7; expected one of 0.5, 0.8, 0.9, 0.95"):
        loaded.half_width(0.7)


def test_without_evidence_there_are_no_intervals(random_bundle):
    assert Bundle.load(random_bundle).half_width() is None


def test_the_default_bundle_covers_lines_that_it_had_not_seen():
    """The paired lines, each by fits without it, with widths from lineages alone (measured in training)."""
    covered = Bundle.load().card["interval_coverage"]
    for level, low, high in (("0.5", 0.4, 0.65), ("0.9", 0.85, 0.98)):
        assert low < covered[level] < high
