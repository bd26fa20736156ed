"""Linear step 2: least squares and ridge from a Gram matrix that is summed up in chunks."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.stats.in_blocks import Rows, blocks


class FactoredMap:
    """A map whose last layer is linear: y = hidden(x) · right + intercept."""

    def transform(self, x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Map landmarks (samples × landmarks) to targets (samples × targets, float32; into `out`)."""
        out = np.matmul(self.hidden(x), self.right, out=out)
        out += self.intercept
        return out


@dataclass(frozen=True)
class LinearMap(FactoredMap):
    """y = (x · left) · right + intercept, the two factors of a (reduced-rank) coefficient matrix.

    Attributes
    ----------
    left : float32 array, landmarks × rank
    right : float32 array, rank × targets
    intercept : float32 array, targets
    """

    left: np.ndarray
    right: np.ndarray
    intercept: np.ndarray

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to the factors behind the targets; samples × rank, float32."""
        return np.asarray(x, np.float32) @ self.left

    def through(self, x: np.ndarray, y: np.ndarray) -> "LinearMap":
        """Return the map with the intercept that takes the profile `x` to `y`, slopes as they are."""
        intercept = np.asarray(y) - np.asarray(x) @ self.left @ self.right
        return LinearMap(self.left, self.right, intercept.astype(np.float32))


class Gram:
    """Sums of x'x, x'y, x, y over chunks of samples: exact at any number of samples, in one pass.

    Sums are linear, so the Gram of all but some samples is a difference: cross-validation by series costs no
    second pass over the data. `standardised` says whether the penalty sees inputs of unit variance.
    """

    def __init__(self, n_landmarks: int, n_targets: int, standardised: bool = True):
        self.standardised = standardised
        self.weight = 0.0
        self.x, self.y = np.zeros(n_landmarks), np.zeros(n_targets)
        self.xx = np.zeros((n_landmarks, n_landmarks))
        self.xy = np.zeros((n_landmarks, n_targets))

    def add(self, x: np.ndarray, y: np.ndarray | Rows, weights: np.ndarray | None = None) -> "Gram":
        """Add samples (× landmarks, × targets: an array, or `Rows`), each with its weight."""
        self.__dict__.pop("_spectrum", None)
        weights = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
        for rows in blocks(len(x)):
            part, y_part, w = np.asarray(x[rows], np.float64), np.asarray(y[rows], np.float64), weights[rows]
            xw = part * w[:, None]
            self.weight += w.sum()
            self.x += xw.sum(0)
            self.y += w @ y_part
            self.xx += xw.T @ part
            self.xy += xw.T @ y_part
        return self

    def combine(self, other: "Gram", sign: int = 1) -> "Gram":
        """Return the sums of both sets of samples, or with sign −1 those of the samples not in `other`."""
        result = Gram(len(self.x), len(self.y), self.standardised)
        for name in ("weight", "x", "y", "xx", "xy"):
            setattr(result, name, getattr(self, name) + sign * getattr(other, name))
        return result

    @functools.cached_property
    def _spectrum(self):
        """Means, scales and eigendecomposition of the standardised landmarks; shared by all penalties."""
        from scipy import linalg  # here, since a translation needs no SciPy

        mean_x, mean_y = self.x / self.weight, self.y / self.weight
        cov = self.xx / self.weight - np.outer(mean_x, mean_x)
        cross = self.xy / self.weight - np.outer(mean_x, mean_y)
        scale = np.sqrt(np.maximum(np.diag(cov), 1e-12)) if self.standardised else np.ones(len(cov))
        values, vectors = linalg.eigh(cov / np.outer(scale, scale))
        keep = values > 1e-10 * values.max()
        return (
            mean_x,
            mean_y,
            scale,
            values[keep],
            vectors[:, keep],
            vectors[:, keep].T @ (cross / scale[:, None]),
        )

    def solve(self, alpha: float = 0.0, rank: int | None = None) -> LinearMap:
        """Solve the ridge regression on standardised landmarks, optionally cut to a rank.

        Parameters
        ----------
        alpha : float
            Penalty, as a share of the total weight: coefficients of standardised landmarks are shrunk by
            (XᵀX/n + alpha·I)⁻¹. 0 is least squares (minimum norm where it is singular).
        rank : int, optional
            Keep the directions that carry most of the *fitted* variance (reduced-rank regression).

        Returns
        -------
        LinearMap
        """
        from scipy import linalg

        mean_x, mean_y, scale, values, vectors, cross = self._spectrum
        projected = cross / (values + alpha)[:, None]
        if rank is None or rank >= len(values):
            left, right = np.eye(len(scale)), vectors @ projected
        else:
            # fitted values have covariance P'ΛP: its leading directions by the small rank × rank side
            weighted = np.sqrt(values)[:, None] * projected
            _, basis = linalg.eigh(
                weighted @ weighted.T, subset_by_index=(len(values) - rank, len(values) - 1)
            )
            left = vectors @ (basis / np.sqrt(values)[:, None])
            right = basis.T @ weighted
        left = left / scale[:, None]
        return LinearMap(
            left.astype(np.float32),
            right.astype(np.float32),
            (mean_y - mean_x @ left @ right).astype(np.float32),
        )


def fit_linear(x: np.ndarray, y: np.ndarray | Rows, alpha: float = 0.0, weights=None, rank=None) -> LinearMap:
    """Fit least squares (`alpha=0`) or ridge from landmarks to targets; see `Gram.solve`."""
    return Gram(x.shape[1], y.shape[1]).add(x, y, weights).solve(alpha, rank)


def choose_alpha(
    folds: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]], alphas: Iterable[float]
) -> dict:
    """Return the held-out mean squared error of each penalty; folds are whole series.

    Parameters
    ----------
    folds : list of (x, y, weights)
        Disjoint groups of samples; weights may be None.
    alphas : iterable of float

    Returns
    -------
    dict, alpha → mean squared error over all held-out values (unweighted samples, equal folds).
    """
    shape = (folds[0][0].shape[1], folds[0][1].shape[1])
    parts = [Gram(*shape).add(*fold) for fold in folds]
    total = functools.reduce(Gram.combine, parts)
    errors = {alpha: [] for alpha in alphas}
    for (x, y, _), part in zip(folds, parts, strict=True):
        without_part = total.combine(part, sign=-1)
        for alpha, collected in errors.items():
            collected.append(float(np.mean((without_part.solve(alpha).transform(x) - y[:]) ** 2)))
    return {alpha: float(np.mean(collected)) for alpha, collected in errors.items()}
