"""What both training loops share: device, precision, seeds, checkpoints that survive a kill."""

import contextlib
import ctypes
import hashlib
import json
import logging
import pickle
from pathlib import Path

import numpy as np
import torch

from l1000_rnaseq.data.files.disk import atomic

log = logging.getLogger(__name__)


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


def multiplies_bf16(device: torch.device) -> bool:
    """Say whether the hardware multiplies bf16 natively.

    On processors without AVX512-BF16 or AMX bf16 is emulated and slower than float32.
    """
    return device.type == "cuda" or (
        device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    )


def low_precision(device: torch.device, enabled: bool):
    """Return a bf16 autocast context where the hardware multiplies bf16 natively, else do nothing."""
    if enabled and multiplies_bf16(device):
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


def save_checkpoint(path: Path | None, state: dict) -> None:
    """Write a checkpoint to a temporary name and rename it, so that a kill never leaves half a file."""
    if path is None:
        return
    with atomic(path) as part:
        torch.save(state, part)


def load_checkpoint(path: Path | None, fingerprint: str) -> dict | None:
    """Read a checkpoint of the same settings and data; None when there is none or it is another run's."""
    if path is None or not Path(path).is_file():
        return None
    try:
        state = torch.load(path, weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        log.warning("checkpoint %s cannot be read (%s); beginning anew", path, reason)
        return None
    return state if isinstance(state, dict) and state.get("fingerprint") == fingerprint else None
