"""Hold out samples of a classifier: by well, as Liu et al. did, or whole plates, cell lines, compounds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.splits import split_groups


@dataclass(frozen=True)
class Holdout:
    """A division of samples.

    Attributes
    ----------
    train, valid, test : bool arrays, samples
        Disjoint.
    unseen : int
        Held-out samples that are in none of them: no classifier could name their class, which has no
        training sample.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    unseen: int


def by_well(labels: pd.Series, valid: float = 0.1, test: float = 0.1, seed: int = 0) -> Holdout:
    """Divide the samples of each class at random (Liu, "Performance evaluation": 80, 10, 10 %).

    Replicates of one treatment, and hairpins, plates and cell lines of one class, are on both sides. So this
    measures how well a known experiment is recognised, not a perturbation.

    Parameters
    ----------
    labels : Series, samples
    valid, test : float
        Shares, in whole samples of each class; one sample of every class is always trained on.
    seed : int

    Returns
    -------
    Holdout
    """
    rng, part = np.random.default_rng(seed), np.zeros(len(labels), int)
    for rows in pd.Series(np.arange(len(labels))).groupby(labels.to_numpy()).indices.values():
        rows = rng.permutation(rows)
        # a remainder falls to one side or the other by chance, so that small classes are tested too
        n_test, n_valid = (int(share * len(rows) + rng.random()) for share in (test, valid))
        n_test = min(n_test, len(rows) - 1)
        n_valid = min(n_valid, len(rows) - 1 - n_test)
        part[rows[:n_test]], part[rows[n_test : n_test + n_valid]] = 2, 1
    return Holdout(part == 0, part == 1, part == 2, 0)


def by_group(
    labels: pd.Series, groups: pd.Series, valid: float = 0.1, test: float = 0.2, seed: int = 0
) -> Holdout:
    """Hold out whole groups: plates, batches, cell lines, or compounds of a mechanism.

    Parameters
    ----------
    labels, groups : Series, samples
    valid, test : float
        Shares of the samples, as nearly as whole groups allow.
    seed : int

    Returns
    -------
    Holdout; no group is on two sides.

    Raises
    ------
    ValueError
        Fewer than three groups, or no held-out sample of a class that is trained on.
    """
    if groups.nunique() < 3:
        raise ValueError(f"{groups.nunique()} groups cannot make a training, validation and test side.")
    is_out = split_groups(groups, test, seed)
    rows_inside = np.flatnonzero(~is_out)
    is_valid = np.zeros(len(groups), bool)
    if len(groups.iloc[rows_inside].unique()) > 1:
        is_valid[rows_inside] = split_groups(groups.iloc[rows_inside], valid / (1 - test), seed + 1)
    train = ~is_out & ~is_valid
    is_trained_class = labels.isin(labels[train].unique()).to_numpy()
    if not (is_out & is_trained_class).any():
        raise ValueError("no held-out sample is of a class that is trained on; hold out smaller groups.")
    n_unseen = int((~train & ~is_trained_class).sum())
    return Holdout(train, is_valid & is_trained_class, is_out & is_trained_class, n_unseen)
