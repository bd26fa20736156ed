"""Linear steps 2 on held-out groups: against scikit-learn's ridge, by hand, and on planted data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import HPA
from l1000_rnaseq.evaluate.compare_step2 import (
    DEFAULT,
    PAPER,
    VARIANTS,
    HeldOutPrediction,
    Step2Comparison,
    well_middling_badly,
)
from l1000_rnaseq.translate.normalize import Normalization
from l1000_rnaseq.translate.training.prepare import TrainingData
from sklearn.linear_model import Ridge


@pytest.fixture(scope="module")
def data():
    """Two sources with an offset each, 30 groups of 6; 12 landmarks carry 40 targets."""
    rng = np.random.default_rng(0)
    source = np.repeat(["counts A", HPA], [120, 60])
    group = np.repeat([f"g{k}" for k in range(30)], 6)
    x = rng.normal(0, 1, (180, 12))
    y = x @ rng.normal(0, 1, (12, 40)) + rng.normal(0, 0.5, (180, 40))
    values = np.hstack([x, y]) + 8 + (source == HPA)[:, None] * rng.normal(0, 2, 52)
    genes = [f"G{k}" for k in range(52)]
    rnaseq = pd.DataFrame(values, [f"s{k}" for k in range(180)], genes)
    info = pd.DataFrame({"source": source, "kind": "tissue", "group": group}, rnaseq.index)
    wells = pd.DataFrame(rng.normal(8, 1, (4, 12)), columns=genes[:12])
    normalization = Normalization(tuple(genes), np.zeros(52), 2)
    return TrainingData(wells, None, None, rnaseq, info, None, normalization, ())


@pytest.fixture(scope="module")
def comparison(data):
    return Step2Comparison.of(data, seed=1, n_genes=25)


def test_groups_stay_together_and_sources_are_centred(data, comparison):
    folds = pd.Series(comparison.fold).groupby(data.rnaseq_info["group"].to_numpy()).nunique()
    assert (folds == 1).all() and set(comparison.fold) == set(range(5))
    assert comparison.landmarks == [f"G{k}" for k in range(12)] and len(comparison.targets) == 40
    assert len(set(comparison.sampled) & set(comparison.targets)) == 25
    np.testing.assert_allclose(comparison.centred.groupby(comparison.source).mean(), 0, atol=1e-9)


def test_penalties_are_the_errors_of_ridge_regressions_fold_by_fold(comparison):
    table = comparison.penalties((0.0, 0.3))
    assert list(table.columns) == list(VARIANTS) and list(table.index) == [0.0, 0.3]
    values, errors = comparison.plain[comparison.counts], []
    fold = comparison.fold[comparison.counts]
    for k in range(5):
        x, y = (values[genes].to_numpy() for genes in (comparison.landmarks, comparison.sampled))
        mean, sd = x[fold != k].mean(axis=0), x[fold != k].std(axis=0)
        model = Ridge(0.3 * (fold != k).sum()).fit((x[fold != k] - mean) / sd, y[fold != k])
        errors.append(((model.predict((x[fold == k] - mean) / sd) - y[fold == k]) ** 2).mean())
    assert table.loc[0.3, PAPER] == pytest.approx(np.mean(errors), rel=1e-3)


def test_all_variants_are_scored_within_the_same_sources(comparison):
    table = comparison.within_sources(pd.Series(0.1, VARIANTS))
    assert list(table.index) == ["HPA tissue" if HPA == "HPA" else f"{HPA} tissue", "counts A tissue"]
    assert table[DEFAULT].between(0.8, 1).all()
    few = comparison.within_sources(pd.Series(0.1, VARIANTS), fewest=1 + (comparison.out).sum() // 2)
    assert len(few) < 2


def test_a_higher_rank_is_nearer_to_the_full_ridge(comparison):
    table, prediction = comparison.ranks(0.05, (2, 6, 12))
    assert list(table.index) == ["least squares", "full", "rank 2", "rank 6", "rank 12"]
    assert table.loc["rank 2", "MSE"] > table.loc["rank 6", "MSE"] > table.loc["rank 12", "MSE"]
    assert table.loc["rank 12", "MSE"] == pytest.approx(table.loc["full", "MSE"], rel=1e-4)
    assert table.loc["full", "MB at 16 bits"] == 12 * 40 * 2 / 1e6
    assert table.loc["rank 2", "MB at 16 bits"] == (2 * 12 + 2 * 40) * 2 / 1e6
    r = [np.corrcoef(prediction.measured[g], prediction.predicted[g])[0, 1] for g in comparison.targets]
    np.testing.assert_allclose(prediction.pcc, r, atol=1e-6)
    assert table.loc["full", "gene-wise r"] == pytest.approx(np.mean(r))


def test_missing_values_of_a_source_are_its_mean(data):
    rnaseq = data.rnaseq.copy()
    rnaseq.iloc[3, 20] = np.nan
    comparison = Step2Comparison.of(replace(data, rnaseq=rnaseq))
    assert comparison.centred.iloc[3, 20] == 0
    assert comparison.plain.iloc[3, 20] == pytest.approx(rnaseq.iloc[:, 20].mean())


def test_genes_are_picked_by_their_rank():
    pcc = pd.Series(np.linspace(-1, 1, 101), [f"G{k}" for k in range(101)])
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 101)), columns=pcc.index)
    panels = well_middling_badly(HeldOutPrediction(table, table + 1, pcc))
    assert list(panels) == ["well: G95, r 0.90", "middling: G50, r 0.00", "badly: G5, r -0.90"]
    np.testing.assert_array_equal(panels["middling: G50, r 0.00"][0], table["G50"])
