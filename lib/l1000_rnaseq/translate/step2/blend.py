"""Blended step 2: the mean of a kernel and two linear regressions, stored as one map."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.stats.in_blocks import Rows, mean_and_sd
from l1000_rnaseq.translate.settings import BlendSettings
from l1000_rnaseq.translate.step2.kernel import KernelMap, fit_kernel, gaussian_kernel
from l1000_rnaseq.translate.step2.linear import fit_linear

FEWEST_LINES = 20  # a ridge on fewer cell lines is left out


@dataclass(frozen=True)
class BlendMap(KernelMap):
    """A kernel map with a linear part: y = (k(x) · left + (x − mean) · direct) · right + intercept.

    Attributes
    ----------
    direct : float32 array, landmarks × rank
    """

    direct: np.ndarray

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to the factors behind the targets; samples × rank, float32."""
        inner = np.asarray(x, np.float32) - self.mean
        near = gaussian_kernel(inner @ self.projection, self.centres, self.width)
        return near @ self.left + inner @ self.direct


def fit_blend(
    x: np.ndarray,
    y: np.ndarray | Rows,
    is_line: np.ndarray,
    settings: BlendSettings,
    seed: int = 0,
    chunk: int = 4096,
) -> BlendMap:
    """Fit the three regressions and store their mean at a rank.

    Parameters
    ----------
    x, y : array, samples × landmarks, samples × targets
        Deviations from the mean of each source, log(CPM+1).
    is_line : bool array, samples
        Cell lines; with fewer than `FEWEST_LINES` the mean is of two regressions.
    settings : BlendSettings
    seed : int
        Of the kernel's centres.
    chunk : int
        Samples at a time.

    Returns
    -------
    BlendMap
        The stored rank keeps most of the fitted variance of genes of unit variance, so that every gene counts
        the same.
    """
    from scipy.linalg import eigh  # here, since a translation needs no SciPy

    kernel = fit_kernel(
        x, y, settings.alpha, None, settings.n_centres, settings.components, settings.width, seed, chunk
    )
    ridge = fit_linear(x, y, settings.ridge_alpha)
    linear, n = ridge.left.astype(np.float64) @ ridge.right, 2
    if is_line.sum() >= FEWEST_LINES:
        linear += _ridge_by_samples(x[is_line], y[is_line], settings.lines_alpha)
        n = 3
    level, spread = mean_and_sd(y)
    n_centres, scale = len(kernel.centres), np.maximum(spread, 0.05)
    weights = np.vstack([kernel.left.astype(np.float64) @ kernel.right, linear])
    weights /= n
    weights /= scale
    features = _features(kernel, x, chunk)
    if len(x) <= len(weights):  # few samples: their fitted values are the smaller matrix
        fitted = np.vstack(list(features)) @ weights
    else:
        values, vectors = eigh(sum(part.T @ part for part in features))
        fitted = (np.sqrt(np.maximum(values, 0))[:, None] * vectors.T) @ weights
    rank = min(settings.rank, *fitted.shape)
    _, basis = eigh(fitted @ fitted.T, subset_by_index=(len(fitted) - rank, len(fitted) - 1))
    right = np.linalg.qr((basis.T @ fitted).T)[0].T  # orthonormal rows: the directions that are kept
    left = weights @ right.T
    parts = (kernel.mean, kernel.projection, kernel.centres, kernel.width, left[:n_centres], right * scale)
    level = level - _mean_hidden(x, parts, left[n_centres:]) @ (right * scale)
    return BlendMap(*(np.asarray(part, np.float32) for part in (*parts, level, left[n_centres:])))


def _features(kernel: KernelMap, x: np.ndarray, chunk: int) -> Iterator[np.ndarray]:
    """Yield what the coefficients act on, samples × (centres + landmarks), a chunk of samples at a time."""
    for start in range(0, len(x), chunk):
        part = np.asarray(x[start : start + chunk], np.float32) - kernel.mean
        near = gaussian_kernel(part @ kernel.projection, kernel.centres, kernel.width)
        yield np.hstack([near, part]).astype(np.float64)


def _mean_hidden(x: np.ndarray, parts: tuple, direct: np.ndarray) -> np.ndarray:
    """Return the mean factors of the samples, so that the mean prediction is the mean target."""
    mean, projection, centres, width, left, _ = parts
    inner = x - mean
    return (gaussian_kernel(inner @ projection, centres, width) @ left + inner @ direct).mean(axis=0)


def _ridge_by_samples(x: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    """Regress deviations on standardised deviations, in the dual form for fewer samples than landmarks.

    Returns
    -------
    array, landmarks × targets: (XᵀX + alpha · landmarks · I)⁻¹ Xᵀ Y. A spread below 0.1 counts as 0.1.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    scale = np.maximum(x.std(axis=0), 0.1)
    scaled = x / scale
    similarity = scaled @ scaled.T / x.shape[1]
    dual = np.linalg.solve(similarity + alpha * np.eye(len(x)), y)
    return scaled.T @ dual / x.shape[1] / scale[:, None]
