"""The one interface behind which all file formats stand: samples × rows, read in slabs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd


def first_five(names: Sequence) -> str:
    """Write up to five names of a list for a message."""
    return ", ".join(map(str, names[:5])) + (", …" if len(names) > 5 else "")


@dataclass(frozen=True)
class ProfileFile:
    """An opened file of profiles; ids and metadata are in memory, the matrix stays on disk.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    row_ids, sample_ids : pandas.Index of str
        Ids as stored, in file order.
    row_metadata, sample_metadata : pandas.DataFrame
        One row per id, values as stored (CMap's -666 for missing is kept).
    load : callable
        ``load(start, stop, positions or None)`` → array of samples start..stop × rows.
    """

    path: Path
    row_ids: pd.Index
    sample_ids: pd.Index
    row_metadata: pd.DataFrame
    sample_metadata: pd.DataFrame
    load: Callable[[int, int, np.ndarray | None], np.ndarray] = field(repr=False)

    def __post_init__(self):
        for what, ids in (("samples", self.sample_ids), ("genes", self.row_ids)):
            if len(ids) == 0:
                raise ValueError(f"{self.path} is empty: 0 {what}; expected at least one.")
        twice = self.sample_ids[self.sample_ids.duplicated()].unique()
        if len(twice):
            raise ValueError(
                f"{len(twice)} sample ids stand more than once in {self.path}: {first_five(twice)}; "
                "expected each once. Rename or drop the repeated samples."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(samples, rows)."""
        return len(self.sample_ids), len(self.row_ids)

    def read(self, start: int = 0, stop: int | None = None, rows: Sequence | None = None) -> np.ndarray:
        """Read a slab of samples, without loading the rest.

        Parameters
        ----------
        start, stop : int
            Sample positions, as in a slice; `stop` None reads to the end.
        rows : sequence of str or of int, optional
            Row ids or row positions, in the order wanted; None gives all rows.

        Returns
        -------
        numpy.ndarray
            float32, samples × rows, values as stored.

        Raises
        ------
        ValueError
            If a row id is not in the file, or stands in it twice.
        IndexError
            If a row position is out of range.
        """
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        positions = None if rows is None else self._positions(self.row_ids, list(rows), "row ids")
        block = self.load(start, max(start, stop), positions)
        return np.ascontiguousarray(block, dtype=np.float32)

    def read_samples(self, ids: Sequence[str], rows: Sequence | None = None) -> pd.DataFrame:
        """Read some samples by id.

        Parameters
        ----------
        ids : sequence of str
            Sample ids, in the order wanted.
        rows : sequence, optional
            As in `read`.

        Returns
        -------
        pandas.DataFrame
            float32, index = `ids`, columns = row ids.

        Raises
        ------
        ValueError
            If an id is not in the file.
        """
        wanted = self._positions(self.sample_ids, [str(i) for i in ids], "sample ids")
        row_at = slice(None) if rows is None else self._positions(self.row_ids, list(rows), "row ids")
        columns = self.row_ids[row_at]
        values = np.empty((len(wanted), len(columns)), np.float32)
        order = np.argsort(wanted, kind="stable")
        runs = np.split(order, np.flatnonzero(np.diff(wanted[order]) != 1) + 1) if len(order) else []
        for run in runs:
            values[run] = self.read(wanted[run[0]], wanted[run[-1]] + 1, rows)
        return pd.DataFrame(values, index=self.sample_ids[wanted], columns=columns)

    def _positions(self, index: pd.Index, wanted: list, what: str) -> np.ndarray:
        if wanted and all(isinstance(w, (int, np.integer)) for w in wanted):
            outside = [w for w in wanted if not -len(index) <= w < len(index)]
            if outside:
                raise IndexError(
                    f"{what} {first_five(outside)} are outside {self.path}, which has {len(index)}."
                )
            return np.asarray(wanted) % len(index)
        names = pd.Index([str(w) for w in wanted], dtype=object)
        twice = index[index.duplicated()].intersection(names)
        if len(twice):
            raise ValueError(
                f"{what} {first_five(twice)} stand more than once in {self.path}; ask by position."
            )
        found = index.get_indexer(names)
        if (found < 0).any():
            absent = names[found < 0]
            raise ValueError(
                f"{len(absent)} of {len(names)} {what} are not in {self.path}: {first_five(absent)}; "
                f"it has {first_five(index[:3])}, …"
            )
        return found
