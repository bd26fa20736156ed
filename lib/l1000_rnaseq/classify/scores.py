"""The four metrics of a classifier of many classes (Liu, "Performance evaluation")."""

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.metrics import auroc

# by well: mean over splits of 334,648 shRNA profiles; CRISPR: 5,884 profiles, one model
PUBLISHED_SCORES = pd.DataFrame(
    {
        "rank-1": [0.7488, 0.4017, 0.0447, 0.0279, 0.0275],
        "rank-5": [0.8341, 0.5793, 0.0670, 0.0549, 0.0495],
        "average precision": [0.7731, 0.4438, 0.1031, 0.0787, 0.0975],
        "AUROC": [0.9937, 0.9498, 0.6078, 0.5901, 0.5927],
    },
    index=["DNN, by well", "softmax, by well", "DNN, CRISPR", "softmax, CRISPR", "CGS query, CRISPR"],
)


def classification_scores(labels: pd.Series, probabilities: pd.DataFrame, ranks=(1, 5)) -> dict[str, float]:
    """Score predicted classes.

    Parameters
    ----------
    labels : Series, samples
        True classes, each a column of `probabilities`.
    probabilities : DataFrame, samples × classes
        Any score that is larger for likelier classes.
    ranks : sequence of int

    Returns
    -------
    dict with rank-1, rank-5 (share of samples whose true class is among the best), average precision and
    AUROC (mean over the classes that have samples and are not all samples, each against all others,
    whatever its size), classes (how many those are) and samples. With equal scores rank-k is what it would
    be on average if ties were broken by lot.

    Raises
    ------
    ValueError
        A label that is not a column, another number of samples, or scores that are not finite.
    """
    values, column_of = _checked(labels, probabilities)
    is_right = _top(values, column_of, ranks)
    scores = {f"rank-{k}": float(share.mean()) for k, share in is_right.items()}
    sizes = np.bincount(column_of, minlength=values.shape[1])
    scored_classes = np.flatnonzero((sizes > 0) & (sizes < len(values)))
    by_class = np.array(
        [
            (average_precision(column_of == c, values[:, c]), auroc(column_of == c, values[:, c]))
            for c in scored_classes
        ]
    )
    scores["average precision"], scores["AUROC"] = (
        by_class.mean(axis=0) if len(by_class) else (np.nan, np.nan)
    )
    return {
        **{name: float(value) for name, value in scores.items()},
        "classes": len(scored_classes),
        "samples": len(values),
    }


def class_accuracy(labels: pd.Series, probabilities: pd.DataFrame, ranks=(1, 5)) -> pd.DataFrame:
    """Score every class alone (Liu, Figs 2A and 3A).

    Parameters
    ----------
    labels, probabilities, ranks
        As in `classification_scores`, whose errors it raises.

    Returns
    -------
    DataFrame, classes that have samples × (samples, rank-1, rank-5: mean over the samples of the class)
    """
    is_right = _top(*_checked(labels, probabilities), ranks)
    table = pd.DataFrame({f"rank-{k}": share for k, share in is_right.items()})
    by_class = table.groupby(np.asarray(labels))
    return by_class.mean().assign(samples=by_class.size())[["samples", *table.columns]]


def confusion(labels: pd.Series, named: pd.Series, classes: list[str] | None = None) -> pd.DataFrame:
    """Say what each class is taken for.

    Parameters
    ----------
    labels, named : Series, samples
        The true class, and the one put first.
    classes : list of str, optional
        True classes to show, in order; all that have samples when absent.

    Returns
    -------
    DataFrame, true classes × the same classes, then "another class": shares of the samples of each true
    class, which add up to 1.

    Examples
    --------
    >>> confusion(pd.Series(["a", "a", "b"]), pd.Series(["a", "b", "b"])).to_numpy().tolist()
    [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]
    """
    labels, named = (np.asarray(side, object) for side in (labels, named))
    classes = sorted(set(labels)) if classes is None else list(classes)
    shown = np.where(np.isin(named, classes), named, "another class")
    shares = pd.crosstab(labels, shown, normalize="index")
    return shares.reindex(index=classes, columns=[*classes, "another class"], fill_value=0.0)


def accuracy_by_stratum(accuracy: pd.DataFrame, stratum: pd.Series) -> pd.DataFrame:
    """Average classes within strata: landmark genes and others, as Liu et al. do (Figs 2B and 3B).

    Parameters
    ----------
    accuracy : DataFrame, classes × (samples, rank-1, rank-5)
        From `class_accuracy`.
    stratum : Series, classes → stratum

    Returns
    -------
    DataFrame, strata × (classes, then of each rank the mean over classes and its standard error)
    """
    groups = accuracy.drop(columns="samples").groupby(stratum.reindex(accuracy.index))
    parts = {"": groups.mean(), " SE": groups.sem()}
    table = pd.concat([part.add_suffix(suffix) for suffix, part in parts.items()], axis=1)
    table.insert(0, "classes", groups.size())
    return table


def _checked(labels: pd.Series, probabilities: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return scores, samples × classes, and the column of each sample's class."""
    values = probabilities.to_numpy(np.float64)
    column_of = probabilities.columns.get_indexer(labels)
    if len(labels) != len(values) or not len(labels):
        raise ValueError(
            f"{len(labels)} labels and {len(values)} predictions; expected as many, at least one."
        )
    if (column_of < 0).any():
        unknown = sorted(set(labels[column_of < 0].astype(str)))[:5]
        raise ValueError(f"the classifier does not know the classes {', '.join(unknown)}; leave them out.")
    if not np.isfinite(values).all():
        raise ValueError("predictions have NaN or infinite values.")
    return values, column_of


def _top(values: np.ndarray, column_of: np.ndarray, ranks) -> dict[int, np.ndarray]:
    """Return for each k which samples have their class among the k best; ties count in part."""
    true_score = values[np.arange(len(values)), column_of][:, None]
    better, equal = (values > true_score).sum(axis=1), (values == true_score).sum(axis=1)
    return {k: np.clip((k - better) / equal, 0, 1) for k in ranks}


def average_precision(true: np.ndarray, score: np.ndarray) -> float:
    """Return Σ (R_n − R_{n−1}) P_n over the distinct scores from high to low; true: bool, samples."""
    order = np.argsort(-score, kind="stable")
    hits, score = np.cumsum(true[order]), score[order]
    last = np.r_[score[1:] != score[:-1], True]  # equal scores are passed at once
    precision, recall = hits[last] / (np.flatnonzero(last) + 1), hits[last] / hits[-1]
    return float((np.diff(recall, prepend=0) * precision).sum())
