"""The classifier: the paper's settings, loss and penalty by hand, ensemble, resumption, balance."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch
from l1000_rnaseq.classify import classifier
from l1000_rnaseq.classify.classifier import SOFTMAX, ClassifierSettings, build_classifier, fit_classifier
from l1000_rnaseq.classify.scores import classification_scores
from torch import nn

FIELDS = {
    "hidden": ((5000, 2000, 500, 1000, 2000), ()),
    "dropout": (0.1, 0.0),
    "learning_rate": (1e-4, 1e-4),
    "l2": (1e-4, 1e-4),
    "batch_size": (128, 128),
    "epochs": (100, 100),
    "members": (5, 1),
    "balanced": (False, False),
    "low_precision": (True, True),
}
FLOAT = {"low_precision": False}  # here bf16 may be native or not
PAPER = ClassifierSettings()
SHORT = replace(PAPER, hidden=(16, 8), members=2, epochs=14, batch_size=32, learning_rate=5e-3, **FLOAT)
QUIET = {"progress": False, "device": "cpu"}


@pytest.fixture(scope="module")
def data():
    """Four classes, two of which only a curved border parts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)).astype(np.float32)
    label = np.where(x[:, 0] * x[:, 1] > 0, "same", "other")
    label = np.where(x[:, 2] > 1, "high", np.where(x[:, 2] < -1, "low", label))
    profiles = pd.DataFrame(x, [f"s{k}" for k in range(400)], list("ABCDEF"))
    return profiles, pd.Series(label, profiles.index)


def states(model):
    return [value for net in model.members for value in net.state_dict().values()]


def same(a, b):
    return all(torch.equal(v, w) for v, w in zip(states(a), states(b), strict=True))


def test_the_papers_settings_field_by_field():
    assert FIELDS == {name: (getattr(PAPER, name), getattr(SOFTMAX, name)) for name in asdict(PAPER)}


def test_the_network_has_the_papers_layers():
    net = build_classifier(978, 4314, PAPER)
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "ELU", "Dropout"] * 5 + ["Linear"]
    shapes = [(layer.in_features, layer.out_features) for layer in net if isinstance(layer, nn.Linear)]
    assert shapes == [(978, 5000), (5000, 2000), (2000, 500), (500, 1000), (1000, 2000), (2000, 4314)]
    assert [type(layer) for layer in build_classifier(978, 4314, SOFTMAX)] == [nn.Linear]


@pytest.mark.parametrize("balanced", [False, True])
def test_one_step_is_adam_on_cross_entropy_and_penalty(data, balanced):
    profiles, labels = data
    settings = replace(SOFTMAX, epochs=1, batch_size=400, learning_rate=0.01, l2=0.3, **FLOAT)
    settings = replace(settings, balanced=balanced)
    model = fit_classifier(profiles, labels, settings, **QUIET)
    with classifier.seeded_initialisation(1_000_003):
        net = build_classifier(6, 4, settings)
    names = sorted(labels.unique())
    target = torch.tensor([names.index(name) for name in labels])
    scores = net(torch.from_numpy(profiles.to_numpy()))
    logs = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    counts = torch.bincount(target)
    weight = len(target) / (4 * counts) if balanced else torch.ones(4)
    loss = -(weight[target] * logs[torch.arange(400), target]).mean()
    assert model.history["loss"].tolist() == pytest.approx([loss.item()], rel=1e-5)
    (loss + 0.3 * (net[0].weight ** 2).sum()).backward()
    for ours, before in zip(model.members[0].parameters(), net.parameters(), strict=True):
        # the first step of Adam is the rate times the sign of the gradient
        expected = before.detach() - 0.01 * before.grad / (before.grad.abs() + 1e-8)
        torch.testing.assert_close(ours.detach(), expected, atol=1e-5, rtol=1e-4)


