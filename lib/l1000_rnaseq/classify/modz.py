"""Consensus signatures: replicates weighted by how well they agree (MODZ, Subramanian et al. 2017)."""

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import spearman_matrix

FLOOR = 0.01


def modz_weights(profiles: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """Weigh replicates by their mean Spearman correlation with the others.

    Negative correlations, and those with a constant replicate, count as 0. A weight is at least `floor`
    before the weights are made to add up to 1 (Subramanian 2017, STAR Methods, "Replicate collapse").

    Parameters
    ----------
    profiles : array, replicates × landmarks
        z-scores.
    floor : float

    Returns
    -------
    float64 array, replicates, summing to 1; equal for one or two replicates.
    """
    n = len(profiles)
    if n < 3:
        return np.full(n, 1 / n)
    correlation = np.clip(np.nan_to_num(spearman_matrix(profiles)), 0, None)
    np.fill_diagonal(correlation, 0)
    raw = np.maximum(correlation.sum(axis=1) / (n - 1), floor)
    return raw / raw.sum()


def consensus_signatures(
    profiles: pd.DataFrame, groups: pd.DataFrame | pd.Series, landmarks: list[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collapse replicates, hairpins or plates to one signature each.

    Liu et al. collapse the shRNA signatures of one gene in one cell line to consensus gene signatures (CGS).

    Parameters
    ----------
    profiles : DataFrame, samples × genes, z-scores
    groups : DataFrame or Series, samples × keys
        Samples with the same keys are replicates, for instance (cell, gene).
    landmarks : list of str, optional
        Genes over which replicates are compared; all columns when absent.

    Returns
    -------
    signatures : DataFrame, groups × genes, float32
        Weighted averages, in the unit of `profiles`.
    table : DataFrame, groups × (keys, replicates, agreement)
        agreement: mean Spearman correlation between the replicates; NaN for one.

    Raises
    ------
    ValueError
        Another number of samples, or values that are not finite.
    """
    keys = pd.DataFrame(groups)
    if len(keys) != len(profiles):
        raise ValueError(f"{len(profiles)} profiles and {len(keys)} groups; expected as many.")
    values = profiles.to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("profiles have NaN or infinite values; impute or drop them first.")
    columns = slice(None) if landmarks is None else profiles.columns.get_indexer(landmarks)
    members_of = pd.Series(np.arange(len(keys))).groupby([keys[name].to_numpy() for name in keys]).indices
    signatures, rows = np.empty((len(members_of), values.shape[1]), np.float32), []
    for number, (name, members) in enumerate(members_of.items()):
        compared = values[members][:, columns]
        signatures[number] = modz_weights(compared) @ values[members]
        pairs = np.nan_to_num(spearman_matrix(compared))[np.triu_indices(len(members), 1)]
        name = name if isinstance(name, tuple) else (name,)
        rows.append([*name, len(members), np.mean(pairs) if len(pairs) else np.nan])
    table = pd.DataFrame(rows, columns=[*keys.columns, "replicates", "agreement"])
    return pd.DataFrame(signatures, table.index, profiles.columns), table
