"""Step 2: the fully connected network from landmark genes to the genome (Jeon 2022, "Second step model")."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from l1000_rnaseq.stats.in_blocks import blocks
from l1000_rnaseq.translate.networks import NetworkStep, build_network, open_outputs
from l1000_rnaseq.translate.settings import NetworkSettings
from l1000_rnaseq.translate.training.on_gpu import batch, place
from l1000_rnaseq.translate.training.torch_loop import (
    Trained,
    choose_device,
    low_precision,
    run_epochs,
    seeded,
    seeded_initialisation,
)


def fit_network(
    x: np.ndarray,
    y: np.ndarray,
    valid: np.ndarray,
    settings: NetworkSettings | None = None,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Trained:
    """Train step 2 with early stopping and keep the weights of the best validation epoch.

    Parameters
    ----------
    x : array, samples × landmarks
        RNA-seq landmarks, log(CPM+1), quantile normalised.
    y : array, samples × targets
        Target genes of the same samples and scale.
    valid : bool array, samples
        Samples for early stopping; choose whole series (`stats.splits`), never single samples.
    settings : NetworkSettings, optional
        The paper's when absent.
    seed, device, checkpoint, progress
        As in `cyclegan.fit_cyclegan`; at full size a checkpoint has 2.3 GB.

    Returns
    -------
    Trained
        `history` has columns epoch, train, valid: mean squared errors, in squared units of the log-expression
        trained on.

    Raises
    ------
    ValueError
        Nothing to train or to validate on.
    """
    settings = settings or NetworkSettings()
    valid = np.asarray(valid, dtype=bool)
    if valid.all() or not valid.any():
        raise ValueError(f"{valid.sum()} of {len(valid)} samples are for validation; expected some, not all.")
    device_, draw = choose_device(device), seeded(seed)
    train_rows, valid_rows = np.flatnonzero(~valid), np.flatnonzero(valid)
    sizes = [x.shape[1], *settings.hidden, y.shape[1]]
    spec = {"kind": "dense", "sizes": sizes, "final_relu": settings.final_relu}
    with seeded_initialisation(seed):
        net = build_network(spec)
    if settings.start_at_mean:
        open_outputs(net, _means(y, train_rows))
    net = net.to(device_)
    optimiser = torch.optim.Adam(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, settings.lr_step or 10**9, 0.5)
    placed = place(x, y, device=device_)
    train_rows, valid_rows = torch.from_numpy(train_rows), torch.from_numpy(valid_rows)

    def epoch(history: list[dict]) -> dict[str, float]:
        n = len(train_rows)
        order = torch.randperm(n, generator=draw) if settings.shuffle else torch.arange(n)
        train_loss = _epoch(net, optimiser, *placed, train_rows[order], settings, device_)
        valid_loss = _validate(net, *placed, valid_rows, settings, device_)
        schedule.step()
        return {"train": train_loss, "valid": valid_loss}

    history = run_epochs(
        epoch,
        [net, optimiser, schedule],
        settings.max_epochs,
        "step 2",
        checkpoint=checkpoint,
        identity=([asdict(settings), seed], x, y, valid),
        draw=draw,
        best_of=net,
        stop=lambda history: _out_of_patience(history, settings),
        progress=progress,
    )
    return Trained(NetworkStep(net.cpu().eval(), spec), history)


def _out_of_patience(history: list[dict], settings: NetworkSettings) -> bool:
    """Tell whether the last `patience` epochs all failed to beat the best before them by the tolerance."""
    losses = [h["valid"] for h in history]
    if len(losses) <= settings.patience:
        return False
    return min(losses[-settings.patience :]) >= min(losses[: -settings.patience]) - settings.tolerance


def _means(y: np.ndarray, rows: np.ndarray) -> Tensor:
    """Return the mean of each target over some samples, float32, without a copy of them all."""
    parts = (np.asarray(y[rows, genes], np.float32) for genes in blocks(y.shape[1], 1024))
    return torch.cat([torch.from_numpy(part).mean(0) for part in parts])


def _epoch(net, optimiser, x, y, order: Tensor, settings: NetworkSettings, device) -> float:
    """Train on the samples of `order`, in that order; return the mean squared error."""
    net.train()
    total = torch.zeros((), dtype=torch.float64, device=device)
    for rows in order.split(settings.batch_size):
        a, b = (batch(v, rows.numpy(), device) for v in (x, y))
        with low_precision(device, settings.low_precision):
            predicted = net(a)
        loss = nn.functional.mse_loss(predicted.float(), b)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total += loss.detach() * len(rows)
    return total.item() / len(order)


def _validate(net, x, y, samples: Tensor, settings: NetworkSettings, device) -> float:
    net.eval()
    total = torch.zeros((), dtype=torch.float64, device=device)
    with torch.inference_mode(), low_precision(device, settings.low_precision):
        for rows in samples.split(settings.batch_size):
            a, b = (batch(v, rows.numpy(), device) for v in (x, y))
            total += ((net(a).float() - b) ** 2).sum()
    return total.item() / (len(samples) * y.shape[1])
