"""Kernel ridge: the textbook formula, a planted relation that is not linear, chunks, moving, rank."""

import numpy as np
import pytest
from l1000_rnaseq.translate.step2.kernel import fit_kernel, gaussian_kernel
from l1000_rnaseq.translate.step2.linear import fit_linear


@pytest.fixture
def planted():
    """Targets that follow a product of two landmarks: no linear map can see it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)) * [1, 2, 1, 3, 1, 1] + 5
    y = np.stack([(x[:, 0] - 5) * (x[:, 4] - 5), x[:, 1], (x[:, 2] - 5) ** 2], axis=1)
    return x, y + rng.normal(0, 0.1, y.shape)


def test_with_every_sample_as_centre_it_is_kernel_ridge_regression(planted):
    x, y = planted[0][:80], planted[1][:80]
    alpha, width = 1e-3, 2.0
    model = fit_kernel(x, y, alpha, n_centres=10_000, components=6, width=width)
    z = (x - x.mean(0)) / x.std(0)
    squared = ((z[:, None] - z) ** 2).sum(-1)
    kernel = np.exp(-squared / (width * np.median(squared[np.triu_indices(80, 1)])))
    centring = np.eye(80) - 1 / 80
    centred = centring @ kernel @ centring
    fitted = centred @ np.linalg.solve(centred + 80 * alpha * np.eye(80), y - y.mean(0)) + y.mean(0)
    np.testing.assert_allclose(model.transform(x), fitted, atol=0.02)


def test_it_sees_what_a_linear_map_cannot(planted):
    x, y = planted
    kernel, linear = fit_kernel(x[:400], y[:400], n_centres=200), fit_linear(x[:400], y[:400])
    errors = [((step.transform(x[400:]) - y[400:]) ** 2).mean(0) for step in (kernel, linear)]
    assert (errors[0][[0, 2]] < 0.5 * errors[1][[0, 2]]).all()


def test_chunks_do_not_matter(planted):
    x, y = planted
    whole, parts = (fit_kernel(x, y, n_centres=100, chunk=chunk) for chunk in (10_000, 37))
    np.testing.assert_allclose(whole.transform(x), parts.transform(x), atol=1e-2)


def test_through_moves_it_and_keeps_its_shape(planted):
    x, y = planted
    model = fit_kernel(x, y, n_centres=100)
    moved = model.through(x.mean(0) + 3, np.full(3, 7.0))
    np.testing.assert_allclose(moved.transform((x.mean(0) + 3)[None])[0], 7, atol=1e-3)
    before = model.transform(x[:5]) - model.transform(x.mean(0)[None])
    np.testing.assert_allclose(moved.transform(x[:5] + 3) - 7, before, atol=5e-3)


def test_rank_is_that_of_the_stored_matrices(planted):
    x, y = planted
    model = fit_kernel(x, y, rank=2, n_centres=100, components=4)
    assert model.left.shape == (100, 2) and model.right.shape == (2, 3) and model.projection.shape == (6, 4)
    assert model.hidden(x[:7]).shape == (7, 2)


def test_similarity_is_one_to_oneself():
    x = np.random.default_rng(1).normal(size=(5, 3))
    kernel = gaussian_kernel(x, x, 2.0)
    np.testing.assert_allclose(np.diag(kernel), 1, atol=1e-5)
    np.testing.assert_allclose(kernel[0, 1], np.exp(-((x[0] - x[1]) ** 2).sum() / 2), rtol=1e-5)
