"""Fig. 3 and S1–S12 of Jeon et al. 2022: how similar profiles are, by sample and by gene, in each space."""

import numpy as np
import pandas as pd
import scipy

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.stats.metrics import bootstrap_interval, gene_metrics, sample_metrics

METRICS = ("pcc", "scc", "rmse", "mse")


def profile_pairs(
    l1000: np.ndarray | None, real: np.ndarray, predictions: dict[str, np.ndarray], seed: int = 0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name the pairs of profiles that the paper's violins compare, in one space.

    Parameters
    ----------
    l1000 : array, samples × genes, log2 intensity, or None
        Only landmarks have it. Without it, real profiles are compared with random real ones (Fig. 3 C–F).
    real : array, samples × genes, log2(CPM+1)
    predictions : dict, name → array, samples × genes, log2(CPM+1)
        One or more models, then the baseline, which is compared with the real profiles only.
    seed : int
        Of the random partners: no sample is its own.

    Returns
    -------
    dict, "first, second" → (first, second), both samples × genes.
    """
    partner = _derangement(len(real), np.random.default_rng(seed))
    pairs = {f"{name}, real": (real, values) for name, values in predictions.items()}
    models = list(predictions.items())[:-1]
    if l1000 is not None:
        pairs |= {f"L1000, {name}": (l1000, values) for name, values in models}
        pairs["L1000, real"] = (l1000, real)
    pairs |= {f"{name}, random real": (real[partner], values) for name, values in models}
    if l1000 is None:
        pairs["real, random real"] = (real[partner], real)
    return pairs


def _derangement(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random cyclic permutation of n samples: none stays in its position."""
    order = rng.permutation(n)
    partner = np.empty(n, int)
    partner[order] = np.roll(order, 1)
    return partner


def profile_similarity(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Measure every comparison by sample and by gene.

    Returns
    -------
    DataFrame, values × (comparison, by: "sample" or "gene", metric, value). A gene that does not vary in the
    first of the two profiles has no correlation.
    """
    parts = []
    for name, (first, second) in pairs.items():
        tables = {
            "sample": sample_metrics(first, second, np.zeros(first.shape[1])),
            "gene": gene_metrics(first, second),
        }
        for by, table in tables.items():
            values = table[list(METRICS)].melt(var_name="metric").assign(comparison=name, by=by)
            parts.append(values.dropna(subset="value"))
    return pd.concat(parts, ignore_index=True)[["comparison", "by", "metric", "value"]]


def better_genes(
    real: np.ndarray, model: np.ndarray, baseline: np.ndarray, group: np.ndarray | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the share of genes in which the model beats the baseline, with 95 % intervals over groups.

    The intervals are of the jackknife. A bootstrap draws some groups twice. That leaves fewer different
    samples to correlate a gene over, and moves the share itself.

    Parameters
    ----------
    real, model, baseline : array, samples × genes
    group : array, samples, optional
        Donor or line; by default every sample is a group. More than 50 groups are left out in 50 parts. A
        single group has no interval.
    seed : int
        Of these parts.

    Returns
    -------
    DataFrame, (RMSE, PCC) × (share, low, high): lower RMSE, higher correlation over the samples. A gene
    whose truth does not vary has no correlation and is not counted for it.
    """
    group_of = np.arange(len(real)) if group is None else np.asarray(group)
    order = np.random.default_rng(seed).permutation(np.unique(group_of))
    left_out = np.array_split(order, min(50, len(order)))

    def shares(kept: np.ndarray) -> np.ndarray:
        errors = [((real[kept] - values[kept]) ** 2).sum(axis=0) for values in (model, baseline)]
        r = [by_gene(pearson, real[kept], values[kept]) for values in (model, baseline)]
        is_defined = np.isfinite(r[0]) & np.isfinite(r[1])
        better = (r[0] > r[1])[is_defined].mean() if is_defined.any() else np.nan
        return np.array([(errors[0] < errors[1]).mean(), better])

    share = shares(np.ones(len(real), bool))
    if len(left_out) < 2:
        return pd.DataFrame({"share": share, "low": np.nan, "high": np.nan}, index=["RMSE", "PCC"])
    without = np.array([shares(~np.isin(group_of, part)) for part in left_out])
    n = len(left_out)
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = scipy.stats.t.ppf(0.975, n - 1) * error
    ends = {"low": np.maximum(share - half, 0), "high": np.minimum(share + half, 1)}
    return pd.DataFrame({"share": share, **ends}, index=["RMSE", "PCC"])


def summarize(table: pd.DataFrame, group: np.ndarray | None = None, seed: int = 0) -> pd.DataFrame:
    """Average a table of `profile_similarity`: (by, metric, comparison) × (mean, sd, n, low, high).

    The interval of sample-wise values is over samples, or over their groups (donors). Genes have none, since
    they are not independent.
    """
    rows = []
    for key, part in table.groupby(["by", "metric", "comparison"], sort=False):
        values, ends = part["value"].to_numpy(), (np.nan, np.nan)
        if key[0] == "sample":
            means = values if group is None else pd.Series(values).groupby(group).mean().to_numpy()
            ends = bootstrap_interval(means, seed=seed)
        rows.append((*key, values.mean(), values.std(), len(values), *ends))
    columns = ["by", "metric", "comparison", "mean", "sd", "n", "low", "high"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:3])
