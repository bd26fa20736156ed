"""The interface of every file format: samples × rows, read in slabs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import CMAP
from l1000_rnaseq.data.gene_ids import of_mouse, resolve_ids

_GAP, _SPAN = 100, 4096  # samples: a gap that is read along, and what is in memory at once


def first_five(names: Sequence) -> str:
    """Write up to five names of a list for a message."""
    return ", ".join(map(str, names[:5])) + (", …" if len(names) > 5 else "")


def as_ids(values) -> pd.Index:
    """Return ids as text: whole numbers without a point, nothing of them lost.

    Examples
    --------
    >>> as_ids([780.0, 7849.0]).tolist()
    ['780', '7849']
    """
    column = pd.Series(values)
    if column.dtype.kind == "f" and column.notna().all() and (column % 1 == 0).all():
        column = column.astype("int64")
    texts = [
        "" if missing else str(value).strip() for value, missing in zip(column, column.isna(), strict=True)
    ]
    ids = pd.Index(texts, dtype=object)
    return ids.str.removesuffix(".0") if len(ids) and ids.str.fullmatch(r"\d+\.0").all() else ids


@dataclass(frozen=True, repr=False)
class ProfileFile:
    """An opened file of profiles; ids and metadata are in memory, the matrix is on disk.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    row_ids, sample_ids : pandas.Index of str
        Ids as stored, in file order.
    row_metadata, sample_metadata : pandas.DataFrame
        One row per id; what is missing is NaN.
    load : callable
        ``load(start, stop, positions or None)`` → array of samples start..stop × rows.
    id_type : str
        What the row ids are (see `gene_ids.resolve_ids`).
    n_undescribed : int
        Samples of which the table that came beside the file says nothing.
    """

    path: Path
    row_ids: pd.Index
    sample_ids: pd.Index
    row_metadata: pd.DataFrame
    sample_metadata: pd.DataFrame
    load: Callable[[int, int, np.ndarray | None], np.ndarray]
    id_type: str = "auto"
    n_undescribed: int = 0

    def __post_init__(self):
        for what, ids in (("samples", self.sample_ids), ("genes", self.row_ids)):
            if len(ids) == 0:
                raise ValueError(f"{self.path} is empty: 0 {what}; expected at least one.")
        unnamed = np.flatnonzero(self.sample_ids == "")
        if len(unnamed):
            raise ValueError(f"sample {unnamed[0] + 1} of {self.path} has no id; give it one.")
        twice = self.sample_ids[self.sample_ids.duplicated()].unique()
        if len(twice):
            raise ValueError(
                f"{len(twice)} sample ids are repeated in {self.path}: {first_five(twice)}; "
                "expected each once. Rename or drop the repeated samples."
            )

    def __repr__(self) -> str:
        return f"{self.path}: {self.shape[0]:,} samples × {self.shape[1]:,} rows"

    @property
    def shape(self) -> tuple[int, int]:
        """(samples, rows)."""
        return len(self.sample_ids), len(self.row_ids)

    @cached_property
    def genes(self) -> pd.Index:
        """The gene of each row: its L1000 symbol, or the row id where it names no such gene.

        Raises
        ------
        ValueError
            Too few ids name a gene (see `gene_ids.resolve_ids`).
        """
        try:
            return pd.Index(resolve_ids(self.row_ids, self.row_metadata, self.id_type), dtype=object)
        except ValueError as error:
            about = [name for name in map(str, self.row_metadata) if name.startswith(("pert_", "cell_"))]
            if about:  # what CLUE and iLINCS answer with
                raise ValueError(
                    f"the rows of {self.path} are perturbagens or signatures (columns {first_five(about)}); "
                    "expected genes. Results of a query are no profiles."
                ) from error
            transcripts = [name for name in (*self.row_ids, *self.sample_ids) if name.startswith("ENST0")]
            if transcripts:
                raise ValueError(
                    f"{self.path} has transcripts: {first_five(transcripts)}; expected genes. Sum the "
                    "transcripts of each gene."
                ) from error
            if of_mouse(self.sample_ids):
                raise ValueError(
                    f"{self.path} has genes of the mouse: {first_five(self.sample_ids)}; expected human "
                    "genes. Name their human orthologues."
                ) from error
            raise ValueError(f"{self.path}: {error}") from error

    def rows_of(self, genes: Iterable[str]) -> np.ndarray:
        """Return the positions of the rows that are one of some genes, in the order of the file."""
        return np.flatnonzero(self.genes.isin(list(genes)))

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
            float32, samples × rows, values as stored, NaN where they are missing.

        Raises
        ------
        ValueError
            If a row id is not in the file, or is in it twice.
        IndexError
            If a row position is out of range.
        """
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        positions = None if rows is None else self._positions(self.row_ids, list(rows), "row ids")
        block = np.ascontiguousarray(self.load(start, max(start, stop), positions), dtype=np.float32)
        return _without_missing(block)

    def frame(self, ids: Sequence[str] | None = None, rows: Sequence | None = None) -> pd.DataFrame:
        """Read some samples by id, under the names of their genes.

        Parameters
        ----------
        ids : sequence of str, optional
            Sample ids, in the order wanted; None reads all.
        rows : sequence, optional
            As in `read`.

        Returns
        -------
        pandas.DataFrame
            float32, samples × genes.
        """
        genes = self.genes
        if rows is not None:
            rows = self._positions(self.row_ids, list(rows), "row ids")
            genes = genes[rows]
        return self.read_samples(self.sample_ids if ids is None else ids, rows).set_axis(genes, axis=1)

    def read_samples(self, ids: Sequence[str], rows: Sequence | None = None) -> pd.DataFrame:
        """Read some samples by id, under the ids of their rows.

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
        positions = self._positions(self.sample_ids, [str(i) for i in ids], "sample ids")
        row_at = None if rows is None else self._positions(self.row_ids, list(rows), "row ids")
        columns = self.row_ids if rows is None else self.row_ids[row_at]
        values = _without_missing(_gathered(self.load, positions, row_at, len(columns)))
        return pd.DataFrame(values, index=self.sample_ids[positions], columns=columns)

    def part(self, ids: Sequence[str]) -> "ProfileFile":
        """Return the file as if it had some samples only: small, and sent to other processes as it is.

        Parameters
        ----------
        ids : sequence of str
            Sample ids, in the order wanted.
        """
        positions = self._positions(self.sample_ids, list(ids), "sample ids")
        load, n_rows = self.load, len(self.row_ids)

        def load_part(start, stop, rows):
            return _gathered(load, positions[start:stop], rows, n_rows if rows is None else len(rows))

        none = pd.DataFrame(index=self.sample_ids[positions])
        return replace(self, sample_ids=none.index, sample_metadata=none, load=load_part)

    def _positions(self, index: pd.Index, asked: list, what: str) -> np.ndarray:
        if asked and all(isinstance(item, (int, np.integer)) for item in asked):
            outside = [item for item in asked if not -len(index) <= item < len(index)]
            if outside:
                raise IndexError(
                    f"{what} {first_five(outside)} are outside {self.path}, which has {len(index)}."
                )
            return np.asarray(asked) % len(index)
        names = pd.Index([str(item) for item in asked], dtype=object)
        twice = names[:0] if index.is_unique else index[index.duplicated()].intersection(names)
        if len(twice):
            raise ValueError(f"{what} {first_five(twice)} are repeated in {self.path}; ask by position.")
        positions = index.get_indexer(names)
        if (positions < 0).any():
            absent = names[positions < 0]
            raise ValueError(
                f"{len(absent)} of {len(names)} {what} are not in {self.path}: {first_five(absent)}; "
                f"it has {first_five(index[:3])}, …"
            )
        return positions


def _gathered(load: Callable, positions: np.ndarray, rows: np.ndarray | None, width: int) -> np.ndarray:
    """Read samples at some positions, in their order; what is near each other is read in one piece."""
    values = np.empty((len(positions), width), np.float32)
    order = np.argsort(positions, kind="stable")
    steps = np.diff(positions[order], prepend=positions[order][:1])
    is_apart = (steps > _GAP) | (np.diff(positions[order] // _SPAN, prepend=-1) > 0)
    for part in np.split(order, np.flatnonzero(is_apart)):
        if len(part):
            first = positions[part[0]]
            values[part] = load(first, positions[part[-1]] + 1, rows)[positions[part] - first]
    return values


def _without_missing(block: np.ndarray) -> np.ndarray:
    """Return values with NaN where CMap's files have -666."""
    is_missing = block == CMAP
    return np.where(is_missing, np.float32(np.nan), block) if is_missing.any() else block
