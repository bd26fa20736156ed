"""What both training loops share: device, precision, seeds, checkpoints that survive a kill."""

import contextlib
import os
from pathlib import Path

import torch


def choose_device(device: str = "auto") -> torch.device:
    """Return the device asked for; "auto" takes cuda where there is one, else the cpu."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


def low_precision(device: torch.device, enabled: bool):
    """Return a bf16 autocast context where the hardware multiplies bf16 natively, else do nothing.

    On processors without AVX512-BF16 or AMX bf16 is emulated and slower than float32.
    """
    native = device.type == "cuda" or (
        device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    )
    if enabled and native:
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


def save_checkpoint(path: Path | None, state: dict) -> None:
    """Write a checkpoint to a temporary name and rename it, so that a kill never leaves half a file."""
    if path is None:
        return
    part = Path(f"{path}.part")
    torch.save(state, part)
    os.replace(part, path)


def load_checkpoint(path: Path | None, fingerprint: str) -> dict | None:
    """Read a checkpoint of the same settings and data; None when there is none or it is another run's."""
    if path is None or not Path(path).is_file():
        return None
    state = torch.load(path, weights_only=True)
    return state if state.get("fingerprint") == fingerprint else None
