"""The four metrics against scikit-learn, ties by lot, published figures."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify.scores import (
    PUBLISHED_SCORES,
    accuracy_by_stratum,
    class_accuracy,
    classification_scores,
    confusion,
)
from sklearn import metrics


@pytest.fixture(params=[False, True], ids=["continuous", "tied"])
def predictions(request):
    rng = np.random.default_rng(0)
    names = [f"class {k}" for k in range(9)]
    labels = pd.Series(rng.choice(names[:8], 300, p=np.arange(1, 9) / 36))
    scores = rng.random((300, 9)) + 0.5 * (labels.to_numpy()[:, None] == np.array(names))
    scores = scores.round(1) if request.param else scores
    return labels, pd.DataFrame(
        scores / scores.sum(axis=1, keepdims=True) if not request.param else scores, columns=names
    )


def test_ap_and_auroc_are_scikit_learns(predictions):
    labels, scores = predictions
    result = classification_scores(labels, scores)
    each = [(labels == name, scores[name]) for name in scores.columns[:8]]  # the ninth has no sample
    expected = np.mean([metrics.average_precision_score(*is_class) for is_class in each])
    assert result["average precision"] == pytest.approx(expected)
    assert result["AUROC"] == pytest.approx(np.mean([metrics.roc_auc_score(*is_class) for is_class in each]))
    assert (result["classes"], result["samples"]) == (8, 300)


def test_rank_k_is_scikit_learns_top_k(predictions):
    labels, scores = predictions
    if (np.diff(np.sort(scores, axis=1)) == 0).any():
        scores = scores + np.random.default_rng(1).random(scores.shape) * 1e-9  # scikit-learn takes the last
    result = classification_scores(labels, scores)
    for k in (1, 5):
        top = metrics.top_k_accuracy_score(labels, scores, k=k, labels=scores.columns)
        assert result[f"rank-{k}"] == pytest.approx(top)


def test_ties_are_broken_by_lot_on_average():
    scores = pd.DataFrame([[1.0, 1.0, 1.0, 0.0], [2.0, 2.0, 5.0, 2.0]], columns=list("ABCD"))
    result = classification_scores(pd.Series(["A", "B"]), scores, ranks=(1, 2, 4))
    assert result["rank-1"] == pytest.approx((1 / 3 + 0) / 2)
    assert result["rank-2"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert result["rank-4"] == 1
    draws = np.random.default_rng(0).random((20_000, 2, 4)) * 1e-6 + scores.to_numpy()
    true_score = np.array([0, 1])
    rank = (draws > np.take_along_axis(draws, true_score[None, :, None], axis=2)).sum(axis=2)
    assert result["rank-2"] == pytest.approx((rank < 2).mean(), abs=0.01)


def test_large_classes_do_not_outweigh_small_ones_in_the_macro_means():
    labels = pd.Series(["big"] * 98 + ["small"] * 2)
    right = pd.DataFrame({"big": np.linspace(1, 0.5, 100), "small": 0.0})
    right.loc[98:, "small"] = 1.0
    wrong = right.assign(small=np.r_[np.linspace(0.1, 0.2, 98), 0.0, 0.0])
    good, bad = (classification_scores(labels, table) for table in (right, wrong))
    assert good["AUROC"] == 1 and bad["AUROC"] == pytest.approx(0.5)


def test_a_single_class_has_no_macro_mean_and_bad_input_is_told():
    table = pd.DataFrame([[0.7, 0.3]] * 3, columns=["A", "B"])
    result = classification_scores(pd.Series(["A"] * 3), table)
    assert np.isnan(result["AUROC"]) and result["rank-1"] == 1 and result["classes"] == 0
    with pytest.raises(ValueError, match="the classifier does not know the classes Z; leave them out"):
        classification_scores(pd.Series(["A", "Z", "A"]), table)
    with pytest.raises(ValueError, match="2 labels and 3 predictions; expected as many, at least one"):
        classification_scores(pd.Series(["A", "B"]), table)
    with pytest.raises(ValueError, match="predictions have NaN or infinite values"):
        classification_scores(pd.Series(["A", "B", "A"]), table * np.nan)


def test_published_figures_are_those_of_the_paper():
    assert PUBLISHED_SCORES.loc["DNN, by well"].tolist() == [0.7488, 0.8341, 0.7731, 0.9937]
    assert PUBLISHED_SCORES.loc["CGS query, CRISPR", "AUROC"] == 0.5927


def test_accuracy_by_class_is_scikit_learns_recall(predictions):
    labels, scores = predictions
    scores = scores + np.random.default_rng(1).random(scores.shape) * 1e-9
    accuracy = class_accuracy(labels, scores)
    first = scores.columns[scores.to_numpy().argmax(axis=1)]
    recall = metrics.recall_score(labels, first, labels=accuracy.index, average=None)
    np.testing.assert_allclose(accuracy["rank-1"], recall)
    assert accuracy["samples"].to_dict() == labels.value_counts().to_dict()
    weighted = np.average(accuracy["rank-5"], weights=accuracy["samples"])
    assert weighted == pytest.approx(classification_scores(labels, scores)["rank-5"])


def test_strata_average_classes_not_samples():
    accuracy = pd.DataFrame(
        {"samples": [90, 10, 5, 5], "rank-1": [1.0, 0.0, 0.5, 0.1], "rank-5": [1.0, 0.5, 1.0, 0.2]},
        index=["A", "B", "C", "D"],
    )
    strata = accuracy_by_stratum(
        accuracy, pd.Series({"B": "landmark", "A": "landmark", "D": "other", "C": "other"})
    )
    assert strata["classes"].to_dict() == {"landmark": 2, "other": 2}
    assert strata["rank-1"].tolist() == [0.5, 0.3] and strata["rank-5"].tolist() == [0.75, 0.6]
    assert strata.loc["other", "rank-1 SE"] == pytest.approx(np.std([0.5, 0.1], ddof=1) / np.sqrt(2))


def test_confusion_counts_what_each_class_is_taken_for():
    rng = np.random.default_rng(0)
    labels, named = pd.Series(rng.choice(list("abc"), 60)), pd.Series(rng.choice(list("abcd"), 60))
    table = confusion(labels, named, ["c", "a"])
    assert list(table.index) == ["c", "a"] and list(table.columns) == ["c", "a", "another class"]
    for true in "ca":
        of_true = [guess for label, guess in zip(labels, named, strict=True) if label == true]
        for column, guesses in {"c": "c", "a": "a", "another class": "bd"}.items():
            share = sum(guess in guesses for guess in of_true) / len(of_true)
            assert table.loc[true, column] == pytest.approx(share)
    diagonal = np.diag(confusion(labels, labels).to_numpy())
    assert diagonal == pytest.approx(1)
