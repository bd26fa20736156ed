"""Fig. 3's comparisons against loops and scipy: who is compared, shares of genes, intervals."""

import numpy as np
import pytest
from l1000_rnaseq.evaluate.fig3_similarity import (
    better_genes,
    profile_pairs,
    profile_similarity,
    summarize,
)
from scipy.stats import pearsonr, spearmanr

MODEL = "model, real"


@pytest.fixture
def profiles():
    rng = np.random.default_rng(0)
    real = rng.normal(8, 2, (12, 40))
    return real, real + rng.normal(0, 1, real.shape), real + rng.normal(0, 3, real.shape)


def test_every_pair_of_the_paper_is_there_and_nobody_meets_itself(profiles):
    real, model, baseline = profiles
    both = {"model": model, "baseline": baseline}
    first = profile_pairs(real + 5, real, both)
    compared = [MODEL, "baseline, real"]
    assert list(first) == [*compared, "L1000, model", "L1000, real", "model, random real"]
    later = profile_pairs(None, real, both)
    assert list(later) == [*compared, "model, random real", "real, random real"]
    partner, original = later["real, random real"]
    assert not (partner == original).all(axis=1).any() and sorted(map(tuple, partner)) == sorted(
        map(tuple, original)
    )


def test_several_models_are_named_and_the_baseline_meets_the_real_profiles_only(profiles):
    real, model, baseline = profiles
    pairs = profile_pairs(real + 5, real, {"default": model, "network": model + 1, "baseline": baseline})
    assert [name for name in pairs if "baseline" in name] == ["baseline, real"]
    for name, values in {"default": model, "network": model + 1}.items():
        assert pairs[f"{name}, real"][0] is real
        for other in (f"{name}, real", f"L1000, {name}", f"{name}, random real"):
            np.testing.assert_array_equal(pairs[other][1], values)


def test_values_are_scipys(profiles):
    real, model, baseline = profiles
    table = profile_similarity({MODEL: (real, model)})
    picked = table[(table["by"] == "sample") & (table["metric"] == "pcc")]["value"].to_numpy()
    np.testing.assert_allclose(picked, [pearsonr(a, b).statistic for a, b in zip(real, model, strict=True)])
    picked = table[(table["by"] == "gene") & (table["metric"] == "scc")]["value"].to_numpy()
    np.testing.assert_allclose(
        picked, [spearmanr(a, b).statistic for a, b in zip(real.T, model.T, strict=True)]
    )
    squares = table[(table["by"] == "sample") & (table["metric"] == "mse")]["value"].mean()
    assert squares == pytest.approx(
        table[(table["by"] == "gene") & (table["metric"] == "mse")]["value"].mean()
    )
    row = summarize(table).loc["sample", "pcc", MODEL]
    assert row["low"] < row["mean"] < row["high"] and row["n"] == 12
    assert np.isnan(summarize(table).loc["gene", "pcc", MODEL]["low"])


def test_shares_of_better_genes_are_counted_gene_by_gene(profiles):
    real, model, baseline = profiles
    shares = better_genes(real, model, baseline)
    rmse = [((real - x) ** 2).mean(axis=0) for x in (model, baseline)]
    assert shares.loc["RMSE", "share"] == (rmse[0] < rmse[1]).mean()
    r = np.array([[pearsonr(real[:, g], x[:, g]).statistic for g in range(40)] for x in (model, baseline)])
    assert shares.loc["PCC", "share"] == (r[0] > r[1]).mean()
    assert (shares["low"] <= shares["share"]).all() and (shares["share"] <= shares["high"]).all()
    assert (shares["share"] > 0.8).all()


def test_a_constant_prediction_is_never_better_and_a_constant_truth_not_counted(profiles):
    real, model, _ = profiles
    flat = np.repeat(real.mean(axis=0)[None], 12, axis=0)
    assert better_genes(real, flat, model).loc["PCC", "share"] < 0.1
    real = real.copy()
    real[:, :20] = 3.0
    assert better_genes(real, model, flat).loc["PCC", "share"] > 0.9


def test_intervals_over_donors_are_wider_than_over_samples(profiles):
    rng = np.random.default_rng(3)
    donor = np.repeat([f"d{k}" for k in range(6)], 10)
    real = rng.normal(0, 1, (60, 300))
    shift = rng.normal(0, 1, (6, 300)).repeat(10, axis=0)
    table = profile_similarity({MODEL: (real, real + shift * rng.uniform(0, 3, 6).repeat(10)[:, None])})
    alone, grouped = (summarize(table, group).loc["sample", "rmse", MODEL] for group in (None, donor))
    assert grouped["high"] - grouped["low"] > alone["high"] - alone["low"]


def test_the_interval_is_the_jackknifes_and_a_single_group_has_none(profiles):
    real, model, baseline = profiles
    shares = better_genes(real, model, baseline).loc["RMSE"]
    kept = [np.delete(np.arange(12), k) for k in range(12)]
    left = [better_genes(real[k], model[k], baseline[k]).loc["RMSE", "share"] for k in kept]
    error = np.sqrt(11 / 12 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert shares["low"] == pytest.approx(shares["share"] - 2.2009852 * error, abs=1e-6)
    single = better_genes(real, model, baseline, np.repeat("d", 12))
    assert single[["low", "high"]].isna().all(axis=None) and single.loc["RMSE", "share"] == shares["share"]
