"""Which genes of a change repeat between replicates: weights that are learned on other perturbagens."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.variance import pooled_variance, within_groups


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
        on_plate = names == plate
        if (on_plate & controls).sum() >= 3:
            parts.append(profiles[on_plate] - profiles[on_plate & controls].mean())
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
    within, total = pooled_variance(changes, groups), changes.var(axis=0, ddof=1)
    return np.where(total > 0, np.clip(1 - within / np.where(total > 0, total, 1), 0, 1), 0.0)


def replicate_filter(changes: np.ndarray, groups: np.ndarray, shrink: float = 0.5) -> np.ndarray:
    """Return the Wiener filter of changes: what repeats between replicates, of all that varies.

    It weighs combinations of genes where `replicate_reliability` weighs genes one by one. Replicates at the
    same place of every plate share the effects of that place too, and the filter keeps what they share.

    Parameters
    ----------
    changes, groups
        As in `replicate_reliability`.
    shrink : float
        Share of the covariances between genes that is dropped, in both the noise and the total.

    Returns
    -------
    array, genes × genes: changes · filter are the filtered changes.

    Raises
    ------
    ValueError
        No group has replicates.
    """
    residuals, df = within_groups(changes, groups)
    if not df:
        raise ValueError("No group has replicates; a filter cannot be learned.")
    noise = residuals.T @ residuals / df
    total = np.cov(changes.T)
    noise, total = ((1 - shrink) * m + shrink * np.diag(np.diag(m)) for m in (noise, total))
    values, vectors = np.linalg.eigh(total - noise)
    signal = (vectors * np.maximum(values, 0)) @ vectors.T
    return np.linalg.solve(signal + noise + 1e-9 * np.eye(len(noise)), signal)


def cross_fitted(
    changes: np.ndarray,
    groups: np.ndarray,
    learn: Callable[[np.ndarray, np.ndarray], np.ndarray] = replicate_reliability,
    n_folds: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """Weigh or filter changes by what was learned on other groups, so that no group weighs itself.

    Parameters
    ----------
    changes, groups
        As in `replicate_reliability`.
    learn : callable
        `replicate_reliability` or `replicate_filter`.
    n_folds : int
        Parts into which the groups are dealt at random.
    seed : int

    Returns
    -------
    array, wells × genes
    """
    names = np.unique(groups)
    fold = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % n_folds, strict=True))
    fold_of_well, weighted = np.array([fold[name] for name in groups]), np.empty_like(changes)
    for k in range(n_folds):
        learned = learn(changes[fold_of_well != k], groups[fold_of_well != k])
        weighted[fold_of_well == k] = (
            changes[fold_of_well == k] * learned
            if learned.ndim == 1
            else changes[fold_of_well == k] @ learned
        )
    return weighted
