"""Step 1: the CycleGAN between L1000 and RNA-seq landmark space (Jeon 2022, "First step model")."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from l1000_rnaseq.translate.networks import NetworkStep, build_network, dense, open_outputs
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
class CycleGANSettings:
    """Step-1 settings; the defaults are the paper's (Methods, "First step model").

    The paper says "two-layered" without naming the hidden width: 512, the width of the published code.
    """

    generator: str = "dense"
    hidden: tuple[int, ...] = (512,)
    discriminator_hidden: tuple[int, ...] = (512,)
    cycle_loss: str = "mse"
    lambda_cycle: float = 10.0
    lambda_identity: float = 10.0
    average_directions: bool = False  # the published code halves each sum over the two directions
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    lr_step: int | None = None  # divide the learning rate by 10 every so many epochs
    epochs: int = 100
    batch_size: int = 100
    replay_buffer: int = 0
    start_at_mean: bool = True  # see `networks.open_outputs`; the paper names no initialisation
    balance: bool = True  # draw batches by sample weight (line, plate, source) instead of uniformly
    low_precision: bool = True


PAPER = CycleGANSettings()
CODE = CycleGANSettings(
    generator="residual",
    discriminator_hidden=(512, 512, 128),
    cycle_loss="smooth_l1",
    lambda_identity=0.0,
    average_directions=True,
    weight_decay=1e-5,
    lr_step=50,
    replay_buffer=50,
    start_at_mean=False,
)


class ReplayBuffer:
    """Keep earlier fakes and hand back a mixture, so that the discriminator does not forget them."""

    def __init__(self, size: int, generator: torch.Generator):
        self.size, self.generator, self.kept = size, generator, []

    def mix(self, fakes: Tensor) -> Tensor:
        """Return the batch with about half of its samples exchanged for earlier ones."""
        if self.size == 0:
            return fakes
        out = []
        for fake in fakes:
            if len(self.kept) < self.size:
                self.kept.append(fake.clone())
                out.append(fake)
            elif torch.rand((), generator=self.generator) < 0.5:
                place = int(torch.randint(self.size, (), generator=self.generator))
                out.append(self.kept[place])
                self.kept[place] = fake.clone()
            else:
                out.append(fake)
        return torch.stack(out)

    def state_dict(self) -> dict:
        """Return what a checkpoint must keep: without it a resumed run would differ."""
        return {"kept": list(self.kept)}

    def load_state_dict(self, state: dict) -> None:
        """Put back what `state_dict` returned."""
        self.kept = list(state["kept"])


@dataclass(frozen=True)
class CycleGAN:
    """A trained step 1.

    Attributes
    ----------
    forward, backward : NetworkStep
        G (L1000 → RNA-seq-like landmarks) and F (RNA-seq → L1000-like landmarks).
    history : DataFrame, epochs × (adversarial, cycle, identity, discriminator)
        Mean loss over the batches of each epoch.
    """

    forward: NetworkStep
    backward: NetworkStep
    history: pd.DataFrame

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map L1000 landmarks (samples × genes, log2 intensity) to RNA-seq-like ones, float32."""
        return self.forward.transform(x)


