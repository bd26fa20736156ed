"""Fig. 4 and S13–S68 of Jeon et al. 2022 in numbers: translated profiles among RNA-seq profiles."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.metrics import auroc, bootstrap_interval
from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.training.lineages import Fit, held_out_folds, lineages_of
from l1000_rnaseq.translate.training.prepare import TrainingData

L1000, RNASEQ_LIKE, RNASEQ = "L1000", "RNA-seq-like", "RNA-seq"


def joint_pca(blocks: dict[str, np.ndarray], n: int = 2) -> dict[str, np.ndarray]:
    """Project profiles of several kinds into the principal components of all together.

    Parameters
    ----------
    blocks : dict, kind → array, samples × genes (the same genes)
    n : int
        Components.

    Returns
    -------
    dict, kind → array, samples × n; fewer columns where there are fewer samples.
    """
    stacked = np.concatenate(list(blocks.values())).astype(np.float64)
    left, size, _ = np.linalg.svd(stacked - stacked.mean(axis=0), full_matrices=False)
    scores = left[:, :n] * size[:n]
    ends = np.cumsum([len(block) for block in blocks.values()])[:-1]
    return dict(zip(blocks, np.split(scores, ends), strict=True))


def pca_table(blocks: dict[str, np.ndarray], names: dict[str, list[str]] | None = None) -> pd.DataFrame:
    """Return the first two joint components as points: x, y, group (the kind), name."""
    parts = []
    for kind, scores in joint_pca(blocks).items():
        part = pd.DataFrame({"x": scores[:, 0], "y": scores[:, 1] if scores.shape[1] > 1 else 0.0})
        parts.append(part.assign(group=kind, name=names[kind] if names else ""))
    return pd.concat(parts, ignore_index=True)


def distances(l1000: np.ndarray, like: np.ndarray, real: np.ndarray) -> pd.DataFrame:
    """Measure how far samples are from the mean real profile, before and after translation.

    Parameters
    ----------
    l1000, like : array, samples × genes
        The same samples.
    real : array, real samples × genes

    Returns
    -------
    DataFrame, samples × (before, after): root mean square difference over the genes, log2 units.
    """
    centre = real.mean(axis=0)
    return pd.DataFrame(
        {name: np.sqrt(((x - centre) ** 2).mean(axis=1)) for name, x in (("before", l1000), ("after", like))}
    )


def fit_domain_classifier(
    first: np.ndarray, second: np.ndarray, penalty: float = 1.0
) -> Callable[[np.ndarray], np.ndarray]:
    """Learn to tell two kinds of profiles apart: ridge regression on ±1 in standardised genes.

    Parameters
    ----------
    first, second : array, samples × genes
        Both kinds have the same weight, whatever their numbers.
    penalty : float

    Returns
    -------
    callable: samples × genes → score, higher for `first`.
    """
    x = np.concatenate([first, second]).astype(np.float64)
    side = np.repeat([1.0, -1.0], [len(first), len(second)])
    weight = np.repeat([0.5 / len(first), 0.5 / len(second)], [len(first), len(second)])
    mean, sd = moments(x, weight)
    sd, root = sd + 1e-9, np.sqrt(weight)
    z = root[:, None] * (x - mean) / sd
    # in the space of samples, of which there are fewer than genes
    dual = np.linalg.solve(z @ z.T + penalty * np.eye(len(z)), root * side)
    direction = z.T @ dual
    return lambda new: (np.asarray(new, np.float64) - mean) / sd @ direction


def fit_domain_forest(
    first: np.ndarray, second: np.ndarray, seed: int = 0, n_trees: int = 300
) -> Callable[[np.ndarray], np.ndarray]:
    """Learn to tell two kinds of profiles apart by a random forest (Breiman 2001).

    Parameters
    ----------
    first, second : array, samples × genes
        Both kinds have the same weight, whatever their numbers.
    seed : int
    n_trees : int
        Each looks at the square root of the number of genes at every split.

    Returns
    -------
    callable: samples × genes → share of trees that say `first`.
    """
    from sklearn.ensemble import RandomForestClassifier  # here: only this needs scikit-learn

    side = np.repeat([1, 0], [len(first), len(second)])
    forest = RandomForestClassifier(n_trees, class_weight="balanced", random_state=seed)
    forest.fit(np.concatenate([first, second]), side)
    return lambda new: forest.predict_proba(np.asarray(new))[:, 1]


def silent_genes(data: TrainingData, limit: float = 1.0) -> list[str]:
    """Return the landmarks below `limit` (log(CPM+1)) in at least half of the RNA-seq cell lines."""
    lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    median = data.rnaseq.loc[lines, list(data.landmarks)].median()
    return list(median.index[median < limit])


def held_out_auc(
    data: TrainingData,
    fit: Fit,
    genes: list[str],
    seed: int = 0,
    classifier: Callable[[np.ndarray, np.ndarray], Callable] = fit_domain_classifier,
) -> dict[str, float]:
    """Measure how well a classifier tells translated lines from RNA-seq lines, in lineages held out.

    In each fold translator and classifier are fitted without the lineages held out, on both sides, and then
    classify these. The held-out L1000 lines are left out of the translator too: otherwise the matched means
    would move them to the wrong side.

    Parameters
    ----------
    data : TrainingData
    fit : callable
        See `lineages.held_out_lineages`.
    genes : list of str
    seed : int
        Of the bootstrap.
    classifier : callable
        `fit_domain_classifier` or `fit_domain_forest`.

    Returns
    -------
    dict with auc (.5: not to be told apart; 1: always), low, high (95 % interval over lineages), n.
    """
    line, scores = data.l1000_info["line"].to_numpy(str), {}
    for names, kept, real in held_out_folds(data):
        is_seen = ~np.isin(lineages_of(line, "l1000"), names)
        weights = data.l1000_weights[is_seen] / data.l1000_weights[is_seen].sum()
        kept = replace(
            kept, l1000=data.l1000[is_seen], l1000_info=data.l1000_info[is_seen], l1000_weights=weights
        )
        values = pd.DataFrame(fit(kept)(data.l1000.to_numpy()), columns=genes).groupby(line).mean()
        l1000_lineages = lineages_of(values.index, "l1000")
        rnaseq_lineages = lineages_of(real.index, "rnaseq")
        is_cell_line = (kept.rnaseq_info["kind"] == "cell line").to_numpy()
        classify = classifier(
            values[~np.isin(l1000_lineages, names)].to_numpy(),
            kept.rnaseq.loc[is_cell_line, genes].to_numpy(),
        )
        for name in names:
            sides = (
                values[l1000_lineages == name].to_numpy(),
                real.loc[rnaseq_lineages == name, genes].to_numpy(),
            )
            scores[name] = tuple(classify(profiles) for profiles in sides)
    if not scores:
        return {"auc": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    scores_of = list(scores.values())

    def auc(chosen: np.ndarray) -> float:
        a, b = (np.concatenate([scores_of[k][side] for k in chosen]) for side in (0, 1))
        return auroc(np.arange(len(a) + len(b)) < len(a), np.r_[a, b])

    lineages = np.arange(len(scores_of))
    low, high = bootstrap_interval(lineages, auc, 500, seed=seed)
    return {"auc": auc(lineages), "low": low, "high": high, "n": len(scores_of)}


def held_out_lines(data: TrainingData, fit: Fit, genes: list[str]) -> dict[str, dict[str, pd.DataFrame]]:
    """Translate the lines of every lineage by a fit that has not seen its RNA-seq lines.

    Parameters
    ----------
    data : TrainingData
    fit : callable
        See `lineages.held_out_lineages`.
    genes : list of str
        What the fitted function predicts. L1000 profiles are returned for those of them that it measures.

    Returns
    -------
    dict, lineage → dict of L1000, RNA-seq-like (mean of each L1000 line × genes) and RNA-seq (lines × genes).
    """
    by_lineage, line = {}, data.l1000_info["line"].to_numpy(str)
    measured = [gene for gene in genes if gene in data.l1000.columns]
    for names, kept, real in held_out_folds(data):
        values = pd.DataFrame(fit(kept)(data.l1000.to_numpy()), columns=genes).groupby(line).mean()
        raw = data.l1000[measured].groupby(line).mean()
        l1000_lineages = lineages_of(values.index, "l1000")
        rnaseq_lineages = lineages_of(real.index, "rnaseq")
        for name in names:
            is_lineage = l1000_lineages == name
            by_lineage[name] = {L1000: raw[is_lineage], RNASEQ_LIKE: values[is_lineage]}
            by_lineage[name][RNASEQ] = real.loc[rnaseq_lineages == name, genes]
    return by_lineage
