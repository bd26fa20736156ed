"""Is a perturbagen found again? Same-drug against other-drug pairs of wells on different replicate plates."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata


def replicate_auc(
    changes: np.ndarray, plates: np.ndarray, labels: np.ndarray, places: np.ndarray | None = None
) -> dict[str, float]:
    """Compare every well with every well of other plates by correlation.

    Parameters
    ----------
    changes : array, wells × genes
        Changes against the controls of the own plate: never raw levels, which all wells of a line share.
    plates, labels : array, wells
        `labels` says what is the same: perturbagen and dose, or the well position of vehicles as a control.
        `plates` may be cell lines, to ask the same across them.
    places : array, wells, optional
        Only pairs at the same place are compared: replicate plates share their layout, so that wells of one
        drug share the effects of their position.

    Returns
    -------
    dict with auc (chance .5; NaN without a pair of either kind), same and other (numbers of pairs).
    """
    scores, same = [], []
    names = pd.unique(plates)
    for number, one in enumerate(names):
        for two in names[number + 1 :]:
            a, b = np.flatnonzero(plates == one), np.flatnonzero(plates == two)
            asked = np.ones((len(a), len(b)), bool) if places is None else places[a][:, None] == places[b]
            scores.append(_correlations(changes[a], changes[b])[asked])
            same.append((labels[a][:, None] == labels[b])[asked])
    scores = np.concatenate(scores) if scores else np.zeros(0)
    same = np.concatenate(same) if same else np.zeros(0, bool)
    n, m = int(same.sum()), int((~same).sum())
    if not n or not m:
        return {"auc": float("nan"), "same": n, "other": m}
    auc = (rankdata(scores)[same].sum() - n * (n + 1) / 2) / (n * m)
    return {"auc": float(auc), "same": n, "other": m}


def _correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (v - v.mean(axis=1, keepdims=True) for v in (a, b))
    norms = np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return (a @ b.T) / np.maximum(norms, 1e-12)
