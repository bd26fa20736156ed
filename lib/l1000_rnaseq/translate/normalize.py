"""Counts → log(CPM+1) → quantile normalisation to a stored training reference (Jeon 2022, Methods)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.in_blocks import blocks


def cpm(counts: np.ndarray) -> np.ndarray:
    """Scale every sample to counts per million over the genes given.

    Parameters
    ----------
    counts : array, samples × genes
        Linear, non-negative counts; NaN marks a gene that the source does not measure.

    Returns
    -------
    array, samples × genes
        Linear CPM; NaN stays NaN.

    Raises
    ------
    ValueError
        A sample without any count, or a negative or infinite value.
    """
    counts = np.asarray(counts, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (counts < 0).any() or np.isinf(counts).any():
            raise ValueError("counts have negative or infinite values; expected linear, non-negative counts.")
    total = np.nansum(counts, axis=1, keepdims=True)
    if (total == 0).any():
        rows = np.flatnonzero(total[:, 0] == 0)[:5].tolist()
        raise ValueError(f"samples without any count (first rows: {rows}); remove them before normalising.")
    return counts / total * 1e6


def quantile_normalize(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Give every sample the distribution of the reference, keeping the order of its genes.

    Ranks are averaged over ties and mapped by interpolation, so a sample may have fewer genes than the
    reference (NaN is left out and stays NaN).

    Parameters
    ----------
    values : array, samples × genes
        Any scale that is monotone in expression.
    reference : array, genes
        Sorted quantiles of the training samples (see `fit_reference`).

    Returns
    -------
    float32 array, samples × genes, on the scale of the reference.
    """
    from scipy.stats import rankdata  # half a second to load, and few translations rank

    grid = (np.arange(len(reference)) + 0.5) / len(reference)
    out = np.empty(np.shape(values), dtype=np.float32)
    for row, sample in enumerate(values):  # row by row: ranks of 50,000 samples at once would not fit
        is_measured = ~np.isnan(sample)
        ranks = rankdata(sample[is_measured])
        out[row] = np.nan
        out[row, is_measured] = np.interp((ranks - 0.5) / len(ranks), grid, reference)
    return out


def fit_reference(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Average the sorted samples into one reference distribution.

    Parameters
    ----------
    values : array, samples × genes
        No NaN.
    weights : array, samples, optional
        Weight of each sample; equal when absent.

    Returns
    -------
    float64 array, genes, ascending.
    """
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = np.zeros(values.shape[1])
    for sample, weight in zip(values, weights, strict=True):
        total += weight * np.sort(sample)
    return total / weights.sum()


def expressed_genes(
    counts: np.ndarray, min_count: int = 10, min_fraction: float = 0.02, strict: bool = False
):
    """Mark the genes that reach `min_count` reads in `min_fraction` of the samples.

    The paper keeps genes with at least 10 reads in 2 % of the samples; the published code asks for more than
    10 in more than 2 % (`strict=True`).

    Returns
    -------
    bool array, genes.
    """
    hits = (counts > min_count) if strict else (counts >= min_count)
    fraction = hits.mean(axis=0)
    return fraction > min_fraction if strict else fraction >= min_fraction


@dataclass(frozen=True)
class Normalization:
    """RNA-seq preprocessing learned on training samples and applied, unchanged, to any other.

    Attributes
    ----------
    genes : tuple of str
        Genes over which the library size is taken, in order.
    reference : float64 array, genes
        Sorted training quantiles of log(CPM+1) in `log_base`.
    log_base : int
        2 (paper) or 10 (published code).
    """

    genes: tuple[str, ...]
    reference: np.ndarray
    log_base: int = 2

    @classmethod
    def fit(
        cls, counts: pd.DataFrame, log_base: int = 2, weights: np.ndarray | None = None, genes=None
    ) -> "Normalization":
        """Learn the reference from training counts (samples × genes, linear), of `genes` or of all."""
        genes = list(counts.columns if genes is None else genes)
        weights = np.ones(len(counts)) if weights is None else np.asarray(weights, dtype=np.float64)
        total, scale = np.zeros(len(genes)), np.log(log_base)
        for rows in blocks(len(counts)):
            logged = np.log1p(cpm(counts.iloc[rows][genes].to_numpy())) / scale
            total += fit_reference(logged, weights[rows]) * weights[rows].sum()
        return cls(tuple(genes), total / weights.sum(), log_base)

    def transform(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Normalise linear counts (samples × genes); genes the table lacks come back as NaN.

        Returns
        -------
        DataFrame, samples × `genes`, float32, log(CPM+1) in `log_base`, quantile normalised.

        Raises
        ------
        ValueError
            Less than half of the genes are present: a rank would mean something else.
        """
        present = int(pd.Index(self.genes).isin(counts.columns).sum())
        if present < 0.5 * len(self.genes):
            raise ValueError(
                f"only {present} of the {len(self.genes)} genes of the training reference are in the table; "
                "expected at least half. Are the columns gene symbols?"
            )
        values = np.empty((len(counts), len(self.genes)), np.float32)
        for rows in blocks(len(counts)):
            aligned = counts.iloc[rows].reindex(columns=list(self.genes))
            values[rows] = quantile_normalize(cpm(aligned.to_numpy()), self.reference)
        return pd.DataFrame(values, index=counts.index, columns=list(self.genes), copy=False)

    def transform_beside(self, counts: pd.DataFrame, genes: list[str]) -> pd.DataFrame:
        """Normalise genes that are not in the reference, on the scale of those that are.

        The normalisation of a sample is a rising curve from its counts to the reference; what a further gene
        becomes is read off that curve.

        Parameters
        ----------
        counts : DataFrame, samples × genes, linear
        genes : list of str
            Columns of `counts`.

        Returns
        -------
        DataFrame, samples × `genes`, float32, log(CPM+1) in `log_base`; NaN stays NaN.
        """
        values = np.full((len(counts), len(genes)), np.nan, np.float32)
        for rows in blocks(len(counts)) if genes else ():
            part = counts.iloc[rows]
            normal = self.transform(part).to_numpy()
            known = part.reindex(columns=list(self.genes)).to_numpy(np.float64)
            further = part[genes].to_numpy(np.float64)
            for row in range(len(part)):
                order = np.argsort(known[row])[: (~np.isnan(known[row])).sum()]  # NaN is last
                out = np.interp(further[row], known[row, order], normal[row, order])
                values[rows.start + row] = np.where(np.isnan(further[row]), np.nan, out)
        return pd.DataFrame(values, counts.index, genes, copy=False)
