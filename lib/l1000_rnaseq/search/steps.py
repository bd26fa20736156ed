"""The steps of a build: each makes one block of one source, here or in another process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from l1000_rnaseq.search.blocks import Block, BlockMaker
from l1000_rnaseq.search.sig_table import MEASURED
from l1000_rnaseq.search.sources import Source


@dataclass(frozen=True)
class Part:
    """What is taken from one source.

    Attributes
    ----------
    source : Source
    columns : int array, genes
        Their positions in the source.
    keep : bool array, signatures of the source
    as_kept : bool
        Blocks are copied: the source is an index of the same genes and factors, and all of it is taken.
    """

    source: Source
    columns: np.ndarray
    keep: np.ndarray
    as_kept: bool = False

    @property
    def has_directions(self) -> bool:
        """Whether its signatures have directions of their own."""
        return getattr(self.source, "has_directions", True)


@dataclass(frozen=True)
class Step:
    """One block.

    Attributes
    ----------
    position : int
        Of its first signature in the index.
    part : Part
    start, stop : int
        The signatures of the source.
    """

    position: int
    part: Part
    start: int
    stop: int

    @property
    def rows(self) -> np.ndarray:
        """Which of the signatures are kept."""
        return self.part.keep[self.start : self.stop]

    def task(self) -> tuple | None:
        """Return the arguments of `run_task` after the first two; None where the source has no tasks."""
        if not hasattr(self.part.source, "task"):
            return None
        task = self.part.source.task(self.start, self.stop)
        return task, self.rows, self.part.columns, self.part.has_directions

    def run(self, maker: BlockMaker) -> tuple[Block, pd.DataFrame | None]:
        """Make the block in this process (see `taken`)."""
        source, task = self.part.source, self.task()
        if task is not None:
            return self.taken(run_task(maker, source.shared, *task))
        if self.part.as_kept:
            return source.kept(self.start, self.stop), None
        read = source.read if maker.basis is None else source.coordinates
        values = _chosen(read(self.start, self.stop), self.rows, self.part.columns, maker)
        measured = getattr(source, "measured", None)
        measured = None if measured is None else measured[self.start : self.stop][self.rows]
        return maker.make(*values, self.part.has_directions), measured

    def taken(self, done: tuple[Block, pd.DataFrame, int]) -> tuple[Block, pd.DataFrame]:
        """Take what `run_task` made: return the block and the measures of its signatures."""
        block, measured, filled = done
        self.part.source.note(self.start, measured, filled)
        return block, measured[self.rows]


def run_task(
    maker: BlockMaker, shared, task, rows: np.ndarray, columns: np.ndarray, has_directions: bool
) -> tuple[Block, pd.DataFrame, int]:
    """Make a block in any process: with one thread, since the last bits depend on how many there are.

    Parameters
    ----------
    maker : BlockMaker
    shared
        What all tasks of the source need.
    task : such as WellsTask
    rows, columns, has_directions
        What is kept of the signatures.

    Returns
    -------
    block : Block
    measured : DataFrame, signatures of the task × MEASURED
    filled : int
        Missing values that were filled.
    """
    with threadpool_limits(1, "blas"):
        signatures, filled = task.run(shared)
        values = _chosen((signatures.log2fc, signatures.score), rows, columns, maker)
        return maker.make(*values, has_directions), signatures.table[list(MEASURED)], filled


def _chosen(values: Sequence[np.ndarray], rows: np.ndarray, columns: np.ndarray, maker: BlockMaker) -> list:
    values = [part if rows.all() else part[rows] for part in values]
    return [part[:, columns] for part in values] if maker.basis is None else values


def steps_of(parts: Sequence[Part], block: int, done: int) -> Iterator[Step]:
    """Yield the steps whose signatures are not among the first `done` of the index."""
    position = 0
    for part in parts:
        stops = getattr(part.source, "stops", None)
        stops = range(block, len(part.keep) + block, block) if stops is None else stops
        start = 0
        for stop in (min(int(stop), len(part.keep)) for stop in stops):
            n = int(part.keep[start:stop].sum())
            if n and position + n > done:
                yield Step(position, part, start, stop)
            position, start = position + n, stop
