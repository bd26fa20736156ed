"""Settings of D-GEX and its two ways down the loss: momentum with a falling rate, AdamW along one cycle."""

import math
from dataclasses import dataclass, replace

import torch


@dataclass(frozen=True)
class DGEXSettings:
    """D-GEX settings; the defaults are the paper's D-GEX-10%-9000×3 (Chen 2016, 2.3, Table 1).

    The text leaves to its Supplementary Table S1, which we do not have, what the published scripts set as
    momentum 0.5, a threefold rate for the weights after the first layer, the rate of each architecture, and
    5,000 samples to monitor the training error. One network predicts all targets: the paper's two halves
    were for want of GPU memory.

    Attributes
    ----------
    layers, units : int
        1 to 3 hidden layers of 3,000, 6,000 or 9,000 tanh units.
    dropout : float
        0, 0.1 or 0.25, of every hidden layer.
    optimiser : {"momentum", "adamw"}
        Equation 4 with the paper's learning-rate rule, or AdamW along one cycle (`one_cycle`).
    learning_rate : float or None
        None: 5e-4 with one hidden layer, else 3e-4. The peak of the cycle with AdamW.
    later_rate : float
        Factor on the rate of the weights (not biases) after the first layer; momentum only.
    low_precision : bool
        bf16 where the hardware multiplies it.
    """

    layers: int = 3
    units: int = 9000
    dropout: float = 0.1
    optimiser: str = "momentum"
    learning_rate: float | None = None
    lr_decay: float = 0.9
    min_learning_rate: float = 1e-5
    momentum: float = 0.5
    later_rate: float = 3.0
    weight_decay: float = 0.0
    batch_size: int = 200
    epochs: int = 200
    monitored: int = 5000
    output_range: float = 1e-4
    low_precision: bool = False

    @property
    def first_rate(self) -> float:
        """Learning rate of the first epoch, or the peak of the cycle."""
        return self.learning_rate or (5e-4 if self.layers == 1 else 3e-4)


PAPER = DGEXSettings()
PAPER_RNASEQ = replace(PAPER, layers=2, dropout=0.25)  # the best on RNA-seq, Table 2
MODERN = DGEXSettings(
    layers=1,
    units=3000,
    dropout=0.25,
    optimiser="adamw",
    learning_rate=1e-3,
    weight_decay=0.01,
    epochs=40,
    low_precision=True,
)


class Momentum(torch.optim.Optimizer):
    """Equation 4: V ← μV − ηg, Θ ← Θ + V. A velocity keeps the rate at which it was gathered.

    (torch.optim.SGD multiplies the whole velocity by the present rate: not the same when the rate falls.)
    """

    def __init__(self, groups: list[dict], lr: float, momentum: float):
        super().__init__(groups, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter in place."""
        for group in self.param_groups:
            for value in group["params"]:
                state = self.state[value]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(value)
                velocity = state["velocity"]
                velocity.mul_(group["momentum"]).add_(value.grad, alpha=-group["lr"])
                value.add_(velocity)


def next_rate(rate: float, error: float, before: float, settings: DGEXSettings = PAPER) -> float:
    """Return the next epoch's rate: times 0.9 when the training error rose, never below 1e-5 (2.3, 4)."""
    return max(rate * settings.lr_decay if error > before else rate, settings.min_learning_rate)


def one_cycle(step: int, steps: int, peak: float, warm: float = 0.3) -> float:
    """Return the rate of a step: a half cosine up from peak/25, then one down to peak/250,000."""
    top = warm * steps - 1
    if step <= top:
        low, high, share = peak / 25, peak, step / top
    else:
        low, high, share = peak, peak / 25e4, (step - top) / (steps - 1 - top)
    return high + (low - high) * (1 + math.cos(math.pi * share)) / 2
