"""The linear step 2 against numpy's least squares, closed forms, the SVD, and brute force."""

import numpy as np
import pytest
from l1000_rnaseq.translate.step2.linear import Gram, LinearMap, choose_alpha, fit_linear


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(6, 1, size=(60, 9)) * rng.uniform(0.5, 3, 9)
    y = x @ rng.normal(size=(9, 14)) + rng.normal(size=(60, 14)) + 3
    return x, y


def ridge(x, y, alpha):
    """Slopes and intercept of ridge on standardised columns, by the normal equations."""
    mean_x, scale, mean_y = x.mean(0), x.std(0), y.mean(0)
    z = (x - mean_x) / scale
    slopes = np.linalg.solve(z.T @ z / len(x) + alpha * np.eye(x.shape[1]), z.T @ (y - mean_y) / len(x))
    slopes /= scale[:, None]
    return slopes, mean_y - mean_x @ slopes


def test_least_squares_is_lstsq(data):
    x, y = data
    solution, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)
    model = fit_linear(x, y)
    np.testing.assert_allclose(model.left @ model.right, solution[:-1], rtol=1e-3, atol=1e-4)
    expected = x @ solution[:-1] + solution[-1]
    got = model.transform(x)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-3)


def test_least_squares_with_more_genes_than_samples_fits_the_training_samples():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 30)), rng.normal(size=(8, 5))
    np.testing.assert_allclose(fit_linear(x, y).transform(x), y, atol=1e-4)
    z = (x - x.mean(0)) / x.std(0)
    minimum = np.linalg.pinv(z) @ (y - y.mean(0)) / x.std(0)[:, None]
    model = fit_linear(x, y)
    np.testing.assert_allclose(model.left @ model.right, minimum, atol=1e-4)


@pytest.mark.parametrize("alpha", [0.01, 0.3, 10.0])
def test_ridge_is_the_closed_form(data, alpha):
    x, y = data
    slopes, intercept = ridge(x, y, alpha)
    np.testing.assert_allclose(
        fit_linear(x, y, alpha).transform(x), x @ slopes + intercept, rtol=1e-4, atol=1e-3
    )


def test_ridge_does_not_depend_on_the_units_of_a_landmark(data):
    x, y = data
    units = np.linspace(0.1, 5, x.shape[1])
    np.testing.assert_allclose(
        fit_linear(x * units, y, 0.5).transform(x * units), fit_linear(x, y, 0.5).transform(x), atol=1e-3
    )


def test_weights_are_repetitions(data):
    x, y = data
    times = np.random.default_rng(2).integers(0, 4, len(x))
    weighted = fit_linear(x, y, 0.2, weights=times)
    repeated = fit_linear(np.repeat(x, times, axis=0), np.repeat(y, times, axis=0), 0.2)
    np.testing.assert_allclose(weighted.transform(x), repeated.transform(x), atol=1e-3)


def test_a_constant_landmark_is_harmless(data):
    x, y = data
    constant = np.column_stack([x, np.full(len(x), 6.0)])
    np.testing.assert_allclose(
        fit_linear(constant, y, 0.1).transform(constant), fit_linear(x, y, 0.1).transform(x), atol=1e-2
    )


@pytest.mark.parametrize("size", [1, 7, 60])
def test_sums_in_chunks_are_sums_in_one_pass(data, size):
    x, y = data
    chunked = Gram(9, 14)
    for start in range(0, len(x), size):
        chunked.add(x[start : start + size], y[start : start + size])
    whole = Gram(9, 14).add(x, y)
    for name in ("weight", "x", "y", "xx", "xy"):
        np.testing.assert_allclose(getattr(chunked, name), getattr(whole, name))


def test_adding_after_solving_is_noticed(data):
    x, y = data
    sums = Gram(9, 14).add(x[:30], y[:30])
    sums.solve(0.1)
    later = sums.add(x[30:], y[30:]).solve(0.1)
    np.testing.assert_allclose(later.transform(x), fit_linear(x, y, 0.1).transform(x), atol=1e-4)


def test_combine_adds_and_takes_away(data):
    x, y = data
    first, second, both = (
        Gram(9, 14).add(x[rows], y[rows]) for rows in (slice(25), slice(25, None), slice(60))
    )
    for got, expected in ((first.combine(second), both), (both.combine(second, sign=-1), first)):
        np.testing.assert_allclose(got.xx, expected.xx, atol=1e-8)
        np.testing.assert_allclose(got.solve(0.1).transform(x), expected.solve(0.1).transform(x), atol=1e-3)


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_full_rank_is_no_rank(data, alpha):
    x, y = data
    unlimited = fit_linear(x, y, alpha).transform(x)
    for rank in (9, 50):
        np.testing.assert_allclose(fit_linear(x, y, alpha, rank=rank).transform(x), unlimited, atol=1e-3)


@pytest.mark.parametrize("alpha", [0.0, 0.4])
@pytest.mark.parametrize("rank", [1, 3, 8])
def test_a_rank_keeps_the_best_approximation_of_the_fitted_values(data, alpha, rank):
    x, y = data
    slopes, intercept = ridge(x, y, alpha)
    fitted = (x - x.mean(0)) @ slopes
    u, s, vt = np.linalg.svd(fitted, full_matrices=False)
    best = (u[:, :rank] * s[:rank]) @ vt[:rank] + y.mean(0)
    model = fit_linear(x, y, alpha, rank=rank)
    assert model.left.shape == (9, rank) and model.right.shape == (rank, 14)
    np.testing.assert_allclose(model.transform(x), best, atol=2e-3)


def test_choose_alpha_is_leave_group_out_by_brute_force(data):
    x, y = data
    rows = [slice(0, 20), slice(20, 35), slice(35, 60)]
    alphas = (0.01, 1.0, 30.0)
    expected = {}
    for alpha in alphas:
        errors = []
        for out in rows:
            keep = np.ones(len(x), bool)
            keep[out] = False
            slopes, intercept = ridge(x[keep], y[keep], alpha)
            errors.append(np.mean((x[out] @ slopes + intercept - y[out]) ** 2))
        expected[alpha] = np.mean(errors)
    got = choose_alpha([(x[out], y[out], None) for out in rows], alphas)
    assert list(got) == list(alphas)
    for alpha in alphas:
        assert got[alpha] == pytest.approx(expected[alpha], rel=1e-4)


def test_through_passes_a_point_and_keeps_the_slopes(data):
    x, y = data
    model = fit_linear(x, y, 0.1, rank=4)
    point, target = x[3] + 1, np.arange(14.0)
    moved = model.through(point, target)
    np.testing.assert_allclose(moved.transform(point[None])[0], target, atol=1e-3)
    np.testing.assert_allclose(
        moved.transform(x) - moved.transform(x[:1]), model.transform(x) - model.transform(x[:1]), atol=1e-3
    )


def test_samples_are_translated_one_by_one(data):
    x, _ = data
    model = LinearMap(
        *(np.random.default_rng(3).normal(size=s).astype(np.float32) for s in ((9, 2), (2, 5), 5))
    )
    order = np.random.default_rng(4).permutation(len(x))
    np.testing.assert_allclose(model.transform(x[order]), model.transform(x)[order], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        np.concatenate([model.transform(v[None]) for v in x]), model.transform(x), rtol=1e-4, atol=1e-4
    )
