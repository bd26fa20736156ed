"""Step 1: the CycleGAN between L1000 and RNA-seq landmark space (Jeon 2022, "First step model")."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.translate.networks import NetworkStep, build_network, dense, in_units, open_outputs
from l1000_rnaseq.translate.settings import CycleGANSettings
from l1000_rnaseq.translate.step1.replay import ReplayBuffer
from l1000_rnaseq.translate.training.on_gpu import Recorded
from l1000_rnaseq.translate.training.torch_loop import (
    Trained,
    choose_device,
    low_precision,
    run_epochs,
    seeded,
    seeded_initialisation,
)

log = logging.getLogger(__name__)
LEAST = 0.1
"""Least spread of a generator's output, of RNA-seq's; least correlation of a landmark with itself."""
LEAST_SD = 0.05
"""A gene that varies less is divided by this."""


def _drawn(
    wx: Tensor, wy: Tensor, buffers, n_steps: int, settings: CycleGANSettings, draw: torch.Generator
) -> Iterator[tuple[Tensor, ...]]:
    """Draw the rows of each batch of an epoch (of x, of y), and what each buffer gives back and keeps."""
    if not settings.balance:
        wx, wy = torch.ones(len(wx)), torch.ones(len(wy))
    for _ in range(n_steps):
        rows = [torch.multinomial(w, settings.batch_size, replacement=True, generator=draw) for w in (wx, wy)]
        yield *rows, *(part for buffer in buffers for part in buffer.draw(settings.batch_size))


def fit_cyclegan(
    x: np.ndarray,
    y: np.ndarray,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    settings: CycleGANSettings | None = None,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Trained:
    """Train both generators and both discriminators on unpaired profiles.

    Parameters
    ----------
    x : array, L1000 samples × genes
        Landmark log2 intensities.
    y : array, RNA-seq samples × genes
        The same genes, log(CPM+1), quantile normalised.
    wx, wy : array, samples, optional
        Weights with which samples are drawn into batches (`settings.balance`).
    settings : CycleGANSettings, optional
        The paper's when absent. `unit` is what the networks see: "log" values as they are, "centred" by
        gene on each side, or divided by the gene's standard deviation there ("standardised").
    seed : int
        Fixes initialisation, batches and replay.
    device : str
        "auto", "cpu" or "cuda".
    checkpoint : path, optional
        A run with the same settings, seed and data resumes from it (see `run_epochs`).
    progress : bool
        Show a progress bar.

    Returns
    -------
    Trained
        `step` is G (L1000 → RNA-seq-like landmarks). F, its opposite, is for training only. `history` has
        columns epoch, adversarial, cycle, identity, discriminator: means over the batches.

    Raises
    ------
    ValueError
        Different numbers of genes, or values that are not finite. A unit for a generator that cannot have it.
    """
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"L1000 has {x.shape[1]} genes, RNA-seq {y.shape[1]}; expected the same genes in order."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("training profiles have NaN or infinite values; impute or drop them first.")
    settings = settings or CycleGANSettings()
    if settings.unit != "log" and (settings.generator != "dense" or settings.final_relu):
        raise ValueError(
            f"the unit {settings.unit!r} has negative values: it needs a dense generator, no final ReLU."
        )
    moments = [_moments(v, w, settings) for v, w in ((x, wx), (y, wy))]
    in_log, (x, y) = (x, y), [(v - mean) / sd for v, (mean, sd) in zip((x, y), moments, strict=True)]
    device_, draw = choose_device(device), seeded(seed)
    nets = _networks(x, y, settings, seed, device_)
    optimisers = [
        torch.optim.Adam(
            [p for name in names for p in nets[name].parameters()],
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
            capturable=device_.type == "cuda",
        )
        for names in (("G", "F"), ("DX", "DY"))
    ]
    schedules = [torch.optim.lr_scheduler.StepLR(o, settings.lr_step or 10**9, 0.1) for o in optimisers]
    buffers = [ReplayBuffer(settings.replay_buffer, draw, device_) for _ in range(2)]
    tensors = [torch.as_tensor(np.asarray(v, np.float32), device=device_) for v in (x, y)]
    weights = [torch.as_tensor(np.ones(len(v)) if w is None else w) for v, w in ((x, wx), (y, wy))]

    n_steps = max(len(x), len(y)) // settings.batch_size or 1
    one_step = Recorded(
        lambda *batch: _step(nets, optimisers, buffers, settings, device_, *batch), optimisers, device_
    )

    def epoch(history: list[dict]) -> dict[str, float]:
        drawn = zip(*_drawn(*weights, buffers, n_steps, settings, draw), strict=True)
        drawn = zip(*(torch.stack(part).to(device_) for part in drawn), strict=True)
        losses = [one_step(tensors[0][ix], tensors[1][iy], *replay) for ix, iy, *replay in drawn]
        for schedule in schedules:
            schedule.step()
        return {
            name: torch.stack([loss[name] for loss in losses]).double().mean().item() for name in losses[0]
        }

    history = run_epochs(
        epoch,
        [*nets.values(), *optimisers, *schedules, *buffers],
        settings.epochs,
        "CycleGAN",
        checkpoint=checkpoint,
        identity=([asdict(settings), seed], x, y, wx, wy),
        draw=draw,
        progress=progress,
    )
    step, (x, y) = NetworkStep(nets["G"].cpu().eval(), _generator_spec(x.shape[1], settings)), in_log
    if settings.unit != "log":
        in_units(step.net, *(torch.as_tensor(value) for pair in moments for value in pair))
    if said := doubts(x, step.transform(x), y):
        log.warning("The CycleGAN did not learn to translate: %s. Use another preset, such as best.", said)
    return Trained(step, history)


def doubts(x: np.ndarray, translated: np.ndarray, y: np.ndarray) -> str:
    """Say why a generator cannot be a translation, from unpaired profiles alone; "" where it can be one.

    Losses do not show it. A generator may give one profile for all, which is a collapse. Or it may give
    profiles that look like RNA-seq, and have nothing to do with their input: cycles close all the same.

    Parameters
    ----------
    x, translated : array, L1000 samples × genes
    y : array, RNA-seq samples × genes
    """
    spread = float(translated.std(axis=0).mean() / (y.std(axis=0).mean() or 1.0))
    follows = float(np.nanmedian(by_gene(pearson, x, translated)))
    if spread < LEAST:
        return f"its output varies only {spread:.0%} as much as RNA-seq"
    if follows < LEAST:
        return f"the median correlation of a landmark before and after translation is {follows:.2f}"
    return ""


def _moments(profiles: np.ndarray, weights, settings: CycleGANSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return what to subtract from each gene and to divide it by, float32; weighted as batches are."""
    mean, sd = np.zeros(profiles.shape[1], np.float32), np.ones(profiles.shape[1], np.float32)
    if settings.unit in ("centred", "standardised"):
        weights = weights if settings.balance else None
        mean = np.average(profiles, axis=0, weights=weights).astype(np.float32)
        if settings.unit == "standardised":
            variance = np.average((profiles - mean) ** 2, axis=0, weights=weights)
            sd = np.sqrt(variance).clip(LEAST_SD).astype(np.float32)
    elif settings.unit != "log":
        raise ValueError(f"unknown unit {settings.unit!r}; expected 'log', 'centred' or 'standardised'.")
    return mean, sd


