"""Neural step 1 that starts at the Monge map: an adversarial correction on a leash.

A CycleGAN has to find the whole translation from two clouds of profiles and drifts where they are small. Here
the network adds to the Monge map, nothing at first, and pays for every step away from it.
"""

import copy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from l1000_rnaseq.translate.networks import Anchored, NetworkStep, dense
from l1000_rnaseq.translate.settings import AnchoredSettings
from l1000_rnaseq.translate.step1.transport import fit_monge
from l1000_rnaseq.translate.training.torch_loop import (
    Trained,
    choose_device,
    run_epochs,
    seeded,
    seeded_initialisation,
)


def fit_anchored(
    x: np.ndarray,
    y: np.ndarray,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    settings: AnchoredSettings | None = None,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Trained:
    """Train the correction against a discriminator with spectral norm (least-squares loss).

    Parameters
    ----------
    x, y, wx, wy, seed, device, checkpoint, progress
        As in `cyclegan.fit_cyclegan`.
    settings : AnchoredSettings, optional

    Returns
    -------
    Trained
        `history` has columns step, critic, adversarial, correction: the losses of each step, the last one in
        squared standard deviations of the genes.
    """
    settings = settings or AnchoredSettings()
    device_, draw = choose_device(device), seeded(seed)
    start = fit_monge(x, y, wx, wy, shrink=settings.shrink)
    spec = {"kind": "anchored", "sizes": [x.shape[1], *settings.hidden, x.shape[1]]}
    with seeded_initialisation(seed):
        net = Anchored(spec["sizes"])
        critic = dense((x.shape[1], *settings.discriminator_hidden, 1)).apply(_spectral).to(device_)
    sd = np.sqrt(np.average((y - start.mean) ** 2, axis=0, weights=wy))
    net.start_at(start.centre, start.weights, start.mean, sd)
    net = net.to(device_)
    average = copy.deepcopy(net)
    optimisers = [
        torch.optim.Adam(part.parameters(), settings.learning_rate, betas=(0.5, 0.9))
        for part in (net.correction, critic)
    ]
    with torch.no_grad():
        first = net.standardised(torch.as_tensor(np.asarray(x, np.float32), device=device_))
        real = (torch.as_tensor(np.asarray(y, np.float32), device=device_) - net.mean) / net.sd
    chances = [torch.as_tensor(np.ones(len(v)) if w is None else w) for v, w in ((x, wx), (y, wy))]

    def step(history: list[dict]) -> dict[str, float]:
        rows = [torch.multinomial(w, settings.batch_size, replacement=True, generator=draw) for w in chances]
        losses = _step(net, critic, optimisers, settings.anchor, first[rows[0]], real[rows[1]])
        with torch.no_grad():
            for mean, now in zip(average.correction.parameters(), net.correction.parameters(), strict=True):
                mean.lerp_(now, 1 - settings.average)
        return losses

    history = run_epochs(
        step,
        [net, average, critic, *optimisers],
        settings.steps,
        "anchored",
        unit="step",
        checkpoint=checkpoint,
        identity=([asdict(settings), seed], x, y, wx, wy),
        draw=draw,
        progress=progress,
    )
    return Trained(NetworkStep(average.cpu().eval(), spec), history)


def _spectral(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.utils.parametrizations.spectral_norm(module)


def _step(net, critic, optimisers, anchor: float, first: Tensor, real: Tensor) -> dict[str, float]:
    """Update the discriminator, then the correction, on one batch (LSGAN: real 1, fake 0)."""
    fake = first + net.correction(first)
    judgement = ((critic(real) - 1) ** 2).mean() + (critic(fake.detach()) ** 2).mean()
    optimisers[1].zero_grad(set_to_none=True)
    judgement.backward()
    optimisers[1].step()
    adversarial, correction = ((critic(fake) - 1) ** 2).mean(), ((fake - first) ** 2).mean()
    optimisers[0].zero_grad(set_to_none=True)
    (adversarial + anchor * correction).backward()
    optimisers[0].step()
    return {
        "critic": judgement.item(),
        "adversarial": adversarial.item(),
        "correction": correction.item(),
    }
