"""Samples that both technologies measured, on the scale of a training reference: lines, or GTEx samples."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import has_pairs, load_hpa, load_pairs, paired_lines
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.data.gse92743 import has_gtex_pairs, load_gtex_pairs
from l1000_rnaseq.stats.splits import split_groups
from l1000_rnaseq.translate.normalize import Normalization, cpm, fit_reference

log = logging.getLogger(__name__)
SHARE_APART = 0.2  # share of the GTEx donors that only gives the constant


@dataclass(frozen=True)
class PairTest:
    """Test material on the scale of one training reference.

    Attributes
    ----------
    l1000 : DataFrame, lines × landmarks, log2 intensity
    truth : DataFrame, lines × genes, log2(CPM+1)
        Genes that HPA measures in every test line.
    constant : Series, genes
        Mean of the other HPA cell lines: the no-input prediction, and the centre of centred metrics.
    group : array of str, samples, optional
        Donor or line. Intervals are over the groups; by default every sample is one.
    constant_name : str
    """

    l1000: pd.DataFrame
    truth: pd.DataFrame
    constant: pd.Series
    group: np.ndarray | None = None
    constant_name: str = "mean of other HPA cell lines (no input)"

    @classmethod
    def of(cls, folder: Path, normalization: Normalization, transductive: bool = False) -> "PairTest":
        """Load the pairs of a folder onto a training reference.

        Parameters
        ----------
        folder : path
            Without paired cell lines, but with GSE92743, its GTEx samples are the pairs.
        normalization : Normalization
        transductive : bool
            Take the quantile reference from the test lines themselves, as the paper's benchmark did.
        """
        if not has_pairs(folder) and has_gtex_pairs(folder):
            log.warning("%s has no paired cell lines: the pairs are GTEx samples of GSE92743", folder)
            return gtex_pair_test(folder, normalization, transductive)
        pairs = load_pairs(folder)
        others = load_hpa(folder, exclude_lines=paired_lines(folder))
        if transductive:
            normalization = with_reference_of(normalization, pairs.rnaseq)
        scale = np.log2(normalization.log_base)
        truth = normalization.transform(pairs.rnaseq).dropna(axis=1) * scale
        lines = others.profiles[(others.info["kind"] == "cell line").to_numpy()]
        constant = normalization.transform(lines)[truth.columns].mean() * scale
        return cls(pairs.l1000, truth, constant)

    def genes_of(self, space: str, landmarks: tuple[str, ...]) -> list[str]:
        """Return the measured genes of a space (one of `SPACES`; genome is all of them)."""
        if space == "landmarks":
            return [gene for gene in landmarks if gene in self.truth.columns]
        if space == "genome":
            return list(self.truth.columns)
        status = gene_status(self.truth.columns)
        return list(status.index[status == space])


def with_reference_of(normalization: Normalization, linear: pd.DataFrame) -> Normalization:
    """Return a normalisation whose reference are the quantiles of these samples (× genes, linear)."""
    genes = [gene for gene in normalization.genes if gene in linear.columns]
    logged = np.log1p(cpm(linear[genes].to_numpy())) / np.log(normalization.log_base)
    return Normalization(normalization.genes, fit_reference(logged), normalization.log_base)


def gtex_pair_test(
    folder: Path, normalization: Normalization, transductive: bool = False, seed: int = 0
) -> PairTest:
    """Load the GTEx pairs of a folder onto a training reference.

    A fifth of the donors is never scored. Their mean is the no-input prediction and the centre of centred
    metrics; `pairs.on_hpa_scale` learns the offset between RPKM and CPM from it.

    Parameters
    ----------
    folder : path
    normalization : Normalization
    transductive : bool
        Take the quantile reference from the test samples themselves, as the paper's benchmark did.
    seed : int
        Of the donors set apart.
    """
    pairs = load_gtex_pairs(folder)
    is_apart = split_groups(pairs.info["donor"], SHARE_APART, seed)
    if transductive:
        normalization = with_reference_of(normalization, pairs.rnaseq[~is_apart])
    values = normalization.transform(pairs.rnaseq).dropna(axis=1) * np.float32(
        np.log2(normalization.log_base)
    )
    return PairTest(
        pairs.l1000[~is_apart],
        values[~is_apart],
        pd.Series(values[is_apart].mean(), values.columns),
        pairs.info["donor"].to_numpy(str)[~is_apart],
        "mean of other donors (no input)",
    )
