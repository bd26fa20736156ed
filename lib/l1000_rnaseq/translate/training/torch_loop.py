"""What every training of a network shares: one loop that survives a kill, the device, precision, seeds."""

import contextlib
import ctypes
import hashlib
import json
import logging
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.translate.training.on_gpu import tf32

log = logging.getLogger(__name__)
SECONDS_BETWEEN_CHECKPOINTS = 180.0  # the largest networks write some GB each time


@dataclass(frozen=True)
class Trained:
    """A fitted step with the history of its training.

    Attributes
    ----------
    step : NetworkStep, or any other object with `transform`
    history : DataFrame, one row per epoch
        Losses or errors; its columns are told where the step is fitted. Empty for a closed form.
    """

    step: object
    history: pd.DataFrame = field(default_factory=pd.DataFrame)

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map profiles (samples × genes in) to profiles (samples × genes out), float32."""
        return self.step.transform(x)


def run_epochs(
    epoch: Callable[[list[dict]], dict[str, float]],
    parts: Sequence,
    n_epochs: int,
    label: str,
    unit: str = "epoch",
    checkpoint: Path | None = None,
    identity: Sequence = (),
    draw: torch.Generator | None = None,
    best_of: torch.nn.Module | None = None,
    stop: Callable[[list[dict]], bool] = lambda history: False,
    progress: bool = True,
) -> pd.DataFrame:
    """Train epoch by epoch; a run that was killed goes on from its checkpoint, bit for bit.

    A checkpoint is written after an epoch that ends `SECONDS_BETWEEN_CHECKPOINTS` after the last writing, and
    at the end. The last one has the weights of the networks only, since nothing is left to train.

    Parameters
    ----------
    epoch : callable
        Runs one epoch, given the history so far (one dict per epoch). Returns the losses of this epoch.
    parts : sequence of networks, optimisers, schedules, …
        Everything that an epoch changes, with `state_dict` and `load_state_dict`.
    n_epochs : int
        Most epochs.
    label, unit : str
        Text of the progress bar, and what it counts: also the first column of the history.
    checkpoint : path, optional
    identity : sequence of settings (as JSON), then arrays
        What makes this run itself: the checkpoint of another one is not resumed (see `fingerprint_of`).
    draw : Generator, optional
        Generator that the epochs draw from.
    best_of : Module, optional
        Network that ends with the weights of its epoch with the least "valid".
    stop : callable, optional
        Told the history before each epoch; True ends the training early.
    progress : bool
        Show a progress bar.

    Returns
    -------
    DataFrame, one row per epoch × (unit, what `epoch` returned)
    """
    fingerprint = fingerprint_of(*identity) if checkpoint else ""
    history, best = [], None
    saved = load_checkpoint(checkpoint, fingerprint)
    if saved:
        for part, state in zip(parts, saved["states"], strict=True):
            if state is not None:
                part.load_state_dict(state)
        if draw is not None:
            draw.set_state(saved["draw"])
        history, best = saved["history"], saved["best"]

    def save(kept: Sequence, best: dict | None = None) -> None:
        states = [part.state_dict() if part in kept else None for part in parts]
        state = {"fingerprint": fingerprint, "states": states, "history": history, "best": best}
        save_checkpoint(checkpoint, {**state, "draw": draw and draw.get_state()})

    begun, written = len(history), time.monotonic()
    with tf32(), tqdm(total=n_epochs, initial=begun, desc=label, unit=unit, disable=not progress) as bar:
        while len(history) < n_epochs and not stop(history):
            losses = epoch(history)
            if best_of is not None and all(losses["valid"] < row["valid"] for row in history):
                best = best or {name: value.cpu().clone() for name, value in best_of.state_dict().items()}
                for name, value in best_of.state_dict().items():
                    best[name].copy_(value)
            history.append({unit: len(history) + 1, **losses})
            bar.set_postfix(losses)
            bar.update()
            if checkpoint and time.monotonic() - written >= SECONDS_BETWEEN_CHECKPOINTS:
                save(parts, best)
                written = time.monotonic()
    if best is not None:
        best_of.load_state_dict(best)
    if checkpoint and len(history) > begun:
        save([part for part in parts if isinstance(part, torch.nn.Module)])
    return pd.DataFrame(history)


def choose_device(device: str = "auto") -> torch.device:
    """Return the device asked for; "auto" takes cuda where there is one, else the cpu.

    Raises
    ------
    ValueError
        An unknown name, or cuda on a machine without it.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"unknown device {device!r}; expected auto, cpu or cuda.") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {device!r} is not there: torch finds no CUDA GPU; pass auto or cpu.")
    return chosen


def keep_freed_memory() -> None:
    """Tell glibc to keep what tensors free for the next step, for the rest of the process.

    By default it hands every large gradient back to the kernel and asks for it anew in each step. Elsewhere
    than under glibc this does nothing.
    """
    mmap_max, trim_threshold = -4, -1  # names of mallopt's options in malloc.h
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)


def low_precision(device: torch.device, enabled: bool):
    """Return a bf16 autocast context where the hardware multiplies bf16 natively, else do nothing.

    On processors without AVX512-BF16 or AMX bf16 is emulated and slower than float32.
    """
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    if enabled and (device.type == "cuda" or (device.type == "cpu" and native())):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def seeded(seed: int) -> torch.Generator:
    """Return a CPU generator of its own, so that training never touches the global seed."""
    return torch.Generator().manual_seed(seed)


@contextlib.contextmanager
def seeded_initialisation(seed: int):
    """Initialise modules reproducibly and put the caller's global random state back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def fingerprint_of(settings: list, *arrays: np.ndarray | None) -> str:
    """Digest of settings and data: a checkpoint of another run must not be resumed."""
    sha = hashlib.sha256(json.dumps(settings).encode())
    for array in arrays:
        if array is None:
            sha.update(b"none")
            continue
        sha.update(f"{array.dtype}{array.shape}".encode())
        for start in range(0, len(array), 1000):  # in blocks: a contiguous copy of all would not fit
            sha.update(np.ascontiguousarray(array[start : start + 1000]).tobytes())
    return sha.hexdigest()


def save_checkpoint(path: Path, state: dict) -> None:
    """Write a checkpoint to a temporary name and rename it, so that a kill never leaves half a file."""
    with atomic(path) as part, part.open("wb") as file:  # given a name, torch does not say why it failed
        torch.save(state, file)


def load_checkpoint(path: Path | None, fingerprint: str) -> dict | None:
    """Read a checkpoint of the same settings and data; None when there is none or it is another run's."""
    if path is None or not Path(path).is_file():
        return None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        log.warning("checkpoint %s cannot be read (%s); beginning anew", path, reason)
        return None
    return state if isinstance(state, dict) and state.get("fingerprint") == fingerprint else None
