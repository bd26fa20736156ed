"""Open HDF5 files, read slabs of their matrices in bounded memory, and write to disks that may be full."""

import io
from pathlib import Path

import h5py
import numpy as np

from l1000_rnaseq.data.files.disk import check_file
from l1000_rnaseq.data.files.text import LATIN

_SLAB_BYTES = 64 << 20


def open_hdf5(path: Path, kind: str) -> h5py.File:
    """Open an HDF5 file to read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is empty, truncated or no HDF5 file, in one sentence; `kind` says what it should be.
    """
    check_file(path, kind)
    if not h5py.is_hdf5(path):
        raise ValueError(
            f"{path} is not an HDF5 file, so not {kind}; check its format and suffix (.gz: unpack it)."
        )
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is truncated or damaged ({error}). Copy or download it again.") from error


class HDF5Writer(h5py.File):
    """An HDF5 file to write to; on a full disk `flush` and `close` raise an OSError.

    The HDF5 library ends the whole process, then or when it exits, where one of its own writes fails.

    Parameters
    ----------
    path : path-like
    mode : {"w", "r+"}
        A new file, or one that is there.
    **options
        Of h5py.File.
    """

    def __init__(self, path, mode: str = "w", **options):
        self._disk = _Disk(path, {"w": "w+", "r+": "r+"}[mode])
        try:
            super().__init__(self._disk, mode, **options)
        except BaseException:
            self._disk.close()
            raise

    def flush(self) -> None:
        """Write what is in memory to the disk."""
        super().flush()
        self._disk.check()

    def close(self) -> None:
        """Write what is in memory to the disk, and close the file."""
        super().close()
        self._disk.close()
        self._disk.check()


class _Disk(io.FileIO):
    """A file that keeps the error of its first failed write, and takes what follows as written."""

    error: OSError | None = None

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error

    def write(self, data) -> int:
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while len(left) and self.error is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        try:
            if self.error is None:
                return super().truncate(size)
        except OSError as error:
            self.error = error
        return size or 0


def read_slab(data: h5py.Dataset, start: int, stop: int, positions: np.ndarray | None) -> np.ndarray:
    """Read samples start..stop × some columns of a dataset in bounded memory, as float32."""
    columns = slice(None)
    if positions is not None and len(positions):
        columns = slice(int(positions.min()), int(positions.max()) + 1)
        positions = positions - columns.start
    width = len(range(*columns.indices(data.shape[1])))
    out = np.empty((stop - start, width if positions is None else len(positions)), np.float32)
    if positions is None:
        if out.size:
            data.read_direct(out, np.s_[start:stop, columns])
        return out
    step = max(1, _SLAB_BYTES // max(1, width * data.dtype.itemsize))
    if data.chunks:
        step = max(data.chunks[0], step - step % data.chunks[0])
    first = start
    while first < stop:
        last = min(stop, first - first % step + step)
        out[first - start : last - start] = data[first:last, columns][:, positions]
        first = last
    return out


def as_texts(data: h5py.Dataset) -> np.ndarray:
    """Read a dataset of text as an array of str, without the zeros that some writers pad with."""
    texts = [v.decode("utf-8", LATIN) if isinstance(v, bytes) else str(v) for v in data[()].ravel().tolist()]
    return np.array([text.rstrip("\0") for text in texts], dtype=object)
