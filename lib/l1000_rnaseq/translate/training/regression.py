"""Step 2 as ridge regression, linear or on a kernel: fitted to prepared data, scored on held-out groups."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import by_gene as correlate_by_gene
from l1000_rnaseq.stats.correlation import pearson
from l1000_rnaseq.stats.in_blocks import Rows, blocks
from l1000_rnaseq.stats.splits import group_folds, source_folds
from l1000_rnaseq.translate.settings import BlendSettings, KernelSettings, NetworkSettings, RidgeSettings
from l1000_rnaseq.translate.step2.blend import BlendMap, fit_blend
from l1000_rnaseq.translate.step2.kernel import KernelMap, fit_kernel
from l1000_rnaseq.translate.step2.linear import LinearMap, choose_alpha, fit_linear
from l1000_rnaseq.translate.training.partial_genes import with_partial
from l1000_rnaseq.translate.training.prepare import TrainingData

Settings = RidgeSettings | KernelSettings | BlendSettings
Map = LinearMap | KernelMap | BlendMap


def fit_ridge(data: TrainingData, settings: Settings, seed: int = 0) -> tuple[Map, list[str], dict]:
    """Choose the penalty where there is a choice, score on held-out groups, fit on all.

    Held out are whole sources, one after the other, where there are several; else a fifth of the series.

    Returns
    -------
    step : LinearMap, KernelMap or BlendMap
    targets : list of str
    scores : dict
        Held-out mean squared error and gene-wise correlation (mean, and `by_gene`), `error_by_gene` (root
        mean square of what was left over), how it was held out.
    """
    targets = targets_of(data, settings)
    x, y, info = _inputs(data, settings, targets)
    folds = group_folds(info["group"], min(5, info["group"].nunique()), seed)
    if isinstance(settings, RidgeSettings) and len(settings.alphas) > 1:
        parts = [(x[folds == k], y.of(folds == k), None) for k in range(folds.max() + 1)]
        errors = choose_alpha(parts, settings.alphas)
        settings = replace(settings, alphas=(min(errors, key=errors.get),))
    splits = source_folds(info["source"], info["group"]) if settings.by_source else {}
    held_out = f"{len(splits)} sources, each held out in turn with the series that it shares"
    if not splits:
        splits = {"": (folds != 0, folds == 0)}
        held_out = f"{(folds == 0).sum()} samples, whole series or donors, one fold of {folds.max() + 1}"
    fold_scores = []
    for train, test in splits.values():
        step = _regress(x[train], y.of(train), info[train], settings, seed)
        fold_scores.append(score_map(step, x[test], y.of(test)))
    mse = np.mean([score["mse_by_gene"] for score in fold_scores], axis=0)
    correlations = np.array([score["by_gene"] for score in fold_scores])
    n = (~np.isnan(correlations)).sum(axis=0)
    by_gene = np.where(n > 0, np.nansum(correlations, axis=0) / np.maximum(n, 1), np.nan)
    scores = {
        "mse": float(mse.mean()),
        "gene_pcc": float(np.nanmean(by_gene)),
        "by_gene": by_gene,
        "error_by_gene": np.sqrt(mse),
        "held_out": held_out,
    }
    step = _solve(data, settings, targets, x, y, info, seed)
    step, targets, further = with_further_genes(data, settings, step, targets)
    for name, values in further.items():
        scores[name] = np.concatenate([scores[name], values])
    return step, targets, scores


def with_further_genes(data: TrainingData, settings: Settings, step: Map, targets: list[str]) -> tuple:
    """Extend a step 2 by the genes of `data.partial`; return it, its targets, scores of those genes."""
    if not settings.by_source or data.partial is None:
        return step, targets, {}
    level = weighted_mean(data.partial, data.rnaseq_weights)
    step, scores = with_partial(step, data, composition_mean(data, list(data.landmarks)), level)
    return step, targets + list(data.partial.columns), scores


def solve_ridge(data: TrainingData, settings: Settings, seed: int = 0) -> Map:
    """Fit on all samples with the first penalty, without choosing or scoring."""
    targets = targets_of(data, settings)
    return _solve(data, settings, targets, *_inputs(data, settings, targets), seed)


def step2_inputs(data: TrainingData, settings: NetworkSettings | Settings, targets: list[str]):
    """Return landmarks and targets (samples × genes) as step 2 learns from them, and the samples' table."""
    x, y, info = _inputs(data, settings, targets)
    return x, y[:], info


