"""Fig. 3 and S1–S12 of Jeon et al. 2022: who resembles whom, by sample and by gene, in each space."""

import numpy as np
import pandas as pd

from .metrics import bootstrap_interval, gene_metrics, sample_metrics

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
    real: np.ndarray,
    model: np.ndarray,
    baseline: np.ndarray,
    unit: np.ndarray | None = None,
    n: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the share of genes in which the model beats the baseline, with 95 % intervals over units.

    Parameters
    ----------
    real, model, baseline : array, samples × genes
    unit : array, samples, optional
        Donor or line; each sample its own when absent.
    n, seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame, (RMSE, PCC) × (share, low, high): lower RMSE, higher correlation over the samples. A gene
    whose truth does not vary has no correlation and is not counted there.
    """
    groups = pd.Series(np.arange(len(real))).groupby(np.arange(len(real)) if unit is None else unit)
    rows = [part.to_numpy() for _, part in groups]

    def shares(chosen: np.ndarray) -> tuple[float, float]:
        at = np.concatenate([rows[k] for k in chosen])
        errors = [((real[at] - values[at]) ** 2).sum(axis=0) for values in (model, baseline)]
        r = [_columnwise_pearson(real[at], values[at]) for values in (model, baseline)]
        known = np.isfinite(r[0]) & np.isfinite(r[1])
        correlation = float((r[0] > r[1])[known].mean()) if known.any() else np.nan
        return float((errors[0] < errors[1]).mean()), correlation

    every = np.arange(len(rows))
    draws = np.random.default_rng(seed).integers(len(rows), size=(n, len(rows)))
    drawn = np.array([shares(draw) for draw in draws])
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return pd.DataFrame({"share": shares(every), "low": low, "high": high}, index=["RMSE", "PCC"])


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
