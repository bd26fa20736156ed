"""D-GEX training: initialisation, one epoch against a slow loop, best epoch, resumption, bad input."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.dgex import multitask as dgex
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.networks import Standardised, build_network
from l1000_rnaseq.translate.settings import DGEX_MODERN, DGEXSettings
from l1000_rnaseq.translate.training.torch_loop import seeded, seeded_initialisation

SHORT = DGEXSettings(layers=2, units=12, epochs=8, batch_size=10, monitored=20)
BOTH = {"momentum": SHORT, "adamw": replace(SHORT, optimiser="adamw", learning_rate=1e-2, weight_decay=0.1)}
QUIET = {"progress": False, "device": "cpu"}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(8, 2, (45, 5)).astype(np.float32)
    y = np.tanh(x - 8) @ rng.normal(size=(5, 7)) + rng.normal(0, 0.1, (45, 7)) + 4
    return x, y.astype(np.float32), np.arange(45) % 5 == 0


def state(model):
    return list(model.step.net.state_dict().values())


def same(a, b):
    return all(torch.equal(v, w) for v, w in zip(state(a), state(b), strict=True))


def test_weights_start_within_equation_5_and_fill_it():
    net = build_network({"kind": "dgex", "sizes": [300, 200, 100, 50], "dropout": 0.0})
    with seeded_initialisation(0):
        dgex.initialise(net, 1e-4)
    for layer, (n_in, n_out) in zip((net.hidden[0], net.hidden[3]), ((300, 200), (200, 100)), strict=True):
        limit = np.sqrt(6) / np.sqrt(n_in + n_out)
        assert 0.99 * limit < layer.weight.abs().max() <= limit
        assert layer.weight.std().item() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert 0.99e-4 < net.output.weight.abs().max() <= 1e-4
    assert all(not layer.bias.any() for layer in (net.hidden[0], net.hidden[3], net.output))


def test_the_network_is_the_forward_pass_by_hand():
    with seeded_initialisation(0):
        net = Standardised([5, 4, 3, 6], 0.25).eval()
    rng = np.random.default_rng(1)
    x = rng.normal(7, 2, (9, 5)).astype(np.float32)
    sides = {
        name: rng.uniform(1, 3, n) for name, n in (("x_mean", 5), ("x_sd", 5), ("y_mean", 6), ("y_sd", 6))
    }
    for name, value in sides.items():
        getattr(net, name).copy_(torch.from_numpy(value))
    hidden = (x - sides["x_mean"]) / sides["x_sd"]
    for layer in (net.hidden[0], net.hidden[3]):
        hidden = np.tanh(hidden @ layer.weight.detach().numpy().T + layer.bias.detach().numpy())
    linear = hidden @ net.output.weight.detach().numpy().T + net.output.bias.detach().numpy()
    got = net(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(got, linear * sides["y_sd"] + sides["y_mean"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(net.activations(torch.from_numpy(x)).detach().numpy(), hidden, atol=1e-5)


def test_dropout_takes_hidden_units_and_never_inputs():
    net = Standardised([400, 300, 200], 0.25).train()
    x = torch.randn(50, 400, generator=seeded(0))
    with seeded_initialisation(0):
        hidden = net.activations(x)
    assert (hidden == 0).float().mean() == pytest.approx(0.25, abs=0.02)
    kept = hidden != 0
    whole = net.eval().activations(x)
    torch.testing.assert_close(hidden[kept], whole[kept] / 0.75)
    assert isinstance(net.hidden[0], torch.nn.Linear)  # the input reaches the first layer whole


def slow_training(x, y, rows, net, settings, epochs, seed=0):
    """Equation 4 and the rate rule in numpy, with autograd for the gradient only; no dropout."""
    x, y = ((v - v[rows].mean(0, dtype=float)) / v[rows].std(0, dtype=float) for v in (x, y))
    x, y = (torch.tensor(v, dtype=torch.float32) for v in (x, y))
    linear = [net.hidden[0], net.hidden[3], net.output]
    theta = [p.detach().clone() for layer in linear for p in (layer.weight, layer.bias)]
    velocity = [torch.zeros_like(p) for p in theta]
    watched = rows[torch.randperm(len(rows), generator=seeded(seed))[: settings.monitored].numpy()]
    rate, before, rates = settings.first_rate, np.inf, []

    def run(x, theta):
        for depth in range(3):
            x = x @ theta[2 * depth].T + theta[2 * depth + 1]
            x = torch.tanh(x) if depth < 2 else x
        return x

    for epoch in range(epochs):
        rates.append(rate)
        order = rows[torch.randperm(len(rows), generator=seeded((seed + 1) * 1_000_003 + epoch)).numpy()]
        for start in range(0, len(order), settings.batch_size):
            some = order[start : start + settings.batch_size]
            leaves = [p.clone().requires_grad_() for p in theta]
            loss = sum(((y[some, t] - run(x[some], leaves)[:, t]) ** 2).mean() for t in range(y.shape[1]))
            gradients = torch.autograd.grad(loss, leaves)
            for k, gradient in enumerate(gradients):
                factor = settings.later_rate if k in (2, 4) else 1.0  # weights after the first layer
                velocity[k] = settings.momentum * velocity[k] - rate * factor * gradient
                theta[k] = theta[k] + velocity[k]
        error = float((run(x[watched], theta) - y[watched]).abs().mean())
        if error > before:
            rate = rate * 0.9
        rate, before = max(rate, 1e-5), error
    return theta, rates


@pytest.mark.parametrize("rate", [0.01, 0.06])
def test_training_is_the_slow_loop(data, rate):
    x, y, valid = data
    settings = replace(SHORT, dropout=0.0, learning_rate=rate, output_range=0.1)
    net = build_network({"kind": "dgex", "sizes": [5, 12, 12, 7], "dropout": 0.0})
    with seeded_initialisation(0):
        net = build_network({"kind": "dgex", "sizes": [5, 12, 12, 7], "dropout": 0.0})
        dgex.initialise(net, 0.1)
    theta, rates = slow_training(x, y, np.flatnonzero(~valid), net, settings, 8)
    whole = fit_dgex(x, y, valid, settings, **QUIET)
    assert whole.history["rate"].tolist() == pytest.approx(rates)
    assert (len(set(rates)) > 1) == (rate == 0.06)  # the large rate overshoots and is lowered
    best = int(whole.history["valid"].idxmin()) + 1
    theta, _ = slow_training(x, y, np.flatnonzero(~valid), net, settings, best)
    fitted = whole.step.net
    got = [
        p for layer in (fitted.hidden[0], fitted.hidden[3], fitted.output) for p in (layer.weight, layer.bias)
    ]
    for ours, slow in zip(got, theta, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), slow.numpy(), atol=2e-5)


def test_errors_in_the_history_are_those_of_equation_1(data):
    x, y, valid = data
    settings = replace(SHORT, epochs=1, monitored=1000)
    model = fit_dgex(x, y, valid, settings, **QUIET)
    apart = np.abs(model.transform(x) - y) / y[~valid].std(axis=0)
    assert model.history["train"].tolist() == pytest.approx([apart[~valid].mean()], rel=1e-4)
    assert model.history["valid"].tolist() == pytest.approx([apart[valid].mean()], rel=1e-4)


def test_the_weights_of_the_best_epoch_are_kept(data, monkeypatch):
    planned, seen, rest = iter([3.0, 2.0, 1.0, 1.5, 1.2, 1.1, 4.0, 4.0]), [], dgex._error

    def error(net, x, y, rows, settings):
        if len(rows) > 9:  # the training samples
            return rest(net, x, y, rows, settings)
        seen.append([value.clone() for value in net.state_dict().values()])
        return next(planned)

    monkeypatch.setattr(dgex, "_error", error)
    model = fit_dgex(*data, SHORT, **QUIET)
    assert len(seen) == 8 and all(torch.equal(a, b) for a, b in zip(state(model), seen[2], strict=True))


@pytest.mark.parametrize("optimiser", BOTH)
def test_a_killed_training_resumes_bit_for_bit(data, tmp_path, monkeypatch, checkpoint_each_epoch, optimiser):
    settings = replace(BOTH[optimiser], dropout=0.25)
    whole = fit_dgex(*data, settings, **QUIET)
    epoch, calls = dgex._epoch, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return epoch(*args)

    path = tmp_path / "dgex.pt"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(dgex, "_epoch", killed)
        fit_dgex(*data, settings, checkpoint=path, **QUIET)
    later = []
    monkeypatch.setattr(dgex, "_epoch", lambda *args: later.append(1) or epoch(*args))
    torch.rand(7)  # the global state plays no part
    resumed = fit_dgex(*data, settings, checkpoint=path, **QUIET)
    assert len(later) == 4 and same(whole, resumed) and whole.history.equals(resumed.history)
    other = fit_dgex(*data, settings, seed=1, checkpoint=path, **QUIET)
    assert len(later) == 12 and not same(whole, other)  # another seed does not resume


def test_validation_samples_are_never_trained_on(data):
    x, y, valid = data
    other = [np.where(valid[:, None], 100 - v, v) for v in (x, y)]
    runs = [fit_dgex(*side, valid, replace(SHORT, epochs=1), **QUIET) for side in ((x, y), other)]
    assert same(*runs)


def test_it_learns_a_curve_that_a_line_cannot():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    y = np.tanh(3 * x) @ np.array([[1.0, 0.5], [0.0, 1.0], [0.7, 0.0]]) + x**2 @ np.ones((3, 2))
    valid = np.arange(600) % 4 == 0
    settings = replace(DGEX_MODERN, units=60, dropout=0.0, epochs=80, batch_size=50, learning_rate=1e-2)
    model = fit_dgex(x, y.astype(np.float32), valid, settings, **QUIET)
    line = np.linalg.lstsq(np.c_[x, np.ones(600)][~valid], y[~valid], rcond=None)[0]
    apart = [np.abs(p - y)[valid].mean() for p in (model.transform(x), np.c_[x, np.ones(600)] @ line)]
    assert apart[0] < 0.5 * apart[1]


def test_arrays_on_disk_are_not_copied_whole(tmp_path):
    rng = np.random.default_rng(3)
    shapes = {"x": (4000, 20), "y": (4000, 500)}
    maps = []
    for name, shape in shapes.items():
        np.save(tmp_path / f"{name}.npy", rng.normal(size=shape).astype(np.float32))
        maps.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    settings = replace(SHORT, epochs=1, batch_size=200, monitored=200)
    valid = np.arange(4000) % 20 == 0
    fit_dgex(*maps, valid, settings, **QUIET)  # modules are loaded
    tracemalloc.start()
    fit_dgex(*maps, valid, settings, **QUIET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * maps[1].nbytes  # float64 blocks of 2,000 samples while standardising, nothing of all


@pytest.mark.parametrize(
    "change, message",
    [
        ({"optimiser": "adam"}, "unknown optimiser 'adam'; expected 'momentum' or 'adamw'"),
        ({"learning_rate": 1e6}, r"the training diverged in epoch \d+; lower learning_rate \(1e\+06\)"),
    ],
)
def test_bad_settings_are_told(data, change, message):
    with pytest.raises(ValueError, match=message):
        fit_dgex(*data, replace(SHORT, **change), **QUIET)


def test_bad_input_is_told(data):
    x, y, valid = data
    with pytest.raises(ValueError, match="45 of 45 samples are for validation; expected some, not all"):
        fit_dgex(x, y, np.ones(45, bool), SHORT, **QUIET)
    with pytest.raises(ValueError, match="x has 44 samples, y 45, valid 45; expected the same ones"):
        fit_dgex(x[1:], y, valid, SHORT, **QUIET)
    y = y.copy()
    y[3, 2] = np.nan
    with pytest.raises(ValueError, match="training profiles have NaN or infinite values"):
        fit_dgex(x, y, valid, SHORT, **QUIET)
