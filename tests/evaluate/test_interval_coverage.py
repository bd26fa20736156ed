"""Coverage by source: counted by a loop, whole where intervals are endless, empty where there are none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import HPA
from l1000_rnaseq.evaluate import pairs
from l1000_rnaseq.evaluate.interval_coverage import (
    count_words,
    coverage_by_source,
    coverage_of_pairs,
    coverage_of_studies,
    reliability_panels,
)


@pytest.fixture
def bundle(trained):
    genes = len(trained["best"].genes)
    factors = {kind: {"0.9": 2.0} for kind in ("landmarks", "others")}
    return replace(
        trained["best"],
        gene_error=np.linspace(0.05, 1, genes),
        card={**trained["best"].card, "interval_factors": factors},
    )


def test_each_value_within_its_interval_is_counted(few_landmarks, bundle):
    info, width = few_landmarks.rnaseq_info, bundle.half_width(0.9)
    table = coverage_by_source(few_landmarks, bundle)
    assert set(table.index) == set(info["source"]) - {HPA}
    for source, row in table.iterrows():
        samples = few_landmarks.rnaseq[(info["source"] == source).to_numpy()]
        series, shares = info["series"][(info["source"] == source).to_numpy()].to_numpy(), []
        for name in samples.index:
            made = bundle.step2.transform(samples.loc[[name], list(bundle.landmarks)].to_numpy())[0]
            inside = []
            for gene, value in zip(bundle.targets, made, strict=True):
                truth = samples[gene][name] if gene in samples else np.nan
                if not np.isnan(truth):
                    inside.append(abs(truth - value) <= width[gene])
            shares.append(np.mean(inside))
        assert row["covered"] == pytest.approx(np.mean(shares), abs=1e-3)
        by_series = [np.mean(np.array(shares)[series == name]) for name in set(series)]
        worst = min(by_series)
        assert row["worst_series"] == pytest.approx(worst, abs=1e-3) and row["samples"] == len(samples)
    assert ((table["covered"] > 0) & (table["covered"] < 1)).all()


def test_endless_intervals_cover_everything_and_a_bundle_without_has_no_row(few_landmarks, bundle):
    endless = replace(bundle, gene_error=np.full(len(bundle.genes), np.inf))
    assert (coverage_by_source(few_landmarks, endless)["covered"] == 1).all()
    assert coverage_by_source(few_landmarks, replace(bundle, gene_error=None)).empty


def test_a_study_of_another_scale_is_covered_less_and_a_missing_landmark_has_its_mean(few_landmarks, bundle):
    rows = (few_landmarks.rnaseq_info["source"] != HPA).to_numpy()
    linear = np.exp2(few_landmarks.rnaseq[rows].iloc[:20].fillna(0)) - 1
    rng = np.random.default_rng(0)
    shifted = linear * np.exp2(rng.normal(0, 3, linear.shape[1]))  # a laboratory's own scale per gene
    short = linear.drop(columns=bundle.landmarks[0])
    table = coverage_of_studies({"same": linear, "other": shifted, "short": short}, bundle)
    assert table.loc["other", "covered"] < table.loc["same", "covered"]
    assert table.loc["short", "covered"] == pytest.approx(table.loc["same", "covered"], abs=0.1)
    assert (table["worst_sample"] <= table["covered"]).all() and (table["samples"] == 20).all()
    assert coverage_of_studies({"same": linear}, replace(bundle, gene_error=None)).empty


def test_pairs_are_counted_by_level_and_kind_of_gene(simulated_data, few_landmarks, bundle):
    factors = {kind: {str(k): 2.0 for k in (0.5, 0.8, 0.9, 0.95)} for kind in ("landmarks", "others")}
    bundle = replace(bundle, card={**bundle.card, "interval_factors": factors})
    test = pairs.PairTest.of(simulated_data, few_landmarks.normalization)
    table = coverage_of_pairs(bundle, test)
    made, width = pairs.predict(bundle, test), bundle.half_width(0.8)
    genes = [gene for gene in bundle.landmarks if gene in test.truth]
    inside = (test.truth[genes] - made[genes]).abs() <= width[genes]
    row = table.loc[("landmarks", 0.8)]
    assert row["covered"] == pytest.approx(inside.mean(axis=1).mean())
    assert row["worst line"] == pytest.approx(inside.mean(axis=1).min())
    assert row["half width, log2"] == width[genes].median()
    assert coverage_of_pairs(replace(bundle, gene_error=None), test).empty


def test_words_are_counted_and_panels_hold_every_gene():
    reliability = pd.DataFrame(
        {
            "level": ["weak", "fair", "fair"],
            "change": ["weak", "weak", "not followed"],
            "status": ["landmark", "landmark", "newly inferred"],
            "level_r": [0.3, 0.5, 0.5],
            "change_r": [0.3, 0.2, 0.1],
        }
    )
    table = count_words(reliability)
    assert table.loc[("level", "landmark")].to_dict() == {
        "reliable": 0, "fair": 1, "weak": 1, "not followed": 0,
    }  # fmt: skip
    assert table.loc["change"].to_numpy().sum() == 3
    assert reliability_panels(reliability)["changes"]["landmark"].tolist() == [0.3, 0.2]
