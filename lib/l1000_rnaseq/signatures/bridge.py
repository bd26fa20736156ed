"""Bridge plots: the running walk of a gene set over a ranked signature, its area, its peak, and chance.

Jeon et al. 2022, Fig. 5, 6 and S69–S72: along the genes from the most changed to the least, the walk rises at
a gene of the set and falls at any other, so that it ends at 0. Weighted, a gene of the set counts by its
absolute differential expression, scaled to 0…1.
"""

import numpy as np


def scaled_weights(scores: np.ndarray) -> np.ndarray:
    """Return |score| of each gene scaled to 0…1 over the signature (genes in the last axis)."""
    size = np.abs(np.asarray(scores, float))
    low, high = size.min(axis=-1, keepdims=True), size.max(axis=-1, keepdims=True)
    return (size - low) / np.where(high > low, high - low, 1)


def rank_genes(scores: np.ndarray, by_size: bool = True) -> np.ndarray:
    """Return the order of the genes, the most changed first; ties stand in gene order.

    Parameters
    ----------
    scores : array, genes
    by_size : bool
        By absolute score, since targets go up and down; else from the highest score to the lowest.
    """
    scores = np.asarray(scores, float)
    return np.argsort(-np.abs(scores) if by_size else -scores, kind="stable")


def walks(members: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Walk along ranked genes.

    Parameters
    ----------
    members : array of bool, … × genes, in the order of the ranks
        Several gene sets, or several signatures, at once.
    weights : array, … × genes, optional
        Of the genes in the set, in the same order; those of others are not used. Where all weights of a set
        are 0 it is walked unweighted.

    Returns
    -------
    array, … × genes: share of the set (or of its weight) passed less the share of other genes passed; the
    last value is 0.

    Raises
    ------
    ValueError
        A set has no gene, or all genes.
    """
    members = np.asarray(members, bool)
    size = members.sum(axis=-1, keepdims=True)
    if (size == 0).any() or (size == members.shape[-1]).any():
        raise ValueError(
            f"a walk needs genes in the set and others: {int(size.min())} to {int(size.max())} of "
            f"{members.shape[-1]} ranked genes are in it. Are both sides gene symbols?"
        )
    hits = members.astype(float) if weights is None else np.where(members, weights, 0.0)
    total = hits.sum(axis=-1, keepdims=True)
    hits = np.where(total > 0, hits, members)
    up = np.cumsum(hits, axis=-1) / np.where(total > 0, total, size)
    return up - np.cumsum(~members, axis=-1) / (members.shape[-1] - size)


def area(walk: np.ndarray) -> np.ndarray:
    """Return the mean of walks (… × genes); unweighted, the area under the ROC curve less .5."""
    return np.asarray(walk).mean(axis=-1)


def peak(walk: np.ndarray) -> np.ndarray:
    """Return the value of walks (… × genes) that is farthest from 0, with its sign."""
    walk = np.asarray(walk)
    at = np.abs(walk).argmax(axis=-1)
    return np.take_along_axis(walk, np.expand_dims(at, -1), -1)[..., 0]


def random_walks(
    n_genes: int, n_set: int, weights: np.ndarray | None = None, n: int = 1000, seed: int = 0
) -> np.ndarray:
    """Return walks of random gene sets over one signature: n × genes.

    Parameters
    ----------
    n_genes, n_set : int
    weights : array, genes, optional
        Of the signature, in the order of its ranks.
    n, seed : int
    """
    rng, members = np.random.default_rng(seed), np.zeros((n, n_genes), bool)
    for row in members:
        row[rng.choice(n_genes, n_set, replace=False)] = True
    return walks(members, None if weights is None else np.broadcast_to(weights, members.shape))


def permutation_band(
    n_genes: int,
    n_set: int,
    weights: np.ndarray | None = None,
    level: float = 0.95,
    n: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pointwise band (low, high: genes) that holds `level` of the walks of random gene sets."""
    null = random_walks(n_genes, n_set, weights, n, seed)
    low, high = np.quantile(null, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
