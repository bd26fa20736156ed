"""Steps 2 that were tried beside the default and did not win: kept so that notebook 11 can show it.

All learn, like the default, from deviations from the mean of a source; `Moved` sets them where step 1 aims.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from l1000_rnaseq.translate.settings import NetworkSettings
from l1000_rnaseq.translate.step2.kernel import fit_kernel
from l1000_rnaseq.translate.step2.linear import LinearMap, fit_linear
from l1000_rnaseq.translate.step2.network import fit_network

RESIDUAL_NETWORK = NetworkSettings(hidden=(256,), final_relu=False, start_at_mean=False, weight_decay=1e-3)


class Step(Protocol):
    """What every step has."""

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map samples × genes to samples × genes."""


@dataclass(frozen=True)
class Moved:
    """A step for deviations, moved so that it takes the profile `x` to the profile `y`."""

    step: Step
    x: np.ndarray
    y: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to targets (samples × targets)."""
        zero = self.step.transform(np.zeros((1, len(self.x)), np.float32))
        return self.step.transform(np.asarray(x) - self.x) - zero + self.y


@dataclass(frozen=True)
class Ensemble:
    """The mean of several steps."""

    steps: tuple[Step, ...]

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to targets (samples × targets)."""
        return sum(step.transform(x) for step in self.steps) / len(self.steps)


@dataclass(frozen=True)
class WithResidual:
    """A linear step, plus a network for what it leaves, in a few directions.

    Attributes
    ----------
    linear : LinearMap
    network : Step
        Landmarks → scores.
    basis : array, scores × targets
    """

    linear: LinearMap
    network: Step
    basis: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Map landmarks (samples × landmarks) to targets (samples × targets)."""
        x = np.asarray(x, np.float32)
        return self.linear.transform(x) + self.network.transform(x) @ self.basis


def fit_ensemble(x: np.ndarray, y: np.ndarray, alpha: float = 1.0) -> Ensemble:
    """Fit ridge and kernel ridge (samples × landmarks, samples × targets); their mean is the prediction."""
    return Ensemble((fit_linear(x, y, alpha), fit_kernel(x, y)))


def fit_with_network(
    x: np.ndarray,
    y: np.ndarray,
    alpha: float = 1.0,
    rank: int = 64,
    settings: NetworkSettings = RESIDUAL_NETWORK,
    seed: int = 0,
) -> WithResidual:
    """Fit a ridge, then a network on the leading directions of what ridges leave of samples not seen.

    Parameters
    ----------
    x, y : array, samples × landmarks, samples × targets
    alpha : float
        Penalty of the ridge.
    rank : int
        Directions of the residual.
    settings : NetworkSettings
    seed : int
        Of the halves, the validation samples and the network.
    """
    draw = np.random.default_rng(seed)
    half, left = draw.random(len(x)) < 0.5, np.empty(y.shape)
    for rows in (half, ~half):
        left[rows] = y[rows] - fit_linear(x[~rows], y[~rows], alpha).transform(x[rows])
    basis = np.linalg.svd(left, full_matrices=False)[2][:rank]
    scores, valid = (left @ basis.T).astype(np.float32), draw.random(len(x)) < 0.15
    network = fit_network(x.astype(np.float32), scores, valid, settings, seed, progress=False)
    return WithResidual(fit_linear(x, y, alpha), network, basis)


def fit_noisy_kernel(x: np.ndarray, y: np.ndarray, noise: float = 0.3, copies: int = 2, seed: int = 0):
    """Fit the default on copies of the samples whose landmarks carry noise, as translated ones do.

    Parameters
    ----------
    x, y : array, samples × landmarks, samples × targets
    noise : float
        In standard deviations of each landmark.
    copies, seed : int
    """
    draws = noise * np.random.default_rng(seed).normal(0, x.std(axis=0), (copies, *x.shape))
    return fit_kernel(np.concatenate(x + draws), np.concatenate([y] * copies), rank=192)


def fit_one_step(
    x: np.ndarray,
    y: np.ndarray,
    mean: np.ndarray,
    sd: np.ndarray,
    unit: np.ndarray,
    noise,
    ridge: float = 0.3,
) -> LinearMap:
    """Fit the best linear prediction from L1000 straight to targets; no pair is needed.

    L1000 is taken for RNA-seq on another scale with noise of its own: of standardised landmarks
    E[y|x] = Σyx (Σxx + noise + ridge)⁻¹ x, with both Σ from RNA-seq.

    Parameters
    ----------
    x, y : array, RNA-seq samples × landmarks, samples × targets (deviations)
    mean, sd : array, landmarks
        Of L1000.
    unit : array, landmarks
        Standard deviation of RNA-seq landmarks where L1000 is aimed.
    noise : array, landmarks
        Variance of the noise in L1000.
    ridge : float
    """
    z = x / unit
    covariance = z.T @ z / len(z) + np.diag(noise / sd**2 + ridge)
    weights = np.linalg.solve(covariance, z.T @ y / len(z)) / sd[:, None]
    step = LinearMap(
        np.eye(len(sd), dtype=np.float32), weights.astype(np.float32), np.zeros(y.shape[1], np.float32)
    )
    return replace(step, intercept=(-(mean @ weights)).astype(np.float32))
