"""Run the steps of a build here, in several processes, or on a Dask cluster: the file is the same."""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

from l1000_rnaseq.data.dask_workers import dask_client
from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.search.blocks import Block, BlockMaker
from l1000_rnaseq.search.steps import Step, run_task

AHEAD = 3
"""Tasks that are under way for each worker, so that none waits for the file."""


@contextmanager
def running(cluster: int | str | None, path: Path) -> Iterator[Callable]:
    """Give a function that runs steps in their order: (steps, maker) → (position, (block, measures)) each.

    Parameters
    ----------
    cluster : int, str or None
        See `dask_client`; None is this process.
    path : path
        The index. Beside it lies, for the time being, what all tasks need: they open it, and the files of
        wells, by their paths. So the workers of a cluster must see the same folders.
    """
    if cluster is None:
        yield _here
        return
    with dask_client(cluster) as client:
        yield partial(_on_workers, client, path)


def _here(steps: Iterable[Step], maker: BlockMaker) -> Iterator[tuple[int, tuple]]:
    for step in steps:
        yield step.position, step.run(maker)


def _on_workers(client, path: Path, steps: Iterable[Step], maker: BlockMaker) -> Iterator[tuple[int, tuple]]:
    """Run tasks in their order, some ahead; Dask repeats the task of a worker that died."""
    waiting: deque = deque()
    with ExitStack() as stack:
        shared: dict[int, str] = {}
        for step in steps:
            task, future = step.task(), None
            if task is not None:
                needed = step.part.source.shared
                if id(needed) not in shared:
                    shared[id(needed)] = stack.enter_context(_stored(path, len(shared), (maker, needed)))
                future = client.submit(_run_task, shared[id(needed)], *task, pure=False)
            waiting.append((step, future))
            if len(waiting) > AHEAD * max(len(client.scheduler_info()["workers"]), 1):
                yield _done(*waiting.popleft(), maker)
        while waiting:
            yield _done(*waiting.popleft(), maker)


def _done(step: Step, future, maker: BlockMaker) -> tuple[int, tuple[Block, object]]:
    return step.position, step.run(maker) if future is None else step.taken(future.result())


def _run_task(stored: str, *task):
    """Run a task in a worker."""
    return run_task(*_opened(stored), *task)


@cache
def _opened(stored: str):
    return pickle.loads(Path(stored).read_bytes())


@contextmanager
def _stored(path: Path, number: int, needed) -> Iterator[str]:
    """Write what all tasks of a source need beside the index, for as long as they run; give its path."""
    file = Path(path).resolve().with_name(f"{Path(path).name}.{os.getpid()}.{number}.shared")
    try:
        with atomic(file) as part:
            part.write_bytes(pickle.dumps(needed))
        yield str(file)
    finally:
        file.unlink(missing_ok=True)
