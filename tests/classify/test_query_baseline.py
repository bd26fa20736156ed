"""The query as a classifier: planted classes, best cell line, order of samples, bad input."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify.labelled_profiles import gse106127_signatures, transferred
from l1000_rnaseq.classify.query_baseline import classify_by_query
from l1000_rnaseq.classify.scores import classification_scores


@pytest.fixture
def planted():
    rng, genes = np.random.default_rng(0), [f"G{k}" for k in range(200)]
    effect = rng.normal(0, 2, (4, 200))
    label = np.repeat(["a", "b", "c", "d"], 12)
    values = effect[np.repeat(range(4), 12)] + rng.normal(0, 1, (48, 200))
    cells = np.tile(["X", "Y"], 24)
    profiles = pd.DataFrame(values, [f"s{k}" for k in range(48)], genes)
    return profiles, pd.Series(label, profiles.index), pd.Series(cells, profiles.index)


def test_planted_classes_are_named_and_probabilities_add_up(planted):
    profiles, labels, cells = planted
    train = np.arange(48) % 3 > 0
    scores = classify_by_query(profiles[train], labels[train], cells[train], profiles[~train], n=20)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores.idxmax(axis=1) == labels[~train]).all() and list(scores.index) == list(
        labels[~train].index
    )
    turned = classify_by_query(
        profiles[train][::-1], labels[train][::-1], cells[train][::-1], profiles[~train], 20
    )
    pd.testing.assert_frame_equal(turned, scores, rtol=1e-6)


def test_one_good_cell_line_is_enough(planted):
    profiles, labels, cells = planted
    noise = profiles.copy()
    noise.loc[cells == "Y"] = np.random.default_rng(1).normal(size=(24, 200))
    train, test = np.arange(48) % 3 > 0, (cells == "X").to_numpy() & (np.arange(48) % 3 == 0)
    scores = classify_by_query(noise[train], labels[train], cells[train], profiles[test], n=20)
    assert (scores.idxmax(axis=1) == labels[test]).mean() > 0.9


def test_other_genes_are_told(planted):
    profiles, labels, cells = planted
    with pytest.raises(ValueError, match="different genes, or in another order"):
        classify_by_query(profiles, labels, cells, profiles.iloc[:, ::-1])


def test_hairpins_name_the_gene_of_planted_crispr_signatures(simulated_data):
    hairpins = gse106127_signatures(simulated_data, "trt_sh", least=2)
    crispr = transferred(hairpins, gse106127_signatures(simulated_data, "trt_xpr"))
    learned = hairpins.profiles, hairpins.labels, hairpins.info["cell"]
    scores = classification_scores(crispr.labels, classify_by_query(*learned, crispr.profiles))
    assert scores["classes"] >= 8 and scores["rank-1"] > 0.8 and scores["AUROC"] > 0.95
    shuffled = hairpins.labels.sample(frac=1, random_state=0).set_axis(hairpins.labels.index)
    chance = classify_by_query(hairpins.profiles, shuffled, hairpins.info["cell"], crispr.profiles)
    assert classification_scores(crispr.labels, chance)["rank-1"] < 0.5
