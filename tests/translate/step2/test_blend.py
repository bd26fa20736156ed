"""The blend is the mean of its three regressions; the stored rank, moving it, chunks, few cell lines."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.translate.settings import BlendSettings
from l1000_rnaseq.translate.step2.blend import FEWEST_LINES, fit_blend
from l1000_rnaseq.translate.step2.kernel import fit_kernel
from l1000_rnaseq.translate.step2.linear import fit_linear

FULL = BlendSettings(n_centres=60, components=5, rank=1000)


@pytest.fixture
def planted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 8))
    y = np.hstack([x @ rng.normal(size=(8, 30)), (x[:, :5] * x[:, 1:6])]) + rng.normal(0, 0.1, (300, 35))
    return x - x.mean(axis=0), y - y.mean(axis=0), np.arange(300) < 50


def lines_ridge(x, y, alpha):
    """Ridge in its primal form, on landmarks over their spread."""
    scaled = x / x.std(axis=0)
    square = scaled.T @ scaled + alpha * x.shape[1] * np.eye(x.shape[1])
    return np.linalg.solve(square, scaled.T @ y) / x.std(axis=0)[:, None]


def test_at_full_rank_it_is_the_mean_of_the_three(planted):
    x, y, lines = planted
    kernel = fit_kernel(x, y, FULL.alpha, None, 60, 5, FULL.width)
    three = kernel.transform(x) + fit_linear(x, y, FULL.ridge_alpha).transform(x)
    three = three + x @ lines_ridge(x[lines], y[lines], FULL.lines_alpha)
    blend = fit_blend(x, y, lines, FULL).transform(x)
    # levels are those of the targets; what is compared is the shape
    np.testing.assert_allclose(blend - blend.mean(0), (three - three.mean(0)) / 3, atol=2e-3)
    np.testing.assert_allclose(blend.mean(axis=0), y.mean(axis=0), atol=1e-4)


def test_few_cell_lines_are_left_out(planted):
    x, y, _ = planted
    few = np.arange(len(x)) < FEWEST_LINES - 1
    none = fit_blend(x, y, np.zeros(len(x), bool), FULL).transform(x)
    np.testing.assert_array_equal(fit_blend(x, y, few, FULL).transform(x), none)


def test_the_rank_keeps_most_of_every_gene(planted):
    x, y, lines = planted
    y = y * np.r_[np.full(30, 100.0), np.ones(5)]  # the scale of a gene does not decide what is kept
    whole = fit_blend(x, y, lines, FULL)
    cut = fit_blend(x, y, lines, replace(FULL, rank=12))
    assert cut.left.shape == (60, 12) and cut.direct.shape == (8, 12) and cut.right.shape == (12, 35)
    scale = y.std(axis=0)
    left_over = ((cut.transform(x) - whole.transform(x)) / scale).std(axis=0)
    assert left_over[30:].max() < 0.5 and left_over.mean() < 0.1


def test_chunks_do_not_matter_and_through_moves_it(planted):
    x, y, lines = planted
    whole, parts = (fit_blend(x, y, lines, FULL, chunk=chunk) for chunk in (4096, 37))
    np.testing.assert_allclose(whole.transform(x), parts.transform(x), atol=5e-3)
    moved = whole.through(np.full(8, 3.0), np.full(35, 7.0))
    np.testing.assert_allclose(moved.transform(np.full((1, 8), 3.0))[0], 7, atol=1e-3)
    before = whole.transform(x[:5]) - whole.transform(x.mean(0)[None])
    np.testing.assert_allclose(moved.transform(x[:5] + 3) - 7, before, atol=5e-3)
