"""The networks of Jeon et al. 2022, as the paper describes them and as the published code has them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn


def dense(sizes: tuple[int, ...], batch_norm: bool = False, final_relu: bool = False) -> nn.Sequential:
    """Stack fully connected layers with ReLU between them.

    Parameters
    ----------
    sizes : tuple of int
        Units of each layer, input first.
    batch_norm : bool
        Put BatchNorm(affine=False) before each ReLU but the last.
    final_relu : bool
        End with a ReLU (no negative expression), else linear.
    """
    layers: list[nn.Module] = []
    last = len(sizes) - 2
    for depth, (n_in, n_out) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(n_in, n_out))
        if depth < last:
            layers += [nn.BatchNorm1d(n_out, affine=False)] if batch_norm else []
            layers.append(nn.ReLU())
    if final_relu:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class ResidualGenerator(nn.Module):
    """Generator of the published code: encoder, one residual block, decoder; BatchNorm + ReLU throughout."""

    def __init__(self, n_genes: int, wide: int = 512, narrow: int = 128):
        super().__init__()
        norm = {"batch_norm": True}
        self.encoder = dense((n_genes, wide, wide, narrow), **norm)
        self.block = dense((narrow, narrow, narrow), **norm)
        self.decoder = dense((narrow, wide, wide, n_genes), final_relu=True, **norm)
        self.enter = nn.Sequential(nn.BatchNorm1d(narrow, affine=False), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, genes) to (batch, genes)."""
        hidden = self.enter(self.encoder(x))
        return self.decoder(hidden + self.block(hidden))


class Anchored(nn.Module):
    """A fixed affine map between landmark spaces plus a learned correction, which is nothing at first."""

    def __init__(self, sizes: tuple[int, ...]):
        super().__init__()
        n_genes = sizes[0]
        for name, shape in (("centre", n_genes), ("mean", n_genes), ("sd", n_genes)):
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("weights", torch.zeros(n_genes, n_genes))
        self.correction = dense(tuple(sizes))
        nn.init.zeros_(self.correction[-1].weight)
        nn.init.zeros_(self.correction[-1].bias)

    def start_at(self, centre, weights, mean, sd) -> None:
        """Set the map y = (x − centre) · weights + mean, and the unit of the correction."""
        for name, value in (("centre", centre), ("weights", weights), ("mean", mean), ("sd", sd)):
            getattr(self, name).copy_(torch.as_tensor(np.asarray(value)))
        self.sd.clamp_(min=1e-6)

    def standardised(self, x: Tensor) -> Tensor:
        """Apply the fixed map, in standard deviations from the mean profile."""
        return (x - self.centre) @ self.weights / self.sd

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, genes) to (batch, genes)."""
        first = self.standardised(x)
        return (first + self.correction(first)) * self.sd + self.mean


class Standardised(nn.Module):
    """D-GEX (Chen 2016, 2.3): tanh layers between the standardised genes of two gene sets.

    Parameters
    ----------
    sizes : sequence of int
        Landmarks, hidden units of each layer, targets.
    dropout : float
        Share of the units of every hidden layer that a training sample does without; never of the input.
    """

    def __init__(self, sizes, dropout: float = 0.0):
        super().__init__()
        for side, n_genes in (("x", sizes[0]), ("y", sizes[-1])):
            self.register_buffer(f"{side}_mean", torch.zeros(n_genes))
            self.register_buffer(f"{side}_sd", torch.ones(n_genes))
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes[:-1]):
            layers += [nn.Linear(n_in, n_out), nn.Tanh(), nn.Dropout(dropout)]
        self.hidden, self.output = nn.Sequential(*layers), nn.Linear(sizes[-2], sizes[-1])

    def activations(self, x: Tensor) -> Tensor:
        """Map (batch, landmarks) to the units of the last hidden layer."""
        return self.hidden((x - self.x_mean) / self.x_sd)

    def standardised(self, x: Tensor) -> Tensor:
        """Map (batch, landmarks) to targets in standard deviations from their training means."""
        return self.output(self.activations(x))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, landmarks) to (batch, targets), both in the units of training."""
        return self.standardised(x) * self.y_sd + self.y_mean


def build_network(spec: dict) -> nn.Module:
    """Build a network from its description, as a bundle stores it.

    Parameters
    ----------
    spec : dict
        {"kind": "dense", "sizes": [...], "final_relu": bool}, {"kind": "residual", "sizes": [genes, genes]}
        (the generator of the published code), {"kind": "anchored", "sizes": [...]} or
        {"kind": "dgex", "sizes": [...], "dropout": float}.
    """
    if spec["kind"] == "residual":
        return ResidualGenerator(spec["sizes"][0])
    if spec["kind"] == "anchored":
        return Anchored(spec["sizes"])
    if spec["kind"] == "dense":
        return dense(tuple(spec["sizes"]), final_relu=spec["final_relu"])
    if spec["kind"] == "dgex":
        return Standardised(spec["sizes"], spec["dropout"])
    raise ValueError(f"unknown network {spec['kind']!r}; expected 'dense', 'residual', 'anchored' or 'dgex'.")


@dataclass(frozen=True)
class NetworkStep:
    """A network as one step of a translation, on the CPU.

    Attributes
    ----------
    net : Module
    spec : dict
        What `build_network` made it from.
    """

    net: nn.Module
    spec: dict

    @classmethod
    def of(cls, spec: dict, arrays: dict[str, np.ndarray]) -> "NetworkStep":
        """Build the network of a description and give it its weights."""
        net = build_network(spec)
        net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in arrays.items()})
        return cls(net.eval(), spec)

    def transform(self, x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Map samples × genes to samples × genes (float32, into `out` if given), in units of training."""
        with torch.inference_mode():
            y = self.net.eval()(torch.from_numpy(np.ascontiguousarray(x, np.float32))).numpy()
        if out is None:
            return y
        out[:] = y
        return out


def open_outputs(network: nn.Module, means: Tensor) -> None:
    """Start a ReLU output layer at the mean profile.

    A final ReLU whose input is negative for every sample passes no gradient: that gene stays 0 for ever.
    Starting each output at its training mean keeps all genes alive.
    """
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.bias.copy_(means)


def in_units(network: nn.Module, x_mean: Tensor, x_sd: Tensor, y_mean: Tensor, y_sd: Tensor) -> None:
    """Fold units into a dense network without a final ReLU, in place.

    It was trained on (x − x_mean) / x_sd and (y − y_mean) / y_sd; it now maps x to y.
    """
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    first, last = linear[0], linear[-1]
    with torch.no_grad():
        first.weight /= x_sd
        first.bias -= first.weight @ x_mean
        last.weight *= y_sd[:, None]
        last.bias.mul_(y_sd).add_(y_mean)