def _inputs(data: TrainingData, settings, targets: list[str]) -> tuple[np.ndarray, Rows, pd.DataFrame]:
    """Return what `step2_inputs` does, but leave the targets where they are: 3 GiB for 50,000 samples."""
    by_source = getattr(settings, "by_source", False)  # networks see levels
    rows = np.flatnonzero(np.full(len(data.rnaseq), True) if by_source else data.count_based)
    info, values, place = data.rnaseq_info.iloc[rows], data.rnaseq.to_numpy(), data.rnaseq.columns.get_loc
    x, y = (  # an absent gene is a KeyError
        Rows(values, rows, np.array([place(gene) for gene in genes], int))
        for genes in (data.landmarks, targets)
    )
    if by_source:
        groups = (info["source"] + info["kind"]).to_numpy()
        x, y = x.less_group_means(groups), y.less_group_means(groups)
    return x[:], y, info


def _regress(x: np.ndarray, y: np.ndarray, info: pd.DataFrame, settings: Settings, seed: int) -> Map:
    if isinstance(settings, RidgeSettings):
        return fit_linear(x, y, settings.alphas[0], rank=settings.rank)
    if isinstance(settings, BlendSettings):
        return fit_blend(x, y, (info["kind"] == "cell line").to_numpy(), settings, seed)
    options = {name: value for name, value in asdict(settings).items() if name != "by_source"}
    return fit_kernel(x, y, seed=seed, **options)


def _solve(data: TrainingData, settings: Settings, targets: list[str], x, y, info, seed: int):
    step = _regress(x, y, info, settings, seed)
    if settings.by_source:
        step = step.through(*(composition_mean(data, names) for names in (list(data.landmarks), targets)))
    return step


def composition_mean(data: TrainingData, genes: list[str]) -> np.ndarray:
    """Return the mean of genes over step 1's composition, or over all samples if not measured there."""
    return weighted_mean(data.rnaseq, data.rnaseq_weights, genes)


def weighted_mean(table: pd.DataFrame, weights: np.ndarray, columns: list[str] | None = None) -> np.ndarray:
    """Return the weighted mean of columns over what is there, or the plain one where weights are 0."""
    columns, weights = list(table.columns if columns is None else columns), np.asarray(weights)[:, None]
    parts = [np.zeros(0)]
    for some in blocks(len(columns)) if columns else ():
        values = table[columns[some]].to_numpy(np.float64)
        total = (weights * ~np.isnan(values)).sum(axis=0)
        mean = np.nansum(weights * values, axis=0) / np.where(total > 0, total, 1)
        parts.append(np.where(total > 0, mean, np.nanmean(values, axis=0)))
    return np.concatenate(parts)


def score_map(step: Map, x: np.ndarray, y: Rows) -> dict:
    """Score a fitted map on samples (landmarks, targets) as `score_genes`, a block of genes at a time."""
    hidden, mse, by_gene = step.hidden(x), [], []
    for genes in blocks(y.shape[1], 500):
        predicted = hidden @ step.right[:, genes] + step.intercept[genes]
        error, r = _errors_and_r(y.genes(genes), predicted)
        mse.append(error)
        by_gene.append(r)
    return _scores(np.concatenate(mse), np.concatenate(by_gene))


def score_genes(truth: np.ndarray, predicted: np.ndarray) -> dict:
    """Return mean squared error and gene-wise Pearson correlation: means, `mse_by_gene` and `by_gene`."""
    parts = [_errors_and_r(truth[:, genes], predicted[:, genes]) for genes in blocks(truth.shape[1], 500)]
    return _scores(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _errors_and_r(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    return ((truth - predicted) ** 2).mean(axis=0), correlate_by_gene(pearson, truth, predicted)


def _scores(mse: np.ndarray, by_gene: np.ndarray) -> dict:
    return {
        "mse": float(mse.mean()),
        "gene_pcc": float(np.nanmean(by_gene)),
        "mse_by_gene": mse,
        "by_gene": by_gene,
    }


def targets_of(data: TrainingData, step2: NetworkSettings | Settings) -> list[str]:
    """Return the genes that a step 2 predicts, in order."""
    landmarks = set(data.landmarks)
    if getattr(step2, "predicts_landmarks", False):
        return list(data.genes)
    return [gene for gene in data.genes if gene not in landmarks]
