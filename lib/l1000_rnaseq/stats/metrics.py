"""The metrics of every benchmark: errors, correlations by sample and by gene, retrieval, intervals."""

import numpy as np
import pandas as pd
import scipy

from l1000_rnaseq.stats.correlation import by_gene, is_constant, pearson, pearson_matrix, spearman
from l1000_rnaseq.stats.in_blocks import blocks


def auroc(true: np.ndarray, score: np.ndarray) -> float:
    """Return the share of (true, other) pairs in which the true sample scores higher; ties count a half."""
    n = int(true.sum())
    return float((scipy.stats.rankdata(score)[true].sum() - n * (n + 1) / 2) / (n * (len(true) - n)))


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
            "pcc": pearson(true, predicted),
            "scc": spearman(true, predicted),
            "centred_pcc": pearson(true - centre, predicted - centre),
        }
    )


def gene_metrics(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Compare matching genes over the samples; a constant prediction has no correlation and counts as 0.

    Returns
    -------
    DataFrame, genes × (mse, rmse, mae, pcc, scc, sd_ratio); the last three NaN where the truth is constant.
    """
    parts = [_of_genes(true[:, genes], predicted[:, genes]) for genes in blocks(np.shape(true)[1], 500)]
    return pd.concat(parts, ignore_index=True)


def _of_genes(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    true, predicted = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    mse = ((true - predicted) ** 2).mean(axis=0)
    spread = np.where(is_constant(true.T), np.nan, true.std(axis=0))
    return pd.DataFrame(
        {
            "mse": mse,
            "rmse": np.sqrt(mse),
            "mae": np.abs(true - predicted).mean(axis=0),
            "pcc": by_gene(pearson, true, predicted),
            "scc": by_gene(spearman, true, predicted),
            "sd_ratio": predicted.std(axis=0) / spread,
        }
    )


def r2_against(true: np.ndarray, predicted: np.ndarray, mean_profile: np.ndarray) -> float:
    """Return 1 − SSE(predicted) / SSE(mean profile): 0 is no better than the no-input constant."""
    return float(1 - ((true - predicted) ** 2).sum() / ((true - mean_profile) ** 2).sum())


def retrieval(true: np.ndarray, predicted: np.ndarray, centre: np.ndarray) -> pd.DataFrame:
    """Rank, for each predicted sample, its own truth among all truths by centred correlation.

    Parameters
    ----------
    true, predicted, centre
        As in `sample_metrics`. What is constant once centred correlates with nothing, which counts as 0.

    Returns
    -------
    DataFrame, samples × (rank: 1 is best, percentile: 1 is best, 0 worst); ties share the mean rank.
    """
    similarity = np.nan_to_num(pearson_matrix(predicted - centre, true - centre))
    of_truth = np.diag(similarity)[:, None]
    better = (similarity > of_truth + 1e-9).sum(axis=1)
    equal = (np.abs(similarity - of_truth) <= 1e-9).sum(axis=1)
    rank = 1 + better + (equal - 1) / 2
    return pd.DataFrame({"rank": rank, "percentile": 1 - (rank - 1) / max(len(true) - 1, 1)})


def bootstrap_interval(
    values: np.ndarray, statistic=np.nanmean, n: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic over independent groups (lines, donors).

    Fewer than two groups, or values that are all NaN, have no interval: NaN. `n` is the number of resamples.
    """
    if len(values) < 2 or pd.isna(values).all():
        return float("nan"), float("nan")
    options = {"n_resamples": n, "confidence_level": level, "method": "percentile"}
    options["batch"] = max(1, 2**18 // len(values))  # a few MB of resamples at a time
    resampled = scipy.stats.bootstrap((values,), statistic, **options, rng=np.random.default_rng(seed))
    low, high = resampled.confidence_interval
    return float(low), float(high)


def grouped_interval(
    values: np.ndarray, groups: np.ndarray, n: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean whose values come in groups.

    Values of one group (signatures of one compound, the same one in several splits) depend on each other, so
    whole groups are drawn.

    Parameters
    ----------
    values : array, samples
        NaN is left out.
    groups : array, samples
        The group of each value.
    n, level, seed
        As in `bootstrap_interval`.

    Returns
    -------
    (low, high); NaN where fewer than two groups have a value.

    Examples
    --------
    >>> grouped_interval(np.array([0.0, 0.0, 1.0, 1.0]), np.array(["a", "a", "b", "b"]))
    (0.0, 1.0)
    """
    table = pd.Series(np.asarray(values, float)).dropna()
    by_group = table.groupby(np.asarray(groups)[table.index]).agg(["sum", "size"]).to_numpy()
    if len(by_group) < 2:
        return float("nan"), float("nan")
    sums, sizes = (draw_groups(len(by_group), n, np.random.default_rng(seed)) @ by_group).T
    low, high = np.quantile(sums / sizes, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def draw_groups(n_groups: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw groups with replacement, as many as there are: how often each is drawn, resamples × groups."""
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n)
