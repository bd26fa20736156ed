"""The query of consensus signatures as a classifier: the baseline of Liu et al."""

import numpy as np
import pandas as pd
import scipy

from l1000_rnaseq.classify.modz import consensus_signatures
from l1000_rnaseq.stats.connectivity import Reference, best_over_lines, query_sets


def classify_by_query(
    train: pd.DataFrame,
    labels: pd.Series,
    cells: pd.Series,
    test: pd.DataFrame,
    n: int = 50,
    landmarks: list[str] | None = None,
) -> pd.DataFrame:
    """Name the class of profiles by the consensus signature that they connect with best (Liu, "CGS query").

    The training profiles of one class and cell line are collapsed to a consensus signature; each test profile
    is a query of its n highest and n lowest genes; a class has the score of its best cell line.

    Parameters
    ----------
    train, test : DataFrame, samples × genes, the same genes
        z-scores or log2 changes.
    labels, cells : Series, training samples
    n : int
        Genes up and down of a query.
    landmarks : list of str, optional
        Genes over which replicates are weighed; all when absent.

    Returns
    -------
    DataFrame, test samples × classes, rows adding up to 1.

    Raises
    ------
    ValueError
        Other genes in the test profiles.
    """
    if not train.columns.equals(test.columns):
        raise ValueError("train and test have different genes, or in another order; align their columns.")
    keys = pd.DataFrame({"cell": cells.to_numpy(), "label": labels.to_numpy()}, train.index)
    signatures, keys_of_signatures = consensus_signatures(train, keys, landmarks)
    reference = Reference.of(signatures.to_numpy(), signatures.columns)
    scores = np.array([reference.connectivity(up, down) for up, down in query_sets(test, n)])
    best = best_over_lines(scores, keys_of_signatures["label"].to_numpy())
    return pd.DataFrame(scipy.special.softmax(best.to_numpy(), axis=1), test.index, best.columns)
