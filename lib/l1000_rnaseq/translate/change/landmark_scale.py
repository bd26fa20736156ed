"""Changes of L1000 intensities → changes of RNA-seq-like landmarks: a factor per gene."""

import numpy as np

FLOOR = 0.25
"""Share of the median spread that every landmark has at least: GAPDH, at the top of the scale, has none."""


def landmark_scale(rnaseq_spread: np.ndarray, plate_spread: np.ndarray) -> np.ndarray:
    """Return by how much each landmark's change is multiplied.

    A change in units of the spread between wells of a plate (CMap's z-score) times the gene's spread in
    RNA-seq. The factor of the median landmark is 1. Step 1 is not used here: it moves information between
    landmarks, and where it was learned, on levels, other genes go together. Mean of 20 Level 5 glucocorticoid
    agonists against dexamethasone RNA-seq, r over genes beyond the landmarks by `level_map` (airway, A549,
    leukocytes): .304, .298, .151 through step 1 and .363, .315, .216 by this factor. Level 5 means of twelve
    mechanisms against Tahoe's compounds of the same mechanism: .178 and .215.

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
