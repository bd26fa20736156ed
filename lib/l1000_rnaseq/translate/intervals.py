"""How far a translated value may be off: conformal intervals, calibrated on lineages that no fit has seen.

The width of an interval is a gene's own error times one factor. The gene's error comes from held-out RNA-seq
sources; the factor from held-out lineages, where the error of step 1 is in it too.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

LEVELS = (0.5, 0.8, 0.9, 0.95)


def conformal_factors(
    true: np.ndarray, predicted: np.ndarray, scale: np.ndarray, levels: Iterable[float] = LEVELS
) -> dict[str, float]:
    """Return by what the scale is multiplied so that a share `level` of the values is covered.

    Parameters
    ----------
    true, predicted : array, groups × genes
        Calibration groups (lineages) that the prediction has not seen; NaN is left out.
    scale : array, genes
        Error of each gene, in the units of the values.
    levels : iterable of float

    Returns
    -------
    dict, level as text → factor. Quantiles of the pooled scores at level · (1 + 1/groups), the correction of
    split-conformal prediction for a new group; infinite where there are too few groups for the level.
    """
    scores = np.abs(np.asarray(true, float) - predicted) / scale
    wanted = {level: level * (1 + 1 / len(scores)) for level in levels}
    return {
        str(level): float(np.nanquantile(scores, share)) if share < 1 else float("inf")
        for level, share in wanted.items()
    }


def coverage(true: np.ndarray, predicted: np.ndarray, half_width: np.ndarray) -> np.ndarray:
    """Return the share of the values of each sample within its interval (samples × genes; NaN left out)."""
    error = np.abs(np.asarray(true, float) - predicted)
    inside = np.where(np.isnan(error), np.nan, error <= half_width)
    return np.nanmean(inside, axis=1)


def gene_errors(
    rnaseq: pd.DataFrame, sources: np.ndarray, landmarks: list[str], others: pd.Series
) -> np.ndarray:
    """Return the scale of each gene's error: landmarks, then the genes of `others`.

    Parameters
    ----------
    rnaseq : DataFrame, samples × genes, log(CPM+1)
    sources : array, samples
    landmarks : list of str
        Their scale is the standard deviation within sources: no RNA-seq tells the error of their translation.
    others : Series, gene → error on held-out sources
    """
    table = rnaseq[landmarks]
    spread = (table - table.groupby(sources).transform("mean")).std(ddof=0)
    return np.maximum(np.concatenate([spread, others.drop(landmarks, errors="ignore")]), 0.05)
