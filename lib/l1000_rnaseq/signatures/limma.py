"""Moderated t of limma (Smyth 2004): one linear model per gene, shrunk variances; voom weights for counts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import digamma, polygamma


@dataclass(frozen=True)
class Fit:
    """A linear model of every gene (limma's lmFit), for the coefficient of interest.

    Attributes
    ----------
    coefficient : array, genes
        Treated minus control, in the log base of the profiles.
    unscaled_sd : array, genes
        Standard error of the coefficient divided by sigma.
    variance : array, genes
        Residual variance; NaN without residual degrees of freedom.
    df : int
        Residual degrees of freedom.
    mean : array, genes
        Mean of each gene over the samples.
    fitted : array, samples × genes
    """

    coefficient: np.ndarray
    unscaled_sd: np.ndarray
    variance: np.ndarray
    df: int
    mean: np.ndarray
    fitted: np.ndarray


def two_group_design(treated: np.ndarray, batch: np.ndarray | None = None) -> np.ndarray:
    """Return the design matrix (intercept, treated, batch dummies).

    Batch columns that the others explain are left out; so a batch that has treated samples only, or
    controls only, adds nothing to the comparison.

    Parameters
    ----------
    treated : array of bool, samples
    batch : array, samples, optional

    Raises
    ------
    ValueError
        One of the groups is empty, or treatment and batch cannot be told apart.
    """
    treated = np.asarray(treated, bool)
    if treated.all() or not treated.any():
        raise ValueError("A comparison needs treated and control samples; one of the two groups is empty.")
    columns = [np.ones(len(treated)), treated.astype(float)]
    for level in pd.unique(np.asarray(batch))[1:] if batch is not None else ():
        candidate = (np.asarray(batch) == level).astype(float)
        if np.linalg.matrix_rank(np.column_stack([*columns, candidate])) > len(columns):
            columns.append(candidate)
        elif np.linalg.matrix_rank(np.column_stack([columns[0], *columns[2:], candidate])) > len(columns) - 1:
            raise ValueError("Treatment and batch cannot be told apart: each batch has one group only.")
    return np.column_stack(columns)


def fit_genes(
    profiles: np.ndarray, matrix: np.ndarray, weights: np.ndarray | None = None, coef: int = 1
) -> Fit:
    """Fit a linear model to every gene.

    Parameters
    ----------
    profiles : array, samples × genes
        Log expression.
    matrix : array, samples × coefficients, full rank
    weights : array, samples × genes, optional
        Precision weights, as `voom` returns.
    coef : int
        Column of the coefficient of interest.
    """
    y, x = np.asarray(profiles, np.float64), np.asarray(matrix, np.float64)
    df = len(x) - x.shape[1]
    if weights is None:
        inverse = np.linalg.inv(x.T @ x)
        beta = inverse @ (x.T @ y)
        unscaled = np.full(y.shape[1], np.sqrt(inverse[coef, coef]))
        squares = ((y - x @ beta) ** 2).sum(axis=0)
    else:
        normal = np.einsum("sg,si,sj->gij", weights, x, x, optimize=True)
        inverse = np.linalg.inv(normal)
        beta = np.einsum("gij,gj->ig", inverse, np.einsum("sg,si,sg->gi", weights, x, y, optimize=True))
        unscaled = np.sqrt(inverse[:, coef, coef])
        squares = (weights * (y - x @ beta) ** 2).sum(axis=0)
    variance = squares / df if df > 0 else np.full(y.shape[1], np.nan)
    return Fit(beta[coef], unscaled, variance, df, y.mean(axis=0), x @ beta)


def shrink_variances(variance: np.ndarray, df: float) -> tuple[np.ndarray, float, float]:
    """Shrink residual variances towards a common prior (limma's fitFDist and squeezeVar, no trend).

    Parameters
    ----------
    variance : array, genes
    df : float
        Their residual degrees of freedom.

    Returns
    -------
    posterior : array, genes
    prior_df : float
        Infinite where the genes' variances do not differ more than chance.
    prior_variance : float
    """
    is_valid = np.isfinite(variance) & (variance >= 0)
    if df <= 0 or not is_valid.any():
        raise ValueError(
            "No residual degrees of freedom: a moderated t needs a replicate in at least one group."
        )
    x = variance[is_valid]
    median = np.median(x)
    if median == 0:
        median = 1.0
    log_x = np.log(np.maximum(x, 1e-5 * median))
    centred = log_x - digamma(df / 2) + np.log(df / 2)
    mean = centred.mean()
    spread = centred.var(ddof=1) - polygamma(1, df / 2) if len(x) > 1 else 0.0
    if spread > 0:
        prior_df = 2 * trigamma_inverse(spread)
        prior = np.exp(mean + digamma(prior_df / 2) - np.log(prior_df / 2))
        posterior = (df * variance + prior_df * prior) / (df + prior_df)
    else:
        prior_df, prior = np.inf, x.mean()
        posterior = np.full_like(variance, prior)
    return posterior, float(prior_df), float(prior)


def trigamma_inverse(x: float) -> float:
    """Solve trigamma(y) = x by Newton steps on 1/trigamma, which is nearly linear."""
    if x > 1e7:
        return 1 / np.sqrt(x)
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        tri = polygamma(1, y)
        step = tri * (1 - tri / x) / polygamma(2, y)
        y += step
        if -step / y < 1e-8:
            break
    return float(y)


def moderated_t(fit: Fit) -> pd.DataFrame:
    """Return the moderated statistics (limma's eBayes) of a fit.

    Returns
    -------
    DataFrame, genes × (log2fc, mean, t, p, fdr)
        `log2fc` in the log base of the profiles, 2 by the house's rule; FDR by Benjamini and Hochberg.
    """
    posterior, prior_df, _ = shrink_variances(fit.variance, fit.df)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = fit.coefficient / (fit.unscaled_sd * np.sqrt(posterior))
    pooled = fit.df * np.isfinite(fit.variance).sum()
    p = 2 * stats.t.sf(np.abs(t), min(fit.df + prior_df, pooled))
    p = np.where(np.isnan(t), 1.0, p)
    fdr = stats.false_discovery_control(p)
    return pd.DataFrame(
        {"log2fc": fit.coefficient, "mean": fit.mean, "t": np.nan_to_num(t), "p": p, "fdr": fdr}
    )


def voom(counts: np.ndarray, matrix: np.ndarray, library_sizes: np.ndarray | None = None):
    """Turn counts into log2 CPM with precision weights (Law et al. 2014).

    Parameters
    ----------
    counts : array, samples × genes
    matrix : array, samples × coefficients
    library_sizes : array, samples, optional
        Effective sizes, for instance total counts times TMM factors; total counts otherwise.

    Returns
    -------
    logged, weights : array, samples × genes
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    counts = np.asarray(counts, np.float64)
    size = counts.sum(axis=1) if library_sizes is None else np.asarray(library_sizes, np.float64)
    logged = np.log2((counts + 0.5) / (size[:, None] + 1) * 1e6)
    fit = fit_genes(logged, matrix)
    if fit.df <= 0:
        raise ValueError("No residual degrees of freedom: voom needs replicates.")
    is_counted = counts.sum(axis=0) > 0
    x = fit.mean[is_counted] + np.log2(size + 1).mean() - np.log2(1e6)
    y = np.sqrt(np.sqrt(fit.variance[is_counted]))
    curve = lowess(y, x, frac=0.5, it=3, delta=0.01 * np.ptp(x))
    fitted_counts = 2**fit.fitted * 1e-6 * (size[:, None] + 1)
    return logged, np.interp(np.log2(fitted_counts), curve[:, 0], curve[:, 1]) ** -4
