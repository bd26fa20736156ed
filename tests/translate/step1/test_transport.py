"""Joint maps: moments they must match, their limits, a planted linear relation, bundles that hold them."""

import numpy as np
import pytest
from l1000_rnaseq.translate.step1.per_gene import fit_mean_variance
from l1000_rnaseq.translate.step1.transport import (
    blended,
    chained,
    fit_coral,
    fit_monge,
    fit_wiener,
)
from scipy.linalg import sqrtm
from scipy.stats import pearsonr


@pytest.fixture
def sides():
    rng = np.random.default_rng(0)
    mix_x, mix_y = rng.normal(size=(8, 8)), rng.normal(size=(8, 8))
    x = rng.normal(size=(400, 8)) @ mix_x + rng.uniform(4, 12, 8)
    y = rng.normal(size=(300, 8)) @ mix_y + rng.uniform(0, 9, 8)
    return x, y, rng.integers(1, 5, 400), rng.integers(1, 5, 300)


@pytest.mark.parametrize("fit", [fit_monge, fit_coral])
def test_without_shrinkage_mean_and_covariance_are_matched(sides, fit):
    x, y, wx, wy = sides
    mapped = np.repeat(fit(x, y, wx, wy, shrink=0.0).transform(x), wx, axis=0)
    target = np.repeat(y, wy, axis=0)
    np.testing.assert_allclose(mapped.mean(0), target.mean(0), atol=1e-3)
    np.testing.assert_allclose(np.cov(mapped.T, ddof=0), np.cov(target.T, ddof=0), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("fit", [fit_monge, fit_coral])
def test_at_full_shrinkage_it_is_the_per_gene_map(sides, fit):
    x, y, wx, wy = sides
    per_gene = fit_mean_variance(x, y, wx, wy).transform(x)
    np.testing.assert_allclose(fit(x, y, wx, wy, shrink=1.0).transform(x), per_gene, atol=1e-4)


def test_the_monge_map_is_the_textbook_formula(sides):
    x, y, *_ = sides
    step = fit_monge(x, y, shrink=0.5)
    a, b = (0.5 * np.corrcoef(v.T) + 0.5 * np.eye(8) for v in (x, y))
    root = sqrtm(a).real
    inverse = np.linalg.inv(root)
    core = inverse @ sqrtm(root @ b @ root).real @ inverse
    np.testing.assert_allclose(step.weights, core * np.outer(1 / x.std(0), y.std(0)), rtol=1e-6, atol=1e-8)
    in_units = step.weights * np.outer(x.std(0), 1 / y.std(0))
    np.testing.assert_allclose(in_units, in_units.T, atol=1e-9)
    assert (np.linalg.eigvalsh(in_units) > 0).all()


def test_rows_without_weight_do_not_count(sides):
    x, y, _, wy = sides
    wy = np.where(np.arange(300) < 150, wy, 0)
    step, only = fit_monge(x, y, None, wy), fit_monge(x, y[:150], None, wy[:150])
    np.testing.assert_allclose(step.weights, only.weights, atol=1e-9)


def test_it_moves_information_between_genes_where_a_per_gene_map_cannot():
    rng = np.random.default_rng(1)  # 40 genes of 4 programmes; L1000 adds noise to every gene by itself
    load = rng.normal(size=(4, 40))
    truth, other = (rng.normal(size=(n, 4)) @ load for n in (400, 400))
    x = truth + rng.normal(0, 2, truth.shape)
    step, per_gene = fit_monge(x, other, shrink=0.3), fit_mean_variance(x, other)
    gain = [
        pearsonr(step.transform(x)[:, g], truth[:, g])[0]
        - pearsonr(per_gene.transform(x)[:, g], truth[:, g])[0]
        for g in range(40)
    ]
    assert np.mean(gain) > 0.05


def test_deviation_and_bad_input(sides):
    x, y, *_ = sides
    half, full = fit_monge(x, y, deviation=0.5), fit_monge(x, y)
    np.testing.assert_allclose(
        half.transform(x) - half.mean, 0.5 * (full.transform(x) - full.mean), atol=1e-4
    )
    with pytest.raises(ValueError, match=r"shrink is 1\.5; expected 0 to 1"):
        fit_monge(x, y, shrink=1.5)


def test_without_noise_the_wiener_filter_is_the_per_gene_map(sides):
    x, y, wx, wy = sides
    per_gene = fit_mean_variance(x, y, wx, wy).transform(x)
    step = fit_wiener(x, y, wx, wy, noise=np.zeros(8), shrink=0.5)
    np.testing.assert_allclose(step.transform(x), per_gene, atol=1e-3)


def test_the_wiener_filter_removes_noise_that_it_is_told_of():
    rng = np.random.default_rng(1)
    load = rng.normal(size=(3, 30))
    truth, other = (rng.normal(size=(n, 3)) @ load for n in (500, 500))
    x = truth + rng.normal(0, 1.5, truth.shape)
    wiener = fit_wiener(x, other, noise=np.full(30, 1.5**2), shrink=0.0).transform(x)
    plain = fit_mean_variance(x, other).transform(x)
    r = [[pearsonr(a, b)[0] for a, b in zip(truth.T, step.T, strict=True)] for step in (wiener, plain)]
    assert np.mean(r[0]) > np.mean(r[1]) + 0.1


def test_chains_and_blends_are_what_they_say(sides):
    x, y, *_ = sides
    one, two = fit_monge(x, y), fit_coral(y, x)
    np.testing.assert_allclose(chained(one, two).transform(x), two.transform(one.transform(x)), atol=1e-2)
    other = fit_coral(x, y)
    mean = (one.transform(x) + other.transform(x)) / 2
    np.testing.assert_allclose(blended(one, other).transform(x), mean, atol=1e-3)
