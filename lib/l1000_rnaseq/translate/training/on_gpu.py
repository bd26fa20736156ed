"""What training does differently on a GPU: where profiles lie, how products are rounded, recorded steps."""

import contextlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

SHARE_OF_MEMORY = 0.5
"""Share of a GPU's free memory that profiles may take; the rest is for the network."""
BLOCK = 10_000
"""Samples that are copied at a time."""
WARM_UP = 3
"""Steps before one is recorded: the optimiser has to have its state by then."""


@contextlib.contextmanager
def tf32():
    """Let GPUs multiply float32 matrices in TF32 (10 bits of mantissa), and put the caller's choice back.

    On a CPU nothing changes.
    """
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def place(*arrays: np.ndarray, device: torch.device) -> list[np.ndarray | Tensor]:
    """Copy arrays to a GPU if all of them fit there; else return them as they are.

    Parameters
    ----------
    *arrays : array, samples × genes
        Memory maps too.
    device : device

    Examples
    --------
    >>> place(np.ones((2, 3)), device=torch.device("cpu"))[0].shape
    (2, 3)
    """
    if device.type != "cuda":
        return list(arrays)
    free, _ = torch.cuda.mem_get_info(device)
    if sum(array.size for array in arrays) * 4 > SHARE_OF_MEMORY * free:
        return list(arrays)
    placed = [torch.empty(array.shape, device=device) for array in arrays]
    for there, array in zip(placed, arrays, strict=True):
        for start in range(0, len(array), BLOCK):
            there[start : start + BLOCK] = torch.from_numpy(
                np.array(array[start : start + BLOCK], np.float32)
            )
    return placed


def batch(values: np.ndarray | Tensor, rows: np.ndarray, device: torch.device) -> Tensor:
    """Return some samples on the device, float32; from the host through pinned memory.

    Parameters
    ----------
    values : array or tensor, samples × genes
        As `place` returned them.
    rows : int array
    device : device

    Examples
    --------
    >>> batch(np.eye(3), np.array([2, 0]), torch.device("cpu")).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    if isinstance(values, Tensor):
        return values[torch.from_numpy(rows).to(values.device)]
    host = torch.from_numpy(np.asarray(values[rows], np.float32))
    return host.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else host.to(device)


class Recorded:
    """Call a training step. A GPU records it once and then plays it again, as one.

    A step of small networks is hundreds of small operations. To start each from Python takes longer than the
    operation. The first calls, those after a change of a learning rate, and all calls on a CPU run the step
    itself.

    Parameters
    ----------
    step : callable
        Takes tensors, which have the same shapes at every call, and returns tensors by name. It may draw
        nothing and must not read a value back from the GPU.
    optimisers : sequence of Optimizer
        Made with `capturable=True` on a GPU.
    device : device
    """

    def __init__(
        self,
        step: Callable[..., dict[str, Tensor]],
        optimisers: Sequence[torch.optim.Optimizer],
        device: torch.device,
    ):
        self.step, self.optimisers, self.device = step, optimisers, device
        self.rates: list[float] = []
        self.graph, self.inputs, self.outputs, self.calls = None, (), {}, 0

    def __call__(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Run the step on these inputs; what it returned is the caller's to keep."""
        if self.device.type != "cuda":
            return self.step(*inputs)
        rates = [group["lr"] for optimiser in self.optimisers for group in optimiser.param_groups]
        if rates != self.rates:  # a recording has the rates in it
            self.graph, self.calls, self.rates = None, 0, rates
        self.calls += 1
        if self.calls <= WARM_UP:
            return self._aside(inputs)
        if self.graph is None:
            self._record(inputs)
        for held, value in zip(self.inputs, inputs, strict=True):
            held.copy_(value)
        self.graph.replay()
        return {name: value.clone() for name, value in self.outputs.items()}

    def _aside(self, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Run the step on a stream of its own, which a recording asks of the steps before it."""
        stream = torch.cuda.Stream(self.device)
        stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(stream):
            outputs = self.step(*inputs)
        torch.cuda.current_stream(self.device).wait_stream(stream)
        return outputs

    def _record(self, inputs: tuple[Tensor, ...]) -> None:
        """Record the step without running it."""
        self.inputs = tuple(value.clone() for value in inputs)
        self.graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.Stream(self.device)  # the default one is of the first GPU
        with torch.cuda.graph(self.graph, stream=stream):
            self.outputs = self.step(*self.inputs)
