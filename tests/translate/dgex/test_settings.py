"""The paper's settings field by field; momentum, the falling rate and the one cycle."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from l1000_rnaseq.translate.dgex.settings import (
    MODERN,
    PAPER,
    PAPER_RNASEQ,
    DGEXSettings,
    Momentum,
    next_rate,
    one_cycle,
)

FIELDS = {
    "layers": (3, 2),
    "units": (9000, 9000),
    "dropout": (0.1, 0.25),
    "optimiser": ("momentum", "momentum"),
    "learning_rate": (None, None),
    "lr_decay": (0.9, 0.9),
    "min_learning_rate": (1e-5, 1e-5),
    "momentum": (0.5, 0.5),
    "later_rate": (3.0, 3.0),
    "weight_decay": (0.0, 0.0),
    "batch_size": (200, 200),
    "epochs": (200, 200),
    "monitored": (5000, 5000),
    "output_range": (1e-4, 1e-4),
    "low_precision": (False, False),
}


@pytest.mark.parametrize("field", asdict(PAPER))
def test_the_papers_networks_field_by_field(field):
    assert (getattr(PAPER, field), getattr(PAPER_RNASEQ, field)) == FIELDS[field]


def test_the_rate_follows_the_architecture_unless_named():
    assert [DGEXSettings(layers=n).first_rate for n in (1, 2, 3)] == [5e-4, 3e-4, 3e-4]
    assert replace(PAPER, learning_rate=0.1).first_rate == 0.1
    assert MODERN.optimiser == "adamw" and MODERN.low_precision


def test_the_rate_falls_only_when_the_error_rose_and_never_below_the_least():
    rate, rates = 5e-4, []
    for error, before in zip(
        [2.0, 3.0, 2.5, 2.5, 2.6] + [9.0 + k for k in range(60)],
        [9.0, 2, 3, 2.5, 2.5] + [8.0 + k for k in range(60)],
        strict=True,
    ):
        rate = next_rate(rate, error, before)
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
