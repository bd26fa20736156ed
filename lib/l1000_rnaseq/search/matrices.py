"""The two ways to keep signatures × genes: as factors that all signatures share, or in full."""

from dataclasses import dataclass
from typing import Protocol

import h5py
import numpy as np

BLOCK = 1024  # signatures whose factors are in float32 at a time: they stay in the cache


class Matrix(Protocol):
    """Signatures × genes, read by gene or by signature."""

    shape: tuple[int, int]

    def by_gene(self, genes: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """Return some genes of some signatures: rows × genes, float32."""

    def whole(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return all genes of some signatures: rows × genes, float32."""

    def kept(self, rows: np.ndarray | slice, width: int) -> np.ndarray:
        """Return some signatures as they are kept, with zeros up to a width: rows × width, float32."""

    def stored(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return some signatures as the file has them, float16."""


@dataclass(frozen=True)
class Dense:
    """Every value.

    Attributes
    ----------
    values : float16 array, genes × signatures
    """

    values: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Signatures, genes."""
        return self.values.shape[::-1]

    def by_gene(self, genes: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """Return some genes of some signatures: rows × genes, float32."""
        return np.array([self.values[gene][rows] for gene in genes], np.float32).T

    def whole(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return all genes of some signatures: rows × genes, float32."""
        return np.ascontiguousarray(self.values[:, rows].T, np.float32)

    def kept(self, rows: np.ndarray | slice, width: int) -> np.ndarray:
        """Return the same: values are kept as they are."""
        return self.whole(rows)

    def stored(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return some signatures as the file has them: rows × genes, float16."""
        return np.ascontiguousarray(self.values[:, rows].T)


@dataclass(frozen=True)
class Factored:
    """The first genes as they are, the others as factors times a basis that all signatures share.

    Attributes
    ----------
    first : float16 array, genes × signatures
    hidden : float16 array, signatures × factors
    basis : float32 array, factors × other genes
    """

    first: np.ndarray
    hidden: np.ndarray
    basis: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Signatures, genes."""
        return len(self.hidden), len(self.first) + self.basis.shape[1]

    def by_gene(self, genes: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """Return some genes of some signatures: rows × genes, float32."""
        genes, n_first = np.asarray(genes), len(self.first)
        rows = np.arange(len(self.hidden))[rows] if isinstance(rows, slice) else np.asarray(rows)
        out = np.empty((len(rows), len(genes)), np.float32)
        asked = together(rows)
        for column in np.flatnonzero(genes < n_first):
            out[:, column] = self.first[genes[column]][asked]
        others = genes >= n_first
        if others.any():
            basis, hidden = self.basis[:, genes[others] - n_first], np.asarray(self.hidden)
            if isinstance(asked, slice):
                hidden, rows = hidden[asked], None
            for start in range(0, len(out), BLOCK):
                part = slice(start, start + BLOCK)
                out[part, others] = as_float32(hidden[part if rows is None else rows[part]]) @ basis
        return out

    def whole(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return all genes of some signatures: rows × genes, float32."""
        hidden = as_float32(self.hidden[rows])
        out = np.empty((len(hidden), self.shape[1]), np.float32)
        out[:, : len(self.first)] = self.first[:, rows].T
        np.matmul(hidden, self.basis, out=out[:, len(self.first) :])
        return out

    def kept(self, rows: np.ndarray | slice, width: int) -> np.ndarray:
        """Return some signatures as they are kept, with zeros up to a width: rows × width, float32."""
        out = self.stored(rows).astype(np.float32)
        return np.pad(out, ((0, 0), (0, width - out.shape[1])))

    def stored(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return some signatures as the file has them: rows × (genes kept as they are, factors), float16."""
        return np.hstack([self.first[:, rows].T, self.hidden[rows]])


def as_float32(values: np.ndarray) -> np.ndarray:
    """Return finite float16 values as float32: the same as `astype`, in a third of its time.

    The bits of a float16 are put where a float32 has them. Its exponent is then 112 too small.
    """
    bits = values.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70002000)  # the sign, the exponent and the fraction
    floats = bits.view(np.float32)
    floats *= np.float32(2.0**112)
    return floats


def together(rows: np.ndarray) -> np.ndarray | slice:
    """Return row numbers that follow one another as a slice: nothing is copied to read it."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def mapped(data: h5py.Dataset, path) -> np.ndarray:
    """Return a contiguous dataset as a read-only memory map: only what is asked for is read."""
    offset = data.id.get_offset()
    if offset is None or data.size == 0:
        return data[()]
    return np.memmap(path, data.dtype, "r", offset, data.shape)


def open_matrix(group: h5py.Group, path, basis: np.ndarray | None) -> Dense | Factored:
    """Open one of the matrices of an index; `basis` is None where it is kept in full."""
    if basis is None:
        return Dense(mapped(group["values"], path))
    hidden = mapped(group["hidden"], path)
    return Factored(mapped(group["first"], path), hidden, basis[: hidden.shape[1]])
