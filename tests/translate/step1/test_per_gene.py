"""Closed-form step 1: moments, monotonicity, and what no per-gene map can change."""

import numpy as np
import pytest
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.step1.per_gene import fit_quantile_match
from scipy.stats import pearsonr, spearmanr

AFFINE = ("mean", "identity", "ratio", "mean_variance")


@pytest.fixture
def sides():
    rng = np.random.default_rng(0)
    x = rng.normal(8, 1, size=(70, 6)) * np.linspace(0.6, 1.4, 6)
    y = np.maximum(rng.gamma(2, 2, size=(40, 6)), 0)
    return x, y, rng.integers(1, 5, 70), rng.integers(1, 5, 40)


def test_mean_variance_matches_the_weighted_moments(sides):
    x, y, wx, wy = sides
    mapped = STEP1["mean_variance"](x, y, wx, wy).transform(x)
    repeated, target = np.repeat(mapped, wx, axis=0), np.repeat(y, wy, axis=0)
    np.testing.assert_allclose(repeated.mean(0), target.mean(0), rtol=1e-5)
    np.testing.assert_allclose(repeated.std(0), target.std(0), rtol=1e-5)


def test_ratio_matches_the_means_and_passes_the_origin(sides):
    x, y, wx, wy = sides
    fitted = STEP1["ratio"](x, y, wx, wy)
    np.testing.assert_allclose(
        np.repeat(fitted.transform(x), wx, axis=0).mean(0), np.repeat(y, wy, axis=0).mean(0), rtol=1e-5
    )
    np.testing.assert_array_equal(fitted.transform(np.zeros((1, 6))), np.zeros((1, 6)))


def test_identity_and_mean_are_what_they_say(sides):
    x, y, _, wy = sides
    np.testing.assert_allclose(STEP1["identity"](x, y).transform(x), x, rtol=1e-6)
    expected = np.tile(np.repeat(y, wy, axis=0).mean(0), (len(x), 1))
    np.testing.assert_allclose(STEP1["mean"](x, y, None, wy).transform(x), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["identity", "ratio", "mean_variance"])
def test_an_affine_map_keeps_gene_wise_pearson(sides, name):
    x, y, _, _ = sides
    truth, mapped = np.random.default_rng(1).normal(size=x.shape) + x, STEP1[name](x, y).transform(x)
    for gene in range(6):
        before, after = (pearsonr(v[:, gene], truth[:, gene])[0] for v in (x, mapped))
        assert after == pytest.approx(before, abs=1e-5)


def test_the_quantile_map_is_monotone_and_keeps_gene_wise_spearman(sides):
    x, y, wx, wy = sides
    new = np.random.default_rng(2).normal(8, 3, size=(300, 6))
    mapped = fit_quantile_match(x, y, wx, wy).transform(new)
    truth = new + np.random.default_rng(3).normal(size=new.shape)
    for gene in range(6):
        order = np.argsort(new[:, gene])
        assert (np.diff(mapped[order, gene]) >= 0).all()
        before, after = (spearmanr(v[:, gene], truth[:, gene])[0] for v in (new, mapped))
        assert after == pytest.approx(before, abs=1e-3)


def test_the_quantile_map_matches_quantiles_and_has_no_gaps_beyond_the_range(sides):
    x, y, _, _ = sides
    fitted = fit_quantile_match(x, y, n_quantiles=5)
    for gene in range(6):
        np.testing.assert_allclose(
            fitted.source[gene, [0, 2, 4]], np.quantile(x[:, gene], [0, 0.5, 1]), atol=1e-6
        )
    far = np.stack([x.min(0) - 5, x.max(0) + 5])
    mapped = fitted.transform(far)
    assert np.isfinite(mapped).all()
    np.testing.assert_allclose(mapped, np.stack([y.min(0) - 5, y.max(0) + 5]), rtol=1e-5)


def test_weighted_quantiles_are_those_of_repeated_samples(sides):
    x, y, wx, wy = sides
    few = fit_quantile_match(x, y, wx, wy, n_quantiles=9)
    many = fit_quantile_match(np.repeat(x, wx, axis=0), np.repeat(y, wy, axis=0), n_quantiles=9)
    # a weight spreads its sample over one step, repetitions over many small ones
    assert np.abs(few.source - many.source)[:, 1:-1].max() < 0.5 * x.std()
    np.testing.assert_allclose(few.source[:, [0, -1]], many.source[:, [0, -1]], atol=1e-6)


@pytest.mark.parametrize("name", STEP1)
def test_a_constant_gene_gives_finite_values(sides, name):
    x, y, _, _ = sides
    x = x.copy()
    x[:, 2] = 6.0
    out = STEP1[name](x, y).transform(x)
    assert out.dtype == np.float32 and np.isfinite(out).all()


@pytest.mark.parametrize("name", STEP1)
def test_the_order_of_samples_and_genes_is_kept(sides, name):
    x, y, wx, wy = sides
    rows, genes = np.random.default_rng(4).permutation(len(x)), np.random.default_rng(5).permutation(6)
    plain = STEP1[name](x, y, wx, wy).transform(x)
    np.testing.assert_allclose(
        STEP1[name](x, y, wx, wy).transform(x[rows]), plain[rows], rtol=1e-5, atol=1e-5
    )
    turned = STEP1[name](x[:, genes], y[:, genes], wx, wy).transform(x[:, genes])
    np.testing.assert_allclose(turned, plain[:, genes], rtol=1e-5, atol=1e-5)
