"""Bridge plots: the running sum of a gene set over a ranked signature, and those of random gene sets.

Jeon et al. 2022, Fig. 5, 6 and S69–S72: genes are ranked from the most changed to the least. Weighted, a gene
of the set counts by its absolute differential expression, scaled to 0…1.
"""

import numpy as np

from l1000_rnaseq.stats.enrichment import running_sum
from l1000_rnaseq.stats.ranks import descending


def scaled_weights(scores: np.ndarray) -> np.ndarray:
    """Return |score| of each gene scaled to 0…1 over the signature (genes in the last axis)."""
    size = np.abs(np.asarray(scores, float))
    low, high = size.min(axis=-1, keepdims=True), size.max(axis=-1, keepdims=True)
    return (size - low) / np.where(high > low, high - low, 1)


def rank_genes(scores: np.ndarray, by_size: bool = True) -> np.ndarray:
    """Return the order of the genes, the most changed first; ties keep the order of the genes.

    Parameters
    ----------
    scores : array, genes, or signatures × genes
    by_size : bool
        By absolute score, since targets go up and down; else from the highest score to the lowest.
    """
    return descending(np.abs(scores) if by_size else scores)


def random_sets(rng: np.random.Generator, n: int, n_genes: int, n_set: int) -> np.ndarray:
    """Draw n random sets of n_set genes: bool array, sets × genes."""
    sets = np.zeros((n, n_genes), bool)
    for members in sets:
        members[rng.choice(n_genes, n_set, replace=False)] = True
    return sets


def permutation_band(
    n_genes: int,
    n_set: int,
    weights: np.ndarray | None = None,
    level: float = 0.95,
    n: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pointwise band that a share `level` of the running sums of random gene sets is in.

    Parameters
    ----------
    n_genes, n_set : int
    weights : array, genes, optional
        Of the signature, in the order of its ranks.
    level : float
    n, seed : int
        Random gene sets.

    Returns
    -------
    low, high : array, genes
    """
    sets = random_sets(np.random.default_rng(seed), n, n_genes, n_set)
    walks = running_sum(sets, None if weights is None else np.broadcast_to(weights, sets.shape))
    low, high = np.quantile(walks, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
