"""Training-side evidence that a method may be chosen by: lineages whose RNA-seq lines no fit has seen.

A translator that learns from the target's covariance would be flattered by lines it was fitted to. So the
lineages are divided into folds; for each, both steps are fitted without its RNA-seq lines.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from l1000_rnaseq.translate.prepare import TrainingData

from .lineages import lineage_means, lineages_of
from .metrics import gene_metrics, rowwise_pearson

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
    lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    names = pd.Series(data.rnaseq.index[lines].astype(str))
    real = lineage_means(data.rnaseq.loc[lines, genes], names, "rnaseq")
    known = lineage_means(data.l1000, data.l1000_info["line"], "l1000").index
    common = [lineage for lineage in real.index if lineage in known]
    if len(common) < 4:
        return real.iloc[:0], real.iloc[:0]
    lineage = np.full(len(lines), "", object)
    lineage[lines] = lineages_of(names, "rnaseq")
    predicted = {}
    for fold in (common[k::n_folds] for k in range(min(n_folds, len(common)))):
        keep = ~np.isin(lineage, fold)
        seen = replace(
            data,
            rnaseq=data.rnaseq[keep],
            rnaseq_info=data.rnaseq_info[keep],
            rnaseq_weights=data.rnaseq_weights[keep] / data.rnaseq_weights[keep].sum(),
        )
        values = pd.DataFrame(fit(seen)(data.l1000.to_numpy()), columns=genes)
        means = lineage_means(values, data.l1000_info["line"], "l1000")
        predicted |= {name: means.loc[name] for name in fold}
    return pd.DataFrame(predicted).T.loc[common], real.loc[common]


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
    by_lineage = pd.Series(rowwise_pearson(a - centre, b - centre), real.index)
    return {
        "by_lineage": by_lineage,
        "centred_pcc": float(by_lineage.mean()),
        "gene_pcc": float(np.nanmean(gene_metrics(b, a)["pcc"])),
        "rmse": float(np.sqrt(((a - b) ** 2).mean())),
    }
