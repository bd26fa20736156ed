"""Signatures of one batch: log2 fold change and the score of a method, with their replicate agreement."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.characteristic_direction import (
    DEFAULT,
    DirectionSettings,
    characteristic_directions,
)
from l1000_rnaseq.signatures.design import Design
from l1000_rnaseq.signatures.limma import fit_genes, moderated_t, two_group_design
from l1000_rnaseq.stats.correlation import pearson_matrix
from l1000_rnaseq.stats.ranks import ranks
from l1000_rnaseq.stats.variance import within_groups

METHODS = {"cd": "characteristic direction", "limma": "moderated t", "fc": "log2 fold change"}


def compare(
    profiles: pd.DataFrame,
    treated: list[str],
    controls: list[str],
    plates: pd.Series | None = None,
    direction: DirectionSettings = DEFAULT,
) -> pd.DataFrame:
    """Compare treated with control wells by every method: the whole signature of one treatment.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 expression
    treated, controls : list of sample ids
    plates : Series, sample id → plate, optional
        Covariate of the moderated t.
    direction : DirectionSettings

    Returns
    -------
    DataFrame, genes × (log2fc, cd, t, p, fdr, rank)
        log2fc: difference of the means. cd: characteristic direction. t, p, fdr: limma's. rank: 1 is the gene
        with the largest cd.
    """
    wells = profiles.loc[[*treated, *controls]]
    is_treated = np.arange(len(wells)) < len(treated)
    values = wells.to_numpy(np.float64)
    rows = (np.flatnonzero(is_treated), np.flatnonzero(~is_treated))
    table = _moderated(values, is_treated, None if plates is None else plates.loc[wells.index].to_numpy())
    table.index = wells.columns
    table["log2fc"] = values[rows[0]].mean(axis=0) - values[rows[1]].mean(axis=0)
    table["cd"] = characteristic_directions(values, [rows], direction)[0]
    table["rank"] = ranks(table["cd"].to_numpy())
    return table[["log2fc", "cd", "t", "p", "fdr", "rank"]]


def _moderated(values: np.ndarray, is_treated: np.ndarray, plates: np.ndarray | None) -> pd.DataFrame:
    try:
        matrix = two_group_design(is_treated, plates)
    except ValueError:  # no plate has both groups: compare without the covariate
        matrix = two_group_design(is_treated)
    return moderated_t(fit_genes(values, matrix))


@dataclass(frozen=True)
class BatchSignatures:
    """Signatures of one batch.

    Attributes
    ----------
    table : DataFrame, sig_id × (agreement, strength)
        agreement: mean pairwise Pearson correlation of the replicates' log fold changes. strength: root
        mean square log2 fold change over what control wells alone would give; 1 is nothing.
    log2fc, score : array, signatures × genes, float32
        `score` is None for the method "fc".
    """

    table: pd.DataFrame
    log2fc: np.ndarray
    score: np.ndarray | None


def batch_signatures(
    profiles: pd.DataFrame,
    plates: pd.Series,
    plan: Design,
    sig_ids: list[str],
    method: str = "cd",
    direction: DirectionSettings = DEFAULT,
) -> BatchSignatures:
    """Compute the signatures of a batch.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 expression
        Every treated and control well of the signatures asked for.
    plates : Series, sample id → plate
    plan : Design
    sig_ids : list of str
    method : str
        A key of `METHODS`.
    direction : DirectionSettings
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}.")
    values, positions = profiles.to_numpy(np.float32), pd.Index(profiles.index)
    groups = [
        (positions.get_indexer(plan.treated(sig_id)), positions.get_indexer(plan.controls[sig_id]))
        for sig_id in sig_ids
    ]
    log2fc = _contrasts(groups, len(values)) @ values
    scatter = _control_scatter(values, plates.loc[positions].to_numpy(), groups)
    rows = []
    for number, (treated, controls) in enumerate(groups):
        expected = scatter[number] * np.sqrt(1 / len(treated) + 1 / len(controls))
        size = float(np.sqrt((log2fc[number].astype(np.float64) ** 2).mean()))
        agreement = replicate_agreement(values, plates.loc[positions].to_numpy(), treated, controls)
        rows.append({"agreement": agreement, "strength": size / expected if expected > 0 else np.nan})
    score = None
    if method == "cd":
        score = characteristic_directions(values, groups, direction)
    elif method == "limma":
        score = np.empty_like(log2fc)
        for number, (treated, controls) in enumerate(groups):
            wells = np.concatenate([treated, controls])
            table = _moderated(
                values[wells].astype(np.float64),
                np.arange(len(wells)) < len(treated),
                plates.loc[positions[wells]].to_numpy(),
            )
            log2fc[number], score[number] = table["log2fc"], table["t"]
    return BatchSignatures(pd.DataFrame(rows, index=pd.Index(sig_ids, name="sig_id")), log2fc, score)


def _contrasts(groups: list[tuple[np.ndarray, np.ndarray]], n_wells: int) -> np.ndarray:
    contrasts = np.zeros((len(groups), n_wells), np.float32)
    for number, (treated, controls) in enumerate(groups):
        contrasts[number, treated], contrasts[number, controls] = 1 / len(treated), -1 / len(controls)
    return contrasts


def _control_scatter(values: np.ndarray, plates: np.ndarray, groups: list) -> np.ndarray:
    """Return, for each signature, the root mean square deviation of its controls from their plate's mean."""
    scatter_of: dict[bytes, float] = {}
    for _, controls in groups:
        key = controls.tobytes()
        if key not in scatter_of:
            residuals, df = within_groups(values[controls], plates[controls])
            squares = (residuals**2).mean(axis=1).sum()
            scatter_of[key] = np.sqrt(squares / df) if df else np.nan
    return np.array([scatter_of[controls.tobytes()] for _, controls in groups])


def replicate_agreement(
    values: np.ndarray, plates: np.ndarray, treated: np.ndarray, controls: np.ndarray
) -> float:
    """Return the mean pairwise correlation of the replicates' log fold changes.

    Each treated well is set against the controls of its own plate where there are two or more, else against
    all: what a plate shifts must not look like agreement. Replicates of one plate share their controls, which
    raises their agreement a little. NaN for one replicate, or one that does not change.
    """
    if len(treated) < 2:
        return float("nan")
    changes = np.empty((len(treated), values.shape[1]))
    for number, well in enumerate(treated):
        same = controls[plates[controls] == plates[well]]
        changes[number] = values[well] - values[same if len(same) >= 2 else controls].mean(axis=0)
    return float(pearson_matrix(changes)[np.triu_indices(len(treated), 1)].mean())
