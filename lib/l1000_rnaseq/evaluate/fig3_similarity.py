"""Fig. 3 and S1–S12 of Jeon et al. 2022: who resembles whom, by sample and by gene, in each space."""

import numpy as np
import pandas as pd
from scipy import stats

from l1000_rnaseq.stats.metrics import bootstrap_interval, gene_metrics, sample_metrics

METRICS = ("pcc", "scc", "rmse", "mse")
MODEL, BASELINE = "model, real", "baseline, real"


def comparisons(
    l1000: np.ndarray | None, real: np.ndarray, model: np.ndarray, baseline: np.ndarray, seed: int = 0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pair up the profiles of one space as the paper's violins do.

    Parameters
    ----------
    l1000 : array, samples × genes, log2 intensity, or None
        Only landmarks have it; without it, real profiles are set against random real ones, as in Fig. 3 C–F.
    real, model, baseline : array, samples × genes, log2(CPM+1)
    seed : int
        Of the random partners: every sample gets another one.

    Returns
    -------
    dict, name → (one, other).
    """
    partner = _nobody_stays(len(real), np.random.default_rng(seed))
    found = {MODEL: (real, model), BASELINE: (real, baseline)}
    if l1000 is not None:
        found |= {"L1000, model": (l1000, model), "L1000, real": (l1000, real)}
    found["model, random real"] = (real[partner], model)
    if l1000 is None:
        found["real, random real"] = (real[partner], real)
    return found


def _nobody_stays(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random cyclic permutation: no sample is its own partner."""
    order = rng.permutation(n)
    partner = np.empty(n, int)
    partner[order] = np.roll(order, 1)
    return partner


def similarity(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Measure every comparison by sample and by gene.

    Returns
    -------
    DataFrame, values × (comparison, by: "sample" or "gene", metric, value). Genes that do not vary in the
    first of the two have no correlation and are left out of it.
    """
    parts = []
    for name, (one, other) in pairs.items():
        tables = {
            "sample": sample_metrics(one, other, np.zeros(one.shape[1])),
            "gene": gene_metrics(one, other),
        }
        for by, table in tables.items():
            long = table[list(METRICS)].melt(var_name="metric").assign(comparison=name, by=by)
            parts.append(long.dropna(subset="value"))
    return pd.concat(parts, ignore_index=True)[["comparison", "by", "metric", "value"]]


def better_genes(
    real: np.ndarray, model: np.ndarray, baseline: np.ndarray, unit: np.ndarray | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the share of genes in which the model beats the baseline, with 95 % intervals over units.

    The intervals are of the jackknife: units drawn twice, as a bootstrap does, would leave fewer different
    samples to correlate a gene over, and so move the share itself.

    Parameters
    ----------
    real, model, baseline : array, samples × genes
    unit : array, samples, optional
        Donor or line; each sample its own when absent. More than 50 are left out in 50 groups; a single one
        has no interval.
    seed : int
        Of these groups.

    Returns
    -------
    DataFrame, (RMSE, PCC) × (share, low, high): lower RMSE, higher correlation over the samples. A gene
    whose truth does not vary has no correlation and is not counted there.
    """
    names = np.arange(len(real)) if unit is None else np.asarray(unit)
    order = np.random.default_rng(seed).permutation(np.unique(names))
    groups = np.array_split(order, min(50, len(order)))

    def shares(kept: np.ndarray) -> np.ndarray:
        errors = [((real[kept] - values[kept]) ** 2).sum(axis=0) for values in (model, baseline)]
        r = [_columnwise_pearson(real[kept], values[kept]) for values in (model, baseline)]
        known = np.isfinite(r[0]) & np.isfinite(r[1])
        better = (r[0] > r[1])[known].mean() if known.any() else np.nan
        return np.array([(errors[0] < errors[1]).mean(), better])

    share = shares(np.ones(len(real), bool))
    if len(groups) < 2:
        return pd.DataFrame({"share": share, "low": np.nan, "high": np.nan}, index=["RMSE", "PCC"])
    without = np.array([shares(~np.isin(names, group)) for group in groups])
    n = len(groups)
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = stats.t.ppf(0.975, n - 1) * error
    ends = {"low": np.maximum(share - half, 0), "high": np.minimum(share + half, 1)}
    return pd.DataFrame({"share": share, **ends}, index=["RMSE", "PCC"])


def _columnwise_pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return r of each column over the rows; a constant prediction counts as 0, a constant truth as NaN."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    left, right = np.sqrt((a**2).sum(axis=0)), np.sqrt((b**2).sum(axis=0))
    flat = right <= 1e-6 * np.sqrt(len(a))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(flat, 0.0, (a * b).sum(axis=0) / (left * right))
    return np.where(left > 1e-6 * np.sqrt(len(a)), r, np.nan)


def summary(found: pd.DataFrame, unit: np.ndarray | None = None, seed: int = 0) -> pd.DataFrame:
    """Average a table of `similarity`: (by, metric, comparison) × (mean, sd, n, low, high).

    The interval is over samples (or their units: donors) for sample-wise values, and not given for genes,
    which are not independent.
    """
    rows = []
    for key, part in found.groupby(["by", "metric", "comparison"], sort=False):
        values, ends = part["value"].to_numpy(), (np.nan, np.nan)
        if key[0] == "sample":
            groups = values if unit is None else pd.Series(values).groupby(unit).mean().to_numpy()
            ends = bootstrap_interval(groups, seed=seed)
        rows.append((*key, values.mean(), values.std(), len(values), *ends))
    columns = ["by", "metric", "comparison", "mean", "sd", "n", "low", "high"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:3])
