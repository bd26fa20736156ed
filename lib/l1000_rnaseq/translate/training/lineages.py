"""Training-side evidence: translated lines against RNA-seq lines of their lineage that no fit has seen.

The real pairs may not choose the model. Lines of the same lineage (melanoma, plasma cell, …) are on both
sides of the training data without being the same line. How well their means agree says which translator to
ship. A translator that learns from the target's covariance would be flattered by lines it was fitted to. So
the lineages are divided into folds. For each fold both steps are fitted without its RNA-seq lines. The table
of lineages, `assets/lineages.tsv`, was written for this from the lines' tissues of origin.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.stats.splits import same_line
from l1000_rnaseq.translate.training.prepare import TrainingData

Fit = Callable[[TrainingData], Callable[[np.ndarray], np.ndarray]]


@cache
def lineage_table() -> pd.DataFrame:
    """Return lineages × (l1000, rnaseq): the cell lines of each, as each side spells them, joined by "|"."""
    path = resources.files("l1000_rnaseq") / "assets" / "lineages.tsv"
    with resources.as_file(path) as file:
        return pd.read_csv(file, sep="\t", index_col="lineage")


def lineage_means(profiles: pd.DataFrame, lines: pd.Series, side: str) -> pd.DataFrame:
    """Average the samples of each line, then the lines of each lineage.

    Parameters
    ----------
    profiles : DataFrame, samples × genes
    lines : Series, samples
        Cell line of each sample.
    side : {"l1000", "rnaseq"}
        Whose names of cell lines these are.

    Returns
    -------
    DataFrame, lineages × genes; lineages without a line are left out.
    """
    by_line = profiles.groupby(lines.to_numpy()).mean()
    means = {}
    for lineage, names in lineage_table()[side].items():
        present = [name for name in names.split("|") if name in by_line.index]
        if present:
            means[lineage] = by_line.loc[present].mean()
    return pd.DataFrame(means, index=by_line.columns).T


def lineages_of(lines: pd.Series, side: str) -> np.ndarray:
    """Return the lineage of each cell line, '' where it has none; `side` as in `lineage_means`."""
    lineage_of = {
        name: lineage for lineage, names in lineage_table()[side].items() for name in names.split("|")
    }
    return np.array([lineage_of.get(str(line), "") for line in lines], object)


def held_out_lineages(
    data: TrainingData, fit: Fit, genes: list[str], n_folds: int = 6
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict every lineage by a fit that has not seen its RNA-seq lines.

    Parameters
    ----------
    data : TrainingData
    fit : callable
        Takes training data, returns a function from L1000 landmarks (samples × landmarks) to `genes`.
    genes : list of str
        What the fitted function predicts, in order.
    n_folds : int

    Returns
    -------
    predicted, real : DataFrame, lineages × genes
        Only lineages that both sides have; both empty where there are fewer than four.
    """
    predicted, truth = {}, {}
    lineage = lineages_of(data.l1000_info["line"], "l1000")
    for fold, kept, real in held_out_folds(data, n_folds):
        wells = np.isin(lineage, fold)  # genomes of all wells would be the largest table of all
        values = pd.DataFrame(fit(kept)(data.l1000.to_numpy()[wells]), columns=genes)
        means = lineage_means(values, data.l1000_info["line"][wells], "l1000")
        real_means = lineage_means(real[genes], pd.Series(real.index), "rnaseq")
        predicted |= {name: means.loc[name] for name in fold}
        truth |= {name: real_means.loc[name] for name in fold}
    if not predicted:
        return pd.DataFrame(columns=genes), pd.DataFrame(columns=genes)
    order = [name for name in lineage_table().index if name in predicted]
    return pd.DataFrame(predicted).T.loc[order], pd.DataFrame(truth).T.loc[order]


def held_out_folds(
    data: TrainingData, n_folds: int = 6
) -> Iterator[tuple[list[str], TrainingData, pd.DataFrame]]:
    """Divide the lineages that both sides have into folds; none where there are fewer than four.

    Yields
    ------
    names : list of str
        Lineages of the fold.
    seen : TrainingData
        Without their RNA-seq lines.
    real : DataFrame, those lines × genes
    """
    lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    lineage = np.full(len(lines), "", object)
    lineage[lines] = lineages_of(data.rnaseq.index[lines].astype(str), "rnaseq")
    l1000_lineages = set(lineages_of(data.l1000_info["line"].unique(), "l1000"))
    common = [name for name in lineage_table().index if name in l1000_lineages and (lineage == name).any()]
    if len(common) < 4:
        return
    for fold in (common[k::n_folds] for k in range(min(n_folds, len(common)))):
        out = np.isin(lineage, fold)
        weights, ccle = data.rnaseq_weights[~out], data.ccle
        if ccle is not None:  # some lines are HPA's too
            ccle = ccle[~same_line(ccle.index.get_level_values("line"), list(data.rnaseq.index[out]))]
        kept = replace(
            data,
            rnaseq=data.rnaseq[~out],
            rnaseq_info=data.rnaseq_info[~out],
            rnaseq_weights=weights / weights.sum(),
            partial=None if data.partial is None else data.partial[~out],
            ccle=ccle,
        )
        real = data.rnaseq[out]
        yield fold, kept, real if data.partial is None else real.join(data.partial[out])


def score_lineages(predicted: pd.DataFrame, real: pd.DataFrame) -> dict[str, float | pd.Series]:
    """Score predicted lineages on those that both tables have.

    Returns
    -------
    dict with by_lineage (Series: correlation of each, both sides centred on the mean of the other real
    lineages: its own would leak into its target), centred_pcc (their mean), gene_pcc (mean over genes), rmse.
    Genes that a lineage lacks are left out; with fewer than four lineages nothing is scored.
    """
    common = [lineage for lineage in real.index if lineage in predicted.index]
    predicted, real = predicted.loc[common, real.columns], real.loc[common]
    if len(common) < 4:
        return {
            "by_lineage": pd.Series(dtype=float),
            "centred_pcc": np.nan,
            "gene_pcc": np.nan,
            "rmse": np.nan,
        }
    complete = real.notna().all()
    a, b = predicted.loc[:, complete].to_numpy(float), real.loc[:, complete].to_numpy(float)
    centre = (b.sum(axis=0) - b) / (len(b) - 1)
    by_lineage = pd.Series(pearson(a - centre, b - centre), real.index)
    return {
        "by_lineage": by_lineage,
        "centred_pcc": float(by_lineage.mean()),
        "gene_pcc": float(np.nanmean(by_gene(pearson, b, a))),
        "rmse": float(np.sqrt(((a - b) ** 2).mean())),
    }
