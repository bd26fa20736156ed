"""Splits by group: RNA-seq by series, GTEx by donor, L1000 by plate or cell line; never by sample alone."""

import re

import numpy as np
import pandas as pd


def split_groups(groups: pd.Series, fraction: float, seed: int = 0) -> np.ndarray:
    """Hold out whole groups until about a fraction of the samples is out.

    Parameters
    ----------
    groups : Series, samples
        Series, donor, plate or cell line of each sample.
    fraction : float
        Share of the samples to hold out, 0…1.

    Returns
    -------
    bool array, samples: True is held out. At least one group is out and at least one stays.

    Raises
    ------
    ValueError
        A single group cannot be split.
    """
    sizes = groups.value_counts()
    if len(sizes) < 2:
        raise ValueError(
            f"all {len(groups)} samples belong to one group; a split by group needs at least two."
        )
    names = np.random.default_rng(seed).permutation(np.sort(sizes.index.to_numpy(dtype=str)))
    target, out, n_out = fraction * len(groups), [], 0
    for name in names[:-1]:
        # take a group only if it brings the share nearer to what was asked for
        if abs(n_out + sizes[name] - target) <= abs(n_out - target):
            out.append(name)
            n_out += sizes[name]
    return groups.isin(out or [sizes.index[-1]]).to_numpy()


def group_folds(groups: pd.Series, n_folds: int = 5, seed: int = 0) -> np.ndarray:
    """Deal whole groups into folds of about equal size, the largest first.

    Returns
    -------
    int array, samples: the fold of each sample, 0 … n_folds − 1.
    """
    sizes = groups.value_counts()
    if len(sizes) < n_folds:
        raise ValueError(f"{len(sizes)} groups cannot make {n_folds} folds; ask for fewer folds.")
    order = np.random.default_rng(seed).permutation(len(sizes))
    ranked = sizes.iloc[order].sort_values(ascending=False, kind="stable")
    load, fold = np.zeros(n_folds), {}
    for name, size in ranked.items():
        fold[name] = int(load.argmin())
        load[fold[name]] += size
    return groups.map(fold).to_numpy(dtype=int)


def source_folds(
    source: pd.Series, group: pd.Series, fewest: int = 10
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Hold out each source in turn; series that it shares with others leave the training side too.

    Parameters
    ----------
    source, group : Series, samples
        Pipeline or laboratory; series, donor or project (more than one pipeline has the same tumours).
    fewest : int
        Sources with fewer samples are not held out, nor where fewer would be left to train on.

    Returns
    -------
    dict, source → (train, test), bool arrays; empty where there is a single source.
    """
    source, group, folds = source.to_numpy(), group.to_numpy(), {}
    for name in pd.unique(source):
        test = source == name
        train = ~test & ~np.isin(group, group[test])
        if test.sum() >= fewest and train.sum() >= fewest:
            folds[str(name)] = (train, test)
    return folds


def balanced_weights(*levels: pd.Series) -> np.ndarray:
    """Weigh samples so that the groups of each level count the same within their parent.

    Parameters
    ----------
    *levels : Series, samples
        From coarse to fine, for example source, series: each source weighs the same, each series the same
        within its source, each sample the same within its series.

    Returns
    -------
    float array, samples, summing to 1.
    """
    table = pd.concat([level.astype(str).reset_index(drop=True) for level in levels], axis=1)
    table.columns = range(len(levels))
    weight = np.ones(len(table))
    for depth in range(len(levels)):
        parent = list(range(depth))
        if parent:
            count = table.groupby(parent)[depth].transform("nunique")
        else:
            count = table[0].nunique()
        weight = weight / np.asarray(count, dtype=float)
    weight = weight / table.groupby(list(range(len(levels))))[0].transform("size").to_numpy()
    return weight / weight.sum()


def same_line(names: pd.Index | pd.Series, lines: list[str]) -> np.ndarray:
    """Mark the samples of the given cell lines, whatever the spelling (U-2 OS, U2OS) or clone (A549.311).

    Returns
    -------
    bool array, one per name.
    """

    def key(name: str) -> str:
        return re.sub(r"[^A-Z0-9]", "", str(name).split(".")[0].upper())

    wanted = {key(line) for line in lines}
    return np.array([key(name) in wanted for name in names], dtype=bool)
