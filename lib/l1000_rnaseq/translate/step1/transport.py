"""Closed-form step 1 that uses all genes of a profile: Gaussian optimal transport, CORAL, Wiener filter.

Each gene is standardised on its side first. What remains to match are the correlations between genes, which
few lines estimate badly, so both sides are shrunk towards none; at full shrinkage every map here is
`per_gene.fit_mean_variance`. The map may move information between genes, which no per-gene map can.
"""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.settings import SHRINK


@dataclass(frozen=True)
class JointAffine:
    """y = (x − centre) · weights + mean: an affine map in which each output gene sees every input gene.

    Attributes
    ----------
    centre : array, genes
        L1000 mean, log2 intensity.
    weights : array, genes in × genes out
    mean : array, genes
        RNA-seq mean, log(CPM+1).
    """

    centre: np.ndarray
    weights: np.ndarray
    mean: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map L1000 landmarks (samples × genes) to RNA-seq-like ones; float32."""
        centre, weights, mean = (np.asarray(v, np.float32) for v in (self.centre, self.weights, self.mean))
        return (np.asarray(x, np.float32) - centre) @ weights + mean


def fit_monge(x, y, wx=None, wy=None, shrink: float = SHRINK, deviation: float = 1.0) -> JointAffine:
    """Fit the Gaussian optimal transport (Monge) map between shrunk covariances.

    Of all linear maps that carry the one covariance into the other it moves profiles least, so it is
    symmetric in standardised genes and turns no direction needlessly.

    Parameters
    ----------
    x, y : array, samples × genes
    wx, wy : array, samples, optional
        Weights.
    shrink : float
        0 keeps the sample correlations, 1 drops them.
    deviation : float
        Factor on the deviation from the mean: below 1, a smaller error and a smaller spread.
    """
    (mean_x, sd_x, corr_x), (mean_y, sd_y, corr_y) = _moments(x, wx, shrink), _moments(y, wy, shrink)
    root, inverse = _power(corr_x, 0.5), _power(corr_x, -0.5)
    core = inverse @ _power(root @ corr_y @ root, 0.5) @ inverse
    return JointAffine(mean_x, deviation * core * np.outer(1 / sd_x, sd_y), mean_y)


def fit_coral(x, y, wx=None, wy=None, shrink: float = SHRINK) -> JointAffine:
    """Fit CORAL (Sun et al. 2016): whiten with one side's shrunk correlations, colour with the other's.

    Parameters
    ----------
    x, y, wx, wy, shrink
        As in `fit_monge`.
    """
    (mean_x, sd_x, corr_x), (mean_y, sd_y, corr_y) = _moments(x, wx, shrink), _moments(y, wy, shrink)
    core = _power(corr_x, -0.5) @ _power(corr_y, 0.5)
    return JointAffine(mean_x, core * np.outer(1 / sd_x, sd_y), mean_y)


def fit_wiener(x, y, wx=None, wy=None, noise=None, shrink: float = SHRINK) -> JointAffine:
    """Fit a Wiener filter (best linear unbiased prediction of the noiseless profile), then match moments.

    Parameters
    ----------
    x, y, wx, wy, shrink
        As in `fit_monge`.
    noise : array, genes
        Variance of the noise in L1000: of repeats of a line (`stats.variance.pooled_variance`).
    """
    (mean_x, sd_x, corr_x), (mean_y, sd_y, _) = _moments(x, wx, shrink), _moments(y, wy, shrink)
    noisy = np.diag(np.minimum(noise / sd_x**2, 0.95))
    values, vectors = np.linalg.eigh(corr_x - noisy)
    signal = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    core = np.linalg.solve(signal + noisy, signal)
    left = np.sqrt(np.diag(core.T @ corr_x @ core))
    return JointAffine(mean_x, core * np.outer(1 / sd_x, sd_y / left), mean_y)


def chained(first: JointAffine, second: JointAffine) -> JointAffine:
    """Return the map that applies one, then the other."""
    shift = (first.mean - second.centre) @ second.weights + second.mean
    return JointAffine(first.centre, first.weights @ second.weights, shift)


def blended(*maps: JointAffine) -> JointAffine:
    """Return the mean of maps that share their centre."""
    weights = np.mean([affine.weights for affine in maps], axis=0)
    return JointAffine(maps[0].centre, weights, np.mean([affine.mean for affine in maps], axis=0))


def _moments(values: np.ndarray, weights: np.ndarray | None, shrink: float):
    """Return weighted means, standard deviations and shrunk correlations of genes."""
    if not 0 <= shrink <= 1:
        raise ValueError(f"shrink is {shrink}; expected 0 to 1.")
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    mean, sd = moments(values, weights)
    sd = np.maximum(sd, 1e-6)
    used = weights > 0
    scaled = (values[used] - mean) / sd * np.sqrt(weights[used] / weights.sum())[:, None]
    return mean, sd, (1 - shrink) * (scaled.T @ scaled) + shrink * np.eye(len(mean))


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Return a power of a symmetric, positive semidefinite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-8) ** exponent) @ vectors.T
