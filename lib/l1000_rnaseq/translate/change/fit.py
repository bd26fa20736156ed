"""The model of changes: a level model corrected by what real perturbations changed, linear all the way."""

import logging
from collections.abc import Sequence

import numpy as np

from l1000_rnaseq.data.contrasts import Contrasts, stack
from l1000_rnaseq.translate.settings import ChangeSettings
from l1000_rnaseq.translate.step2.linear import LinearMap

log = logging.getLogger(__name__)
DEFAULTS = ChangeSettings()
FLAT = 0.1  # no landmark counts as changing less than this share of the median landmark
SMALLEST = 1e-6  # directions with less of the largest one's variance are rounding


def fit_change(
    landmarks: Sequence[str],
    genes: Sequence[str],
    level_map: np.ndarray,
    contrasts: Sequence[Contrasts],
    settings: ChangeSettings = DEFAULTS,
) -> LinearMap:
    """Fit change of landmarks → change of the other genes.

    The level map says how genes go together over tissues and cell lines. Real perturbations say which genes
    change more or less than that (`gains`). A ridge regression corrects what is then left over
    (`correction`). The sum is cut to a rank (`reduced`). Contrasts of knock-outs keep the fall of their own
    gene, also where it is a landmark.

    Parameters
    ----------
    landmarks : sequence of str
        Input genes, in order.
    genes : sequence of str
        The other genes, in order.
    level_map : array, landmarks × genes
        Slopes of a linear map from levels to levels, log2(CPM+1) on both sides.
    contrasts : sequence of Contrasts
        What to learn from (see `data.contrasts.load_contrasts`). Without any, the result is the level map.
    settings : ChangeSettings

    Returns
    -------
    LinearMap
        Change (log2) of RNA-seq-like landmarks → change (log2) of `genes`; the intercept is 0. `left` is
        landmarks × rank, `right` rank × genes.

    Raises
    ------
    ValueError
        `level_map` is of another shape, or no landmark changes in the contrasts.

    Examples
    --------
    >>> fit_change(["A"], ["B", "C"], np.array([[0.5, 0.0]]), []).transform([[2.0]]).tolist()
    [[1.0, 0.0]]
    """
    level_map = np.asarray(level_map, np.float32)
    if level_map.shape != (len(landmarks), len(genes)):
        raise ValueError(
            f"level_map has the shape {level_map.shape}; expected {len(landmarks)} landmarks × "
            f"{len(genes)} genes."
        )
    if not contrasts:
        return reduced(level_map, np.eye(len(landmarks)), settings.rank)
    x, y = stack(contrasts, landmarks), stack(contrasts, genes)
    log.debug("%s missing landmark changes of contrasts were taken as 0", f"{np.isnan(x).sum():,}")
    x = np.nan_to_num(x)
    moments = x.T.astype(np.float64) @ x / len(x)
    scale = np.sqrt(np.diag(moments))
    if not scale.any():
        raise ValueError(f"none of {len(landmarks)} landmarks changes in {len(x)} contrasts.")
    scale = np.maximum(scale, FLAT * np.median(scale[scale > 0]))
    slopes = level_map * gains(x, y, level_map, settings.gain_penalty)
    slopes += correction(x, y, slopes, np.sqrt(scale), settings.penalty, settings.free_penalty)
    return reduced(slopes, (moments + np.diag(scale**2)) / 2, settings.rank)


def gains(x: np.ndarray, y: np.ndarray, level_map: np.ndarray, penalty: float) -> np.ndarray:
    """Return the factor by which each gene changes more or less than a map has it.

    A least-squares slope per gene, shrunk towards the one of all genes. Large and small contrasts count the
    same: each is divided by the root mean square of its landmarks.

    Parameters
    ----------
    x : array, contrasts × landmarks
    y : array, contrasts × genes
        NaN where a gene was not measured.
    level_map : array, landmarks × genes
    penalty : float
        Weight of the common slope, in units of a median gene's evidence.

    Returns
    -------
    float32 array, genes; not negative.
    """
    size = np.sqrt((x**2).mean(axis=1, keepdims=True))
    size[size == 0] = 1  # it predicts no change, and then counts for nothing
    predicted = np.where(np.isnan(y), 0, x / size @ level_map)
    product = (predicted * np.nan_to_num(y / size)).sum(axis=0, dtype=np.float64)
    square = (predicted**2).sum(axis=0, dtype=np.float64)
    if not square.any():
        return np.ones(len(square), np.float32)
    common, weight = product.sum() / square.sum(), penalty * np.median(square[square > 0])
    return np.maximum((product + weight * common) / (square + weight), 0).astype(np.float32)


def correction(
    x: np.ndarray,
    y: np.ndarray,
    slopes: np.ndarray,
    scale: np.ndarray,
    penalty: float,
    free_penalty: float,
) -> np.ndarray:
    """Return the ridge regression on landmarks of what a map leaves over.

    Few contrasts cannot say how each of thousands of genes changes by itself. So the correction mainly mixes
    the patterns of genes that the map has for its landmarks (its row space). What is outside of these has a
    penalty of its own. There are fewer contrasts than landmarks, so the system is solved in its dual, which
    has the size of the contrasts.

    Parameters
    ----------
    x : array, contrasts × landmarks
    y : array, contrasts × genes
        What is NaN is taken as the map has it, so it corrects nothing.
    slopes : array, landmarks × genes
        The map.
    scale : array, landmarks
        The unit in which each landmark's slope is penalised.
    penalty, free_penalty : float
        Within the patterns and outside of them, in units of the contrasts' mean squared length.

    Returns
    -------
    float32 array, landmarks × genes
    """
    from scipy import linalg  # here, since a translation needs no SciPy

    patterns = row_space(slopes)
    left_over = np.nan_to_num(y - x @ slopes)
    within = left_over @ patterns.T
    scaled = x / scale
    products = (scaled @ scaled.T).astype(np.float64)
    unit = np.diag(products).mean() * np.eye(len(x))

    def weights(left_over: np.ndarray, penalty: float) -> np.ndarray:
        return linalg.solve(products + penalty * unit, left_over, assume_a="pos").astype(np.float32)

    change = weights(within, penalty) @ patterns + weights(left_over - within @ patterns, free_penalty)
    return ((scaled / scale).T @ change).astype(np.float32)


def row_space(slopes: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the rows of a map: float32, rank × genes."""
    from scipy import linalg

    values, vectors = linalg.eigh(slopes.astype(np.float64) @ slopes.T.astype(np.float64))
    kept = values > SMALLEST * values.max()
    return ((vectors[:, kept] / np.sqrt(values[kept])).T @ slopes).astype(np.float32)


def reduced(slopes: np.ndarray, moments: np.ndarray, rank: int) -> LinearMap:
    """Cut a map to a rank: the one with the least squared error for changes of landmarks with these moments.

    Parameters
    ----------
    slopes : array, landmarks × genes
    moments : array, landmarks × landmarks
        Mean products of their changes, of full rank.
    rank : int

    Returns
    -------
    LinearMap with intercept 0
    """
    from scipy import linalg

    lower = linalg.cholesky(moments, lower=True)
    weighted = (lower.T @ slopes).astype(np.float64)
    n = len(weighted)
    _, vectors = linalg.eigh(weighted @ weighted.T, subset_by_index=(max(n - rank, 0), n - 1))
    left, right = linalg.solve_triangular(lower, vectors, trans=1, lower=True), vectors.T @ weighted
    return LinearMap(left.astype(np.float32), right.astype(np.float32), np.zeros(slopes.shape[1], np.float32))
