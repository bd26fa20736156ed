"""Kernel step 2: ridge regression on Gaussian similarities to sampled profiles (Nyström features).

A gene may answer to a tissue and not to a landmark alone: similarity to whole profiles sees that, a linear
map does not. The features of Williams and Seeger (2001) keep it one Gram matrix, summed up in chunks.
"""

from dataclasses import dataclass, replace

import numpy as np

from l1000_rnaseq.stats.in_blocks import Rows
from l1000_rnaseq.translate.step2.linear import FactoredMap, Gram


@dataclass(frozen=True)
class KernelMap(FactoredMap):
    """y = exp(−‖(x − mean) · projection − centre‖² / width) · left · right + intercept.

    Attributes
    ----------
    mean : float32 array, landmarks
    projection : float32 array, landmarks × components
        Standardises and takes principal components.
    centres : float32 array, centres × components
        Sampled training profiles.
    width : float32 array, no dimension
    left : float32 array, centres × rank
    right : float32 array, rank × targets
    intercept : float32 array, targets
    """

    mean: np.ndarray
    projection: np.ndarray
    centres: np.ndarray
    width: np.ndarray
    left: np.ndarray
    right: np.ndarray
    intercept: np.ndarray

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to the factors behind the targets; samples × rank, float32."""
        inner = (np.asarray(x, np.float32) - self.mean) @ self.projection
        return gaussian_kernel(inner, self.centres, self.width) @ self.left

    def through(self, x: np.ndarray, y: np.ndarray) -> "KernelMap":
        """Return the map moved along both sides: its mean is now the profile `x`, which it takes to `y`."""
        moved = replace(self, mean=np.asarray(x, np.float32))
        gap = np.asarray(y) - moved.transform(np.asarray(x)[None])[0]
        return replace(moved, intercept=(self.intercept + gap).astype(np.float32))


def gaussian_kernel(x: np.ndarray, centres: np.ndarray, width: float) -> np.ndarray:
    """Return Gaussian similarities of projected profiles to centres: samples × centres, float32."""
    x, centres = np.asarray(x, np.float32), np.asarray(centres, np.float32)
    squares = x @ (-2 * centres.T)
    squares += (x**2).sum(axis=1)[:, None]
    squares += (centres**2).sum(axis=1)
    np.maximum(squares, 0, out=squares)
    squares /= -np.float32(width)
    return np.exp(squares, out=squares)


def fit_kernel(
    x: np.ndarray,
    y: np.ndarray | Rows,
    alpha: float = 1e-4,
    rank: int | None = None,
    n_centres: int = 1024,
    components: int = 256,
    width: float = 3.0,
    seed: int = 0,
    chunk: int = 4096,
) -> KernelMap:
    """Fit kernel ridge regression on Nyström features.

    Parameters
    ----------
    x, y : array, samples × landmarks, samples × targets
    alpha : float
        Penalty as a share of the number of samples, on the norm of the kernel's functions.
    rank : int, optional
        Rank of the coefficient matrix; see `Gram.solve`.
    n_centres : int
        Profiles drawn as centres; all samples where there are no more.
    components : int
        Principal components of the standardised landmarks between which distances are taken.
    width : float
        Of the kernel, in medians of the squared distance between centres.
    seed : int
        Of the draw.
    chunk : int
        Samples at a time.

    Returns
    -------
    KernelMap
    """
    from scipy.linalg import eigh  # here, since a translation needs no SciPy
    from scipy.spatial.distance import cdist, pdist

    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    rows = np.sort(np.random.default_rng(seed).choice(len(x), min(n_centres, len(x)), replace=False))
    drawn, first = (x[rows] - mean) / scale, max(0, x.shape[1] - components)
    _, basis = eigh(drawn.T @ drawn, subset_by_index=(first, x.shape[1] - 1))
    projection = basis / scale[:, None]
    centres = (x[rows] - mean) @ projection
    width = width * np.median(pdist(centres, "sqeuclidean"))
    values, vectors = eigh(np.exp(-cdist(centres, centres, "sqeuclidean") / width))
    keep = values > 1e-6 * values.max()  # what float32 features can tell from rounding
    whiten = vectors[:, keep] / np.sqrt(values[keep])
    gram = Gram(int(keep.sum()), y.shape[1], standardised=False)
    for start in range(0, len(x), chunk):
        near = gaussian_kernel((x[start : start + chunk] - mean) @ projection, centres, width)
        gram.add(near @ whiten, y[start : start + chunk])
    fitted = gram.solve(alpha, rank)
    parts = (mean, projection, centres, np.array(width), whiten @ fitted.left, fitted.right, fitted.intercept)
    return KernelMap(*(np.asarray(part, np.float32) for part in parts))
