"""What D-GEX does to profiles first: drop duplicates, standardise (Chen 2016, 2.1)."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree


def distinct_samples(x: np.ndarray, distance: float = 1.0, axes: int = 8) -> np.ndarray:
    """Mark the samples that have no earlier sample within a distance (Chen 2016, 2.1).

    The published scripts compare samples within 100 k-means clusters, and miss twins across a border. Here
    all pairs are compared. Two samples are at least as far apart in all genes as in a few principal
    directions, so only pairs that are near there are measured in full.

    Parameters
    ----------
    x : array, samples × genes
        Log2 expression, quantile normalised; no NaN.
    distance : float
        Euclidean distance over all genes, log2; the published scripts take 1.
    axes : int
        Principal directions of the first look.

    Returns
    -------
    bool array, samples: True is kept; the first of each group of duplicates always is.

    Raises
    ------
    ValueError
        Values that are not finite.
    """
    x = np.asarray(x)
    if not np.isfinite(x).all():
        raise ValueError("profiles have NaN or infinite values; impute or drop them first.")
    sampled = np.asarray(x[:: max(len(x) // 500, 1)], np.float64)
    directions = np.linalg.svd(sampled - sampled.mean(axis=0), full_matrices=False)[2][:axes]
    blocks = [np.asarray(x[start : start + 1000], np.float64) for start in range(0, len(x), 1000)]
    near = np.concatenate([block @ directions.T for block in blocks])
    pairs = cKDTree(near).query_pairs(distance * (1 + 1e-9), output_type="ndarray")
    keep = np.ones(len(x), bool)
    for block in np.array_split(pairs, max(len(pairs) // 1000, 1)):
        apart = (x[block[:, 0]].astype(np.float64) - x[block[:, 1]]) ** 2
        keep[block[apart.sum(axis=1) < distance**2].max(axis=1)] = False
    return keep


@dataclass(frozen=True)
class Standardization:
    """Mean and standard deviation of each gene over some samples.

    Attributes
    ----------
    mean, sd : float32 array, genes
        In the units of the profiles; sd is 1 where a gene is constant.
    """

    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, rows: np.ndarray | None = None, size: int = 2000) -> "Standardization":
        """Learn from samples × genes, or some rows of it, block by block.

        Raises
        ------
        ValueError
            Values that are not finite.
        """
        rows = np.arange(len(x)) if rows is None else np.asarray(rows)
        blocks = [rows[start : start + size] for start in range(0, len(rows), size)]
        mean = sum(np.asarray(x[block], np.float64).sum(axis=0) for block in blocks) / len(rows)
        if not np.isfinite(mean).all():
            raise ValueError("training profiles have NaN or infinite values; impute or drop them first.")
        squares = sum(((np.asarray(x[block], np.float64) - mean) ** 2).sum(axis=0) for block in blocks)
        sd = np.sqrt(squares / len(rows))
        return cls(mean.astype(np.float32), np.where(sd > 1e-6, sd, 1).astype(np.float32))

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return samples × genes in standard deviations from the mean, float32."""
        return ((x - self.mean) / self.sd).astype(np.float32)


def standardize_sources(
    x: np.ndarray, source: np.ndarray, train: np.ndarray, transductive: bool
) -> np.ndarray:
    """Standardise the samples of several sources.

    Parameters
    ----------
    x : array, samples × genes
    source : array, samples
        Laboratory or pipeline.
    train : bool array, samples
    transductive : bool
        The paper's way: every source by its own mean and standard deviation, held-out ones too. This removes
        every offset between sources, and needs a whole source at once. False: all by the training samples.

    Returns
    -------
    float32 array, samples × genes, in standard deviations
    """
    if not transductive:
        return Standardization.fit(x[train]).transform(x)
    out, names = np.empty(x.shape, np.float32), np.asarray(source)
    for name in np.unique(names):
        rows = names == name
        out[rows] = Standardization.fit(x[rows]).transform(x[rows])
    return out
