"""What D-GEX does to profiles first: duplicates, joint quantiles, standard units (Chen 2016, 2.1)."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import rankdata

from l1000_rnaseq.translate.normalize import fit_reference, quantile_normalize

TIES = ("average", "dense")


def distinct_samples(x: np.ndarray, distance: float = 1.0, axes: int = 8) -> np.ndarray:
    """Mark the samples that no earlier sample is nearer to than a distance (Chen 2016, 2.1).

    The published scripts compare samples within 100 k-means clusters, so that they miss twins on either side
    of a border. Here all pairs are compared: those that are near in a few principal directions, which
    cannot be farther apart there than in all genes, are measured in full.

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
        raise ValueError("profiles hold NaN or infinite values; impute or drop them first.")
    some = np.asarray(x[:: max(len(x) // 500, 1)], np.float64)
    directions = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)[2][:axes]
    blocks = [np.asarray(x[start : start + 1000], np.float64) for start in range(0, len(x), 1000)]
    near = np.concatenate([block @ directions.T for block in blocks])
    pairs = cKDTree(near).query_pairs(distance * (1 + 1e-9), output_type="ndarray")
    keep = np.ones(len(x), bool)
    for block in np.array_split(pairs, max(len(pairs) // 1000, 1)):
        apart = (x[block[:, 0]].astype(np.float64) - x[block[:, 1]]) ** 2
        keep[block[apart.sum(axis=1) < distance**2].max(axis=1)] = False
    return keep


def joint_quantile_normalize(
    train: np.ndarray, *others: np.ndarray, ties: str = "average"
) -> list[np.ndarray]:
    """Give every sample of every platform the average distribution of the training samples (Chen 2016, 2.1).

    Parameters
    ----------
    train : array, samples × genes
        The platform trained on (GEO in the paper); its mean sorted profile is the common distribution.
    *others : array, samples × genes
        Other platforms, the same genes in order; any scale that is monotone in expression.
    ties : {"average", "dense"}
        Equal values of a sample share their mean rank; or, as the published scripts treat RNA-seq, distinct
        values are spaced evenly, so that a thousand zeros take one place at the bottom. The training samples
        are always treated by the mean rank.

    Returns
    -------
    list of float32 arrays: train, then the others, on the scale of `train`.

    Raises
    ------
    ValueError
        Another number of genes, or an unknown rule.
    """
    if ties not in TIES:
        raise ValueError(f"unknown rule for ties {ties!r}; expected one of {', '.join(TIES)}.")
    for other in others:
        if other.shape[1] != train.shape[1]:
            raise ValueError(
                f"a platform has {other.shape[1]} genes, the training side {train.shape[1]}; expected the "
                "same genes in order."
            )
    reference = fit_reference(train)
    if ties == "average":
        return [quantile_normalize(values, reference) for values in (train, *others)]
    return [quantile_normalize(train, reference), *(_dense(values, reference) for values in others)]


def _dense(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    out = np.empty(values.shape, np.float32)
    for row, sample in enumerate(values):
        rank = rankdata(sample, "dense")
        out[row] = reference[(rank * len(reference) / rank.max()).astype(int) - 1]
    return out


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
            raise ValueError("training profiles hold NaN or infinite values; impute or drop them first.")
        squares = sum(((np.asarray(x[block], np.float64) - mean) ** 2).sum(axis=0) for block in blocks)
        sd = np.sqrt(squares / len(rows))
        return cls(mean.astype(np.float32), np.where(sd > 1e-6, sd, 1).astype(np.float32))

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return samples × genes in standard deviations from the mean, float32."""
        return ((x - self.mean) / self.sd).astype(np.float32)

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Return standardised samples × genes in the original units, float32."""
        return (z * self.sd + self.mean).astype(np.float32)


def standardize(train: np.ndarray, test: np.ndarray, transductive: bool) -> tuple[np.ndarray, np.ndarray]:
    """Standardise each gene of a training and a test set (Chen 2016, 2.1).

    Parameters
    ----------
    train, test : array, samples × genes
    transductive : bool
        The paper's way: the test set by its own mean and standard deviation, which takes away every offset
        between platforms and needs the whole test set at once. False, strict: by the training set's.

    Returns
    -------
    train, test : float32 arrays, in standard deviations
    """
    own = Standardization.fit(train)
    other = Standardization.fit(test) if transductive else own
    return own.transform(train), other.transform(test)


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
        Every source by its own mean and standard deviation, held-out ones too; else all by those of the
        training samples.

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
