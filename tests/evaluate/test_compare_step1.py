"""Candidates of step 1 on held-out lineages: against what they are made of, and planted truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import compare_step1 as module
from l1000_rnaseq.evaluate.compare_step1 import (
    NETWORK_AIM,
    compare_step1,
    dead_outputs,
    differences_from,
    means_over_lineages,
)
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.training.lineages import lineage_table
from l1000_rnaseq.translate.training.prepare import TrainingData


@dataclass
class Scaled:
    """A step 1 that multiplies."""

    factor: float

    def transform(self, x):
        return np.maximum(np.asarray(x) * self.factor, 0)


@dataclass
class OnlyStep1:
    step1: Scaled


def lineages_on_both_sides() -> TrainingData:
    """Two lines of each lineage on each side; L1000 is RNA-seq on another scale."""
    rng, table = np.random.default_rng(0), lineage_table()
    centre = rng.normal(8, 1.5, (len(table), 60))
    sides = {}
    for side in ("l1000", "rnaseq"):
        names = [(line, k) for k, text in enumerate(table[side]) for line in text.split("|")[:2]]
        values = centre[[k for _, k in names]] + rng.normal(0, 0.2, (len(names), 60))
        sides[side] = pd.DataFrame(values, [line for line, _ in names], [f"G{k}" for k in range(60)])
    l1000, rnaseq = 4 + 0.5 * sides["l1000"], sides["rnaseq"]
    infos = [pd.DataFrame({"line": t.index, "source": "HPA", "kind": "cell line"}, t.index)
             for t in (l1000, rnaseq)]  # fmt: skip
    weights = [np.full(len(t), 1 / len(t)) for t in (l1000, rnaseq)]
    return TrainingData(l1000, infos[0], weights[0], rnaseq, infos[1], weights[1], None, ())


@pytest.fixture(scope="module")
def by_lineage():
    asked = []

    def prepare(folder, preset, exclude_processing, seed):
        asked.append((preset.name, preset.composition))
        return lineages_on_both_sides()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepare", prepare)
        table = compare_step1("folder", {"as_published": OnlyStep1(Scaled(2.0))})
    assert asked == [("best", "balanced"), ("best", "cell_lines"), ("as_published", "balanced")]
    return table


def test_every_candidate_is_scored_on_every_lineage(by_lineage):
    assert set(by_lineage.columns) == {
        *((name, composition) for name in STEP1 for composition in ("balanced", "cell_lines")),
        ("as_published", NETWORK_AIM),
    }
    assert len(by_lineage) == len(lineage_table()) and by_lineage.notna().all(axis=None)


def test_maps_that_match_each_gene_find_the_planted_lineages(by_lineage):
    mean = by_lineage.mean()
    assert mean["mean_variance", "cell_lines"] > 0.9 > mean["mean", "cell_lines"] + 0.5
    assert mean["mean_variance", "cell_lines"] > mean["identity", "cell_lines"]


def test_means_and_paired_differences_are_those_of_the_columns(by_lineage):
    best = ("mean_variance", "cell_lines")
    means, paired = means_over_lineages(by_lineage), differences_from(by_lineage, best)
    assert means["centred r"].is_monotonic_decreasing and best not in paired.index
    for key, row in paired.iterrows():
        assert row["difference"] == pytest.approx((by_lineage[best] - by_lineage[key]).mean())
        assert row["low"] <= row["difference"] <= row["high"]
        assert means.loc[key, "centred r"] == pytest.approx(by_lineage[key].mean())


def test_a_folder_without_lineages_gives_an_empty_table_and_no_error(simulated_data):
    table = compare_step1(simulated_data, {})
    assert table.shape == (0, 2 * len(STEP1))
    assert means_over_lineages(table)["centred r"].isna().all()


def test_dead_outputs_are_counted():
    x = np.random.default_rng(0).normal(0, 1, (200, 40)) + np.r_[np.full(20, -9), np.full(20, 9)]
    table = dead_outputs(x, {"scaled": OnlyStep1(Scaled(1.0))})
    assert table.loc["scaled"].tolist() == [0.5, 0.5, 0.5]
    untrained = table.loc["random start, untrained"]
    assert 0 < untrained.iloc[0] <= untrained.iloc[1] < 1
    pd.testing.assert_frame_equal(table, dead_outputs(x, {"scaled": OnlyStep1(Scaled(1.0))}))
