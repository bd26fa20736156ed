"""From changes of L1000 intensities to changes of RNA-seq-like landmarks: a factor per gene."""

import numpy as np

FLOOR = 0.25
"""Share of the median spread that every landmark has at least: GAPDH, at the top of the scale, has none."""


def landmark_scale(rnaseq_spread: np.ndarray, plate_spread: np.ndarray) -> np.ndarray:
    """Return by how much each landmark's change is multiplied.

    The change is divided by the spread between wells of a plate (as in CMap's z-score) and multiplied by the
    gene's spread in RNA-seq. The factors are scaled so that their median is 1. Step 1 is not used for
    changes. It was learned on levels, where other genes go together, and it mixes landmarks. Notebook 06
    and `benchmarks/changes.py` measure changes that are made with this factor.

    Parameters
    ----------
    rnaseq_spread : array, landmarks
        See `training.level_map.landmark_spread`.
    plate_spread : array, landmarks
        Of log2 intensity, see `stats.variance.plate_spread`.

    Returns
    -------
    float64 array, landmarks

    Raises
    ------
    ValueError
        Half of the landmarks do not vary between wells.

    Examples
    --------
    >>> landmark_scale(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.5])).tolist()
    [0.5, 1.0, 1.5]
    """
    rnaseq_spread, plate_spread = (np.asarray(v, np.float64) for v in (rnaseq_spread, plate_spread))
    if not np.median(plate_spread) > 0:
        raise ValueError(
            "half of the landmarks do not vary between wells of a plate; expected measured wells, several "
            "per plate."
        )
    factor = rnaseq_spread / np.maximum(plate_spread, FLOOR * np.median(plate_spread))
    return factor / np.median(factor)
