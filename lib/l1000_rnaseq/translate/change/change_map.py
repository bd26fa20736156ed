"""A bundle's model of changes: from the changes of L1000's landmarks to those of the whole genome."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ChangeMap:
    """A linear map of changes: landmarks as measured, and the other genes through hidden factors.

    Both sides are differences between treated and control, log2. A landmark's factor serves the other genes
    only. It weighs landmarks against each other and does not say how large a change is.

    Attributes
    ----------
    scale : float32 array, landmarks
        Factor of each landmark as an input, see `landmark_scale`.
    left : float32 array, landmarks × rank
    right : float32 array, rank × other genes
        See `change.fit.fit_change`.
    """

    scale: np.ndarray
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
        landmarks : float32 array, samples × landmarks, log2 intensity
            The change as measured.
        hidden : float32 array, samples × rank
            Times `right`, the changes of the other genes.
        """
        landmarks = np.asarray(change, np.float32)
        return landmarks, (landmarks * self.scale) @ self.left

    def transform(self, change: np.ndarray) -> np.ndarray:
        """Translate changes of log2 intensity (samples × landmarks): samples × genes, log2, float32."""
        landmarks, hidden = self.factors(change)
        out = np.empty((len(landmarks), landmarks.shape[1] + self.right.shape[1]), np.float32)
        out[:, : landmarks.shape[1]] = landmarks
        np.matmul(hidden, self.right, out=out[:, landmarks.shape[1] :])
        return out
