"""The grid of classifiers on classes that can be told apart: scores, who is right, what is confused."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify.classifier import SOFTMAX
from l1000_rnaseq.classify.labelled_profiles import Labelled
from l1000_rnaseq.classify.scores import PUBLISHED_SCORES
from l1000_rnaseq.evaluate import classifier_grid as grids
from l1000_rnaseq.evaluate.classifier_grid import FAST, NETWORK, QUERY, SLOW, classifier_grid
from l1000_rnaseq.stats.metrics import grouped_interval


@pytest.fixture(scope="module")
def profiles() -> Labelled:
    """Four classes of 24 profiles of 120 genes; d looks like c with a little of its own."""
    rng = np.random.default_rng(0)
    labels = np.repeat(list("abcd"), 24)
    centres = dict(zip("abc", rng.normal(0, 3, (3, 120)), strict=True))
    centres["d"] = centres["c"] + rng.normal(0, 0.1, 120)
    values = np.array([centres[label] for label in labels]) + rng.normal(0, 1.0, (96, 120))
    index = [f"s{k}" for k in range(96)]
    info = {"cell": np.tile(["A", "B"], 48), "plate": np.tile(list("pqr"), 32)}
    info |= {"batch": np.tile(list("xyz"), 32), "pert_id": [f"{c}{k % 6}" for k, c in enumerate(labels)]}
    genes = [f"G{k}" for k in range(120)]
    return Labelled(pd.DataFrame(values, index, genes), pd.Series(labels, index), pd.DataFrame(info, index))


@pytest.fixture(scope="module")
def grid(profiles):
    splits = grids.classifier_splits(profiles, profiles)
    quick = dict.fromkeys((SLOW, FAST, NETWORK), SOFTMAX)
    chosen = {key: splits[key] for key in (("mechanism", "signatures"), ("mechanism", "compounds"))}
    return classifier_grid(chosen, quick, [0, 1], {("mechanism", "compounds"): {"once": SOFTMAX}})


def test_scores_are_the_share_named_right(grid):
    for held_out in ("signatures", "compounds"):
        part = grid.samples[grid.samples["held out"] == held_out]
        row = grid.table.loc[("mechanism", held_out, QUERY)]
        of_seed = (part[QUERY] == part["true"]).groupby(part["seed"]).mean()
        assert row["rank-1"] == pytest.approx(of_seed.mean())
        right = (part[QUERY] == part["true"]).to_numpy()
        assert (row["low"], row["high"]) == grouped_interval(right, part["compound"])
        assert row["compounds"] == part["compound"].nunique()
    # what is trained for the first seed only is scored on its samples only
    once = grid.samples["once"].notna()
    assert set(grid.samples["seed"][once]) == {0} and set(grid.samples["held out"][once]) == {"compounds"}


def test_compounds_held_out_are_whole(profiles):
    for number in range(3):
        holdout = grids.classifier_splits(profiles, profiles)["mechanism", "compounds"][1](number)
        compounds = profiles.info["pert_id"]
        assert not set(compounds[holdout.test]) & set(compounds[holdout.train | holdout.valid])


def test_who_is_right_counts_every_sample_once(grid):
    counts = grid.who_is_right()
    both = (grid.samples[NETWORK] == grid.samples["true"]) & (grid.samples[QUERY] == grid.samples["true"])
    assert counts.to_numpy().sum() == len(grid.samples) and counts["both"].sum() == both.sum()


def test_like_classes_are_confused_with_each_other(grid):
    shares = grid.taken_for(method=QUERY)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares.loc["a", "a"] > 0.9 and shares.loc["c", ["c", "d"]].sum() > 0.9 > shares.loc["c", "c"]
    assert list(grid.taken_for(n=2).columns)[2:] == ["another class"]


def test_the_paper_is_beside_ours(grid):
    table = grid.beside_published()
    assert table.loc[NETWORK, "rank-1, published"] == PUBLISHED_SCORES.loc["DNN, by well", "rank-1"]
    assert table.loc[SLOW, "AUROC, ours"] == grid.table["AUROC"].xs(("mechanism", "signatures", SLOW))


def test_accuracy_by_class_and_by_size(profiles):
    by_class = grids.accuracy_by_class(profiles, SOFTMAX, [0, 1])
    assert by_class.loc["a", "rank-1"] > by_class.loc[["c", "d"], "rank-1"].min()
    sizes = pd.DataFrame({"training samples": [1, 2, 3, 4], "rank-1": [0.0, 0.2, 0.4, 0.8], "rank-5": 1.0})
    table = grids.by_training_size(sizes, 2)
    assert table["classes"].tolist() == [2, 2] and table["rank-1"].tolist() == pytest.approx([0.1, 0.6])


def test_settings_of_a_demonstration_are_small():
    assert grids.published_network().hidden == (5000, 2000, 500, 1000, 2000)
    assert grids.published_network(True).hidden[0] < 100
    assert all(settings.epochs <= 5 for settings in grids.classifier_methods(True).values())
