"""Genomes of a model of changes as few numbers, whose inner products are those of the genomes."""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.translate.change.change_map import ChangeMap


@dataclass(frozen=True)
class Coordinates:
    """Orthonormal coordinates of everything that a `ChangeMap` can predict.

    A translated genome is its landmarks and a few hidden factors, times a matrix that all genomes share. With
    orthonormal rows in that matrix, lengths, angles and means over 16,000 genes follow from some 1,200
    coordinates. So a signature is computed without its genome.

    Attributes
    ----------
    change : ChangeMap
    mean : float32 array, landmarks
        The profile (log2 intensity) that changes are counted from.
    level : float32 array, landmarks + hidden
        Coordinates of its genome, log2(CPM+1).
    ones : float64 array, landmarks + hidden
        Coordinates of a genome that is 1 for every gene.
    turn : float32 array, rank × hidden
        From the factors of `change` to coordinates.
    basis : float32 array, hidden × other genes
        Orthonormal rows; the first `rank` of them carry changes, the others the level and a constant.

    Examples
    --------
    >>> change = ChangeMap(np.ones(2), np.ones((2, 1)), np.array([[1.0, 2.0, 0.5]]))
    >>> space = Coordinates.of(change, np.array([7.0, 8.0]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    >>> space.genomes(space.profiles(np.array([[8.0, 8.0]]))).round(3).tolist()
    [[2.0, 2.0, 4.0, 6.0, 5.5]]
    """

    change: ChangeMap
    mean: np.ndarray
    level: np.ndarray
    ones: np.ndarray
    turn: np.ndarray
    basis: np.ndarray

    @classmethod
    def of(cls, change: ChangeMap, mean: np.ndarray, level: np.ndarray) -> "Coordinates":
        """Find the coordinates.

        Parameters
        ----------
        change : ChangeMap
        mean : array, landmarks, log2 intensity
        level : array, genes, log2(CPM+1)
            The genome of `mean`.
        """
        n, rank = change.left.shape[0], len(change.right)
        level = np.asarray(level, np.float64)
        rows = np.vstack([change.right, level[n:], np.ones(len(level) - n)]).astype(np.float64)
        basis, triangle = np.linalg.qr(rows.T)
        return cls(
            change,
            np.asarray(mean, np.float32),
            np.r_[level[:n], triangle[:, rank]].astype(np.float32),
            np.r_[np.ones(n), triangle[:, rank + 1]],
            triangle[:, :rank].T.astype(np.float32),
            np.ascontiguousarray(basis.T, np.float32),
        )

    @property
    def rank(self) -> int:
        """How many hidden coordinates a change has."""
        return len(self.turn)

    def changes(self, change: np.ndarray) -> np.ndarray:
        """Return the coordinates of changes of log2 intensity: samples × (landmarks + hidden)."""
        first, hidden = self.change.factors(change)
        return np.hstack([first, hidden @ self.turn])

    def profiles(self, x: np.ndarray) -> np.ndarray:
        """Return the coordinates of translated profiles (samples × landmarks, log2 intensity).

        Their differences are changes; see `Bundle.for_changes`.
        """
        return self.level + self.changes(np.asarray(x, np.float32) - self.mean)

    def genomes(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the genomes of coordinates: samples × genes, float32."""
        n = self.change.left.shape[0]
        return np.hstack([coordinates[:, :n], coordinates[:, n:] @ self.basis])
