"""The metrics of every benchmark: errors, correlations by sample and by gene, retrieval, intervals."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata


def rowwise_pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Pearson's r between matching rows; NaN where a row is constant."""
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norm > 1e-10, (a * b).sum(axis=1) / norm, np.nan)


def rowwise_spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Spearman's rho between matching rows (ties averaged)."""
    return rowwise_pearson(rankdata(a, axis=1), rankdata(b, axis=1))


def auroc(true: np.ndarray, score: np.ndarray) -> float:
    """Return the share of (true, other) pairs in which the true sample scores higher; ties count a half."""
    n = int(true.sum())
    return float((rankdata(score)[true].sum() - n * (n + 1) / 2) / (n * (len(true) - n)))


def sample_metrics(true: np.ndarray, predicted: np.ndarray, centre: np.ndarray) -> pd.DataFrame:
    """Compare matching samples.

    Parameters
    ----------
    true, predicted : array, samples × genes
        The same log base and gene order.
    centre : array, genes
        Profile subtracted from both sides before the centred correlation: a training mean, never the test's.

    Returns
    -------
    DataFrame, samples × (mse, rmse, mae, pcc, scc, centred_pcc).
    """
    true, predicted = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    mse = ((true - predicted) ** 2).mean(axis=1)
    return pd.DataFrame(
        {
            "mse": mse,
            "rmse": np.sqrt(mse),
            "mae": np.abs(true - predicted).mean(axis=1),
            "pcc": rowwise_pearson(true, predicted),
            "scc": rowwise_spearman(true, predicted),
            "centred_pcc": rowwise_pearson(true - centre, predicted - centre),
        }
    )


def gene_metrics(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Compare matching genes over the samples; a constant prediction has no correlation and counts as 0.

    Returns
    -------
    DataFrame, genes × (mse, rmse, mae, pcc, scc, sd_ratio); pcc and scc are NaN where the truth is constant.
    """
    true, predicted = np.asarray(true, np.float64).T, np.asarray(predicted, np.float64).T
    mse = ((true - predicted) ** 2).mean(axis=1)
    spread = true.std(axis=1)
    flat = predicted.std(axis=1) <= 1e-6
    known = spread > 1e-6
    pcc = np.where(flat, 0.0, rowwise_pearson(true, predicted))
    scc = np.where(flat, 0.0, rowwise_spearman(true, predicted))
    return pd.DataFrame(
        {
            "mse": mse,
            "rmse": np.sqrt(mse),
            "mae": np.abs(true - predicted).mean(axis=1),
            "pcc": np.where(known, pcc, np.nan),
            "scc": np.where(known, scc, np.nan),
            "sd_ratio": np.where(known, predicted.std(axis=1) / np.maximum(spread, 1e-6), np.nan),
        }
    )


def r2_against(true: np.ndarray, predicted: np.ndarray, mean_profile: np.ndarray) -> float:
    """Return 1 − SSE(predicted) / SSE(mean profile): 0 is no better than the no-input constant."""
    return float(1 - ((true - predicted) ** 2).sum() / ((true - mean_profile) ** 2).sum())


def centred_correlations(true: np.ndarray, predicted: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the centred correlation of every predicted sample (rows) with every true one (columns)."""
    a, b = (v - v.mean(axis=1, keepdims=True) for v in (predicted - centre, true - centre))
    norms = np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return (a @ b.T) / np.maximum(norms, 1e-12)


def retrieval(true: np.ndarray, predicted: np.ndarray, centre: np.ndarray) -> pd.DataFrame:
    """Rank, for each predicted sample, its own truth among all truths by centred correlation.

    Returns
    -------
    DataFrame, samples × (rank: 1 is best, percentile: 1 is best, 0 worst); ties share the mean rank.
    """
    similarity = centred_correlations(true, predicted, centre)
    own = np.diag(similarity)[:, None]
    rank = (
        1 + (similarity > own + 1e-9).sum(axis=1) + ((np.abs(similarity - own) <= 1e-9).sum(axis=1) - 1) / 2
    )
    return pd.DataFrame({"rank": rank, "percentile": 1 - (rank - 1) / max(len(true) - 1, 1)})


def bootstrap_interval(
    values: np.ndarray, statistic=np.nanmean, n: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic over independent units (lines, donors).

    Parameters
    ----------
    values : array, units or units × anything
        Resampled along the first axis.
    """
    values = np.asarray(values)
    draws = np.random.default_rng(seed).integers(len(values), size=(n, len(values)))
    if np.isnan(values.astype(float)).all():
        return float("nan"), float("nan")
    statistics = [statistic(values[rows]) for rows in draws]
    low, high = np.nanquantile(statistics, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
