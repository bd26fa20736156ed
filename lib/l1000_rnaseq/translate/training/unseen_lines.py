"""Errors on lineages and lines that a fit has not seen: intervals and reliability."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.translate.gene_reliability import calibration, pooled_correlation, shrunk
from l1000_rnaseq.translate.intervals import LEVELS, conformal_factors, coverage, gene_errors
from l1000_rnaseq.translate.presets import Preset
from l1000_rnaseq.translate.training.fit_steps import fit_closed, is_closed
from l1000_rnaseq.translate.training.leave_one_out import leave_one_line_out
from l1000_rnaseq.translate.training.lineages import held_out_lineages, lineage_means, score_lineages
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.torch_loop import Trained


def joined(landmarks: np.ndarray, step2) -> np.ndarray:
    """Return translated landmarks with what step 2 makes of them (genes beyond the landmarks only)."""
    return np.hstack([landmarks, step2.transform(np.maximum(landmarks, 0))])


@dataclass(frozen=True)
class HeldOut:
    """Predictions of what the fits behind them have not seen: `lineages` first, then lines of the pairs.

    Attributes
    ----------
    lineages : (predicted, real), DataFrame, lineages × genes
    tables : list of (deviation, predicted, real), DataFrame, groups × genes
        What no fit has seen; empty for networks, whose lineages were seen.
    line_scores : dict
        Of the paired lines: centred correlation, correlation over lines, RMSE.
    unseen : bool
    """

    lineages: tuple[pd.DataFrame, pd.DataFrame]
    tables: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]
    line_scores: dict
    unseen: bool


def predict_held_out(
    data, preset: Preset, step1: Trained, targets: list[str], seed: int, progress: bool
) -> HeldOut:
    """Predict lineages, and paired lines that may be learned from, by both steps refitted without them."""
    names = list(data.landmarks)
    if not is_closed(preset):  # a network is not trained again for this: it has seen the lineages
        predicted = pd.DataFrame(step1.transform(data.l1000.to_numpy()), columns=names)
        lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
        real = data.rnaseq.loc[lines, names]
        means = lineage_means(predicted, data.l1000_info["line"], "l1000")
        return HeldOut((means, lineage_means(real, pd.Series(real.index), "rnaseq")), [], {}, False)

    def both(seen: TrainingData):
        first, second, _ = fit_closed(seen, preset, seed)
        return lambda x: joined(first.transform(x), second)

    genes = names + [gene for gene in targets if gene not in names]
    predicted, real = held_out_lineages(data, both, genes)
    tables = [(predicted, predicted, real)] if len(real) else []
    scores = {}
    if data.pairs is not None and len(data.pairs.l1000) > 3:
        guess, truth, deviation = leave_one_line_out(data, preset, seed, progress)
        tables.append((deviation, guess, truth))
        scores = score_lineages(guess, truth)
        by_line = by_gene(pearson, truth.to_numpy(float), deviation.to_numpy(float))
        scores = {"lines": len(truth), "centred_pcc": scores["centred_pcc"], "rmse": scores["rmse"]}
        scores["gene_pcc"] = float(np.nanmean(by_line))
    return HeldOut((predicted, real), tables, scores, True)


def interval_scales(data: TrainingData, scores: dict, targets: list[str], held_out: HeldOut) -> tuple:
    """Return what intervals are made of, and how often they hold.

    Returns
    -------
    error : array, genes
    factors : dict, kind of gene → (level → what the error is multiplied by)
    covered : dict, level → share
        Of the paired lines' values, by the factors that lineages alone give; empty without pairs.
    """
    names, kinds = list(data.landmarks), (data.rnaseq_info["source"] + data.rnaseq_info["kind"]).to_numpy()
    error = gene_errors(data.rnaseq, kinds, names, pd.Series(scores["error_by_gene"], targets))
    parts = {"landmarks": slice(0, len(names)), "others": slice(len(names), None)}
    tables = [(real.to_numpy(float), predicted.to_numpy(float)) for _, predicted, real in held_out.tables]
    factors = _factors(*(np.vstack(side) for side in zip(*tables, strict=True)), error, parts)
    covered = {}
    if len(tables) > 1:  # the lines, by what the lineages alone promise
        promised = _factors(*tables[0], error, parts)
        for level in map(str, LEVELS):
            width = np.concatenate([error[part] * promised[kind][level] for kind, part in parts.items()])
            covered[level] = round(float(coverage(*tables[1], width).mean()), 3)
    return error, factors, covered


def _factors(real: np.ndarray, predicted: np.ndarray, error: np.ndarray, parts: dict[str, slice]) -> dict:
    return {
        kind: conformal_factors(real[:, part], predicted[:, part], error[part])
        for kind, part in parts.items()
    }


def level_reliability(data: TrainingData, step2_r, targets: list[str], held_out: HeldOut) -> tuple:
    """Return how well each gene's level is followed end to end, and whether it holds on the paired lines.

    The correlation is over lineages and lines that no fit has seen, shrunk by `gene_reliability.shrunk`.
    The bins compare what lineages alone promise with what the paired lines have; empty without pairs.
    """
    genes, names = list(held_out.tables[0][0]), list(data.landmarks)
    of_step2 = pd.Series(step2_r, targets).reindex(genes).to_numpy(float)
    is_landmark = np.isin(genes, names)
    spread = pd.concat([real for *_, real in held_out.tables]).std().to_numpy()
    facts = np.column_stack([is_landmark, np.where(is_landmark, np.nan, of_step2), np.log(spread + 0.1)])
    pairs = [(real.to_numpy(float), deviation.to_numpy(float)) for deviation, _, real in held_out.tables]
    r, n = pooled_correlation(*zip(*pairs, strict=True))
    bins = []
    if len(pairs) > 1:
        promised = shrunk(*pooled_correlation([pairs[0][0]], [pairs[0][1]]), facts)
        realised = pooled_correlation([pairs[1][0]], [pairs[1][1]])[0]
        bins = calibration(promised, realised).round(3).to_numpy().tolist()
    return shrunk(r, n, facts), bins
