"""Step 2 as ridge regression on prepared data: chosen and scored on held-out series, or solved at once."""

import numpy as np

from l1000_rnaseq.evaluate.metrics import gene_metrics
from l1000_rnaseq.evaluate.splits import group_folds

from .extrapolate import NetworkSettings
from .linear import Gram, LinearMap, choose_alpha
from .prepare import TrainingData
from .presets import RidgeSettings


def fit_ridge(
    data: TrainingData, settings: RidgeSettings, seed: int = 0
) -> tuple[LinearMap, list[str], dict]:
    """Choose the penalty, score it on held-out units, fit on all.

    Returns
    -------
    step : LinearMap
    targets : list of str
    scores : dict
        Held-out mean squared error and gene-wise correlation (mean, and `by_gene`), how it was held out.
    """
    targets = targets_of(data, settings)
    x, y, unit = _inputs(data, settings, targets)
    fold = group_folds(unit, min(5, unit.nunique()), seed)
    alpha = settings.alphas[0]
    if len(settings.alphas) > 1:
        errors = choose_alpha(
            [(x[fold == k], y[fold == k], None) for k in range(fold.max() + 1)], settings.alphas
        )
        alpha = min(errors, key=errors.get)
    out = fold == 0
    model = Gram(x.shape[1], y.shape[1]).add(x[~out], y[~out]).solve(alpha, settings.rank)
    held = f"{out.sum()} samples, whole series or donors, one fold of {fold.max() + 1}; alpha {alpha}"
    scores = {**score_genes(y[out], model.transform(x[out])), "held_out": held}
    return _solve(data, settings, targets, x, y, alpha), targets, scores


def solve_ridge(data: TrainingData, settings: RidgeSettings) -> LinearMap:
    """Fit on all samples with the first penalty, without choosing or scoring."""
    targets = targets_of(data, settings)
    x, y, _ = _inputs(data, settings, targets)
    return _solve(data, settings, targets, x, y, settings.alphas[0])


def _inputs(data: TrainingData, settings: RidgeSettings, targets: list[str]):
    rows = slice(None) if settings.by_source else data.count_based
    table, info = data.rnaseq[rows], data.rnaseq_info[rows]
    if settings.by_source:
        groups = (info["source"] + info["kind"]).to_numpy()
        table = (table - table.groupby(groups).transform("mean")).fillna(0)
    return table[list(data.landmarks)].to_numpy(), table[targets].to_numpy(), info["unit"]


def _solve(data: TrainingData, settings: RidgeSettings, targets: list[str], x, y, alpha: float) -> LinearMap:
    step = Gram(x.shape[1], y.shape[1]).add(x, y).solve(alpha, settings.rank)
    if settings.by_source:
        step = step.through(*(_composition_mean(data, names) for names in (list(data.landmarks), targets)))
    return step


def _composition_mean(data: TrainingData, genes: list[str]) -> np.ndarray:
    """Return the mean profile of step 1's composition, or of all samples for a gene not measured there."""
    values, weights = data.rnaseq[genes].to_numpy(np.float64), data.rnaseq_weights[:, None]
    known = ~np.isnan(values)
    total = (weights * known).sum(axis=0)
    mean = np.nansum(weights * values, axis=0) / np.where(total > 0, total, 1)
    return np.where(total > 0, mean, np.nanmean(values, axis=0))


def score_genes(truth: np.ndarray, predicted: np.ndarray) -> dict:
    """Return mean squared error and gene-wise Pearson correlation: mean, and `by_gene`."""
    by_gene = gene_metrics(truth, predicted)["pcc"].to_numpy()
    mse = float(((predicted - truth) ** 2).mean())
    return {"mse": mse, "gene_pcc": float(np.nanmean(by_gene)), "by_gene": by_gene}


def targets_of(data: TrainingData, step2: NetworkSettings | RidgeSettings) -> list[str]:
    """Return the genes that a step 2 predicts, in order."""
    landmarks = set(data.landmarks)
    if getattr(step2, "predicts_landmarks", False):
        return list(data.genes)
    return [gene for gene in data.genes if gene not in landmarks]
