"""The model of changes against the primal ridge, and on planted maps."""

import logging

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.contrasts import Contrasts
from l1000_rnaseq.translate.change.fit import correction, fit_change, gains, reduced
from l1000_rnaseq.translate.settings import ChangeSettings

LANDMARKS = tuple(f"L{i}" for i in range(8))
GENES = tuple(f"G{i}" for i in range(12))


def contrasts_of(x, y, name="file") -> Contrasts:
    changes = pd.DataFrame(np.hstack([x, y]), [f"c{i}" for i in range(len(x))], [*LANDMARKS, *GENES])
    return Contrasts(name, changes, pd.DataFrame(index=changes.index), False)


@pytest.fixture
def planted():
    """A true map, a level map that is off it, and contrasts of the true one."""
    rng = np.random.default_rng(0)
    true, x = rng.normal(size=(8, 12)), rng.normal(size=(60, 8)) * rng.uniform(0.2, 2, 8)
    return true, true + rng.normal(0, 0.7, true.shape), x, x @ true + rng.normal(0, 0.1, (60, 12))


def test_without_contrasts_it_is_the_level_map(planted):
    _, level, x, _ = planted
    step = fit_change(LANDMARKS, GENES, level, [])
    np.testing.assert_allclose(step.transform(x), x @ level, rtol=1e-4, atol=1e-4)
    assert not step.intercept.any() and step.left.dtype == step.right.dtype == np.float32


def test_contrasts_correct_the_level_map(planted):
    _, level, x, _ = planted
    mixed = np.eye(8) + np.random.default_rng(1).normal(0, 0.3, (8, 8))
    within = mixed @ level  # another map with the patterns of the level map
    files = [contrasts_of(x, x @ within)]
    step = fit_change(LANDMARKS, GENES, level, files, ChangeSettings(gain_penalty=1e9, penalty=1e-6))
    np.testing.assert_allclose(step.left @ step.right, within, atol=1e-2 * np.abs(within).max())
    stiff = fit_change(LANDMARKS, GENES, level, files, ChangeSettings(1e9, 1e9, 1e9))
    slopes = stiff.left @ stiff.right
    np.testing.assert_allclose(slopes / slopes[0, 0], level / level[0, 0], rtol=1e-3, atol=1e-3)


def test_the_dual_is_the_primal_ridge_within_the_patterns_of_the_map_and_outside(planted):
    _, level, x, y = planted
    scale, penalty = np.sqrt((x**2).mean(0)), 0.4
    z = x / scale
    absolute = penalty * (z**2).sum(1).mean()
    expected = np.linalg.solve(z.T @ z + absolute * np.eye(8), z.T @ (y - x @ level)) / scale[:, None]
    rows = np.linalg.qr(level.T)[0]
    got = correction(x, y, level, scale, penalty, 1e12)
    np.testing.assert_allclose(got, expected @ rows @ rows.T, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(correction(x, y, level, scale, penalty, penalty), expected, atol=1e-3)


def test_a_gain_is_the_slope_of_each_gene_shrunk_to_the_common_one(planted):
    _, level, x, _ = planted
    true = np.linspace(0.2, 2, 12)
    np.testing.assert_allclose(gains(x, x @ level * true, level, 0), true, rtol=1e-4)
    shrunk = gains(x, x @ level * true, level, 1e6)
    assert np.ptp(shrunk) < 1e-4 and 0.2 < shrunk[0] < 2
    y = x @ level * true
    y[5:, 0] = np.nan
    y[:, 1] = np.nan
    some = gains(x, y, level, 0.1)
    assert some[0] == pytest.approx(0.2, abs=0.4) and some[1] > 0.5
    assert gains(x, -y, level, 0.1).max() == 0
    assert gains(x * 0, y, level, 1).tolist() == [1.0] * 12


def test_a_gene_that_was_not_measured_keeps_the_level_map(planted):
    _, level, x, y = planted
    y[:, 3] = np.nan
    stiff = ChangeSettings(penalty=1e9, free_penalty=1e9)
    without = fit_change(LANDMARKS, GENES, level, [contrasts_of(x, y)], stiff)
    slopes = (without.left @ without.right)[:, 3]
    np.testing.assert_allclose(slopes / slopes[0], level[:, 3] / level[0, 3], rtol=1e-3)
    assert np.isfinite(fit_change(LANDMARKS, GENES, level, [contrasts_of(x, y)]).transform(x)).all()


def test_missing_landmarks_are_counted_and_no_change(planted, caplog):
    _, level, x, y = planted
    with_gaps, zeros = x.copy(), x.copy()
    with_gaps[:3, 0], zeros[:3, 0] = np.nan, 0
    with caplog.at_level(logging.DEBUG, "l1000_rnaseq"):
        steps = [fit_change(LANDMARKS, GENES, level, [contrasts_of(v, y)]) for v in (with_gaps, zeros)]
    assert "3 missing landmark changes" in caplog.text
    np.testing.assert_array_equal(steps[0].left @ steps[0].right, steps[1].left @ steps[1].right)


def test_files_are_put_together(planted):
    _, level, x, y = planted
    parts = [contrasts_of(x[:20], y[:20], "a"), contrasts_of(x[20:], y[20:], "b")]
    steps = [fit_change(LANDMARKS, GENES, level, files) for files in (parts, [contrasts_of(x, y)])]
    np.testing.assert_allclose(steps[0].transform(x), steps[1].transform(x), rtol=1e-5, atol=1e-5)


def test_a_rank_is_the_best_one_for_changes_with_these_moments(planted):
    true, _, x, _ = planted
    x = x @ np.random.default_rng(1).normal(size=(8, 8))
    step = reduced(true, x.T @ x / len(x), 3)
    assert step.left.shape == (8, 3)
    u, s, v = np.linalg.svd(x @ true, full_matrices=False)
    np.testing.assert_allclose(step.transform(x), (u[:, :3] * s[:3]) @ v[:3], atol=1e-3)


def test_what_cannot_be_fitted_is_refused(planted):
    _, level, x, y = planted
    with pytest.raises(ValueError, match=r"shape \(7, 12\); expected 8 landmarks × 12 genes"):
        fit_change(LANDMARKS, GENES, level[:7], [])
    with pytest.raises(ValueError, match="none of 8 landmarks changes"):
        fit_change(LANDMARKS, GENES, level, [contrasts_of(x * 0, y)])
