"""D-GEX: one multi-task network from standardised landmarks to every target gene (Chen et al. 2016, 2.3)."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from l1000_rnaseq.translate.dgex.optimiser import Momentum, next_rate, one_cycle
from l1000_rnaseq.translate.dgex.standardize import Standardization
from l1000_rnaseq.translate.networks import NetworkStep, Standardised, build_network
from l1000_rnaseq.translate.settings import DGEXSettings
from l1000_rnaseq.translate.training.on_gpu import batch, place
from l1000_rnaseq.translate.training.torch_loop import (
    Trained,
    choose_device,
    low_precision,
    run_epochs,
    seeded,
    seeded_initialisation,
)


def initialise(net: Standardised, output_range: float) -> None:
    """Draw weights from ±√6/√(fan in + fan out) (equation 5), the output layer's from ±1e-4; biases 0."""
    for layer in net.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    torch.nn.init.uniform_(net.output.weight, -output_range, output_range)


def fit_dgex(
    x: np.ndarray,
    y: np.ndarray,
    valid: np.ndarray,
    settings: DGEXSettings | None = None,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Trained:
    """Train D-GEX and keep the weights of the epoch with the least validation error.

    Only single batches are copied from `x` and `y`, which may be memory maps. Beside the arrays it keeps the
    weights, their gradient, the optimiser's state and the best weights.

    Parameters
    ----------
    x : array, samples × landmarks
        Any log scale, quantile normalised jointly with what will be predicted (Chen 2016, 2.1).
        Standardised here, by the mean and standard deviation of the training samples.
    y : array, samples × targets
        The same samples and scale.
    valid : bool array, samples
        Samples that choose the epoch; hold out whole series (`stats.splits`).
    settings : DGEXSettings, optional
        The paper's (when absent), `DGEX_RNASEQ` (25 % dropout, two layers), `DGEX_MODERN`, or your own.
    seed, device, checkpoint, progress
        As in `cyclegan.fit_cyclegan`.

    Returns
    -------
    Trained
        `step` maps landmarks to targets, both in the units of `x` and `y`: standardising is part of the
        network. `history` has columns epoch, rate (learning rate), train, valid (mean absolute errors, in
        standard deviations of each gene).

    Raises
    ------
    ValueError
        Nothing to train or validate on, values that are not finite, an unknown optimiser, or a diverged run.
    """
    settings = settings or DGEXSettings()
    valid = np.asarray(valid, dtype=bool)
    if len(x) != len(y) or len(x) != len(valid):
        raise ValueError(f"x has {len(x)} samples, y {len(y)}, valid {len(valid)}; expected the same ones.")
    if valid.all() or not valid.any():
        raise ValueError(f"{valid.sum()} of {len(valid)} samples are for validation; expected some, not all.")
    train_rows, valid_rows = np.flatnonzero(~valid), np.flatnonzero(valid)
    device_ = choose_device(device)
    sizes = [x.shape[1], *[settings.units] * settings.layers, y.shape[1]]
    spec = {"kind": "dgex", "sizes": sizes, "dropout": settings.dropout}
    with seeded_initialisation(seed):
        net = build_network(spec)
        initialise(net, settings.output_range)
    for side, values in (("x", x), ("y", y)):
        scale = Standardization.fit(values, train_rows)
        getattr(net, f"{side}_mean").copy_(torch.from_numpy(scale.mean))
        getattr(net, f"{side}_sd").copy_(torch.from_numpy(scale.sd))
    net = net.to(device_)
    optimiser = _optimiser(net, settings)
    order = torch.randperm(len(train_rows), generator=seeded(seed)).numpy()
    watched = train_rows[order[: settings.monitored]]
    placed = place(x, y, device=device_)

    def epoch(history: list[dict]) -> dict[str, float]:
        rate = next_rate(*_last_two(history), settings) if history else settings.first_rate
        _epoch(net, optimiser, *placed, train_rows, rate, len(history), seed, settings)
        train, valid = (_error(net, *placed, samples, settings) for samples in (watched, valid_rows))
        if not np.isfinite([train, valid]).all():
            raise ValueError(
                f"the training diverged in epoch {len(history) + 1}; lower learning_rate ({rate:g})."
            )
        return {"rate": rate, "train": train, "valid": valid}

    history = run_epochs(
        epoch,
        [net, optimiser],
        settings.epochs,
        "D-GEX",
        checkpoint=checkpoint,
        identity=([asdict(settings), seed], x, y, valid),
        best_of=net,
        progress=progress,
    )
    return Trained(NetworkStep(net.cpu().eval(), spec), history)


def _last_two(history: list[dict]) -> tuple[float, float, float]:
    """Return the last rate and the last two training errors (the first epoch has none before it)."""
    before = history[-2]["train"] if len(history) > 1 else np.inf
    return history[-1]["rate"], history[-1]["train"], before


def _optimiser(net: Standardised, settings: DGEXSettings) -> torch.optim.Optimizer:
    later = [layer.weight for layer in [*net.hidden, net.output] if isinstance(layer, torch.nn.Linear)][1:]
    first = [value for value in net.parameters() if all(value is not weight for weight in later)]
    if settings.optimiser == "momentum":
        groups = [{"params": first, "times": 1.0}, {"params": later, "times": settings.later_rate}]
        return Momentum(groups, settings.first_rate, settings.momentum)
    if settings.optimiser == "adamw":
        groups = [{"params": [*first, *later], "times": 1.0}]
        return torch.optim.AdamW(groups, settings.first_rate, weight_decay=settings.weight_decay, fused=True)
    raise ValueError(f"unknown optimiser {settings.optimiser!r}; expected 'momentum' or 'adamw'.")


def _batch(net: Standardised, x, y, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Copy some samples to the device; targets in standard deviations."""
    device = net.x_mean.device
    a, b = (batch(v, rows, device) for v in (x, y))
    return a, (b - net.y_mean) / net.y_sd


def _epoch(net, optimiser, x, y, rows, rate: float, epoch: int, seed: int, settings: DGEXSettings) -> None:
    """Run one epoch; order and dropout depend on seed and epoch only, so that a resumed run is the same."""
    net.train()
    epoch_seed = (seed + 1) * 1_000_003 + epoch
    batches = torch.from_numpy(rows)[torch.randperm(len(rows), generator=seeded(epoch_seed))].numpy()
    batches = [batches[a : a + settings.batch_size] for a in range(0, len(rows), settings.batch_size)]
    with seeded_initialisation(epoch_seed):
        for number, samples in enumerate(batches):
            if settings.optimiser == "adamw":
                done = epoch * len(batches) + number
                rate = one_cycle(done, settings.epochs * len(batches), settings.first_rate)
            for group in optimiser.param_groups:
                group["lr"] = rate * group["times"]
            a, b = _batch(net, x, y, samples)
            with low_precision(a.device, settings.low_precision):
                predicted = net.standardised(a)
            # equation 3: the sum over targets of the mean over samples
            loss = ((predicted.float() - b) ** 2).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()


def _error(net, x, y, rows: np.ndarray, settings: DGEXSettings, size: int = 1000) -> float:
    """Return the mean absolute error over samples and targets, in standard deviations."""
    net.eval()
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(rows), size):
            a, b = _batch(net, x, y, rows[start : start + size])
            with low_precision(a.device, settings.low_precision):
                predicted = net.standardised(a)
            total += (predicted.float() - b).abs().sum().item()
    return total / (len(rows) * y.shape[1])
