"""Genes that some RNA-seq sources measure and others do not: learned from the sources that have them.

Ridge regression on the factors that step 2 has found for the other genes; the factors are not changed.
"""

from dataclasses import replace

import numpy as np

from l1000_rnaseq.stats.correlation import by_gene, pearson
from l1000_rnaseq.translate.step2.linear import FactoredMap
from l1000_rnaseq.translate.training.prepare import TrainingData

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # in mean squares of a factor


def with_partial(step: FactoredMap, data: TrainingData, mean: np.ndarray, level: np.ndarray):
    """Extend step 2 by the genes of `data.partial`.

    Parameters
    ----------
    step : FactoredMap
        Step 2 of the genes that every source measures, through `mean`.
    data : TrainingData
    mean : array, landmarks
        The mean profile of step 1's composition.
    level : array, partial genes
        The mean of these genes in it.

    Returns
    -------
    step : FactoredMap
        With these genes after its own targets.
    scores : dict
        by_gene: held-out correlation, mean over sources. error_by_gene: root mean square of what was left.
    """
    groups = (data.rnaseq_info["source"] + data.rnaseq_info["kind"]).to_numpy()
    names = list(data.landmarks)
    centred = data.rnaseq[names] - data.rnaseq[names].groupby(groups).transform("mean")
    factors = step.hidden(centred.to_numpy() + mean).astype(np.float64)
    factors -= step.hidden(mean[None])[0]
    y = (data.partial - data.partial.groupby(groups).transform("mean")).to_numpy(np.float64)
    measured = np.array([np.isfinite(y[groups == group]).all(axis=0) for group in np.unique(groups)])
    errors, correlations = {}, {}
    for penalty in PENALTIES:
        squares, rs = [], []
        for group, has in zip(np.unique(groups), measured, strict=True):
            others = measured.sum(axis=0) - has > 0
            genes, test = np.flatnonzero(has & others), groups == group
            if len(genes):
                predicted = factors[test] @ ridge_where_measured(factors[~test], y[~test][:, genes], penalty)
                squares.append(_spread((predicted - y[test][:, genes]) ** 2, genes, y.shape[1]))
                r = by_gene(pearson, y[test][:, genes], predicted)
                rs.append(_spread(r[None], genes, y.shape[1]))
        errors[penalty], correlations[penalty] = (_mean(rows, y.shape[1]) for rows in (squares, rs))
    best = min(PENALTIES, key=lambda penalty: np.nansum(errors[penalty]))
    right = ridge_where_measured(factors, y, best)
    intercept = np.concatenate([step.intercept, level - step.hidden(mean[None])[0] @ right])
    right = np.hstack([step.right, right])
    extended = replace(step, right=right.astype(np.float32), intercept=intercept.astype(np.float32))
    error = np.where(np.isfinite(errors[best]), np.sqrt(errors[best]), np.nanstd(y, axis=0))
    return extended, {"by_gene": correlations[best], "error_by_gene": error}


def ridge_where_measured(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Regress every column of y on x over the samples that measure it; columns measured alike go together."""
    out, seen = np.zeros((x.shape[1], y.shape[1])), np.isfinite(y)
    for pattern in np.unique(seen, axis=1).T:
        columns = (seen == pattern[:, None]).all(axis=0)
        part = x[pattern]
        square = part.T @ part + penalty * (x**2).mean() * len(part) * np.eye(x.shape[1])
        out[:, columns] = np.linalg.solve(square, part.T @ y[pattern][:, columns])
    return out


def _mean(rows: list[np.ndarray], n_genes: int) -> np.ndarray:
    """Return the mean of rows (× genes) over those that have a gene; NaN where none has."""
    table = np.vstack([np.full((1, n_genes), np.nan), *rows])
    n = np.isfinite(table).sum(axis=0)
    return np.where(n, np.nansum(table, axis=0) / np.maximum(n, 1), np.nan)


def _spread(values: np.ndarray, genes: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the mean over samples for `genes`, NaN for the others."""
    row = np.full(n_genes, np.nan)
    row[genes] = values.mean(axis=0)
    return row
