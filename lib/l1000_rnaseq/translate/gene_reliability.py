"""How well a gene is followed, as a number and in words: its level in a new line, and its changes."""

import numpy as np
import pandas as pd

WORDS = ((0.6, "reliable"), (0.4, "fair"), (0.2, "weak"), (-np.inf, "not followed"))
"""Least correlation with what was measured → the word for it."""


def in_words(r: pd.Series) -> pd.Series:
    """Return the word for each correlation; "unknown" where it is NaN.

    Examples
    --------
    >>> in_words(pd.Series([0.61, 0.3, -0.2, np.nan])).tolist()
    ['reliable', 'weak', 'not followed', 'unknown']
    """
    words = [next((word for least, word in WORDS if value >= least), "unknown") for value in r]
    return pd.Series(words, r.index, dtype=object)


def pooled_correlation(true: list[np.ndarray], predicted: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Correlate genes over several tables, each centred on its own.

    Parameters
    ----------
    true, predicted : list of array, samples × genes
        NaN where a sample lacks a gene.

    Returns
    -------
    r : array, genes
        NaN where either side is constant, or fewer than four values are left.
    n : array, genes
        Degrees of freedom: values less one per table.
    """
    sums, n = np.zeros((3, true[0].shape[1])), np.zeros(true[0].shape[1])
    for a, b in zip(true, predicted, strict=True):
        a, b = (np.where(np.isnan(a) | np.isnan(b), np.nan, side) for side in (a, b))
        count = np.isfinite(a).sum(axis=0)
        a, b = (np.nan_to_num(side - np.nansum(side, axis=0) / np.maximum(count, 1)) for side in (a, b))
        sums += [(a * b).sum(axis=0), (a**2).sum(axis=0), (b**2).sum(axis=0)]
        n += np.maximum(count - 1, 0)
    length = np.sqrt(sums[1] * sums[2])
    r = np.where((length > 1e-9) & (n >= 3), sums[0] / np.where(length > 0, length, 1), np.nan)
    return r, n


def shrunk(r: np.ndarray, n: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """Shrink correlations of few values towards what is expected from facts about the gene (empirical Bayes).

    Parameters
    ----------
    r, n : array, genes
        Correlation and its degrees of freedom; NaN where not measured.
    facts : array, genes × facts
        What may tell how well a gene is followed (its kind, its spread, step 2's r); NaN counts as the mean.

    Returns
    -------
    array, genes
        tanh of the posterior mean of the Fisher-transformed correlation. The prior mean is linear in the
        facts; the prior variance is what the scatter has beyond 1/(n − 2).
    """
    design = np.column_stack([np.ones(len(facts)), np.nan_to_num(facts - np.nanmean(facts, axis=0))])
    seen = np.isfinite(r)
    z, noise = np.arctanh(np.clip(r[seen], -0.999, 0.999)), 1 / np.maximum(n[seen] - 2, 1)
    weights = 1 / np.sqrt(noise)
    slopes = np.linalg.lstsq(design[seen] * weights[:, None], z * weights, rcond=None)[0]
    prior = design @ slopes
    left_over = z - prior[seen]
    spread = max(float(np.average(left_over**2 - noise, weights=1 / noise)), 1e-4)
    posterior = prior.copy()
    posterior[seen] += spread / (spread + noise) * left_over
    return np.tanh(posterior)


def calibration(promised: np.ndarray, realised: np.ndarray, n_bins: int = 5) -> pd.DataFrame:
    """Compare promised correlations with those realised on other data, in bins of equal size.

    Returns
    -------
    DataFrame, bins × (genes, promised, realised): the mean of both in each bin.
    """
    table = pd.DataFrame({"promised": promised, "realised": realised}).dropna()
    bins = pd.qcut(table["promised"].rank(method="first"), n_bins, labels=False)
    means = table.groupby(bins).mean()
    means.insert(0, "genes", table.groupby(bins).size())
    return means.reset_index(drop=True)
