"""What D-GEX is compared with: LR, LR-L1, LR-L2, KNN-GE, all from one Gram matrix (Chen 2016, 2.4, 2.5)."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np
import torch

from l1000_rnaseq.translate.step2.linear import Gram, LinearMap

log = logging.getLogger(__name__)


def least_squares(gram: Gram, penalty: float = 0.0) -> LinearMap:
    """Solve LR (equation 6), or LR-L2 with a penalty.

    Equation 8 prints the length of the coefficients, not its square; what scikit-learn's Ridge, which the
    paper used, minimises is the square: mean square + penalty · ‖w‖² (Ridge's alpha is samples · penalty).
    """
    return gram.solve(penalty)


def lasso_path(
    gram: Gram, penalties: Iterable[float], tolerance: float = 1e-3, most: int = 500
) -> Iterator[tuple[float, LinearMap]]:
    """Solve LR-L1 (equation 7) for all targets at once, from the largest penalty down.

    Minimises (mean square) + penalty · ‖w‖₁ by accelerated proximal gradient steps with restarts, each from
    the solution before. One step costs landmarks² · targets multiplications, whatever the number of samples.
    A penalty takes at most `most` steps.

    Parameters
    ----------
    gram : Gram
        Of training landmarks and targets, both standardised.
    penalties : iterable of float
        scikit-learn's Lasso(alpha) is penalty/2.
    tolerance : float
        Largest violation of the optimality conditions that is left, in units of the correlation.
    most : int
        Steps for each penalty; a warning tells where the tolerance was not reached.

    Yields
    ------
    penalty : float
    model : LinearMap
    """
    mean_x, mean_y = gram.x / gram.weight, gram.y / gram.weight
    square = torch.from_numpy((gram.xx / gram.weight - np.outer(mean_x, mean_x)).astype(np.float32))
    cross = torch.from_numpy((gram.xy / gram.weight - np.outer(mean_x, mean_y)).astype(np.float32))
    size = 1 / float(torch.linalg.eigvalsh(square)[-1])
    weights = torch.zeros_like(cross)
    for penalty in sorted(penalties, reverse=True):
        weights, left = _proximal(square, cross, weights, penalty / 2, size, tolerance, most)
        if left > tolerance:
            log.warning("LR-L1, penalty %g: %.2g from optimal after %d steps", penalty, left, most)
        coefficients = weights.numpy().copy()
        intercept = (mean_y - mean_x @ coefficients).astype(np.float32)
        yield penalty, LinearMap(np.eye(len(mean_x), dtype=np.float32), coefficients, intercept)


def _proximal(square, cross, weights, threshold: float, size: float, tolerance: float, most: int):
    """Return the solution of every column and the largest violation of its optimality conditions."""
    ahead, momentum, left = weights, 1.0, np.inf
    for step in range(most + 1):
        gradient = square @ ahead - cross
        if step % 10 == 0 or step == most:
            slope = gradient if ahead is weights else square @ weights - cross
            at_zero = (slope.abs() - threshold).clamp_(min=0)
            away = (slope + threshold * weights.sign()).abs_()
            left = float(torch.where(weights == 0, at_zero, away).max())
            if left <= tolerance or step == most:
                return weights, left
        moved = ahead - size * gradient
        new = moved.sign() * (moved.abs() - size * threshold).clamp_(min=0)
        if float(((ahead - new) * (new - weights)).sum()) > 0:  # overshot: begin the acceleration anew
            momentum = 1.0
        later = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead, weights, momentum = new + (momentum - 1) / later * (new - weights), new, later
    return weights, left


def knn_genes(gram: Gram, k: int) -> LinearMap:
    """Build KNN-GE (2.5): each target is the mean of the k landmarks nearest to it over the training samples.

    Parameters
    ----------
    gram : Gram
        Of training landmarks and targets, both standardised; distances are Euclidean over its samples.
    k : int

    Returns
    -------
    LinearMap with k entries of 1/k for each target.

    Raises
    ------
    ValueError
        k is not between 1 and the number of landmarks.
    """
    n = len(gram.x)
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}; expected 1 to {n}, the number of landmarks.")
    distance = np.diag(gram.xx)[:, None] - 2 * gram.xy  # and the target's own square, the same for all
    nearest = np.argsort(distance, axis=0, kind="stable")[:k]
    weights = np.zeros(distance.shape, np.float32)
    np.put_along_axis(weights, nearest, np.float32(1 / k), axis=0)
    return LinearMap(np.eye(n, dtype=np.float32), weights, np.zeros(weights.shape[1], np.float32))
