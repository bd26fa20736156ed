"""Write a big matrix in order, at disk speed, so that a killed run loses at most its last block.

An HDF5 file is laid out once by h5py with a contiguous, unfilled matrix; the blocks are then put there by
plain writes, and the count of finished samples follows each block. A kill at any moment leaves a valid file.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import check_space, not_written
from l1000_rnaseq.data.files.hdf5 import HDF5Writer

log = logging.getLogger(__name__)
DONE, SIGNATURE = "samples_done", "signature"


def signature(*parts) -> str:
    """Digest of what makes a half-written file the same job: ids, tables, dtype, attributes."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, pd.DataFrame):
            digest.update(repr(list(part.columns)).encode())
            part = part.astype(str).to_numpy().tolist()
        elif isinstance(part, pd.Index):
            part = part.tolist()
        digest.update(json.dumps(part, default=str).encode() + b"\0")
    return digest.hexdigest()


class BlockWriter:
    """Samples × genes, written block by block in order; the file gets its name when all samples are there.

    Use it as a context manager. A file format says in `_put` how a block is written, in `_end` what follows.

    Parameters
    ----------
    path : path-like
        Final name; the work goes on in ``<name>.part`` beside it.
    shape : (int, int)
        Samples, genes.
    dtype : str
        Stored type of the values.
    """

    resumes = True  # whether a second run goes on with an unfinished file

    def __init__(self, path, shape: tuple[int, int], dtype: str = "float32"):
        self.path = Path(path)
        self.part = self.path.with_name(self.path.name + ".part")
        self.shape, self.dtype, self.done, self._is_open = tuple(shape), np.dtype(dtype), 0, True
        self.notes: dict = {}  # attributes that are known only at the end, where the format has some
        if min(self.shape) < 1:
            raise ValueError(f"{self.path} would have {shape[0]} samples × {shape[1]} genes; expected some.")

    def write(self, start: int, block: np.ndarray) -> None:
        """Write the next samples.

        Parameters
        ----------
        start : int
            Position of the first sample of the block; must be `done`, for blocks come in order.
        block : numpy.ndarray
            Samples × genes; none of it is kept, so that its memory may be used again.

        Raises
        ------
        ValueError
            If the block is out of order, of the wrong shape, or too large a number for the dtype.
        OSError
            If the disk is full.
        """
        block = np.asarray(block)
        end = start + len(block)
        if start != self.done or end > self.shape[0] or block.shape[1:] != self.shape[1:]:
            raise ValueError(
                f"Block {block.shape} at sample {start} does not fit {self.path}: expected (at most "
                f"{self.shape[0] - self.done}, {self.shape[1]}) at sample {self.done}."
            )
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(block, dtype=self.dtype)
        if self.dtype.itemsize < 4 and np.isinf(values).any() and not np.isinf(block).any():
            raise ValueError(f"Values up to {block.max():.6g} do not fit {self.dtype}; pass dtype='float32'.")
        try:
            self._put(start, values)
        except OSError as error:
            raise self._not_written(error) from error
        self.done = end

    def close(self, finished: bool = True) -> None:
        """Give the file its final name, if all is written; otherwise keep the part file."""
        if not self._is_open:
            return
        self._is_open, is_whole = False, False
        try:
            self._end(whole=finished and self.done == self.shape[0])
            if finished and self.done < self.shape[0]:
                there = f"{self.done:,} of {self.shape[0]:,} samples"
                raise ValueError(f"Wrote {there} to {self.part}; write the rest to finish.")
            is_whole = finished
        except OSError as error:
            if finished:
                raise self._not_written(error) from error
        finally:
            if not (is_whole or self.resumes):
                self.part.unlink(missing_ok=True)
        if finished:
            os.replace(self.part, self.path)

    def _not_written(self, error: Exception) -> OSError:
        kept = f"{self.done:,} of {self.shape[0]:,} samples are there, a second run resumes"
        return not_written(error, self.part, kept if self.resumes else "nothing of it is kept")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close(finished=kind is None)


class MatrixStream(BlockWriter):
    """Write samples × genes blocks into one dataset of a new HDF5 file, with resume.

    Parameters
    ----------
    path, shape, dtype
        As in `BlockWriter`.
    matrix : str
        Name of the dataset.
    job : str
        A half-written file of another job (see `signature`) is thrown away.
    first : callable
        Writes everything but the matrix into an open h5py.File.
    last : callable, optional
        Writes what is known only when all samples are there.
    matrix_attrs : dict, optional
        Attributes of the dataset.
    resume : bool
        False always begins anew.
    """

    def __init__(
        self,
        path,
        matrix: str,
        shape: tuple[int, int],
        dtype: str,
        job: str,
        first: Callable[[h5py.File], None],
        last: Callable[[h5py.File], None] = lambda h5: None,
        matrix_attrs: dict | None = None,
        resume: bool = True,
    ):
        super().__init__(path, shape, dtype)
        self._last = last
        self.done = self._done_before(job) if resume else 0
        check_space(self.path, (self.shape[0] - self.done) * self.shape[1] * self.dtype.itemsize)
        if not self.done:
            self._lay_out(matrix, job, first, matrix_attrs or {})
        with h5py.File(self.part, "r") as h5:
            self._offset = h5[matrix].id.get_offset()
        self._out = os.open(self.part, os.O_WRONLY)

    def _done_before(self, job: str) -> int:
        try:
            with h5py.File(self.part, "r") as h5:
                if h5.attrs.get(SIGNATURE) == job:
                    return int(h5.attrs[DONE])
        except FileNotFoundError:
            return 0
        except (OSError, KeyError) as error:
            log.warning("%s cannot be read (%s); beginning anew", self.part, error)
            return 0
        log.warning("%s belongs to another job; beginning anew", self.part)
        return 0

    def _lay_out(self, matrix: str, job: str, first: Callable, matrix_attrs: dict) -> None:
        self.part.unlink(missing_ok=True)
        try:
            with HDF5Writer(self.part) as h5:
                first(h5)
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
                links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
                links.set_create_intermediate_group(True)
                space, kind = h5py.h5s.create_simple(self.shape), h5py.h5t.py_create(self.dtype)
                data = h5py.Dataset(h5py.h5d.create(h5.id, matrix.encode(), kind, space, plist, links))
                data.attrs.update(matrix_attrs)
                h5.attrs.update({DONE: 0, SIGNATURE: job})
        except OSError as error:
            raise self._not_written(error) from error

    def _put(self, start: int, values: np.ndarray) -> None:
        left = memoryview(values).cast("B") if values.size else b""
        offset = self._offset + start * self.shape[1] * self.dtype.itemsize
        while len(left):
            count = os.pwrite(self._out, left[: 1 << 30], offset)
            left, offset = left[count:], offset + count
        with HDF5Writer(self.part, "r+") as h5:
            h5.attrs.modify(DONE, start + len(values))

    def _end(self, whole: bool) -> None:
        os.close(self._out)
        if whole:
            with HDF5Writer(self.part, "r+") as h5:
                self._last(h5)
                del h5.attrs[DONE], h5.attrs[SIGNATURE]
