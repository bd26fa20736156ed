"""Contestants: the mean is a mean, the network mends what a ridge cannot, one step equals two, moving."""

import numpy as np
import pytest
from l1000_rnaseq.translate.step2.alternatives import (
    Moved,
    fit_ensemble,
    fit_noisy_kernel,
    fit_one_step,
    fit_with_network,
)
from l1000_rnaseq.translate.step2.kernel import fit_kernel
from l1000_rnaseq.translate.step2.linear import fit_linear


@pytest.fixture(scope="module")
def bent():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 8))
    x -= x.mean(axis=0)
    y = np.maximum(x @ rng.normal(size=(8, 20)), 0)  # a hinge: half of it is linear
    return x, y - y.mean(axis=0)


def error(step, x, y):
    return ((step.transform(x) - y) ** 2).mean()


def test_an_ensemble_is_the_mean_of_its_parts(bent):
    x, y = bent
    parts = fit_linear(x, y, 1.0), fit_kernel(x, y)
    mean = (parts[0].transform(x) + parts[1].transform(x)) / 2
    np.testing.assert_allclose(fit_ensemble(x, y).transform(x), mean, atol=1e-4)


def test_a_network_learns_what_a_ridge_leaves(bent):
    x, y = bent
    with_network = fit_with_network(x[:500], y[:500], alpha=0.01, rank=16)
    assert error(with_network, x[500:], y[500:]) < 0.9 * error(
        fit_linear(x[:500], y[:500], 0.01), x[500:], y[500:]
    )


def test_noise_on_the_inputs_makes_a_smoother_map(bent):
    x, y = bent
    spreads = [fit_noisy_kernel(x, y, noise=noise).transform(x).std() for noise in (0.0, 2.0)]
    assert spreads[1] < 0.8 * spreads[0]


def test_one_step_without_noise_is_matching_moments_then_ridge(bent):
    x, y = bent
    mean, sd = np.full(8, 7.0), np.linspace(1, 3, 8)
    step = fit_one_step(x, y, mean, sd, x.std(axis=0), noise=np.zeros(8), ridge=0.3)
    l1000 = np.random.default_rng(1).normal(mean, sd, (30, 8))
    matched = (l1000 - mean) / sd * x.std(axis=0)
    ridge = fit_linear(x, y, 0.3)
    np.testing.assert_allclose(step.transform(l1000), ridge.transform(matched), atol=0.05)
    noisy = fit_one_step(x, y, mean, sd, x.std(axis=0), noise=sd**2)
    assert noisy.transform(l1000).std() < step.transform(l1000).std()


def test_moved_takes_one_profile_to_another_and_keeps_differences(bent):
    x, y = bent
    step = fit_linear(x, y, 1.0)
    moved = Moved(step, np.full(8, 5.0), np.arange(20.0))
    np.testing.assert_allclose(moved.transform(np.full((1, 8), 5.0))[0], np.arange(20), atol=1e-4)
    np.testing.assert_allclose(
        moved.transform(x[:3] + 5) - np.arange(20),
        step.transform(x[:3]) - step.transform(0 * x[:1]),
        atol=1e-3,
    )
