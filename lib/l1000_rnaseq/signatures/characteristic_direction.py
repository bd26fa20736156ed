"""The characteristic direction (Clark et al. 2014), exact, for every signature of a batch at once.

b ∝ [γΣ + (1−γ)σ²I]⁻¹ (mean of treated − mean of controls), |b| = 1. Everything happens in the space of the
wells: b is a combination of the wells' profiles, so one Gram matrix and one product serve a whole batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

PRECISION = np.float32  # of the last product and the result; everything before it is float64


@dataclass(frozen=True)
class DirectionSettings:
    """Settings of the characteristic direction; the defaults are those of the common Python implementation.

    Attributes
    ----------
    gamma : float
        1 keeps the covariance as estimated, 0 replaces it by σ²I: the direction of the mean difference.
    standardise : str
        "sample" z-scores each profile first, as the common Python code does and Jeon et al. used; "gene"
        z-scores each gene over the wells compared; "none" does neither (the R package).
    min_explained : float
        Principal components with a smaller share of the variance are left out.
    """

    gamma: float = 1.0
    standardise: str = "sample"
    min_explained: float = 0.001

    def __post_init__(self):
        if self.standardise not in ("sample", "gene", "none"):
            raise ValueError(f"standardise is {self.standardise!r}; expected sample, gene or none.")
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"gamma is {self.gamma}; expected 0 to 1.")


DEFAULT = DirectionSettings()


def characteristic_directions(
    profiles: np.ndarray,
    comparisons: Iterable[tuple[np.ndarray, np.ndarray]],
    settings: DirectionSettings = DEFAULT,
) -> np.ndarray:
    """Return the characteristic direction of every comparison.

    Parameters
    ----------
    profiles : array, wells × genes
        Any log base; complete.
    comparisons : iterable of (treated, controls)
        Row numbers of `profiles`.
    settings : DirectionSettings

    Returns
    -------
    array, comparisons × genes, float32
        Unit vectors; all 0 where treated and controls have the same mean.

    Raises
    ------
    ValueError
        Fewer than 3 wells in a comparison, values that are not finite, or a constant profile.
    """
    groups = [(np.asarray(a, int), np.asarray(b, int)) for a, b in comparisons]
    directions = np.zeros((len(groups), profiles.shape[1]), PRECISION)
    if not groups:
        return directions
    z = standardised(profiles, settings.standardise)
    if settings.standardise != "gene":
        weights = combinations(z @ z.T, groups, settings)
        np.matmul(weights.astype(PRECISION), z.astype(PRECISION), out=directions)
    else:
        for number, (treated, controls) in enumerate(groups):
            rows = np.concatenate([treated, controls])
            scaled = _by_gene(z[rows])
            order = np.arange(len(rows))
            sides = (order[: len(treated)], order[len(treated) :])
            directions[number] = combinations(scaled @ scaled.T, [sides], settings)[0] @ scaled
    norms = np.sqrt(np.einsum("sg,sg->s", directions, directions, dtype=np.float64))[:, None]
    return directions / np.where(norms > 0, norms, 1).astype(PRECISION)


def standardised(profiles: np.ndarray, scope: str) -> np.ndarray:
    """Return profiles in float64, z-scored by sample if asked for.

    Raises
    ------
    ValueError
        Values that are not finite; a constant profile, which has no z-scores.
    """
    z = np.array(profiles, np.float64)
    if not np.isfinite(z).all():
        raise ValueError("Profiles have missing or infinite values; impute or drop those genes first.")
    if scope == "sample":
        spread = z.std(axis=1, keepdims=True)
        if (spread == 0).any():
            flat = np.flatnonzero(spread[:, 0] == 0)
            raise ValueError(f"{len(flat)} profiles are constant (first: row {flat[0]}); drop them.")
        z = (z - z.mean(axis=1, keepdims=True)) / spread
    return z


def combinations(
    gram: np.ndarray, groups: list[tuple[np.ndarray, np.ndarray]], settings: DirectionSettings
) -> np.ndarray:
    """Return the weight of every well in every direction: comparisons × wells, rows summing to 0.

    Parameters
    ----------
    gram : array, wells × wells, float64
        Inner products of the (standardised) profiles. Comparisons over the same wells share one
        eigendecomposition.
    """
    weights = np.zeros((len(groups), len(gram)))
    solved: dict[bytes, np.ndarray] = {}
    for number, (treated, controls) in enumerate(groups):
        if len(treated) + len(controls) < 3 or not len(treated) or not len(controls):
            raise ValueError(
                f"A comparison has {len(treated)} treated and {len(controls)} control wells; at least 3."
            )
        rows = np.sort(np.concatenate([treated, controls]))
        key = rows.tobytes()
        if key not in solved:
            solved = {key: _inverse(gram[np.ix_(rows, rows)], settings)}  # groups of a batch are together
        contrast = np.zeros(len(gram))
        contrast[treated], contrast[controls] = 1 / len(treated), -1 / len(controls)
        weights[number, rows] = solved[key] @ contrast[rows]
    return weights


def _inverse(gram: np.ndarray, settings: DirectionSettings) -> np.ndarray:
    """Return the shrunk inverse covariance as a matrix over the wells of one comparison."""
    centred = gram - gram.mean(axis=0) - gram.mean(axis=1, keepdims=True) + gram.mean()
    w, u = np.linalg.eigh(centred)
    keep = w > max(settings.min_explained * w.sum(), 1e-12 * np.abs(gram).max())
    w, u = w[keep], u[:, keep]
    if not len(w):
        return np.zeros_like(gram)
    variance = w / (len(gram) - 2)
    shrunk = settings.gamma * variance + (1 - settings.gamma) * variance.mean()
    return (u / shrunk) @ u.T  # u is orthogonal to 1, so combining uncentred profiles centres them


def shrinkage_gamma(profiles: np.ndarray) -> float:
    """Estimate γ from the profiles themselves: 1 − the shrinkage of Ledoit and Wolf (2004) towards σ²I.

    Parameters
    ----------
    profiles : array, wells × genes
        Of one batch, standardised as the directions will be.
    """
    n, genes = profiles.shape
    centred = profiles - profiles.mean(axis=0)
    gram = centred @ centred.T
    size = (gram**2).sum() / n**2
    distance = size - (np.trace(gram) / n) ** 2 / genes
    error = ((np.diag(gram) ** 2).sum() - n * size) / n**2
    return float(1 - min(error, distance) / distance)


def _by_gene(profiles: np.ndarray) -> np.ndarray:
    spread = profiles.std(axis=0)
    return (profiles - profiles.mean(axis=0)) / np.where(spread > 0, spread, 1)
