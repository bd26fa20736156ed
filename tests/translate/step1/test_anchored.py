"""The anchored network: it starts at the Monge map, is held there, resumes, and lies in a bundle."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.translate.networks import NetworkStep, build_network
from l1000_rnaseq.translate.step1.anchored import AnchoredSettings, fit_anchored
from l1000_rnaseq.translate.step1.transport import fit_monge
from scipy.stats import skew

SMALL = AnchoredSettings(
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
    return fit_anchored(*sides, settings=replace(SMALL, **changes), device="cpu", progress=False)


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


def test_the_same_seed_gives_the_same_network_and_a_killed_run_resumes(sides, tmp_path):
    whole = fit(sides, steps=500).transform(sides[0])
    path = tmp_path / "step1.pt"
    settings = replace(SMALL, steps=500)

    class Killed(Exception):
        pass

    def kill(part, state):
        saved(part, state)
        raise Killed

    from l1000_rnaseq.translate.step1 import anchored

    saved = anchored.save_checkpoint
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(anchored, "save_checkpoint", kill)
        fit_anchored(*sides, settings=settings, device="cpu", checkpoint=path, progress=False)
    resumed = fit_anchored(*sides, settings=settings, device="cpu", checkpoint=path, progress=False)
    np.testing.assert_allclose(resumed.transform(sides[0]), whole, atol=1e-5)


def test_it_is_rebuilt_from_its_description(sides):
    step = fit(sides, steps=20)
    net = build_network(step.spec)
    net.load_state_dict(step.net.state_dict())
    np.testing.assert_array_equal(NetworkStep(net, step.spec).transform(sides[0]), step.transform(sides[0]))
