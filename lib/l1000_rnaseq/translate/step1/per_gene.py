"""Closed-form translators that any network has to beat; all share `fit(x, y, …)` and `transform(x)`."""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.stats.variance import moments


@dataclass(frozen=True)
class Affine:
    """A per-gene affine map y = slope · x + intercept, in landmark space.

    `fit_identity`, `fit_mean`, `fit_ratio` and `fit_mean_variance` all yield one.
    """

    slope: np.ndarray
    intercept: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map L1000 landmarks (samples × genes) to RNA-seq-like ones; float32."""
        return (x * self.slope + self.intercept).astype(np.float32)


def fit_identity(x, y, wx=None, wy=None) -> Affine:
    """Leave the L1000 intensities as they are."""
    return Affine(np.ones(x.shape[1]), np.zeros(x.shape[1]))


def fit_mean(x, y, wx=None, wy=None) -> Affine:
    """Predict the (weighted) RNA-seq training mean, whatever the input."""
    return Affine(np.zeros(x.shape[1]), moments(y, wy)[0])


def fit_ratio(x, y, wx=None, wy=None) -> Affine:
    """Multiply each gene by the ratio of its RNA-seq mean to its L1000 mean (the paper's baseline)."""
    return Affine(moments(y, wy)[0] / np.maximum(moments(x, wx)[0], 1e-6), np.zeros(x.shape[1]))


def fit_mean_variance(x, y, wx=None, wy=None) -> Affine:
    """Match mean and standard deviation of each gene (FSMVN); x, y: samples × genes, wx, wy: weights."""
    (mean_x, sd_x), (mean_y, sd_y) = moments(x, wx), moments(y, wy)
    slope = sd_y / np.maximum(sd_x, 1e-6)
    return Affine(slope, mean_y - slope * mean_x)


@dataclass(frozen=True)
class QuantileMatch:
    """A per-gene monotone map through matched quantiles.

    Attributes
    ----------
    source, target : array, genes × quantiles
        L1000 and RNA-seq training quantiles of each gene.
    """

    source: np.ndarray
    target: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map each gene by interpolation; beyond the training range the end quantiles are shifted along."""
        columns = []
        for values, source, target in zip(x.T, self.source, self.target, strict=True):
            over = np.maximum(values - source[-1], 0) + np.minimum(values - source[0], 0)
            columns.append(np.interp(values, source, target) + over)
        return np.stack(columns, axis=1).astype(np.float32)


def fit_quantile_match(x, y, wx=None, wy=None, n_quantiles: int = 65) -> QuantileMatch:
    """Learn the quantiles of each gene on both sides; x, y: samples × genes, wx, wy: sample weights."""
    levels = np.linspace(0, 1, n_quantiles)
    return QuantileMatch(_weighted_quantiles(x, wx, levels), _weighted_quantiles(y, wy, levels))


def _weighted_quantiles(values: np.ndarray, weights: np.ndarray | None, levels: np.ndarray) -> np.ndarray:
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(values, axis=0)
    out = np.empty((values.shape[1], len(levels)))
    for gene in range(values.shape[1]):
        rows = order[:, gene]
        centre = np.cumsum(weights[rows]) - weights[rows] / 2
        out[gene] = np.interp(levels, centre / weights.sum(), values[rows, gene])
        out[gene] += np.arange(len(levels)) * 1e-9  # strictly ascending where a gene is constant
    return out
