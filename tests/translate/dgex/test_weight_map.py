"""The weight map with planted hubs, the adjusted R² against statsmodels, nonlinearity where it is."""

import numpy as np
import pytest
import statsmodels.api as sm
import torch
from l1000_rnaseq.translate.dgex.weight_map import activations, adjusted_r2, nonlinearity, weight_map
from l1000_rnaseq.translate.networks import Standardised
from l1000_rnaseq.translate.training.torch_loop import seeded_initialisation


@pytest.fixture
def planted():
    """Seven landmarks, 100 hidden units, 40 targets; units 5 and 9 are hubs, the first with one sign."""
    with seeded_initialisation(0):
        net = Standardised([7, 100, 40])
    rng = np.random.default_rng(0)
    last = rng.uniform(-0.01, 0.01, (40, 100))
    last[:30, 5] = 1.0
    last[20:40, 9] = np.where(np.arange(20) % 2, 1.0, -1.0)
    last[3, 50] = -1.0
    first = rng.uniform(-0.01, 0.01, (100, 7))
    first[11, 2] = 1.0
    with torch.no_grad():
        net.output.weight.copy_(torch.from_numpy(last))
        net.hidden[0].weight.copy_(torch.from_numpy(first))
    return net


def test_major_weights_and_hubs_are_the_planted_ones(planted):
    found = weight_map(planted, [f"L{k}" for k in range(7)], [f"T{k}" for k in range(40)])
    assert found.inputs[["gene", "unit"]].to_numpy().tolist() == [["L2", 11]]
    assert found.inputs["weight"].item() == pytest.approx(1)
    assert found.units.loc[[5, 9, 50], "outputs"].tolist() == [30, 20, 1] and len(found.outputs) == 51
    assert found.units.loc[9, ["positive", "negative"]].tolist() == [10, 10]
    assert found.units.loc[[5, 9, 50], "one_sided"].tolist() == [True, False, True]
    assert found.hubs.tolist() == [5]  # 30 of 51 are half
    assert weight_map(planted, list("ABCDEFG"), list(range(40)), hub_share=0.8).hubs.tolist() == [5, 9]
    assert not found.units.loc[0, "one_sided"] and not found.units.loc[0, "hub"]


def test_a_weight_is_major_beyond_so_many_deviations_of_its_gene(planted):
    names = [f"L{k}" for k in range(7)], [f"T{k}" for k in range(40)]
    weights = planted.output.weight.detach().numpy().T
    for threshold in (0.5, 2.0):
        found = weight_map(planted, *names, output_sd=threshold).outputs
        expected = {
            (f"T{t}", u)
            for t in range(40)
            for u in range(100)
            if abs(weights[u, t] - weights[:, t].mean()) > threshold * weights[:, t].std()
        }
        assert set(zip(found["gene"], found["unit"], strict=True)) == expected


def test_adjusted_r2_is_statsmodels():
    rng = np.random.default_rng(1)
    x = rng.normal(5, 2, (60, 8))
    y = np.c_[x @ rng.normal(size=(8, 3)) + rng.normal(0, 3, (60, 3)), rng.normal(size=60), np.full(60, 2.0)]
    got = adjusted_r2(x, y)
    expected = [sm.OLS(y[:, t], sm.add_constant(x)).fit().rsquared_adj for t in range(4)]
    np.testing.assert_allclose(got[:4], expected, rtol=1e-8)
    assert np.isnan(got[4])
    # a feature that repeats others is not paid for
    np.testing.assert_allclose(adjusted_r2(np.c_[x, x[:, 0] + x[:, 1]], y)[:4], expected, rtol=1e-8)


def test_nonlinearity_is_found_where_it_is():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    with seeded_initialisation(0):
        net = Standardised([5, 30, 3]).eval()
    with torch.no_grad():
        net.hidden[0].weight.mul_(4)
    hidden = activations(net, x, size=150)
    np.testing.assert_allclose(hidden, net.activations(torch.from_numpy(x)).detach().numpy(), atol=1e-5)
    y = np.c_[hidden @ rng.normal(size=30), x @ rng.normal(size=5), rng.normal(size=400)]
    table = nonlinearity(net, x, y, ["curved", "straight", "noise"])
    assert table.loc["curved", "activations"] > 0.999 > 0.97 > table.loc["curved", "landmarks"]
    assert table.loc["straight", "landmarks"] > 0.999
    assert abs(table.loc["noise"]).max() < 0.1


def test_fewer_samples_than_features_are_told():
    with pytest.raises(ValueError, match="20 samples and 19 features: the adjusted R² needs more samples"):
        adjusted_r2(np.ones((20, 19)), np.ones((20, 2)))
