"""Neural step 1 that starts at the Monge map: an adversarial correction on a leash.

A CycleGAN has to find the whole translation from two clouds of profiles and drifts where they are small. Here
the network adds to the Monge map, nothing at first, and pays for every step away from it.
"""

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from l1000_rnaseq.translate.networks import Anchored, NetworkStep, dense
from l1000_rnaseq.translate.step1.transport import SHRINK, fit_monge
from l1000_rnaseq.translate.training.torch_loop import (
    choose_device,
    fingerprint_of,
    load_checkpoint,
    save_checkpoint,
    seeded,
    seeded_initialisation,
)


@dataclass(frozen=True)
class AnchoredSettings:
    """Settings of the anchored network; ours, no paper has it.

    Attributes
    ----------
    anchor : float
        Penalty on the mean square of the correction, in standard deviations of the genes; the adversarial
        loss is of order 1.
    average : float
        Decay of the exponential moving average of the weights, which is what is kept.
    """

    hidden: tuple[int, ...] = (256,)
    discriminator_hidden: tuple[int, ...] = (256, 128)
    anchor: float = 30.0
    shrink: float = SHRINK
    learning_rate: float = 2e-4
    steps: int = 500
    batch_size: int = 256
    average: float = 0.995


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
) -> NetworkStep:
    """Train the correction against a discriminator with spectral norm (least-squares loss).

    Parameters
    ----------
    x, y, wx, wy, seed, device, progress
        As in `cyclegan.fit_cyclegan`.
    settings : AnchoredSettings, optional
    checkpoint : path, optional
        Written every 250 steps; a run with the same settings, seed and data resumes from it.

    Returns
    -------
    NetworkStep
    """
    settings = settings or AnchoredSettings()
    device_, draw = choose_device(device), seeded(seed)
    fingerprint = fingerprint_of([asdict(settings), seed], x, y, wx, wy)
    start = fit_monge(x, y, wx, wy, shrink=settings.shrink)
    spec = {"kind": "anchored", "sizes": [x.shape[1], *settings.hidden, x.shape[1]]}
    with seeded_initialisation(seed):
        net = Anchored(spec["sizes"])
        critic = dense((x.shape[1], *settings.discriminator_hidden, 1)).apply(_spectral).to(device_)
    sd = np.sqrt(np.average((y - start.mean) ** 2, axis=0, weights=wy))
    net.start_at(start.centre, start.weights, start.mean, sd)
    net = net.to(device_)
    kept = copy.deepcopy(net)
    optimisers = [
        torch.optim.Adam(part.parameters(), settings.learning_rate, betas=(0.5, 0.9))
        for part in (net.correction, critic)
    ]
    states, done = [net, kept, critic, *optimisers], 0
    saved = load_checkpoint(checkpoint, fingerprint)
    if saved:
        for part, state in zip(states, saved["states"], strict=True):
            part.load_state_dict(state)
        draw.set_state(saved["draw"])
        done = saved["done"]
    with torch.no_grad():
        first = net.standardised(torch.as_tensor(np.asarray(x, np.float32), device=device_))
        real = (torch.as_tensor(np.asarray(y, np.float32), device=device_) - net.mean) / net.sd
    chances = [torch.as_tensor(np.ones(len(v)) if w is None else w) for v, w in ((x, wx), (y, wy))]
    for number in tqdm(range(done, settings.steps), desc="anchored", unit="step", disable=not progress):
        rows = [torch.multinomial(w, settings.batch_size, replacement=True, generator=draw) for w in chances]
        _step(net, critic, optimisers, settings.anchor, first[rows[0]], real[rows[1]])
        with torch.no_grad():
            for mean, now in zip(kept.correction.parameters(), net.correction.parameters(), strict=True):
                mean.lerp_(now, 1 - settings.average)
        if (number + 1) % 250 == 0:
            state = {"fingerprint": fingerprint, "states": [part.state_dict() for part in states]}
            save_checkpoint(checkpoint, {**state, "draw": draw.get_state(), "done": number + 1})
    return NetworkStep(kept.cpu().eval(), spec)


def _spectral(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.utils.parametrizations.spectral_norm(module)


def _step(net, critic, optimisers, anchor: float, first: Tensor, real: Tensor) -> None:
    """Update the discriminator, then the correction, on one batch (LSGAN: real 1, fake 0)."""
    fake = first + net.correction(first)
    loss = ((critic(real) - 1) ** 2).mean() + (critic(fake.detach()) ** 2).mean()
    optimisers[1].zero_grad(set_to_none=True)
    loss.backward()
    optimisers[1].step()
    loss = ((critic(fake) - 1) ** 2).mean() + anchor * ((fake - first) ** 2).mean()
    optimisers[0].zero_grad(set_to_none=True)
    loss.backward()
    optimisers[0].step()
