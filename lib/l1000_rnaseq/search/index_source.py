"""The signatures of an index as a source, so that what reads whole signatures reads those of an index too."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.search.blocks import Block, BlockMaker
from l1000_rnaseq.search.control_levels import ControlLevels
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index, Shared
from l1000_rnaseq.search.single_wells import SingleWells
from l1000_rnaseq.search.sources import FolderSource
from l1000_rnaseq.search.well_table import WellTable


@dataclass(frozen=True)
class IndexSource:
    """Signatures of an index: a `Source`.

    Attributes
    ----------
    index : Index
    rows : int array
        Row numbers of its signatures.
    has_directions : bool
        False where none of them has a direction of its own.
    """

    index: Index
    rows: np.ndarray
    has_directions: bool = True

    @classmethod
    def of(cls, index: Index, filters: Filters = EVERY) -> "IndexSource":
        """Take the signatures that pass some filters.

        Raises
        ------
        FilterError
            A filter leaves nothing, or is a threshold.
        """
        filters.refuse_thresholds("whole signatures are compared, not one gene")
        return cls(index, filters.select(index.signatures, np.arange(len(index.signatures))))

    @classmethod
    def parts_of(cls, index: Index) -> list["IndexSource"]:
        """Return all signatures of an index, to build another: those with own directions, and others."""
        own, n = index.n_directions, len(index.signatures)
        parts = [cls(index, np.arange(own)), cls(index, np.arange(own, n), has_directions=False)]
        return [part for part in parts if len(part.rows)]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The metadata of the signatures, sig_id × columns."""
        return self.index.signatures.iloc[self.rows].set_index("sig_id")

    @property
    def genes(self) -> list[str]:
        """The genes of the index."""
        return list(self.index.genes.index)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.index.path.name

    @property
    def files(self) -> list:
        """What is read."""
        return [self.index.path]

    @property
    def provenance(self) -> list[dict]:
        """What the index was made from; of its two parts, the first one says it."""
        return self.index.provenance["sources"] if self._is_first else []

    @property
    def _is_first(self) -> bool:
        return len(self.rows) > 0 and self.rows[0] == 0

    @property
    def well_digests(self) -> np.ndarray:
        """What tells the wells of each signature (see `merge.well_digests`)."""
        return self.index.well_digests[self.rows]

    def is_like(self, maker: BlockMaker) -> bool:
        """Say whether an index is kept in the form that is to be made, so that blocks are copied."""
        space, same = self.index.shared, self.genes == maker.genes
        if space is None or maker.basis is None:
            return same and space is None and maker.basis is None
        return same and space.rank == maker.n_changes and np.array_equal(space.basis, maker.basis)

    @property
    def extreme(self) -> np.ndarray:
        """In how many signatures of the index each gene is extreme; the first part says it."""
        n = len(self.index.signatures) if self._is_first else 0
        return np.rint(self.index.genes["moved"].to_numpy(np.float64) * n).astype(np.int64)

    def kept(self, start: int, stop: int) -> Block:
        """Return signatures as they are kept; in how many genes are extreme is told by `extreme`."""
        index, rows = self.index, self.rows[start:stop]
        kinds = ("log2fc", "cd") if self.has_directions else ("log2fc",)
        values = {kind: index.matrices[kind].stored(rows) for kind in kinds}
        length = None if self.has_directions else index.length[rows - index.n_directions]
        knots = {name: values[rows] for name, values in index.knots.items()}
        return Block(values, length, knots, np.zeros(len(index.genes), np.int64))

    @property
    def levels(self) -> ControlLevels | None:
        """What untreated cells of its lines have of each gene."""
        return self.index.known_levels

    @cached_property
    def single_wells(self) -> WellTable | None:
        """The wells behind its signatures; None where the index keeps none."""
        kept = SingleWells.of(self.index)
        return kept and kept.table.of(self.rows)

    @property
    def space(self) -> Shared | None:
        """The factors that its signatures share; None where they are kept in full."""
        return self.index.shared

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and directions of signatures `start` to `stop`: signatures × genes."""
        return self.one("log2fc", start, stop), self.one("cd", start, stop)

    def one(self, what: str, start: int, stop: int) -> np.ndarray:
        """Return one of them, in half the time."""
        return self.index.whole(what, self.rows[start:stop])

    def coordinates(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as they are kept: landmarks and factors."""
        return tuple(self.index.whole(what, self.rows[start:stop], kept=True) for what in ("log2fc", "cd"))


def sources_of(path: Path) -> list[IndexSource | FolderSource]:
    """Open an index, or a folder of signatures, to build an index from it."""
    return IndexSource.parts_of(Index(path)) if Path(path).is_file() else [FolderSource.of(path)]
