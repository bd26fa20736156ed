"""Large matrices a block at a time: float64 copies of 50,000 whole genomes would not fit into memory."""

from dataclasses import dataclass

import numpy as np


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
    """Some rows of a matrix, copied only when they are asked for.

    Attributes
    ----------
    values : array, samples × genes
    index : int array
        Positions of the rows, in order.

    Examples
    --------
    >>> Rows(np.arange(8).reshape(4, 2), np.array([3, 1]))[:1]
    array([[6, 7]])
    """

    values: np.ndarray
    index: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.index), self.values.shape[1]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows) -> np.ndarray:
        return self.values[self.index[rows]]


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
