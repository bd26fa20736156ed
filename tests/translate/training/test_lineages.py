"""Lineages: means against a loop, no fit sees what it is scored on, scores by loop."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.translate.training.lineages import (
    held_out_lineages,
    lineage_means,
    lineage_table,
    lineages_of,
    score_lineages,
)
from l1000_rnaseq.translate.training.prepare import TrainingData
from scipy.stats import pearsonr

GENES = ["G1", "G2", "G3"]


def test_lines_weigh_the_same_within_a_lineage_whatever_their_samples():
    lines = pd.Series(["A375", "A375", "A375", "SKMEL5", "HUVEC", "UNKNOWN"])
    profiles = pd.DataFrame({"X": [1.0, 2, 3, 10, 7, 99]})
    means = lineage_means(profiles, lines, "l1000")
    assert means["X"].to_dict() == {"melanoma": (2 + 10) / 2, "endothelium": 7.0}
    order = [5, 3, 1, 0, 4, 2]
    shuffled = lineage_means(profiles.iloc[order], lines.iloc[order], "l1000")
    pd.testing.assert_frame_equal(shuffled, means)


@pytest.fixture
def data():
    names = lineage_table().iloc[:8]
    l1000 = [text.split("|")[0] for text in names["l1000"]]
    rnaseq = [line for text in names["rnaseq"] for line in text.split("|")]
    rng = np.random.default_rng(0)
    info = pd.DataFrame({"kind": ["cell line"] * len(rnaseq) + ["tissue"] * 3, "source": "HPA"})
    ids = [*rnaseq, "t1", "t2", "t3"]
    values = pd.DataFrame(rng.normal(5, 1, (len(ids), 3)), ids, GENES)
    x = pd.DataFrame(rng.normal(8, 1, (len(l1000), 3)), [f"w{k}" for k in range(len(l1000))], GENES)
    weights = (info["kind"] == "cell line").to_numpy(float)
    wells = pd.DataFrame({"line": l1000}, x.index)
    info, weights = info.set_index(values.index), weights / weights.sum()
    return TrainingData(x, wells, np.full(len(x), 1 / len(x)), values, info, weights, None, ())


def test_a_fit_never_sees_the_lines_it_is_scored_on(data):
    seen = []

    def fit(train):
        assert train.rnaseq_weights.sum() == pytest.approx(1)
        seen.append(set(lineages_of(pd.Series(train.rnaseq.index), "rnaseq")))
        return lambda x: x + len(seen)

    predicted, real = held_out_lineages(data, fit, GENES, n_folds=3)
    everything = set(real.index)
    assert len(seen) == 3 and list(predicted.index) == list(real.index) and len(real) == 8
    assert [sorted(everything - part) for part in seen] == [sorted(list(real.index)[k::3]) for k in range(3)]
    for position, lineage in enumerate(real.index):  # each prediction is of the fold that lacked it
        well = data.l1000.iloc[position]
        np.testing.assert_allclose(predicted.loc[lineage], well + position % 3 + 1)


def test_scores_by_loop():
    rng, names = np.random.default_rng(1), list("abcde")
    real = pd.DataFrame(rng.normal(5, 2, (5, 12)), names)
    predicted = real + rng.normal(size=real.shape)
    real.loc["b", 3] = np.nan
    beside = pd.DataFrame(9.0, ["other"], predicted.columns)  # a lineage of one side only, another order
    got = score_lineages(pd.concat([beside, predicted[::-1]])[predicted.columns[::-1]], real)
    genes = [g for g in real if g != 3]
    for name in names:
        centre = real.drop(index=name)[genes].mean()
        expected = pearsonr(predicted.loc[name, genes] - centre, real.loc[name, genes] - centre)[0]
        assert got["by_lineage"][name] == pytest.approx(expected)
    assert got["centred_pcc"] == pytest.approx(got["by_lineage"].mean())
    assert got["gene_pcc"] == pytest.approx(np.mean([pearsonr(predicted[g], real[g])[0] for g in genes]))


def test_too_few_lineages_say_nothing(data):
    small = replace(data, l1000=data.l1000.iloc[:3], l1000_info=data.l1000_info.iloc[:3])
    predicted, real = held_out_lineages(small, lambda train: lambda x: x, GENES)
    assert predicted.empty and real.empty and score_lineages(predicted, real)["by_lineage"].empty
