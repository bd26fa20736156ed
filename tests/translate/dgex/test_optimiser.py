"""D-GEX's momentum, its falling rate, and the one cycle."""

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.dgex.optimiser import Momentum, next_rate, one_cycle
from l1000_rnaseq.translate.settings import DGEXSettings


def test_the_rate_falls_only_when_the_error_rose_and_never_below_the_least():
    rate, rates = 5e-4, []
    for error, before in zip(
        [2.0, 3.0, 2.5, 2.5, 2.6] + [9.0 + k for k in range(60)],
        [9.0, 2, 3, 2.5, 2.5] + [8.0 + k for k in range(60)],
        strict=True,
    ):
        rate = next_rate(rate, error, before, DGEXSettings())
        rates.append(rate)
    assert rates[:5] == pytest.approx([5e-4, 4.5e-4, 4.5e-4, 4.5e-4, 4.05e-4])
    assert rates[-1] == 1e-5 and min(rates) == 1e-5


def test_a_velocity_keeps_the_rate_at_which_it_was_gathered():
    value = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    rule = Momentum([{"params": [value]}], lr=0.1, momentum=0.5)
    theta, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for step, rate in enumerate([0.1, 0.1, 0.01, 0.001, 0.001]):
        rule.param_groups[0]["lr"] = rate
        gradient = np.array([1.0, 2.0]) * (step + 1)
        value.grad = torch.tensor(gradient, dtype=torch.float32)
        rule.step()
        velocity = 0.5 * velocity - rate * gradient
        theta = theta + velocity
        np.testing.assert_allclose(value.detach().numpy(), theta, rtol=1e-5)


@pytest.mark.parametrize("steps", [10, 37, 400])
def test_one_cycle_is_torchs(steps):
    value = torch.nn.Parameter(torch.zeros(1))
    rule = torch.optim.SGD([value], lr=1.0)
    torchs = torch.optim.lr_scheduler.OneCycleLR(rule, 0.02, total_steps=steps, cycle_momentum=False)
    for step in range(steps):
        assert one_cycle(step, steps, 0.02) == pytest.approx(torchs.get_last_lr()[0], rel=1e-6)
        rule.step()
        if step + 1 < steps:
            torchs.step()
