"""The networks against a readable forward pass in numpy, layer by layer."""

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.networks import (
    NetworkStep,
    ResidualGenerator,
    build_network,
    dense,
    in_units,
    open_outputs,
)
from l1000_rnaseq.translate.training.torch_loop import seeded_initialisation
from torch import nn


def relu(values):
    return np.maximum(values, 0)


def linear(layer, values):
    return values @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()


def normal(layer, values):
    """BatchNorm(affine=False) in evaluation."""
    mean, variance = layer.running_mean.numpy(), layer.running_var.numpy()
    return (values - mean) / np.sqrt(variance + layer.eps)


@pytest.mark.parametrize("final_relu", [True, False])
def test_dense_is_the_forward_pass_by_hand(final_relu):
    net = dense((5, 8, 6, 4), final_relu=final_relu)
    x = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    layers = [module for module in net if isinstance(module, nn.Linear)]
    assert [layer.out_features for layer in layers] == [8, 6, 4]
    expected = linear(layers[2], relu(linear(layers[1], relu(linear(layers[0], x)))))
    expected = relu(expected) if final_relu else expected
    np.testing.assert_allclose(net(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-5)


def test_batch_norm_stands_before_each_relu_but_the_last_and_learns_nothing():
    net = dense((5, 8, 6, 4), batch_norm=True, final_relu=True)
    kinds = [type(module).__name__ for module in net]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d", "ReLU", "Linear", "ReLU"]
    assert not [p for module in net if isinstance(module, nn.BatchNorm1d) for p in module.parameters()]


def test_the_residual_generator_is_that_of_the_published_code():
    net = ResidualGenerator(962)
    shapes = [(m.in_features, m.out_features) for m in net.modules() if isinstance(m, nn.Linear)]
    assert shapes == [
        *((962, 512), (512, 512), (512, 128)),
        *((128, 128), (128, 128)),
        *((128, 512), (512, 512), (512, 962)),
    ]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d)]
    assert norms and all(not norm.affine for norm in norms)
    assert isinstance(net.decoder[-1], nn.ReLU)


def test_the_residual_generator_is_the_forward_pass_by_hand():
    net = ResidualGenerator(6, wide=10, narrow=4)
    x = np.random.default_rng(1).normal(size=(9, 6)).astype(np.float32)
    net.train()(torch.from_numpy(x))  # moves the running statistics off 0 and 1
    net.eval()

    def stack(modules, values):
        for module in modules:
            step = {nn.Linear: linear, nn.BatchNorm1d: normal}.get(type(module))
            values = step(module, values) if step else relu(values)
        return values

    hidden = relu(normal(net.enter[0], stack(net.encoder, x)))
    expected = stack(net.decoder, hidden + stack(net.block, hidden))
    np.testing.assert_allclose(net(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-5)


def test_build_network_follows_its_description():
    assert isinstance(build_network({"kind": "residual", "sizes": [20, 20]}), ResidualGenerator)
    net = build_network({"kind": "dense", "sizes": [3, 4, 2], "final_relu": False})
    assert isinstance(net[-1], nn.Linear) and net[-1].out_features == 2
    with pytest.raises(ValueError, match=r"unknown network 'conv'; expected 'dense', 'residual'"):
        build_network({"kind": "conv"})


@pytest.mark.parametrize("kind", ["dense", "residual"])
def test_a_step_translates_each_sample_by_itself(kind):
    spec = {"kind": kind, "sizes": [12, 12], "final_relu": True}
    with seeded_initialisation(0):
        step = NetworkStep(build_network(spec).train(), spec)
    x = np.random.default_rng(2).normal(6, 2, size=(11, 12))
    whole = step.transform(x)
    assert whole.dtype == np.float32 and whole.shape == (11, 12)
    one_by_one = np.concatenate([step.transform(row[None]) for row in x])
    np.testing.assert_allclose(one_by_one, whole, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(step.transform(x[::-1]), whole[::-1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(step.transform(np.asfortranarray(x)), whole, rtol=1e-5, atol=1e-5)


def test_open_outputs_sets_the_last_bias_only():
    net = dense((4, 5, 3), final_relu=True)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    means = torch.tensor([1.0, 2.0, 3.0])
    open_outputs(net, means)
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"2.bias"} and torch.equal(net[2].bias.detach(), means)


def test_units_folded_into_a_network_are_those_around_it():
    rng = np.random.default_rng(0)
    net = dense((5, 8, 4)).double()
    x, y_sd = torch.as_tensor(rng.normal(8, 2, (7, 5))), torch.as_tensor(rng.uniform(0.1, 3, 4))
    x_mean, x_sd, y_mean = x.mean(dim=0), x.std(dim=0), torch.as_tensor(rng.normal(5, 2, 4))
    expected = net((x - x_mean) / x_sd) * y_sd + y_mean
    in_units(net, x_mean, x_sd, y_mean, y_sd)
    assert torch.allclose(net(x), expected, rtol=1e-12, atol=1e-12)
