"""Connectivity: whether a signature moves a query's genes the same way or the opposite one (Liu; CMap)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.enrichment import checked, columns_of, enrichment
from l1000_rnaseq.stats.ranks import ends, ranks


@dataclass(frozen=True)
class Reference:
    """Reference signatures, ranked once for any number of queries.

    Attributes
    ----------
    genes : Index
    size : array, signatures × genes
        |value| of each gene: its weight as a hit.
    rank : unsigned integer array, signatures × genes
        As of `ranks.ranks`, in as few bytes as they need.
    """

    genes: pd.Index
    size: np.ndarray
    rank: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, genes) -> "Reference":
        """Rank signatures (signatures × genes; z-scores, directions or log2 fold changes).

        Raises
        ------
        ValueError
            Values that are not finite, or a gene twice.
        """
        values, genes = checked(values, genes)
        return cls(genes, np.abs(values), ranks(values).astype(np.min_scalar_type(len(genes))))

    def enrichment(self, names) -> np.ndarray:
        """Return the weighted enrichment score of a gene set in every signature (see `enrichment`)."""
        columns = columns_of(self.genes, names)
        rank, size = (np.take(table, columns, axis=1) for table in (self.rank, self.size))
        return enrichment(rank, size, len(self.genes))

    def connectivity(self, up=(), down=()) -> np.ndarray:
        """Return the weighted connectivity score of a query with every signature (see `connectivity`)."""
        return connectivity(*(self.enrichment(names) if len(names) else None for names in (up, down)))


def connectivity(up: np.ndarray | None, down: np.ndarray | None) -> np.ndarray:
    """Combine both enrichment scores: (up − down)/2 where their signs differ, else 0.

    An enrichment is never 0. With one side only, the result is its enrichment, for down with the sign turned.

    Raises
    ------
    ValueError
        Neither side is given.
    """
    if up is None and down is None:
        raise ValueError("a query needs genes that go up, or genes that go down.")
    if up is None or down is None:
        return up if down is None else -down
    return np.where(np.sign(up) != np.sign(down), (up - down) / 2, 0.0)


def query_sets(profiles: pd.DataFrame, n: int = 50) -> list[tuple[list[str], list[str]]]:
    """Take the n genes with the highest and the n with the lowest value of each profile (Liu: 50)."""
    genes = profiles.columns.to_numpy()
    up, down = (genes[columns].tolist() for columns in ends(profiles.to_numpy(), n))
    return list(zip(up, down, strict=True))


def best_over_lines(scores: np.ndarray, labels) -> pd.DataFrame:
    """Take each perturbagen's largest score over its signatures (Liu: over cell lines).

    Parameters
    ----------
    scores : array, signatures or queries × signatures
    labels : sequence of str, signatures

    Returns
    -------
    DataFrame, queries × perturbagens
    """
    table = pd.DataFrame(np.atleast_2d(scores).T)
    return table.groupby(np.asarray(labels)).max().T


def normalised(scores: np.ndarray, groups) -> np.ndarray:
    """Divide scores by the mean size of those of their sign and group: NCS (Subramanian 2017).

    Parameters
    ----------
    scores : array, signatures
    groups : sequence, signatures
        Cell line and perturbation type.

    Returns
    -------
    float64 array, signatures; 0 stays 0.
    """
    size = pd.Series(np.abs(scores))
    mean = size.groupby([np.asarray(groups), np.sign(scores)]).transform("mean").to_numpy()
    return np.divide(scores, mean, out=np.zeros(len(mean)), where=mean > 0)


def tau(scores: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Say how unusual a connection is: the signed share of background queries that connect less (CLUE).

    τ = sign(s) · 100/N · Σ_i [|b_i| < |s|], for each signature over the N background queries to the same
    signature. CLUE takes normalised scores and the queries of its reference perturbagens as background; a
    signature that connects with anything gets a small τ.

    Parameters
    ----------
    scores : array, signatures or queries × signatures
    background : array, background queries × signatures

    Returns
    -------
    array of the shape of `scores`, −100 … 100.
    """
    background = np.abs(background)
    if background.ndim != 2 or background.shape[1] != np.shape(scores)[-1] or not len(background):
        raise ValueError(
            f"background is {background.shape}; expected queries × {np.shape(scores)[-1]} signatures."
        )
    sizes = np.sort(background, axis=0)
    out = np.empty(np.shape(scores))
    for number, column in enumerate(sizes.T):
        out[..., number] = np.searchsorted(column, np.abs(np.asarray(scores)[..., number]), "left")
    return np.sign(scores) * 100 * out / len(background)
