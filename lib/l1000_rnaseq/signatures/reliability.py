"""Which genes of a change repeat between replicates: weights that are learned on other perturbagens."""

import numpy as np
import pandas as pd


def plate_changes(profiles: pd.DataFrame, plates: pd.Series, controls: np.ndarray) -> pd.DataFrame:
    """Subtract the mean of a plate's own control wells from each of its wells.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2
    plates : Series, well → plate
    controls : array of bool, wells

    Returns
    -------
    DataFrame; only wells of plates with at least 3 controls.
    """
    names, controls = plates.loc[profiles.index].to_numpy(), np.asarray(controls, bool)
    parts = []
    for plate in pd.unique(names):
        here = names == plate
        if (here & controls).sum() >= 3:
            parts.append(profiles[here] - profiles[here & controls].mean())
    if not parts:
        raise ValueError("No plate has three control wells; changes cannot be computed.")
    return pd.concat(parts)


def replicate_reliability(changes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the share of each gene's variance that is between groups of replicates, 0 to 1.

    Parameters
    ----------
    changes : array, wells × genes
    groups : array, wells
        Perturbagen and dose; a group of one well says nothing about noise and counts in the total only.

    Raises
    ------
    ValueError
        No group has replicates.
    """
    within, df = np.zeros(changes.shape[1]), 0
    for rows in pd.Series(np.arange(len(groups))).groupby(np.asarray(groups)).indices.values():
        if len(rows) > 1:
            within += ((changes[rows] - changes[rows].mean(axis=0)) ** 2).sum(axis=0)
            df += len(rows) - 1
    if not df:
        raise ValueError("No group has replicates; reliability cannot be learned.")
    total = changes.var(axis=0, ddof=1)
    return np.where(total > 0, np.clip(1 - within / df / np.where(total > 0, total, 1), 0, 1), 0.0)


def cross_fitted(changes: np.ndarray, groups: np.ndarray, n_folds: int = 2, seed: int = 0) -> np.ndarray:
    """Weigh changes by reliabilities learned on other groups, so that no group weighs itself.

    Returns
    -------
    array, wells × genes
    """
    names = np.unique(groups)
    fold = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % n_folds, strict=True))
    own, weighted = np.array([fold[name] for name in groups]), np.empty_like(changes)
    for k in range(n_folds):
        weighted[own == k] = changes[own == k] * replicate_reliability(changes[own != k], groups[own != k])
    return weighted
