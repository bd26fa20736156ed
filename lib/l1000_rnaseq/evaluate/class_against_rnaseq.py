"""The mean change of a class of perturbagens against RNA-seq, in genes that nobody measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import pearson_matrix
from l1000_rnaseq.stats.metrics import draw_groups
from l1000_rnaseq.stats.permutation import permutation_p


@dataclass(frozen=True)
class ClassMean:
    """The mean change of a class, how sure it is, and what random classes have.

    Attributes
    ----------
    genes : Index
    mean : array, genes, log2
    resampled : array, resamples × genes
        The mean with compounds drawn again, each with all its signatures.
    random : array, draws × genes
        Means of as many other signatures, as many from each cell line.
    """

    genes: pd.Index
    mean: np.ndarray
    resampled: np.ndarray
    random: np.ndarray

    def against(self, measured: pd.Series, among: pd.Index) -> dict[str, float]:
        """Correlate the mean with measured changes.

        Parameters
        ----------
        measured : Series, gene → log2 fold change; NaN where not measured
        among : Index
            Genes to compare; those that are not measured are left out.

        Returns
        -------
        dict with r (Pearson, over genes), low and high (its 95 % interval over compounds), random 95 %
        (what 95 % of random classes stay below), p (share of random classes that reach r), genes (number).

        Raises
        ------
        ValueError
            Fewer than three of the genes are measured.
        """
        measured = measured.dropna()
        kept = self.genes.isin(among) & self.genes.isin(measured.index)
        if kept.sum() < 3:
            raise ValueError(
                f"{kept.sum()} of the {len(among)} genes are measured; a correlation needs 3 or more."
            )
        truth = measured.reindex(self.genes[kept]).to_numpy(float)[None]
        r, resampled, random = (
            pearson_matrix(truth, rows[:, kept])[0] for rows in (self.mean[None], self.resampled, self.random)
        )
        low, high = np.quantile(resampled, [0.025, 0.975])
        return {
            "r": float(r[0]),
            "low": float(low),
            "high": float(high),
            "random 95 %": float(np.quantile(random, 0.95)),
            "p": float(permutation_p(r[0], random)),
            "genes": int(kept.sum()),
        }


def class_mean(
    changes: np.ndarray,
    genes: Sequence[str],
    in_class: np.ndarray,
    lines: np.ndarray,
    compounds: np.ndarray,
    n: int = 2000,
    seed: int = 0,
) -> ClassMean:
    """Average the signatures of a class; resample its compounds; draw random classes.

    Parameters
    ----------
    changes : array, signatures × genes, log2
    genes : sequence of str
    in_class : bool array, signatures
    lines, compounds : array, signatures
        Cell line and compound of each signature. Random classes take as many signatures from each line, none
        of the class.
    n, seed : int
        Resamples, and random classes.

    Raises
    ------
    ValueError
        The class is empty or has one compound only, or a line has too few other signatures.

    Examples
    --------
    >>> changes = np.array([[2.0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]])
    >>> steroid = np.array([True, True, False, False])
    >>> class_mean(changes, ["FKBP5", "A", "B"], steroid, np.zeros(4), np.arange(4)).mean.tolist()
    [1.5, 0.0, 0.5]
    """
    in_class, lines = np.asarray(in_class, bool), np.asarray(lines)
    codes, names = pd.factorize(np.asarray(compounds)[in_class])
    if len(names) < 2:
        raise ValueError(f"the class has {len(names)} compounds; an interval over compounds needs 2 or more.")
    rng, members = np.random.default_rng(seed), changes[in_class]
    of_compound = np.eye(len(names))[codes].T
    drawn = draw_groups(len(names), n, rng)
    weights = (drawn @ of_compound) / (drawn @ of_compound.sum(axis=1))[:, None]
    random = np.zeros((n, len(changes)), np.float32)
    for line, n_members in zip(*np.unique(lines[in_class], return_counts=True), strict=True):
        others = np.flatnonzero((lines == line) & ~in_class)
        if len(others) < n_members:
            raise ValueError(
                f"cell line {line} has {len(others)} signatures beside the {n_members} of the class; a "
                "random class needs as many. Leave the line out."
            )
        for row in random:
            row[rng.choice(others, n_members, replace=False)] = 1 / in_class.sum()
    return ClassMean(
        pd.Index(genes), members.mean(axis=0), weights.astype(np.float32) @ members, random @ changes
    )
