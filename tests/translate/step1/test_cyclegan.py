"""Step 1: losses by hand, replay, and training that can be killed."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.settings import AS_CODED_CYCLEGAN, CycleGANSettings
from l1000_rnaseq.translate.step1 import cyclegan
from l1000_rnaseq.translate.step1.cyclegan import fit_cyclegan
from l1000_rnaseq.translate.step1.replay import ReplayBuffer

SHORT = CycleGANSettings(
    hidden=(16,), discriminator_hidden=(8,), epochs=14, batch_size=10, low_precision=False
)
PUBLISHED = {"paper": CycleGANSettings(), "code": AS_CODED_CYCLEGAN}


@pytest.fixture
def sides():
    rng = np.random.default_rng(0)
    return rng.normal(8, 1, (33, 6)).astype(np.float32), rng.gamma(3, 1, (21, 6)).astype(np.float32)


def weights(model):
    return model.step.net.state_dict().values()


def same(a, b):
    return all(torch.equal(v, w) for v, w in zip(weights(a), weights(b), strict=True))


def test_networks_of_the_presets_have_their_sizes():
    x = np.ones((3, 962), np.float32)
    for name, sizes in (("paper", [962, 512, 1]), ("code", [962, 512, 512, 128, 1])):
        nets = cyclegan._networks(x, x, PUBLISHED[name], 0, torch.device("cpu"))
        for name in ("DX", "DY"):
            modules = list(nets[name].modules())[1:]
            linear = [m for m in modules if isinstance(m, torch.nn.Linear)]
            assert [linear[0].in_features, *(m.out_features for m in linear)] == sizes
            assert {type(m).__name__ for m in modules} == {"Linear", "ReLU"}  # no norm, linear judgement
            assert isinstance(modules[-1], torch.nn.Linear)


@pytest.mark.parametrize("source", PUBLISHED)
def test_losses_of_one_batch_by_hand(sides, source):
    settings = replace(PUBLISHED[source], low_precision=False, replay_buffer=0)
    x, y = (torch.from_numpy(side[:10]) for side in sides)
    nets = cyclegan._networks(*sides, settings, 0, torch.device("cpu"))
    before = {name: copy.deepcopy(net) for name, net in nets.items()}
    optimisers = [
        torch.optim.Adam([p for name in names for p in nets[name].parameters()], lr=2e-4)
        for names in (("G", "F"), ("DX", "DY"))
    ]
    losses = cyclegan._step(nets, optimisers, (), settings, torch.device("cpu"), x, y)
    losses = {name: float(value) for name, value in losses.items()}
    with torch.no_grad():
        fake_y, fake_x = before["G"](x), before["F"](y)
        judged_fake = before["DX"](fake_x), before["DY"](fake_y)
        judged_real = before["DX"](x), before["DY"](y)
        around = before["F"](fake_y) - x, before["G"](fake_x) - y
        stay = before["F"](x) - x, before["G"](y) - y
    huber = [torch.where(d.abs() < 1, 0.5 * d**2, d.abs() - 0.5) for d in around]
    squared = [d**2 for d in around]
    half = 0.5 if source == "code" else 1.0
    expected = {
        "adversarial": half * sum(((1 - judged) ** 2).mean() for judged in judged_fake),
        "cycle": half * sum(d.mean() for d in (huber if source == "code" else squared)),
        "identity": 0.0 if source == "code" else sum((d**2).mean() for d in stay),
        "discriminator": half
        * sum(((1 - r) ** 2).mean() + (f**2).mean() for r, f in zip(judged_real, judged_fake, strict=True)),
    }
    assert losses == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-4)
    for name, net in nets.items():  # all four moved
        assert any(
            not torch.equal(p, q) for p, q in zip(net.parameters(), before[name].parameters(), strict=True)
        )


def test_lambdas_weigh_the_generator_gradient(sides):
    x, y = (torch.from_numpy(side[:10]) for side in sides)
    gradients = []
    for weight in (0.0, 10.0):
        settings = replace(SHORT, lambda_cycle=weight, lambda_identity=weight)
        nets = cyclegan._networks(*sides, settings, 0, torch.device("cpu"))
        optimisers = [torch.optim.SGD(nets[a].parameters(), 0.0) for a in ("G", "DX")]
        cyclegan._step(nets, optimisers, (), settings, torch.device("cpu"), x, y)
        gradients.append(nets["G"][0].weight.grad.clone())
    assert not torch.allclose(*gradients)


def test_history_has_a_row_each_epoch_and_four_losses(sides):
    model = fit_cyclegan(*sides, settings=replace(SHORT, epochs=3), progress=False, device="cpu")
    assert list(model.history.columns) == ["epoch", "adversarial", "cycle", "identity", "discriminator"]
    assert model.history["epoch"].tolist() == [1, 2, 3] and np.isfinite(model.history.to_numpy()).all()


def test_same_seed_same_weights_other_seed_other_weights(sides):
    def fit(seed):
        return fit_cyclegan(*sides, settings=replace(SHORT, epochs=2), seed=seed, progress=False)

    first = fit(0)
    torch.rand(7)  # the global state plays no part
    assert same(first, fit(0)) and not same(first, fit(1))


@pytest.mark.parametrize("replay", [0, 25])
@pytest.mark.parametrize("lr_step", [None, 6])
def test_a_killed_training_resumes_bit_for_bit(
    sides, tmp_path, monkeypatch, checkpoint_each_epoch, replay, lr_step
):
    settings = replace(SHORT, replay_buffer=replay, lr_step=lr_step)
    whole = fit_cyclegan(*sides, settings=settings, progress=False)
    step, calls = cyclegan._step, []

    def killed(*args):
        calls.append(1)
        if len(calls) > 3 * 12:  # three batches an epoch: in epoch 13
            raise KeyboardInterrupt
        return step(*args)

    path = tmp_path / "step1.pt"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cyclegan, "_step", killed)
        fit_cyclegan(*sides, settings=settings, progress=False, checkpoint=path)
    later = []
    monkeypatch.setattr(cyclegan, "_step", lambda *args: later.append(1) or step(*args))
    resumed = fit_cyclegan(*sides, settings=settings, progress=False, checkpoint=path)
    assert len(later) == 3 * 2  # epochs 13 and 14 only
    assert same(whole, resumed) and whole.history.equals(resumed.history)


@pytest.mark.parametrize("change", ["seed", "settings", "data", "weights"])
def test_a_checkpoint_of_another_run_is_not_resumed(sides, tmp_path, monkeypatch, change):
    x, y = sides
    run = {"settings": replace(SHORT, epochs=10), "progress": False, "checkpoint": tmp_path / "step1.pt"}
    fit_cyclegan(x, y, **run)
    if change == "data":
        x = x.copy()
        x[-1, -1] += 1
    elif change == "weights":
        run["wx"] = np.arange(1.0, 34)
    else:
        run |= (
            {"seed": 1} if change == "seed" else {"settings": replace(SHORT, epochs=10, learning_rate=1e-3)}
        )
    fresh = fit_cyclegan(x, y, **{**run, "checkpoint": None})
    assert same(fit_cyclegan(x, y, **run), fresh)


def test_batches_follow_the_weights_only_when_asked_to():
    wx, wy = torch.zeros(33), torch.zeros(21)
    wx[4], wy[2] = 1, 1
    draw = torch.Generator().manual_seed(0)
    buffer = ReplayBuffer(5, draw)
    for of_x, of_y, *replay in cyclegan._drawn(wx, wy, (buffer, buffer), 3, SHORT, draw):
        assert (of_x == 4).all() and (of_y == 2).all() and len(replay) == 4
    drawn = list(cyclegan._drawn(wx, wy, (), 3, replace(SHORT, balance=False), draw))
    assert len(drawn) == 3 and len(torch.unique(torch.cat([of_x for of_x, _ in drawn]))) > 5


def test_bad_input_is_named(sides):
    x, y = sides
    with pytest.raises(ValueError, match="L1000 has 6 genes, RNA-seq 5"):
        fit_cyclegan(x, y[:, :5], progress=False)
    y = y.copy()
    y[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        fit_cyclegan(x, y, settings=CycleGANSettings(), progress=False)


def test_a_collapse_is_told_from_a_translation_that_forgets_its_input():
    rng = np.random.default_rng(0)
    x = rng.normal(8, 1, (200, 30))
    y = rng.gamma(3, 1, (150, 30))
    mean = y.mean(axis=0)
    assert cyclegan.doubts(x, 0.8 * (x - 8) + mean, y) == ""
    assert "as much as RNA-seq" in cyclegan.doubts(x, 0.01 * (x - 8) + mean, y)
    assert "as much as RNA-seq" in cyclegan.doubts(x, np.tile(mean, (200, 1)), y)
    other_genes = np.roll(x - 8, 1, axis=1) + mean  # as varied as RNA-seq, and of other genes
    assert "before and after translation is" in cyclegan.doubts(x, other_genes, y)


def test_training_tells_that_it_did_not_learn(sides, caplog):
    fit_cyclegan(*sides, settings=replace(AS_CODED_CYCLEGAN, epochs=1), progress=False)
    x, y = sides
    never = replace(SHORT, epochs=1, learning_rate=0.0)  # it still gives the mean for all
    fit_cyclegan(x, y, settings=never, progress=False)
    assert "did not learn to translate: its output varies only" in caplog.text


def test_a_standardised_network_does_not_depend_on_the_units_of_its_input(sides):
    settings = replace(SHORT, unit="standardised", final_relu=False)
    one = fit_cyclegan(*sides, settings=settings, progress=False).step
    factor, moved = np.float32(4.0), [side * 4 + 32 for side in sides]  # powers of two: sums round alike
    other = fit_cyclegan(*moved, settings=settings, progress=False).step
    expected = one.transform(sides[0]) * factor + 32
    assert np.allclose(other.transform(moved[0]), expected, rtol=1e-3)
    assert one.spec["final_relu"] is False


def test_moments_are_those_of_the_weighted_samples(sides):
    settings, counts = replace(SHORT, unit="standardised", final_relu=False), np.arange(33) % 3
    mean, sd = cyclegan._moments(sides[0], counts.astype(float), settings)
    repeated = np.repeat(sides[0], counts, axis=0)
    assert np.allclose(mean, repeated.mean(axis=0)) and np.allclose(sd, repeated.std(axis=0), rtol=1e-5)
    assert np.array_equal(cyclegan._moments(sides[0], None, replace(settings, unit="centred"))[1], np.ones(6))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"unit": "standardised"}, "has negative values: it needs a dense generator, no final ReLU"),
        ({"unit": "centred", "final_relu": False, "generator": "residual"}, "needs a dense generator"),
        ({"unit": "z", "final_relu": False}, "unknown unit 'z'; expected 'log', 'centred' or 'standardised'"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(sides, changed, message):
    with pytest.raises(ValueError, match=message):
        fit_cyclegan(*sides, settings=replace(SHORT, **changed), progress=False)
