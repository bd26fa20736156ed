"""Do signatures rank the targets of a receptor high? Tables of walks over methods, genes and gene sets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.bridge import area, peak, rank_genes, scaled_weights, walks

_BLOCK = 2_000_000  # genes × random sets held at once


def read_gmt(path: Path, containing: str = "") -> dict[str, set[str]]:
    """Read gene sets: name → symbols in upper case, those whose name contains a text."""
    sets = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, *genes = line.split("\t")
        if containing in name:
            sets[name] = {gene.split(",")[0].strip().upper() for gene in genes if gene.strip()}
    return sets


def members(genes: pd.Index, gene_set: set[str]) -> np.ndarray:
    """Mark the genes that are in a set (symbols in any case)."""
    return pd.Index(genes).str.upper().isin(gene_set)


@dataclass(frozen=True)
class Recovery:
    """How high signatures rank a gene set, on average.

    Attributes
    ----------
    walk : array, genes
        Mean of the walks of the signatures.
    area, peak : float
        Of that walk.
    low, high : float
        Area that holds 95 % of random gene sets of the same size.
    area_p, peak_p : float
        Share of random gene sets that reach as much or more (one-sided, upwards; itself counted).
    n_genes, n_set, n_signatures : int
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
    n_signatures: int

    @property
    def numbers(self) -> dict[str, float]:
        """Everything but the walk."""
        return {name: value for name, value in vars(self).items() if name != "walk"}


def recover(
    scores: np.ndarray,
    inside: np.ndarray,
    weighted: bool = False,
    n_permutations: int = 500,
    seed: int = 0,
    by_size: bool = True,
) -> Recovery:
    """Walk signatures over a gene set and average the walks; hold them against random gene sets.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
        Characteristic direction, t, or log2 fold change.
    inside : array of bool, genes
    weighted : bool
        By the absolute score of each gene, scaled to 0…1 (Fig. 5 B, D).
    n_permutations, seed : int
        A random gene set is the same for all signatures, so their dependence is in the p-value.
    by_size : bool
        Rank by absolute score, since targets go up and down; else from the highest to the lowest.
    """
    scores = np.atleast_2d(np.asarray(scores, float))
    order = np.array([rank_genes(row, by_size) for row in scores])
    weights = np.take_along_axis(scaled_weights(scores), order, -1) if weighted else None
    walk = walks(np.asarray(inside, bool)[order], weights).mean(axis=0)
    rng, n_genes, n_set = np.random.default_rng(seed), scores.shape[1], int(np.sum(inside))
    areas, peaks, block = [], [], max(1, _BLOCK // n_genes)
    for start in range(0, n_permutations, block):
        sets = np.zeros((min(block, n_permutations - start), n_genes), bool)
        for row in sets:
            row[rng.choice(n_genes, n_set, replace=False)] = True
        mean = np.zeros(sets.shape)
        for number, one in enumerate(order):
            own = None if weights is None else np.broadcast_to(weights[number], sets.shape)
            mean += walks(sets[:, one], own)
        areas.append(area(mean / len(order)))
        peaks.append(peak(mean / len(order)))
    null = {"area": np.concatenate(areas), "peak": np.concatenate(peaks)}
    own = {"area": float(area(walk)), "peak": float(peak(walk))}
    p = {f"{name}_p": against_random(own[name], values) for name, values in null.items()}
    low, high = np.quantile(null["area"], [0.025, 0.975])
    return Recovery(walk, **own, low=float(low), high=float(high), **p, n_genes=n_genes, n_set=n_set,
                    n_signatures=len(scores))  # fmt: skip


def against_random(value: float, random: np.ndarray) -> float:
    """Return the share of random values that reach a value, itself among them (one-sided)."""
    random = np.asarray(random, float)
    return float((1 + (random >= value - 1e-12).sum()) / (1 + len(random)))
