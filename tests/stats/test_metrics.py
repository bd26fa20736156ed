"""Metrics against scipy and loops."""

import numpy as np
import pytest
from l1000_rnaseq.stats.metrics import (
    bootstrap_interval,
    gene_metrics,
    grouped_interval,
    r2_against,
    retrieval,
    sample_metrics,
)
from scipy.stats import pearsonr, spearmanr


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    truth = rng.gamma(2, 2, (12, 30))
    return truth, truth + rng.normal(size=truth.shape), truth.mean(0) + rng.normal(size=30)


def test_sample_metrics_by_loop(values):
    truth, predicted, centre = values
    table = sample_metrics(truth, predicted, centre)
    for row, (a, b) in enumerate(zip(truth, predicted, strict=True)):
        squares = [(u - v) ** 2 for u, v in zip(a, b, strict=True)]
        got = table.loc[row]
        assert got["mse"] == pytest.approx(sum(squares) / 30)
        assert got["rmse"] == pytest.approx((sum(squares) / 30) ** 0.5)
        assert got["mae"] == pytest.approx(sum(q**0.5 for q in squares) / 30)
        assert got["pcc"] == pytest.approx(pearsonr(a, b)[0])
        assert got["scc"] == pytest.approx(spearmanr(a, b)[0])
        assert got["centred_pcc"] == pytest.approx(pearsonr(a - centre, b - centre)[0])


def test_gene_metrics_are_sample_metrics_of_the_transpose(values):
    truth, predicted, _ = values
    genes, turned = gene_metrics(truth, predicted), sample_metrics(truth.T, predicted.T, np.zeros(12))
    for name in ("mse", "rmse", "mae", "pcc", "scc"):
        np.testing.assert_allclose(genes[name], turned[name])
    np.testing.assert_allclose(genes["sd_ratio"], predicted.std(0) / truth.std(0))


def test_the_mean_mse_over_samples_is_that_over_genes(values):
    truth, predicted, centre = values
    samples, genes = sample_metrics(truth, predicted, centre), gene_metrics(truth, predicted)
    assert samples["mse"].mean() == pytest.approx(genes["mse"].mean())
    # mean MSE = (mean RMSE)² + variance of RMSE: how the published "RMSE" was seen to be an MSE
    assert genes["rmse"].mean() ** 2 + genes["rmse"].var(ddof=0) == pytest.approx(samples["mse"].mean())


def test_constant_genes(values):
    truth, predicted, _ = (v.copy() for v in values)
    predicted[:, 3], truth[:, 5] = 2.0, 4.0
    table = gene_metrics(truth, predicted)
    assert table.loc[3, ["pcc", "scc", "sd_ratio"]].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert table.loc[5, ["pcc", "scc", "sd_ratio"]].isna().all()
    assert table.drop(index=[3, 5]).notna().all(axis=None)


def test_r2_of_the_mean_is_0_and_of_the_truth_1(values):
    truth, predicted, centre = values
    assert r2_against(truth, np.tile(centre, (12, 1)), centre) == pytest.approx(0)
    assert r2_against(truth, truth, centre) == 1
    loss = sum((u - v) ** 2 for u, v in zip(truth.ravel(), predicted.ravel(), strict=True))
    base = sum((row[g] - centre[g]) ** 2 for row in truth for g in range(30))
    assert r2_against(truth, predicted, centre) == pytest.approx(1 - loss / base)


def test_retrieval_by_loop(values):
    truth, _, centre = values
    predicted = truth + np.random.default_rng(1).normal(0, 8, truth.shape)
    table = retrieval(truth, predicted, centre)
    for row in range(12):
        similar = [pearsonr(predicted[row] - centre, other - centre)[0] for other in truth]
        rank = 1 + sum(value > similar[row] for value in similar)
        assert table.loc[row, "rank"] == rank
        assert table.loc[row, "percentile"] == pytest.approx(1 - (rank - 1) / 11)
    assert table["rank"].nunique() > 2


def test_retrieval_of_the_truth_and_of_a_constant(values):
    truth, _, centre = values
    assert (retrieval(truth, truth, centre)["rank"] == 1).all()
    constant = retrieval(truth, np.tile(centre, (12, 1)), centre)
    assert constant["rank"].tolist() == [6.5] * 12  # all tie


def test_permuting_the_samples_permutes_the_metrics(values):
    truth, predicted, centre = values
    order = np.random.default_rng(2).permutation(12)
    for metric in (sample_metrics, retrieval):
        plain, shuffled = metric(truth, predicted, centre), metric(truth[order], predicted[order], centre)
        np.testing.assert_allclose(shuffled.to_numpy(), plain.to_numpy()[order])


def test_the_bootstrap_interval_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(200):
        low, high = bootstrap_interval(rng.exponential(1.0, 60), n=300, seed=seed)
        covered += low <= 1 <= high
    assert 0.86 <= covered / 200 <= 0.98


def test_the_bootstrap_is_seeded_ordered_and_honest_about_nothing():
    values = np.random.default_rng(4).normal(size=20)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    narrow, wide = bootstrap_interval(values, level=0.5), bootstrap_interval(values, level=0.99)
    assert wide[0] < narrow[0] < values.mean() < narrow[1] < wide[1]
    for nothing in (np.full(5, np.nan), np.ones(1), []):
        assert np.isnan(bootstrap_interval(nothing)).all()
    assert np.isfinite(bootstrap_interval(np.append(values, np.nan))).all()


def test_values_of_one_group_are_drawn_together():
    rng = np.random.default_rng(5)
    of_group = rng.normal(size=12)
    groups = np.repeat(np.arange(12), rng.integers(1, 9, 12))
    values = of_group[groups]
    sums, sizes = np.bincount(groups, values), np.bincount(groups)
    means = []
    for _ in range(4000):  # the slow way
        drawn = rng.integers(12, size=12)
        means.append(sums[drawn].sum() / sizes[drawn].sum())
    low, high = grouped_interval(values, groups, n=4000)
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.1)
    wide, pooled = high - low, bootstrap_interval(values)
    assert wide > 1.3 * (pooled[1] - pooled[0])  # pooled as independent they look surer than they are
    twice = grouped_interval(np.tile(values, 2), np.tile(groups, 2), n=4000)
    assert twice == pytest.approx((low, high))  # a second split of the same compounds adds nothing


def test_a_grouped_interval_leaves_out_what_is_missing_and_needs_two_groups():
    assert np.isnan(grouped_interval(np.ones(4), np.zeros(4))).all()
    assert np.isnan(grouped_interval(np.array([1.0, np.nan]), np.array(["a", "b"]))).all()
    values, groups = np.array([0.0, 1.0, 1.0, np.nan]), np.array(list("abca"))
    assert grouped_interval(values, groups, seed=2) == grouped_interval(values[:3], groups[:3], seed=2)
