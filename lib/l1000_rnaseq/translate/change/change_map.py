"""A bundle's model of changes: what L1000's landmarks change by → what the whole genome changes by."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ChangeMap:
    """A linear map of changes in two parts: the landmarks themselves, and the other genes through factors.

    Both sides are differences between treated and control, log2. The landmarks come from step 1 without its
    noise filter: a filter would shrink changes. The other genes come from `change.fit.fit_change`.

    Attributes
    ----------
    landmarks : float32 array, landmarks × landmarks
        log2 intensity of L1000 → log2(CPM+1).
    left : float32 array, landmarks × rank
    right : float32 array, rank × other genes
    """

    landmarks: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def factors(self, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a change is stored as.

        Parameters
        ----------
        change : array, samples × landmarks
            Change of log2 intensity.

        Returns
        -------
        landmarks : float32 array, samples × landmarks, log2(CPM+1)
        hidden : float32 array, samples × rank
            Times `right`, the changes of the other genes.
        """
        first = np.asarray(change, np.float32) @ self.landmarks
        return first, first @ self.left

    def transform(self, change: np.ndarray) -> np.ndarray:
        """Translate changes of log2 intensity (samples × landmarks): samples × genes, log2, float32."""
        first, hidden = self.factors(change)
        out = np.empty((len(first), first.shape[1] + self.right.shape[1]), np.float32)
        out[:, : first.shape[1]] = first
        np.matmul(hidden, self.right, out=out[:, first.shape[1] :])
        return out
