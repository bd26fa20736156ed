"""The anchored network: it starts at the Monge map, is held there, resumes, and lies in a bundle."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.translate.networks import NetworkStep, build_network
from l1000_rnaseq.translate.settings import AnchoredSettings
from l1000_rnaseq.translate.step1 import anchored
from l1000_rnaseq.translate.step1.anchored import fit_anchored
from l1000_rnaseq.translate.step1.transport import fit_monge
from scipy.stats import skew

SHORT = AnchoredSettings(
    hidden=(32,),
    discriminator_hidden=(32,),
    steps=300,
    batch_size=64,
    learning_rate=1e-2,
    average=0.98,
)


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(0)
    x = rng.normal(8, 2, (300, 3)).astype(np.float32)
    return x, np.exp(rng.normal(0, 1, (280, 3))).astype(np.float32)  # no affine map bends a Gaussian to this


def fit(sides, **changes):
    return fit_anchored(*sides, settings=replace(SHORT, **changes), device="cpu", progress=False)


def test_it_starts_at_the_monge_map(sides):
    start = fit(sides, steps=0).transform(sides[0])
    np.testing.assert_allclose(start, fit_monge(*sides).transform(sides[0]), atol=1e-3)


def test_a_longer_leash_lets_it_go_further_and_nearer_to_the_target(sides):
    x, y = sides
    start = fit_monge(*sides).transform(x)
    near, far = (fit(sides, anchor=a).transform(x) for a in (1000.0, 0.01))
    assert np.abs(near - start).mean() < 0.2 * np.abs(far - start).mean()
    skewness = [skew(table).mean() for table in (start, far, y)]
    assert abs(skewness[1] - skewness[2]) < 0.8 * abs(skewness[0] - skewness[2])


def test_a_killed_training_resumes_bit_for_bit(sides, tmp_path, monkeypatch, checkpoint_each_epoch):
    whole, step, calls = fit(sides, steps=60), anchored._step, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 41:
            raise KeyboardInterrupt
        return step(*args)

    run = {"settings": replace(SHORT, steps=60), "device": "cpu", "progress": False}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(anchored, "_step", killed)
        fit_anchored(*sides, checkpoint=tmp_path / "step1.pt", **run)
    later = []
    monkeypatch.setattr(anchored, "_step", lambda *args: later.append(1) or step(*args))
    resumed = fit_anchored(*sides, checkpoint=tmp_path / "step1.pt", **run)
    assert len(later) == 20 and whole.history.equals(resumed.history)
    np.testing.assert_array_equal(resumed.transform(sides[0]), whole.transform(sides[0]))


def test_the_history_has_a_row_per_step(sides):
    history = fit(sides, steps=30).history
    assert list(history.columns) == ["step", "critic", "adversarial", "correction"]
    assert history["step"].tolist() == list(range(1, 31)) and history["correction"][0] == 0


def test_it_is_rebuilt_from_its_description(sides):
    step = fit(sides, steps=20).step
    net = build_network(step.spec)
    net.load_state_dict(step.net.state_dict())
    np.testing.assert_array_equal(NetworkStep(net, step.spec).transform(sides[0]), step.transform(sides[0]))
