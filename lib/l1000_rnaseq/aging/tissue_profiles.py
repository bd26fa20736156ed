"""Profiles of one tissue, prepared for many comparisons, and one comparison by CD and limma-voom."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from l1000_rnaseq.aging.comparisons import AgingSettings
from l1000_rnaseq.aging.covariates import additive_design, without_covariates
from l1000_rnaseq.aging.tissues import TissueCounts
from l1000_rnaseq.signatures.characteristic_direction import characteristic_directions
from l1000_rnaseq.signatures.edger import filter_by_expression, published_filter, tmm_factors
from l1000_rnaseq.signatures.limma import fit_genes, moderated_t, voom

MEASURES = ("log2fc", "cd", "t", "p")


@dataclass(frozen=True)
class TissueProfiles:
    """One tissue's expressed genes, prepared so that any set of its samples is normalised fast.

    Attributes
    ----------
    counts : array, samples × genes, float32, linear
    info : DataFrame, samples × metadata
    genes : Index
    ordered : array, samples × genes, float32
        log2(CPM+1) of each sample, ascending; CPM over the genes kept.
    doubled_ranks : array, samples × genes, int32
        Twice the rank (from 0, ties averaged) of each gene in its sample.
    """

    counts: np.ndarray
    info: pd.DataFrame
    genes: pd.Index
    ordered: np.ndarray
    doubled_ranks: np.ndarray

    @classmethod
    def of(cls, counts: pd.DataFrame, info: pd.DataFrame, settings: AgingSettings) -> "TissueProfiles":
        """Filter the genes of a tissue (samples × genes, linear counts) and rank them in each sample."""
        values, info = counts.to_numpy(np.float32), info.loc[counts.index]
        kept = kept_genes(values, info["AGE"].to_numpy(str), settings)
        values = np.ascontiguousarray(values[:, kept])
        doubled_ranks, ordered = np.empty(values.shape, np.int32), np.empty(values.shape, np.float32)
        for row, sample in enumerate(values):  # a sample at a time: float64 of all would be twice the counts
            doubled_ranks[row] = 2 * stats.rankdata(sample) - 2
            ordered[row] = np.log2(
                np.sort(sample.astype(np.float64)) / sample.sum(dtype=np.float64) * 1e6 + 1
            )
        return cls(values, info, counts.columns[kept], ordered, doubled_ranks)

    def normalised(self, rows: np.ndarray) -> np.ndarray:
        """Return log2(CPM+1) of these samples, quantile normalised among themselves: samples × genes."""
        reference = self.ordered[rows].mean(axis=0, dtype=np.float64)
        steps = np.empty(2 * len(reference) - 1)
        steps[::2], steps[1::2] = reference, (reference[1:] + reference[:-1]) / 2
        return steps[self.doubled_ranks[rows]]


def kept_genes(counts: np.ndarray, ages: np.ndarray, settings: AgingSettings) -> np.ndarray:
    """Mark the expressed genes of a tissue; edgeR's smallest group is that of the brackets compared."""
    if settings.gene_filter == "published":
        return published_filter(counts)
    labels, sizes = np.unique(ages[np.isin(ages, [settings.young, *settings.older])], return_counts=True)
    is_used = np.isin(ages, labels[sizes >= settings.min_donors])
    return filter_by_expression(counts if is_used.all() else counts[is_used], ages[is_used])


def prepared_tissues(
    tissues: TissueCounts, plan: pd.DataFrame, settings: AgingSettings
) -> Iterator[tuple[pd.DataFrame, TissueProfiles]]:
    """Yield the comparisons of each tissue with its profiles."""
    for tissue, part in plan.groupby("tissue", sort=True):
        yield part, TissueProfiles.of(tissues.read(tissue), tissues.info, settings)


def compare_draw(
    profiles: TissueProfiles, old: list[str], young: list[str], settings: AgingSettings, full: bool = True
) -> tuple[np.ndarray, list[str]]:
    """Compare two groups of samples.

    Returns
    -------
    values : array, `MEASURES` × genes; log2fc, t and p are NaN unless `full` or the score is t
    covariates : list of str, those in the model

    Raises
    ------
    NotEstimable
        See `additive_design`.
    """
    rows = profiles.info.index.get_indexer([*old, *young])
    is_old = np.arange(len(rows)) < len(old)
    covariates = profiles.info.iloc[rows][list(settings.covariates)]
    matrix, entered = additive_design(is_old, covariates)
    values = np.full((len(MEASURES), len(profiles.genes)), np.nan)
    if full or settings.score == "cd":
        logged = without_covariates(profiles.normalised(rows), matrix)
        groups = (np.flatnonzero(is_old), np.flatnonzero(~is_old))
        values[1] = characteristic_directions(logged, [groups], settings.direction)[0]
    if full or settings.score == "t":
        counts = profiles.counts[rows].astype(np.float64)
        expressions, weights = voom(counts, matrix, counts.sum(axis=1) * tmm_factors(counts))
        table = moderated_t(fit_genes(expressions, matrix, weights))
        values[0], values[2], values[3] = table["log2fc"], table["t"], table["p"]
    return values, entered
