"""Fig. 5 and 6 of Jeon et al. 2022: how high signatures rank the targets of a receptor."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.bridge import random_sets, rank_genes, scaled_weights
from l1000_rnaseq.stats.enrichment import area, peak, running_sum
from l1000_rnaseq.stats.permutation import permutation_p

_BLOCK = 2_000_000  # genes × random sets in memory at once


def in_gene_set(genes: pd.Index, gene_set: set[str]) -> np.ndarray:
    """Mark the genes that are in a set (symbols in any case)."""
    return pd.Index(genes).str.upper().isin(gene_set)


@dataclass(frozen=True)
class Recovery:
    """How high signatures rank a gene set, on average.

    Attributes
    ----------
    walk : array, genes
        Mean of the running sums of the signatures.
    area, peak : float
        Of that walk.
    low, high : float
        Ends of the area of 95 % of random gene sets of the same size.
    area_p, peak_p : float
        Share of random gene sets that reach as much or more (one-sided, upwards; the set itself counts).
    n_genes, n_set : int
    """

    walk: np.ndarray
    area: float
    peak: float
    low: float
    high: float
    area_p: float
    peak_p: float
    n_genes: int
    n_set: int

    @property
    def numbers(self) -> dict[str, float]:
        """All attributes but the walk."""
        return {name: value for name, value in vars(self).items() if name != "walk"}


def recover(
    scores: np.ndarray,
    inside: np.ndarray,
    weighted: bool = False,
    n_permutations: int = 500,
    seed: int = 0,
    by_size: bool = True,
) -> Recovery:
    """Average the running sums of signatures over a gene set, and compare with random gene sets.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
        Characteristic direction, t, or log2 fold change.
    inside : array of bool, genes
    weighted : bool
        Weigh steps by the absolute score of each gene, scaled to 0…1 (Fig. 5 B, D).
    n_permutations, seed : int
        A random gene set is the same for all signatures, so their dependence is in the p-value.
    by_size : bool
        Rank by absolute score, since targets go up and down; else from the highest score to the lowest.
    """
    scores = np.atleast_2d(np.asarray(scores, float))
    order = rank_genes(scores, by_size)
    weights = np.take_along_axis(scaled_weights(scores), order, -1) if weighted else None
    walk = running_sum(np.asarray(inside, bool)[order], weights).mean(axis=0)
    rng, n_genes, n_set = np.random.default_rng(seed), scores.shape[1], int(np.sum(inside))
    areas, peaks, block = [], [], max(1, _BLOCK // n_genes)
    for start in range(0, n_permutations, block):
        sets = random_sets(rng, min(block, n_permutations - start), n_genes, n_set)
        mean = np.zeros(sets.shape)
        for number, ranking in enumerate(order):
            set_weights = None if weights is None else np.broadcast_to(weights[number], sets.shape)
            mean += running_sum(sets[:, ranking], set_weights)
        areas.append(area(mean / len(order)))
        peaks.append(peak(mean / len(order)))
    null = {"area": np.concatenate(areas), "peak": np.concatenate(peaks)}
    observed = {"area": float(area(walk)), "peak": float(peak(walk))}
    p = {f"{name}_p": float(permutation_p(observed[name], values)) for name, values in null.items()}
    low, high = np.quantile(null["area"], [0.025, 0.975])
    return Recovery(walk, **observed, low=float(low), high=float(high), **p, n_genes=n_genes, n_set=n_set)
