"""The model of changes: a level model corrected by what real perturbations changed, linear all the way."""

import logging
from collections.abc import Sequence

import numpy as np

from l1000_rnaseq.data.contrasts import Contrasts, stack
from l1000_rnaseq.translate.settings import ChangeSettings
from l1000_rnaseq.translate.step2.linear import LinearMap

log = logging.getLogger(__name__)
DEFAULTS = ChangeSettings()


def fit_change(
    landmarks: Sequence[str],
    genes: Sequence[str],
    level_map: np.ndarray,
    contrasts: Sequence[Contrasts],
    settings: ChangeSettings = DEFAULTS,
) -> LinearMap:
    """Fit change of landmarks → change of the other genes.

    The level map says how genes go together over tissues and cell lines. Where real perturbations go another
    way, a ridge regression on what the level map leaves over corrects it (`correction`).

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
        return reduced(level_map, np.ones(len(landmarks)), settings.rank)
    x, y = stack(contrasts, landmarks), stack(contrasts, genes)
    log.info("%s missing landmark changes of contrasts were taken as 0", f"{np.isnan(x).sum():,}")
    x = np.nan_to_num(x)
    scale = np.sqrt((x.astype(np.float64) ** 2).mean(axis=0))
    if not scale.any():
        raise ValueError(f"none of {len(landmarks)} landmarks changes in {len(x)} contrasts.")
    scale = np.maximum(scale, 1e-3 * scale.max())
    return reduced(level_map + correction(x, y, level_map, scale, settings.penalty), scale, settings.rank)


def correction(
    x: np.ndarray, y: np.ndarray, level_map: np.ndarray, scale: np.ndarray, penalty: float
) -> np.ndarray:
    """Return the ridge regression of what a map leaves over on landmarks, solved in its dual.

    There are fewer contrasts than landmarks, so the system has the size of the contrasts.

    Parameters
    ----------
    x : array, contrasts × landmarks
    y : array, contrasts × genes
        What is NaN is taken as the map has it, so it corrects nothing.
    level_map : array, landmarks × genes
    scale : array, landmarks
        The unit in which each landmark's slope is penalised.
    penalty : float
        In units of the contrasts' mean squared length.

    Returns
    -------
    float32 array, landmarks × genes
    """
    from scipy import linalg  # here, since a translation needs no SciPy

    left_over = np.nan_to_num(y - x @ level_map)
    scaled = x / scale
    products = (scaled @ scaled.T).astype(np.float64)
    penalised = products + penalty * np.diag(products).mean() * np.eye(len(x))
    weights = linalg.solve(penalised, left_over, assume_a="pos").astype(np.float32)
    return ((scaled / scale).T @ weights).astype(np.float32)


def reduced(slopes: np.ndarray, scale: np.ndarray, rank: int) -> LinearMap:
    """Cut a map to a rank: the best one for landmarks that change by `scale`, independently.

    Parameters
    ----------
    slopes : array, landmarks × genes
    scale : array, landmarks
    rank : int

    Returns
    -------
    LinearMap with intercept 0
    """
    from scipy import linalg

    weighted = np.asarray(slopes, np.float64) * scale[:, None]
    n = len(weighted)
    rank = min(rank, n)
    _, vectors = linalg.eigh(weighted @ weighted.T, subset_by_index=(n - rank, n - 1))
    left, right = vectors / scale[:, None], vectors.T @ weighted
    return LinearMap(left.astype(np.float32), right.astype(np.float32), np.zeros(slopes.shape[1], np.float32))
