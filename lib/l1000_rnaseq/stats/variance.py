"""Means, variances and spreads of genes: weighted, within groups, and robust within plates."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

MAD_TO_SD = 1.4826
"""Median absolute deviation × this = standard deviation, for normal values (the factor as CMap rounds it)."""


def moments(values: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and standard deviation of each gene (samples × genes; weights of any sum)."""
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    weights = weights / weights.sum()
    mean = weights @ values
    return mean, np.sqrt(weights @ (values - mean) ** 2)


def within_groups(values: np.ndarray, groups) -> tuple[np.ndarray, int]:
    """Subtract from each sample the mean of its group; return that and its degrees of freedom.

    Parameters
    ----------
    values : array, samples × genes
    groups : array, samples, or list of such arrays
        Samples with the same keys are one group.
    """
    residuals, members = np.array(values, np.float64), _rows_of(groups, len(values))
    for rows in members:
        residuals[rows] -= residuals[rows].mean(axis=0)
    return residuals, len(residuals) - len(members)


def pooled_variance(values: np.ndarray, groups) -> np.ndarray:
    """Return the variance of each gene within groups, pooled over the groups (arguments of `within_groups`).

    Raises
    ------
    ValueError
        No group has two members.

    Examples
    --------
    >>> pooled_variance(np.array([[1.0], [3.0], [10.0], [10.0], [7.0]]), list("aabbc")).tolist()
    [1.0]
    """
    residuals, df = within_groups(values, groups)
    if not df:
        raise ValueError(
            f"none of the {len(residuals)} groups has two members, so the variance within groups cannot be "
            "estimated; give replicates."
        )
    return (residuals**2).sum(axis=0) / df


def from_plate_medians(profiles: pd.DataFrame, plates: pd.Series) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Subtract from wells (wells × genes) the median of their plate; yield rows and values of each plate."""
    values, names = profiles.to_numpy(), plates.loc[profiles.index].to_numpy()
    for rows in _rows_of(names, len(names)):
        wells = values[rows].astype(np.float64)
        yield rows, wells - np.median(wells, axis=0)


def robust_sd(deviations: np.ndarray) -> np.ndarray:
    """Return 1.4826 times the median absolute deviation of each gene (wells × genes, medians removed)."""
    return MAD_TO_SD * np.median(np.abs(deviations), axis=0)


def _rows_of(groups, n: int) -> list[np.ndarray]:
    """Return the positions of the members of each group, in order of appearance."""
    return list(pd.Series(np.arange(n)).groupby(groups, sort=False, dropna=False).indices.values())


def plate_spread(profiles: pd.DataFrame, plates: pd.Series) -> pd.Series:
    """Return the spread of each gene between the wells of one plate, as CMap's z-scores have it.

    That is 1.4826 times the median absolute deviation from the plate's median, pooled over plates.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 intensity
    plates : Series, well → plate
    """
    deviations = np.concatenate([part.astype(np.float32) for _, part in from_plate_medians(profiles, plates)])
    return pd.Series(robust_sd(deviations), profiles.columns)
