"""Step 2: the fully connected network from landmark genes to the genome (Jeon 2022, "Second step model")."""

import copy
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from l1000_rnaseq.translate.networks import NetworkStep, build_network, open_outputs
from l1000_rnaseq.translate.training.torch_loop import (
    choose_device,
    fingerprint_of,
    load_checkpoint,
    low_precision,
    save_checkpoint,
    seeded,
    seeded_initialisation,
)


@dataclass(frozen=True)
class NetworkSettings:
    """Step-2 settings; the defaults are the paper's (Methods, "Second step model").

    The paper names no upper limit of epochs: 100, which early stopping has never reached.
    """

    hidden: tuple[int, ...] = (2048, 8162)
    predicts_landmarks: bool = False  # the published code puts the landmarks among its targets
    final_relu: bool = True
    start_at_mean: bool = True  # see `networks.open_outputs`
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    lr_step: int | None = None  # halve the learning rate every so many epochs
    batch_size: int = 100
    shuffle: bool = True
    max_epochs: int = 100
    patience: int = 3
    tolerance: float = 0.0
    low_precision: bool = True


PAPER = NetworkSettings()
CODE = NetworkSettings(
    hidden=(2048, 4096, 8192),
    predicts_landmarks=True,
    weight_decay=1e-4,
    lr_step=10,
    shuffle=False,
    tolerance=1e-4,
)


@dataclass(frozen=True)
class Extrapolation:
    """A trained step 2.

    Attributes
    ----------
    step : NetworkStep
        RNA-seq landmarks → target genes.
    history : DataFrame, epochs × (train, valid)
        Mean squared error of each epoch, in squared units of the log-expression trained on.
    """

    step: NetworkStep
    history: pd.DataFrame

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to target genes (samples × targets), float32."""
        return self.step.transform(x)


def fit_network(
    x: np.ndarray,
    y: np.ndarray,
    valid: np.ndarray,
    settings: NetworkSettings = PAPER,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 180,
    progress: bool = True,
) -> Extrapolation:
    """Train step 2 with early stopping and keep the weights of the best validation epoch.

    Parameters
    ----------
    x : array, samples × landmarks
        RNA-seq landmarks, log(CPM+1), quantile normalised.
    y : array, samples × targets
        Target genes of the same samples and scale.
    valid : bool array, samples
        Samples for early stopping; choose whole series (`evaluate.splits`), never single samples.
    settings : NetworkSettings
        `PAPER` or `CODE`, or your own.
    seed : int
        Fixes initialisation and the order of samples.
    device : str
        "auto", "cpu" or "cuda".
    checkpoint : path, optional
        A run with the same settings, seed and data resumes from it.
    checkpoint_seconds : float
        Write it after an epoch that ends so long after the last writing: at full size it is 2.3 GB.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Extrapolation

    Raises
    ------
    ValueError
        Nothing to train or to validate on.
    """
    valid = np.asarray(valid, dtype=bool)
    if valid.all() or not valid.any():
        raise ValueError(f"{valid.sum()} of {len(valid)} samples are for validation; expected some, not all.")
    device_, draw = choose_device(device), seeded(seed)
    train_x, train_y = (torch.as_tensor(np.asarray(v[~valid], np.float32)) for v in (x, y))
    valid_x, valid_y = (torch.as_tensor(np.asarray(v[valid], np.float32)) for v in (x, y))
    fingerprint = fingerprint_of([asdict(settings), seed], x, y, valid)
    sizes = [x.shape[1], *settings.hidden, y.shape[1]]
    spec = {"kind": "dense", "sizes": sizes, "final_relu": settings.final_relu}
    with seeded_initialisation(seed):
        net = build_network(spec)
    if settings.start_at_mean:
        open_outputs(net, train_y.mean(0))
    net = net.to(device_)
    optimiser = torch.optim.Adam(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, settings.lr_step or 10**9, 0.5)
    history: list[dict] = []
    best, best_state = np.inf, None
    saved = load_checkpoint(checkpoint, fingerprint)
    if saved:
        for part, state in zip((net, optimiser, schedule), saved["states"], strict=True):
            part.load_state_dict(state)
        draw.set_state(saved["draw"])
        history, best, best_state = saved["history"], saved["best"], saved["best_state"]
    written = time.monotonic()
    bar = tqdm(total=settings.max_epochs, initial=len(history), desc="step 2", disable=not progress)
    while len(history) < settings.max_epochs and not _out_of_patience(history, settings):
        order = (
            torch.randperm(len(train_x), generator=draw) if settings.shuffle else torch.arange(len(train_x))
        )
        train_loss = _epoch(net, optimiser, train_x, train_y, order, settings, device_)
        valid_loss = _validate(net, valid_x, valid_y, settings, device_)
        schedule.step()
        history.append({"epoch": len(history) + 1, "train": train_loss, "valid": valid_loss})
        if valid_loss < best:
            best, best_state = valid_loss, copy.deepcopy({k: v.cpu() for k, v in net.state_dict().items()})
        bar.set_postfix(valid=f"{valid_loss:.4f}")
        bar.update()
        if checkpoint and time.monotonic() - written >= checkpoint_seconds:
            states = [part.state_dict() for part in (net, optimiser, schedule)]
            progress_so_far = {"history": history, "best": best, "best_state": best_state}
            save_checkpoint(
                checkpoint,
                {"fingerprint": fingerprint, "states": states, "draw": draw.get_state(), **progress_so_far},
            )
            written = time.monotonic()
    bar.close()
    net = net.cpu()
    net.load_state_dict(best_state)
    return Extrapolation(NetworkStep(net.eval(), spec), pd.DataFrame(history))


def _out_of_patience(history: list[dict], settings: NetworkSettings) -> bool:
    """Tell whether the last `patience` epochs all failed to beat the best before them by the tolerance."""
    losses = [h["valid"] for h in history]
    if len(losses) <= settings.patience:
        return False
    return min(losses[-settings.patience :]) >= min(losses[: -settings.patience]) - settings.tolerance


def _epoch(net, optimiser, x: Tensor, y: Tensor, order: Tensor, settings: NetworkSettings, device) -> float:
    net.train()
    total = 0.0
    for rows in order.split(settings.batch_size):
        with low_precision(device, settings.low_precision):
            predicted = net(x[rows].to(device))
        loss = nn.functional.mse_loss(predicted.float(), y[rows].to(device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows)
    return total / len(x)


def _validate(net, x: Tensor, y: Tensor, settings: NetworkSettings, device) -> float:
    net.eval()
    with torch.inference_mode(), low_precision(device, settings.low_precision):
        squares = [
            ((net(a.to(device)).float() - b.to(device)) ** 2).sum().item()
            for a, b in zip(x.split(settings.batch_size), y.split(settings.batch_size), strict=True)
        ]
    return sum(squares) / y.numel()
