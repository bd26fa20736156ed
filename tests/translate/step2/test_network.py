"""Step 2: early stopping against a slow loop, best weights, resume."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.settings import NetworkSettings
from l1000_rnaseq.translate.step2 import network
from l1000_rnaseq.translate.step2.network import fit_network

SHORT = NetworkSettings((12,), max_epochs=8, batch_size=10, learning_rate=1e-2, low_precision=False)
QUIET = {"progress": False, "device": "cpu"}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.gamma(3, 1, (45, 5)).astype(np.float32)
    y = np.maximum(x @ rng.normal(size=(5, 7)) + 4, 0).astype(np.float32)
    return x, y, np.arange(45) % 5 == 0


def state(model):
    return list(model.step.net.state_dict().values())


def same(a, b):
    return all(torch.equal(v, w) for v, w in zip(state(a), state(b), strict=True))


def slow_stop(losses, patience, tolerance, most):
    """Epochs run: stop when each of the last `patience` epochs failed to beat the best before them."""
    for epoch in range(1, most + 1):
        if epoch <= patience:
            continue
        best_before = min(losses[: epoch - patience])
        if all(loss >= best_before - tolerance for loss in losses[epoch - patience : epoch]):
            return epoch
    return most


@pytest.mark.parametrize("tolerance", [0.0, 0.05])
@pytest.mark.parametrize("patience", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_early_stopping_is_the_slow_loop(data, monkeypatch, tolerance, patience, seed):
    planned = np.round(1 + 0.1 * np.random.default_rng(seed).normal(size=30).cumsum(), 2).tolist()
    feed = iter(planned)
    monkeypatch.setattr(network, "_validate", lambda *args: next(feed))
    settings = replace(SHORT, max_epochs=30, patience=patience, tolerance=tolerance)
    model = fit_network(*data, settings, **QUIET)
    assert len(model.history) == slow_stop(planned, patience, tolerance, 30)


def test_a_flat_validation_loss_stops(data, monkeypatch):
    monkeypatch.setattr(network, "_validate", lambda *args: 1.0)
    assert len(fit_network(*data, SHORT, **QUIET).history) == 1 + SHORT.patience


def test_the_weights_of_the_best_epoch_are_kept(data, monkeypatch):
    planned, seen = iter([3.0, 2.0, 1.0, 1.5, 1.2, 1.1]), []

    def validate(net, *args):
        seen.append([value.clone() for value in net.state_dict().values()])
        return next(planned)

    monkeypatch.setattr(network, "_validate", validate)
    model = fit_network(*data, SHORT, **QUIET)
    assert len(seen) == 6 and all(torch.equal(a, b) for a, b in zip(state(model), seen[2], strict=True))


def test_validation_loss_is_the_mean_square_of_the_held_out_samples(data):
    x, y, valid = data
    model = fit_network(*data, replace(SHORT, max_epochs=1), **QUIET)
    expected = np.mean((model.transform(x[valid]) - y[valid]) ** 2)
    assert model.history["valid"].tolist() == pytest.approx([expected], rel=1e-5)


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_published_code_takes_samples_in_order(data, monkeypatch, shuffle):
    orders, epoch = [], network._epoch
    monkeypatch.setattr(network, "_epoch", lambda *args: orders.append(args[4].tolist()) or epoch(*args))
    fit_network(*data, replace(SHORT, shuffle=shuffle, max_epochs=3, patience=9), **QUIET)
    trained = np.flatnonzero(~data[2]).tolist()
    assert all(sorted(order) == trained for order in orders)
    assert len({tuple(order) for order in orders}) == (3 if shuffle else 1)
    assert (orders[0] == trained) is not shuffle


def test_samples_are_not_copied_whole():
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=(1000, n)).astype(np.float32) for n in (5, 4000))
    valid, settings = np.arange(1000) % 5 == 0, replace(SHORT, max_epochs=1, start_at_mean=True)
    fit_network(x, y, valid, settings, **QUIET)  # modules are loaded
    tracemalloc.start()
    fit_network(x, y, valid, settings, **QUIET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * y.nbytes  # a block of genes, for their means


def test_outputs_start_at_the_mean_of_the_training_samples(data):
    x, y, valid = data
    wide = np.tile(y, 300) + np.arange(2100, dtype=np.float32)  # more genes than a block
    means = network._means(wide, np.flatnonzero(~valid))
    assert means.numpy() == pytest.approx(wide[~valid].mean(axis=0, dtype=np.float64), rel=1e-6)


def test_validation_samples_are_never_trained_on(data):
    x, y, valid = data
    other = y.copy()
    other[valid] = 100 - other[valid]
    runs = [fit_network(x, t, valid, replace(SHORT, max_epochs=1), **QUIET) for t in (y, other)]
    assert same(*runs)


@pytest.mark.parametrize("lr_step", [None, 2])
def test_a_killed_training_resumes_bit_for_bit(data, tmp_path, monkeypatch, checkpoint_each_epoch, lr_step):
    settings = replace(SHORT, lr_step=lr_step, patience=20)
    whole = fit_network(*data, settings, **QUIET)
    epoch, calls = network._epoch, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return epoch(*args)

    path = tmp_path / "step2.pt"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(network, "_epoch", killed)
        fit_network(*data, settings, checkpoint=path, **QUIET)
    later = []
    monkeypatch.setattr(network, "_epoch", lambda *args: later.append(1) or epoch(*args))
    resumed = fit_network(*data, settings, checkpoint=path, **QUIET)
    assert len(later) == 4 and same(whole, resumed) and whole.history.equals(resumed.history)
    # nothing is left to do
    again = fit_network(*data, settings, checkpoint=path, **QUIET)
    assert len(later) == 4 and same(again, whole)


def test_a_checkpoint_of_another_split_is_not_resumed(data, tmp_path, checkpoint_each_epoch):
    x, y, valid = data
    fit_network(x, y, valid, SHORT, checkpoint=tmp_path / "s.pt", **QUIET)
    other = np.roll(valid, 1)  # as many samples, but others
    resumed = fit_network(x, y, other, SHORT, checkpoint=tmp_path / "s.pt", **QUIET)
    assert same(resumed, fit_network(x, y, other, SHORT, **QUIET))


def test_same_seed_same_weights_other_seed_other_weights(data):
    first = fit_network(*data, SHORT, seed=0, **QUIET)
    assert same(first, fit_network(*data, SHORT, seed=0, **QUIET))
    assert not same(first, fit_network(*data, SHORT, seed=1, **QUIET))


def test_it_learns_more_than_the_mean(data):
    x, y, valid = data
    model = fit_network(*data, replace(SHORT, max_epochs=60, patience=60), **QUIET)
    error = np.mean((model.transform(x[valid]) - y[valid]) ** 2)
    assert error < 0.5 * np.mean((y[~valid].mean(0) - y[valid]) ** 2)


@pytest.mark.parametrize("share", [0, 45])
def test_nothing_to_train_or_to_validate_on_is_named(data, share):
    with pytest.raises(ValueError, match=f"{share} of 45 samples are for validation; expected some, not all"):
        fit_network(*data[:2], np.arange(45) < share, **QUIET)