def _batches(
    x, y, wx, wy, settings: CycleGANSettings, draw: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    steps = max(len(x), len(y)) // settings.batch_size or 1
    if not settings.balance:
        wx, wy = torch.ones(len(x)), torch.ones(len(y))
    for _ in range(steps):
        ix = torch.multinomial(wx, settings.batch_size, replacement=True, generator=draw)
        iy = torch.multinomial(wy, settings.batch_size, replacement=True, generator=draw)
        yield x[ix], y[iy]


def fit_cyclegan(
    x: np.ndarray,
    y: np.ndarray,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    settings: CycleGANSettings = PAPER,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> CycleGAN:
    """Train both generators and both discriminators on unpaired profiles.

    Parameters
    ----------
    x : array, L1000 samples × genes
        Landmark log2 intensities.
    y : array, RNA-seq samples × genes
        The same genes, log(CPM+1), quantile normalised.
    wx, wy : array, samples, optional
        Weights with which samples are drawn into batches (`settings.balance`).
    settings : CycleGANSettings
        `PAPER` or `CODE`, or your own.
    seed : int
        Fixes initialisation, batches and replay.
    device : str
        "auto", "cpu" or "cuda".
    checkpoint : path, optional
        Written every tenth epoch; a run with the same settings, seed and data resumes from it.
    progress : bool
        Show a progress bar.

    Returns
    -------
    CycleGAN

    Raises
    ------
    ValueError
        Different numbers of genes, or values that are not finite.
    """
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"L1000 has {x.shape[1]} genes, RNA-seq {y.shape[1]}; expected the same genes in order."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("training profiles hold NaN or infinite values; impute or drop them first.")
    device_, draw = choose_device(device), seeded(seed)
    fingerprint = fingerprint_of([asdict(settings), seed], x, y, wx, wy)
    nets = _networks(x, y, settings, seed, device_)
    optimisers = [
        torch.optim.Adam(
            [p for name in names for p in nets[name].parameters()],
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        for names in (("G", "F"), ("DX", "DY"))
    ]
    schedules = [torch.optim.lr_scheduler.StepLR(o, settings.lr_step or 10**9, 0.1) for o in optimisers]
    buffers = (ReplayBuffer(settings.replay_buffer, draw), ReplayBuffer(settings.replay_buffer, draw))
    history: list[dict] = []
    saved = load_checkpoint(checkpoint, fingerprint)
    if saved:
        for part, state in zip(
            [*nets.values(), *optimisers, *schedules, *buffers], saved["states"], strict=True
        ):
            part.load_state_dict(state)
        draw.set_state(saved["draw"])
        history = saved["history"]
    tensors = [torch.as_tensor(np.asarray(v, np.float32), device=device_) for v in (x, y)]
    weights = [torch.as_tensor(np.ones(len(v)) if w is None else w) for v, w in ((x, wx), (y, wy))]
    epochs = range(len(history), settings.epochs)
    for epoch in tqdm(epochs, desc="CycleGAN", unit="epoch", disable=not progress):
        losses = [
            _step(nets, optimisers, buffers, settings, device_, a, b)
            for a, b in _batches(*tensors, *weights, settings, draw)
        ]
        history.append({"epoch": epoch + 1, **pd.DataFrame(losses).mean().to_dict()})
        for schedule in schedules:
            schedule.step()
        if (epoch + 1) % 10 == 0 or epoch + 1 == settings.epochs:
            states = [p.state_dict() for p in [*nets.values(), *optimisers, *schedules, *buffers]]
            save_checkpoint(
                checkpoint,
                {"fingerprint": fingerprint, "states": states, "draw": draw.get_state(), "history": history},
            )
    spec = _generator_spec(x.shape[1], settings)
    steps = [NetworkStep(nets[name].cpu().eval(), spec) for name in ("G", "F")]
    return CycleGAN(*steps, pd.DataFrame(history))


def _generator_spec(n_genes: int, settings: CycleGANSettings) -> dict:
    inner = settings.hidden if settings.generator == "dense" else ()
    return {"kind": settings.generator, "sizes": [n_genes, *inner, n_genes], "final_relu": True}


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
    nets, optimisers, buffers, settings: CycleGANSettings, device, x: Tensor, y: Tensor
) -> dict[str, float]:
    """Update the generators, then the discriminators, on one batch (LSGAN: real 1, fake 0)."""
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
    with low_precision(device, settings.low_precision):
        discriminator = torch.zeros((), device=device)
        for name, real, fake, buffer in (("DX", x, fake_x, buffers[0]), ("DY", y, fake_y, buffers[1])):
            seen_real, seen_fake = (
                nets[name](real).float(),
                nets[name](buffer.mix(fake.detach().float())).float(),
            )
            discriminator = discriminator + scale * (
                mse(seen_real, torch.ones_like(seen_real)) + mse(seen_fake, torch.zeros_like(seen_fake))
            )
    optimisers[1].zero_grad(set_to_none=True)
    discriminator.backward()
    optimisers[1].step()
    return {
        "adversarial": adversarial.item(),
        "cycle": cycle.item(),
        "identity": identity.item(),
        "discriminator": discriminator.item(),
    }
