"""Step 1 of D-GEX on L1000: joint quantile normalisation, then each gene's moments (Chen 2016)."""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.normalize import fit_reference, quantile_normalize


@dataclass(frozen=True)
class JointQuantile:
    """Quantile normalise each sample, then take each gene from L1000's mean and spread to RNA-seq's.

    Attributes
    ----------
    reference : array, landmarks
        Sorted training quantiles of the RNA-seq landmarks, log(CPM+1).
    slope, intercept : array, landmarks
        Per-gene map after the quantiles.
    """

    reference: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map L1000 landmarks (samples × landmarks, log2 intensity) to RNA-seq-like ones; float32."""
        return (quantile_normalize(x, self.reference) * self.slope + self.intercept).astype(np.float32)


def fit_joint_quantile(x, y, wx=None, wy=None) -> JointQuantile:
    """Learn the common distribution and both sides' moments; x, y: samples × landmarks, wx, wy: weights.

    Chen et al. normalise the platforms jointly over all genes and standardise each platform by itself (2.1).
    L1000 measures landmarks only, so the common distribution is that of the RNA-seq landmarks. Standardising
    L1000 by its own training moments and undoing RNA-seq's is this map's affine part.
    """
    reference = fit_reference(y, wy)
    (mean_x, sd_x), (mean_y, sd_y) = moments(quantile_normalize(x, reference), wx), moments(y, wy)
    slope = sd_y / np.maximum(sd_x, 1e-6)
    return JointQuantile(reference, slope, mean_y - slope * mean_x)
