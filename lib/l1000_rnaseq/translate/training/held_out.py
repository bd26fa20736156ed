"""Training-side evidence that a method may be chosen by: lineages whose RNA-seq lines no fit has seen.

A translator that learns from the target's covariance would be flattered by lines it was fitted to. So the
lineages are divided into folds; for each, both steps are fitted without its RNA-seq lines.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.translate.training.lineages import all_lineages, lineage_means, lineages_of
from l1000_rnaseq.translate.training.prepare import TrainingData

Fit = Callable[[TrainingData], Callable[[np.ndarray], np.ndarray]]


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
    for fold, seen, real in held_out_folds(data, n_folds):
        values = pd.DataFrame(fit(seen)(data.l1000.to_numpy()), columns=genes)
        means = lineage_means(values, data.l1000_info["line"], "l1000")
        of = lineage_means(real[genes], pd.Series(real.index), "rnaseq")
        predicted |= {name: means.loc[name] for name in fold}
        truth |= {name: of.loc[name] for name in fold}
    if not predicted:
        return pd.DataFrame(columns=genes), pd.DataFrame(columns=genes)
    order = [name for name in all_lineages() if name in predicted]
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
    known = set(lineages_of(data.l1000_info["line"].unique(), "l1000"))
    common = [name for name in all_lineages() if name in known and (lineage == name).any()]
    if len(common) < 4:
        return
    for fold in (common[k::n_folds] for k in range(min(n_folds, len(common)))):
        out = np.isin(lineage, fold)
        weights = data.rnaseq_weights[~out]
        seen = replace(
            data,
            rnaseq=data.rnaseq[~out],
            rnaseq_info=data.rnaseq_info[~out],
            rnaseq_weights=weights / weights.sum(),
        )
        yield fold, seen, data.rnaseq[out]


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