def test_probabilities_are_the_mean_over_different_members(data):
    profiles, labels = data
    model = fit_classifier(profiles, labels, SHORT, **QUIET)
    found = model.predict(profiles.iloc[:9][list("FEDCBA")], size=4)  # any order of genes
    x = torch.from_numpy(profiles.iloc[:9].to_numpy())
    parts = [torch.softmax(net(x), dim=1).detach().numpy() for net in model.members]
    np.testing.assert_allclose(found, np.mean(parts, axis=0), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert list(found) == ["high", "low", "other", "same"] and found.index.equals(profiles.index[:9])
    assert not np.allclose(parts[0], parts[1], atol=1e-3)


def test_the_network_beats_softmax_regression_on_a_curved_border(data):
    profiles, labels = data
    rows = np.arange(400) % 4 == 0
    accuracy = []
    for settings in (replace(SHORT, epochs=60), replace(SOFTMAX, epochs=60, learning_rate=5e-3)):
        model = fit_classifier(profiles[~rows], labels[~rows], settings, **QUIET)
        accuracy.append(classification_scores(labels[rows], model.predict(profiles[rows]))["rank-1"])
    assert accuracy[0] > accuracy[1] + 0.1


def test_balance_helps_the_rare_class():
    rng = np.random.default_rng(1)
    label = pd.Series(np.where(rng.random(600) < 0.05, "rare", "common"))
    x = pd.DataFrame(rng.normal(size=(600, 3)) + (label == "rare").to_numpy()[:, None] * 0.8)
    recall = []
    for balanced in (False, True):
        settings = replace(SOFTMAX, epochs=60, learning_rate=0.02, balanced=balanced)
        found = fit_classifier(x, label, settings, **QUIET).predict(x).idxmax(axis=1)
        recall.append((found[label == "rare"] == "rare").mean())
    assert recall[1] > recall[0] + 0.3


def test_validation_is_watched_and_changes_nothing(data):
    profiles, labels = data
    rows = np.arange(400) % 4 == 0
    train = profiles[~rows], labels[~rows]
    watched = fit_classifier(*train, SHORT, valid=(profiles[rows], labels[rows]), **QUIET)
    assert same(watched, fit_classifier(*train, SHORT, **QUIET))
    with torch.inference_mode():
        found = watched.members[1](torch.from_numpy(profiles[rows].to_numpy())).argmax(1).numpy()
    right = (np.array(watched.classes)[found] == labels[rows].to_numpy()).mean()
    assert watched.history.loc[(1, SHORT.epochs), "valid"] == pytest.approx(right)


@pytest.mark.parametrize("stop, left", [(13, 16), (27, 2), (29, 0)])
def test_a_killed_training_resumes_bit_for_bit(
    data, tmp_path, monkeypatch, checkpoint_each_epoch, stop, left
):
    whole = fit_classifier(*data, SHORT, **QUIET)
    epoch, calls = classifier._epoch, []

    def killed(*args):
        calls.append(1)
        if len(calls) == stop:
            raise KeyboardInterrupt
        return epoch(*args)

    path = tmp_path / "member.pt"
    with monkeypatch.context() as patch:
        patch.setattr(classifier, "_epoch", killed)
        try:
            fit_classifier(*data, SHORT, checkpoint=path, **QUIET)
        except KeyboardInterrupt:
            assert stop < 29
    later = []
    monkeypatch.setattr(classifier, "_epoch", lambda *args: later.append(1) or epoch(*args))
    torch.rand(5)  # the global state plays no part
    resumed = fit_classifier(*data, SHORT, checkpoint=path, **QUIET)
    assert len(later) == left and same(whole, resumed) and whole.history.equals(resumed.history)
    other = fit_classifier(*data, SHORT, seed=1, checkpoint=path, **QUIET)
    assert len(later) == left + 28 and not same(whole, other)


def test_bad_input_is_told(data):
    profiles, labels = data
    with pytest.raises(ValueError, match="400 profiles and 399 labels; expected as many"):
        fit_classifier(profiles, labels[1:], SHORT, **QUIET)
    with pytest.raises(ValueError, match="all 400 samples are of one class; expected at least two"):
        fit_classifier(profiles, pd.Series("x", profiles.index), SHORT, **QUIET)
    strange = (profiles[:2], pd.Series(["same", "new"]))
    with pytest.raises(ValueError, match="1 validation samples are of classes that are not trained on"):
        fit_classifier(profiles, labels, SHORT, valid=strange, **QUIET)
    holed = profiles.copy()
    holed.iloc[3, 3] = np.nan
    with pytest.raises(ValueError, match="profiles have NaN or infinite values"):
        fit_classifier(holed, labels, SHORT, **QUIET)
    model = fit_classifier(profiles, labels, replace(SOFTMAX, epochs=1), **QUIET)
    with pytest.raises(ValueError, match="2 genes of the classifier are missing: A, F"):
        model.predict(profiles[list("BCDE")])
