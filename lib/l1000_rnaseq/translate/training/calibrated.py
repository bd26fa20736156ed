"""Step 1 that learns from what both technologies have: paired lines, lineages, and lines of CCLE."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.splits import same_line
from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.settings import CalibratedSettings
from l1000_rnaseq.translate.step1.transport import JointAffine, fit_monge
from l1000_rnaseq.translate.training.lineages import lineage_means
from l1000_rnaseq.translate.training.prepare import TrainingData


@dataclass(frozen=True)
class SharedLines:
    """Lines or lineages that both technologies measured.

    Attributes
    ----------
    l1000 : array, lines × landmarks, log2 intensity
    rnaseq : DataFrame, the same lines × genes, log(CPM+1); NaN where not measured
    weights : array, lines
        1 for a line, `CalibratedSettings.lineage_weight` for a lineage.
    """

    l1000: np.ndarray
    rnaseq: pd.DataFrame
    weights: np.ndarray


def shared_lines(data: TrainingData, settings: CalibratedSettings) -> SharedLines:
    """Return the paired lines that may be learned from, and the lineages that both sides of the data have."""
    names, parts, truths, weights = list(data.landmarks), [], [], []
    if data.pairs is not None and len(data.pairs.l1000):
        parts.append(data.pairs.l1000[names].to_numpy(np.float64))
        truths.append(data.pairs.rnaseq)
        weights += [1.0] * len(parts[0])
    lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    table = data.rnaseq if data.partial is None else pd.concat([data.rnaseq, data.partial], axis=1)
    real = lineage_means(table[lines], pd.Series(data.rnaseq.index[lines]), "rnaseq")
    measured = lineage_means(data.l1000, data.l1000_info["line"], "l1000")
    common = [name for name in real.index if name in measured.index]
    if common and settings.lineage_weight:
        parts.append(measured.loc[common, names].to_numpy(np.float64))
        truths.append(real.loc[common])
        weights += [settings.lineage_weight] * len(common)
    if not parts:
        return SharedLines(np.zeros((0, len(names))), table.iloc[:0], np.zeros(0))
    return SharedLines(np.vstack(parts), pd.concat(truths), np.array(weights))


def fit_calibrated(data: TrainingData, settings: CalibratedSettings) -> JointAffine:
    """Fit the Monge map to the moments of all cell lines, and filter the noise of its output.

    The filter is Wiener's: with C the covariance that cell lines have and E the error of each translated
    landmark, a profile's deviation d becomes d (C + E)⁻¹ C. A landmark that L1000 measures badly is so read
    from the others. E comes from paired lines (`TrainingData.pairs`), and from CCLE's lines with an L1000
    baseline, of which only contrasts count.

    Returns
    -------
    JointAffine
        One affine map; see `calibrate` for its offset.
    """
    monge, target, weights, tables = _monge(data, settings)
    error = _landmark_errors(data, monge, tables, settings)
    if error is None or not settings.noise:
        return monge
    covariance = _expected_covariance(data, target, weights, settings.prior)
    keep = np.linalg.solve(covariance + settings.noise * np.diag(error), covariance)
    return replace(monge, weights=monge.weights @ keep)


def _monge(data: TrainingData, settings: CalibratedSettings) -> tuple:
    """Return the Monge map, the lines it aims at with their weights, and CCLE's tables on their scale."""
    names = list(data.landmarks)
    lines = data.rnaseq_weights > 0
    target, weights = data.rnaseq.loc[lines, names].to_numpy(np.float64), data.rnaseq_weights[lines]
    weights = weights / weights.mean()
    centre = weights @ target / weights.sum()
    tables = _on_scale(data, centre)
    whole = [table.to_numpy() for table in tables if table.notna().mean(axis=None) > 0.9]
    extra = np.vstack([np.zeros((0, len(names))), *whole])
    extra = np.where(np.isnan(extra), centre, extra)
    target = np.vstack([target, extra])
    weights = np.concatenate([weights, np.full(len(extra), settings.ccle_weight)])
    x = np.ascontiguousarray(data.l1000.to_numpy())
    return fit_monge(x, target, data.l1000_weights, weights, settings.shrink), target, weights, tables


