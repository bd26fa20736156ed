"""Connectivity: whether a signature moves a query's genes the same way or the opposite one (Liu; CMap)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.enrichment import checked, columns_of, enrichment


@dataclass(frozen=True)
class Reference:
    """Reference signatures, sorted once for any number of queries.

    Attributes
    ----------
    genes : Index
    size : array, signatures × genes
        |value| of each gene: its weight as a hit.
    place : integer array, signatures × genes
        1 for the gene with the largest value of its signature; equal values in the order of the genes.
    """

    genes: pd.Index
    size: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, genes) -> "Reference":
        """Sort signatures (signatures × genes; z-scores, directions or log2 fold changes).

        Raises
        ------
        ValueError
            Values that are not finite, or a gene twice.
        """
        values, genes = checked(values, genes)
        order = np.argsort(-values, axis=1, kind="stable")
        place = np.empty(values.shape, np.uint16 if values.shape[1] < 2**16 else np.uint32)
        np.put_along_axis(place, order, np.arange(1, values.shape[1] + 1, dtype=place.dtype)[None], axis=1)
        return cls(genes, np.abs(values), place)

    def columns(self, names) -> np.ndarray:
        """Return the positions of genes; a ValueError where one is not in the reference or stands twice."""
        return columns_of(self.genes, names)

    def enrichment(self, names) -> np.ndarray:
        """Return the weighted enrichment score of a gene set in every signature (see `enrichment`)."""
        columns = self.columns(names)
        place, size = (np.take(table, columns, axis=1) for table in (self.place, self.size))
        return enrichment(place, size, len(self.genes))

    def connectivity(self, up=(), down=()) -> np.ndarray:
        """Return the weighted connectivity score of a query with every signature (see `connectivity`)."""
        both = [self.enrichment(names) if len(names) else None for names in (up, down)]
        return connectivity(*both)


def connectivity(up: np.ndarray | None, down: np.ndarray | None) -> np.ndarray:
    """Combine both enrichment scores: (up − down)/2 where their signs differ, else 0.

    With one side only, its score stands alone (down with its sign turned).

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
    if 2 * n > profiles.shape[1]:
        raise ValueError(f"{profiles.shape[1]} genes cannot give {n} up and {n} down.")
    order, genes = np.argsort(-profiles.to_numpy(), axis=1, kind="stable"), profiles.columns.to_numpy()
    return [(genes[row[:n]].tolist(), genes[row[: -n - 1 : -1]].tolist()) for row in order]


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


def softmax(scores: pd.DataFrame) -> pd.DataFrame:
    """Turn scores (queries × perturbagens) into probabilities that add up to 1, as Liu et al. do."""
    powers = np.exp(scores.to_numpy() - scores.to_numpy().max(axis=1, keepdims=True))
    return pd.DataFrame(powers / powers.sum(axis=1, keepdims=True), scores.index, scores.columns)


def normalised(scores: np.ndarray, groups) -> np.ndarray:
    """Divide scores by the mean of those of their sign and group: NCS (Subramanian 2017).

    Parameters
    ----------
    scores : array, signatures or queries × signatures
    groups : sequence, signatures
        Cell line and perturbation type.

    Returns
    -------
    array of the shape of `scores`; 0 stays 0.
    """
    out, groups = np.zeros(np.shape(scores)), pd.factorize(np.asarray(groups))[0]
    values = np.atleast_2d(scores)
    for group in range(groups.max() + 1):
        here = values[:, groups == group]
        part = np.zeros(here.shape)
        for sign in (1, -1):
            own = np.sign(here) == sign
            count = own.sum(axis=1, keepdims=True)
            mean = np.where(own, np.abs(here), 0).sum(axis=1, keepdims=True) / np.maximum(count, 1)
            part += np.where(own, here / np.where(mean > 0, mean, 1), 0)
        np.atleast_2d(out)[:, groups == group] = part
    return out


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
