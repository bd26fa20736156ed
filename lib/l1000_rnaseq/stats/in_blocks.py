"""Large matrices a block at a time: float64 copies of 50,000 whole genomes would not fit into memory."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd


def blocks(n: int, size: int = 1000) -> list[slice]:
    """Cut 0…n into slices of at most `size`; one empty slice where there is nothing.

    Examples
    --------
    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)] or [slice(0, 0)]


@dataclass(frozen=True)
class Rows:
    """Some rows and columns of a matrix, less the mean of each row's group. They are copied when asked for.

    Attributes
    ----------
    values : array, samples × genes
    index : int array
        Positions of the rows, in order.
    columns : int array, optional
        Positions of the columns, in order; all where absent.
    groups : int array, samples, optional
        Group of each sample of `values`.
    means : array, groups × columns, optional
        What is subtracted; where a value or a mean is missing, 0 comes out. See `less_group_means`.

    Examples
    --------
    >>> Rows(np.arange(8).reshape(4, 2), np.array([3, 1]))[:1]
    array([[6, 7]])
    """

    values: np.ndarray
    index: np.ndarray
    columns: np.ndarray | None = None
    groups: np.ndarray | None = None
    means: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.index), self.values.shape[1] if self.columns is None else len(self.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows) -> np.ndarray:
        return self._part(self.index[rows], slice(None))

    def of(self, rows: np.ndarray) -> "Rows":
        """Return some of these rows, by position or mask."""
        return replace(self, index=self.index[rows])

    def genes(self, genes: slice) -> np.ndarray:
        """Return all rows of some of the columns."""
        return self._part(self.index, genes)

    def less_group_means(self, names: np.ndarray) -> "Rows":
        """Subtract from each row the mean of its group (names: one for each of these rows); once only."""
        if self.means is not None:
            raise ValueError("the means of groups are subtracted already; copy the rows first.")
        groups = np.zeros(len(self.values), int)
        groups[self.index] = np.unique(names, return_inverse=True)[1]
        means = [
            pd.DataFrame(self.genes(genes)).groupby(groups[self.index]).mean().to_numpy()
            for genes in blocks(self.shape[1])
        ]
        return replace(self, groups=groups, means=np.hstack(means))

    def _part(self, index: np.ndarray, genes: slice) -> np.ndarray:
        chosen = genes if self.columns is None else self.columns[genes]
        part = self.values[index, chosen] if self.columns is None else self.values[np.ix_(index, chosen)]
        if self.means is not None:
            for rows in blocks(len(part)):
                part[rows] -= self.means[self.groups[index[rows]], genes]
                part[rows][np.isnan(part[rows])] = 0
        return part


def mean_and_sd(values: "np.ndarray | Rows") -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column, float64, in two passes over blocks of rows."""
    n, width = values.shape
    total, squares = np.zeros(width), np.zeros(width)
    for rows in blocks(n):
        total += values[rows].sum(axis=0, dtype=np.float64)
    mean = total / n
    for rows in blocks(n):
        squares += ((values[rows] - mean) ** 2).sum(axis=0)
    return mean, np.sqrt(squares / n)