def calibrate(
    data: TrainingData, settings: CalibratedSettings, step1: JointAffine, step2, targets: list[str]
) -> tuple:
    """Move both steps by each gene's mean error on the lines and lineages that both technologies have.

    The mean is shrunk: the errors are summed and divided by their weights plus `offset_prior`.

    Returns
    -------
    step1, step2
    """
    shared = shared_lines(data, settings)
    if not len(shared.weights):
        return step1, step2
    later = step2.transform(np.maximum(np.asarray(step1.transform(shared.l1000), np.float64), 0))
    moved = calibrate_step1(data, settings, step1)
    level = step2.transform(np.asarray(step1.mean, np.float32)[None])[0]
    return moved, step2.through(moved.mean, level + _offset(shared, targets, later, settings))


def calibrate_step1(data: TrainingData, settings: CalibratedSettings, step1: JointAffine) -> JointAffine:
    """Move step 1 alone, as `calibrate` does: for questions about landmarks, which need no step 2."""
    shared = shared_lines(data, settings)
    if not len(shared.weights):
        return step1
    first = np.asarray(step1.transform(shared.l1000), np.float64)
    return replace(step1, mean=step1.mean + _offset(shared, list(data.landmarks), first, settings))


def _offset(shared: SharedLines, genes: list[str], predicted, settings: CalibratedSettings) -> np.ndarray:
    """Return each gene's mean error on the shared lines, shrunk by `offset_prior`."""
    error = shared.rnaseq[genes].to_numpy(np.float64) - predicted
    weights = np.where(np.isnan(error), 0, shared.weights[:, None])
    return (weights * np.nan_to_num(error)).sum(axis=0) / (weights.sum(axis=0) + settings.offset_prior)


def _on_scale(data: TrainingData, centre: np.ndarray) -> list[pd.DataFrame]:
    """Return the tables of CCLE, lines × landmarks, each with the mean moved to `centre`."""
    if data.ccle is None:
        return []
    tables = []
    for _, table in data.ccle.groupby(level="file", sort=False):
        table = table.droplevel("file")[list(data.landmarks)]
        tables.append(table - table.mean() + centre)
    return tables


def _landmark_errors(data, monge: JointAffine, tables, settings) -> np.ndarray | None:
    """Return the error variance of each translated landmark; None where no line tells."""
    squares, n = np.zeros(len(data.landmarks)), np.zeros(len(data.landmarks))
    if data.pairs is not None and len(data.pairs.l1000):
        names = list(data.landmarks)
        error = data.pairs.rnaseq[names].to_numpy() - monge.transform(data.pairs.l1000[names].to_numpy())
        offset = error.sum(axis=0) / (len(error) + settings.offset_prior)
        squares += ((error - offset) ** 2).sum(axis=0)
        n += len(error)
    profiles = data.l1000.groupby(data.l1000_info["line"].to_numpy()).mean()
    for table in tables:
        rows = [(line, np.flatnonzero(same_line(profiles.index, [line]))) for line in table.index]
        rows = [(line, found[0]) for line, found in rows if len(found)]
        if len(rows) < 3:
            continue
        predicted = monge.transform(profiles.to_numpy()[[row for _, row in rows]])
        error = table.loc[[line for line, _ in rows]].to_numpy() - predicted
        error = error - error.mean(axis=0)  # a table's scale is its own: contrasts count, levels do not
        squares += np.nan_to_num(error**2).sum(axis=0)
        n += (~np.isnan(error)).sum(axis=0)
    if not n.sum():
        return None
    return (squares + settings.error_prior * squares.sum() / n.sum()) / (n + settings.error_prior)


def _expected_covariance(data, target, weights, prior: tuple[float, float]) -> np.ndarray:
    """Return the covariance that a translated line is expected to have."""
    names, groups = list(data.landmarks), (data.rnaseq_info["source"] + data.rnaseq_info["kind"]).to_numpy()
    within = data.rnaseq[names] - data.rnaseq[names].groupby(groups).transform("mean")
    over_lines, within_sources = _correlations(target, weights), _correlations(within.to_numpy(), None)
    share = 1 - sum(prior)
    mixed = prior[0] * over_lines + prior[1] * within_sources + share * np.eye(len(names))
    spread = moments(target, weights)[1]
    return mixed * np.outer(spread, spread)


def _correlations(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    weights = np.ones(len(values)) if weights is None else weights
    mean, spread = moments(values, weights)
    scaled = (values - mean) / np.maximum(spread, 1e-6) * np.sqrt(weights / weights.sum())[:, None]
    return scaled.T @ scaled