def _generator_spec(n_genes: int, settings: CycleGANSettings) -> dict:
    inner = settings.hidden if settings.generator == "dense" else ()
    sizes = [n_genes, *inner, n_genes]
    return {"kind": settings.generator, "sizes": sizes, "final_relu": settings.final_relu}


def _networks(x, y, settings: CycleGANSettings, seed: int, device: torch.device) -> dict[str, nn.Module]:
    n_genes = x.shape[1]
    with seeded_initialisation(seed):
        nets = {
            "G": build_network(_generator_spec(n_genes, settings)),
            "F": build_network(_generator_spec(n_genes, settings)),
            "DX": dense((n_genes, *settings.discriminator_hidden, 1)),
            "DY": dense((n_genes, *settings.discriminator_hidden, 1)),
        }
    if settings.start_at_mean:
        open_outputs(nets["G"], torch.as_tensor(y.mean(axis=0)))
        open_outputs(nets["F"], torch.as_tensor(x.mean(axis=0)))
    return {name: net.to(device).train() for name, net in nets.items()}


def _step(
    nets, optimisers, buffers, settings: CycleGANSettings, device, x: Tensor, y: Tensor, *replay: Tensor
) -> dict[str, Tensor]:
    """Update the generators, then the discriminators, on one batch (LSGAN: real 1, fake 0).

    `replay` is what the buffers drew, first that of fakes of x.
    """
    cycle_distance = nn.functional.mse_loss if settings.cycle_loss == "mse" else nn.functional.smooth_l1_loss
    scale = 0.5 if settings.average_directions else 1.0
    mse = nn.functional.mse_loss
    for name in ("DX", "DY"):
        nets[name].requires_grad_(False)
    with low_precision(device, settings.low_precision):
        fake_y, fake_x = nets["G"](x), nets["F"](y)
        judged = (nets["DY"](fake_y), nets["DX"](fake_x))
        adversarial = scale * sum(mse(j.float(), torch.ones_like(j, dtype=torch.float32)) for j in judged)
        cycle = scale * (
            cycle_distance(nets["F"](fake_y).float(), x) + cycle_distance(nets["G"](fake_x).float(), y)
        )
        identity = torch.zeros((), device=device)
        if settings.lambda_identity:
            identity = scale * (mse(nets["F"](x).float(), x) + mse(nets["G"](y).float(), y))
    total = adversarial + settings.lambda_cycle * cycle + settings.lambda_identity * identity
    optimisers[0].zero_grad(set_to_none=True)
    total.backward()
    optimisers[0].step()

    for name in ("DX", "DY"):
        nets[name].requires_grad_(True)
    fakes = [fake.detach().float() for fake in (fake_x, fake_y)]
    if replay:
        drawn = replay[:2], replay[2:]
        fakes = [b.mix(fake, *rows) for b, fake, rows in zip(buffers, fakes, drawn, strict=True)]
    with low_precision(device, settings.low_precision):
        discriminator = torch.zeros((), device=device)
        for name, real, fake in (("DX", x, fakes[0]), ("DY", y, fakes[1])):
            seen_real, seen_fake = nets[name](real).float(), nets[name](fake).float()
            discriminator = discriminator + scale * (
                mse(seen_real, torch.ones_like(seen_real)) + mse(seen_fake, torch.zeros_like(seen_fake))
            )
    optimisers[1].zero_grad(set_to_none=True)
    discriminator.backward()
    optimisers[1].step()
    return {
        "adversarial": adversarial.detach(),
        "cycle": cycle.detach(),
        "identity": identity.detach(),
        "discriminator": discriminator.detach(),
    }
