"""The characteristic direction (Clark et al. 2014), exact, for every signature of a batch at once.

b ∝ [γΣ + (1−γ)σ²I]⁻¹ (mean of treated − mean of controls), |b| = 1. The direction b is a weighted sum of the
wells' profiles. So all is computed from the inner products of the wells, once per batch.

With several plates, the difference is taken within plates (see `plate_contrast`). Each well is centred on the
mean of its plate's compared wells before Σ is estimated. So a shift of a whole plate affects neither. On one
plate this is the published method.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.signatures.plate_contrast import plate_contrast
from l1000_rnaseq.stats.variance import within_groups

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

    @classmethod
    def of_controls(cls, controls: str, gamma: float | None = None) -> "DirectionSettings":
        """Return the settings for a kind of controls: their γ (see `GAMMA`), or another one."""
        return cls(gamma=GAMMA[controls] if gamma is None else gamma)

    @classmethod
    def as_published(cls) -> "DirectionSettings":
        """Return the settings of Jeon et al. 2022 and Clark et al. 2014, with γ 1."""
        return cls()


DEFAULT = DirectionSettings()
GAMMA = {"vehicle": 1.0, "others": 0.3, "both": 0.3, "medians": 0.3}
"""Kind of controls (see `CONTROLS`) → γ of one's own signatures.

Chosen on real plates: γ with which a signature is most like that of the same drug on another plate, compared
with other drugs in near wells. `benchmarks/gamma.py` measures it, `benchmarks/README.md` has the table.
Medians use the covariance of both.
"""


def characteristic_directions(
    profiles: np.ndarray,
    comparisons: Iterable[tuple[np.ndarray, np.ndarray]],
    settings: DirectionSettings = DEFAULT,
    plates: np.ndarray | None = None,
    ones: np.ndarray | None = None,
    contrasts: np.ndarray | None = None,
) -> np.ndarray:
    """Return the characteristic direction of every comparison.

    Parameters
    ----------
    profiles : array, wells × genes
        Any log base; complete.
    comparisons : iterable of (treated, controls) or (treated, controls, further)
        Row numbers of `profiles`. Further wells count in the covariance only.
    settings : DirectionSettings
    plates : array, wells, optional
        The plate of each well; one plate when absent.
    ones : array, optional
        The profiles are orthonormal coordinates, and these are the coordinates of a genome of ones.
    contrasts : array, comparisons × wells, optional
        Their weights of wells (see `plate_contrast`), where they are known already.

    Returns
    -------
    array, comparisons × genes (or coordinates), float32
        Unit vectors; all 0 where treated and controls have the same mean.

    Raises
    ------
    ValueError
        Fewer than 3 wells in a comparison, a treated well without a control on its plate, values that are
        not finite, or a constant profile.
    """
    groups = [tuple(np.asarray(rows, int) for rows in comparison) for comparison in comparisons]
    plates = np.zeros(len(profiles), int) if plates is None else np.asarray(plates)
    directions = np.zeros((len(groups), profiles.shape[1]), PRECISION)
    if not groups:
        return directions
    z = standardised(profiles, settings.standardise, ones)
    if settings.standardise != "gene":
        weights = combinations(z @ z.T, groups, settings, plates, contrasts)
        np.matmul(weights.astype(PRECISION), z.astype(PRECISION), out=directions)
    else:
        for number, group in enumerate(groups):
            rows = np.concatenate(group)
            scaled = _by_gene(z[rows], plates[rows])
            sides = tuple(np.split(np.arange(len(rows)), np.cumsum([len(side) for side in group])[:-1]))
            directions[number] = combinations(scaled @ scaled.T, [sides], settings, plates[rows])[0] @ scaled
    norms = np.sqrt(np.einsum("sg,sg->s", directions, directions, dtype=np.float64))[:, None]
    return directions / np.where(norms > 0, norms, 1).astype(PRECISION)


def standardised(profiles: np.ndarray, scope: str, ones: np.ndarray | None = None) -> np.ndarray:
    """Return profiles, or their coordinates, in float64, z-scored by sample if asked for.

    Raises
    ------
    ValueError
        Values that are not finite; a constant profile, which has no z-scores.
    """
    z = np.array(profiles, np.float64)
    if not np.isfinite(z).all():
        raise ValueError("Profiles have missing or infinite values; impute or drop those genes first.")
    if scope == "sample":
        ones = np.ones(z.shape[1]) if ones is None else ones
        z -= np.outer(z @ ones / (ones @ ones), ones)
        spread = np.linalg.norm(z, axis=1, keepdims=True) / np.sqrt(ones @ ones)
        flat = np.flatnonzero(spread[:, 0] <= 1e-12 * np.abs(profiles).max(axis=1))
        if len(flat):
            raise ValueError(f"{len(flat)} profiles are constant (first: row {flat[0]}); drop them.")
        z /= spread
    return z


def combinations(
    gram: np.ndarray,
    groups: list[tuple[np.ndarray, ...]],
    settings: DirectionSettings,
    plates: np.ndarray,
    contrasts: np.ndarray | None = None,
) -> np.ndarray:
    """Return the weight of every well in every direction: comparisons × wells, a plate's weights sum to 0.

    Parameters
    ----------
    gram : array, wells × wells, float64
        Inner products of the (standardised) profiles. Comparisons over the same wells share one
        eigendecomposition.
    groups
        As `characteristic_directions` takes them.
    settings : DirectionSettings
    plates : array, wells
    contrasts
        As `characteristic_directions` takes them.
    """
    weights = np.zeros((len(groups), len(gram)))
    same: dict[bytes, list[int]] = {}
    for number, group in enumerate(groups):
        if sum(map(len, group)) < 3 or not len(group[0]) or not len(group[1]):
            raise ValueError(
                f"A comparison has {len(group[0])} treated and {len(group[1])} control wells; at least 3."
            )
        same.setdefault(np.sort(np.concatenate(group)).tobytes(), []).append(number)
    if contrasts is None:
        contrasts = np.array([plate_contrast(*group[:2], plates) for group in groups])
    for key, numbers in same.items():
        rows = np.frombuffer(key, np.int64)
        vectors, shrunk = _components(gram[np.ix_(rows, rows)], settings, plates[rows])
        weights[np.ix_(numbers, rows)] = (contrasts[np.ix_(numbers, rows)] @ vectors / shrunk) @ vectors.T
    return weights


def _components(
    gram: np.ndarray, settings: DirectionSettings, plates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return principal components over the wells of a comparison (wells × n) and their shrunk variances."""
    from scipy import linalg  # here, since a search needs no SciPy

    centred, df = within_groups(within_groups(gram, plates)[0].T, plates)
    least = max(settings.min_explained * centred.trace(), 1e-12 * np.abs(gram).max())
    w, u = linalg.eigh(centred, subset_by_value=(least, np.inf), check_finite=False)
    if not len(w):
        return np.zeros((len(gram), 1)), np.ones(1)
    variance = w / max(df - 1, 1)
    # u is orthogonal to every plate, so combining uncentred profiles centres them
    return u, settings.gamma * variance + (1 - settings.gamma) * variance.mean()


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


def _by_gene(profiles: np.ndarray, plates: np.ndarray) -> np.ndarray:
    centred = within_groups(profiles, plates)[0]
    spread = centred.std(axis=0)
    return centred / np.where(spread > 0, spread, 1)
