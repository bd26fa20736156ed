"""The model of changes against the primal ridge, and on planted maps."""

import logging

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.contrasts import Contrasts
from l1000_rnaseq.translate.change.fit import correction, fit_change, reduced
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
    true, level, x, y = planted
    step = fit_change(LANDMARKS, GENES, level, [contrasts_of(x, y)], ChangeSettings(penalty=1e-3))
    np.testing.assert_allclose(step.left @ step.right, true, atol=0.2)
    stiff = fit_change(LANDMARKS, GENES, level, [contrasts_of(x, y)], ChangeSettings(penalty=1e7))
    np.testing.assert_allclose(stiff.left @ stiff.right, level, atol=1e-3)


def test_the_dual_is_the_primal_ridge(planted):
    _, level, x, y = planted
    scale, penalty = np.sqrt((x**2).mean(0)), 0.4
    z = x / scale
    absolute = penalty * (z**2).sum(1).mean()
    expected = np.linalg.solve(z.T @ z + absolute * np.eye(8), z.T @ (y - x @ level)) / scale[:, None]
    np.testing.assert_allclose(correction(x, y, level, scale, penalty), expected, rtol=1e-3, atol=1e-4)


def test_a_gene_that_was_not_measured_keeps_the_level_map(planted):
    _, level, x, y = planted
    y[:, 3] = np.nan
    step = fit_change(LANDMARKS, GENES, level, [contrasts_of(x, y)], ChangeSettings(penalty=0.1))
    np.testing.assert_allclose((step.left @ step.right)[:, 3], level[:, 3], atol=1e-4)


def test_missing_landmarks_are_counted_and_no_change(planted, caplog):
    _, level, x, y = planted
    with_gaps, zeros = x.copy(), x.copy()
    with_gaps[:3, 0], zeros[:3, 0] = np.nan, 0
    with caplog.at_level(logging.INFO):
        steps = [fit_change(LANDMARKS, GENES, level, [contrasts_of(v, y)]) for v in (with_gaps, zeros)]
    assert "3 missing landmark changes" in caplog.text
    np.testing.assert_array_equal(steps[0].left @ steps[0].right, steps[1].left @ steps[1].right)


def test_files_are_put_together(planted):
    _, level, x, y = planted
    parts = [contrasts_of(x[:20], y[:20], "a"), contrasts_of(x[20:], y[20:], "b")]
    steps = [fit_change(LANDMARKS, GENES, level, files) for files in (parts, [contrasts_of(x, y)])]
    np.testing.assert_allclose(steps[0].transform(x), steps[1].transform(x), rtol=1e-5, atol=1e-5)


def test_a_rank_keeps_the_best_part_of_the_scaled_map(planted):
    true = planted[0]
    scale = np.linspace(0.5, 2, 8)
    step = reduced(true, scale, 3)
    assert step.left.shape == (8, 3)
    u, s, v = np.linalg.svd(true * scale[:, None], full_matrices=False)
    expected = (u[:, :3] * s[:3]) @ v[:3] / scale[:, None]
    np.testing.assert_allclose(step.left @ step.right, expected, rtol=1e-4, atol=1e-5)


def test_what_cannot_be_fitted_is_refused(planted):
    _, level, x, y = planted
    with pytest.raises(ValueError, match=r"shape \(7, 12\); expected 8 landmarks × 12 genes"):
        fit_change(LANDMARKS, GENES, level[:7], [])
    with pytest.raises(ValueError, match="none of 8 landmarks changes"):
        fit_change(LANDMARKS, GENES, level, [contrasts_of(x * 0, y)])
