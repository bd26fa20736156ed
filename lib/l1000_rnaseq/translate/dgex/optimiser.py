"""D-GEX's two ways down the loss: momentum with a falling rate, AdamW along one cycle (Chen 2016, 2.3)."""

import math

import torch

from l1000_rnaseq.translate.settings import DGEXSettings


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


def next_rate(rate: float, error: float, before: float, settings: DGEXSettings) -> float:
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
