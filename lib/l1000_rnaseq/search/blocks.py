"""Blocks of signatures as an index keeps them: rounded values, values at some ranks, and who is extreme."""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.search.rank_knots import knots_of
from l1000_rnaseq.search.specificity import extreme


@dataclass(frozen=True)
class Block:
    """Some signatures, ready to be written.

    Attributes
    ----------
    values : dict, "log2fc" and, where signatures have directions of their own, "cd"
        float16 arrays, signatures × genes or coordinates.
    length : float32 array, signatures, or None
        What fold changes are divided by to give scores, where there are no directions.
    knots : dict, status → float16 array, signatures × knots
    extreme : int array, genes
        In how many of the signatures each gene is in the first or last 1 % of its status.
    """

    values: dict[str, np.ndarray]
    length: np.ndarray | None
    knots: dict[str, np.ndarray]
    extreme: np.ndarray

    def __len__(self) -> int:
        return len(self.values["log2fc"])


@dataclass(frozen=True)
class BlockMaker:
    """How an index keeps signatures: small enough to be sent to other processes.

    Attributes
    ----------
    genes : list of str
    basis : float32 array, factors × other genes, or None where values are kept in full
    n_changes : int
        How many of the factors a fold change has.
    """

    genes: list[str]
    basis: np.ndarray | None
    n_changes: int

    def __post_init__(self):
        status = gene_status(self.genes)
        object.__setattr__(self, "statuses", status.groupby(status.to_numpy()).indices)

    @property
    def cd_unit(self) -> np.float32:
        """Directions are kept times this, so that float16 does them justice."""
        return np.float32(np.sqrt(len(self.genes)))

    def make(self, log2fc: np.ndarray, scores: np.ndarray, has_directions: bool) -> Block:
        """Round and sort signatures.

        Parameters
        ----------
        log2fc, scores : array, signatures × genes or coordinates
        has_directions : bool
            False where scores are the fold changes times a number.

        Raises
        ------
        ValueError
            A value is missing or infinite, or too large for float16.
        """
        length = None
        with np.errstate(over="ignore"):
            values = {"log2fc": log2fc.astype(np.float16)}
            if has_directions:
                values["cd"] = (scores * self.cd_unit).astype(np.float16)
        if not all(np.isfinite(part).all() for part in (*values.values(), scores)):
            raise ValueError(
                "Signatures have values that are missing or infinite, or beyond 65,504; compute them anew."
            )
        if has_directions:
            genomes = self.genomes(values["cd"], 0 if self.basis is None else len(self.basis))
        else:
            length = lengths(log2fc, scores)
            genomes = self.genomes(values["log2fc"], self.n_changes) * (self.cd_unit / length)[:, None]
        knots, counts = {}, np.zeros(len(self.genes), np.int64)
        for name, positions in self.statuses.items():
            of_status = genomes[:, positions]
            descending = np.sort(of_status, axis=1)[:, ::-1]
            knots[name] = knots_of(descending)
            counts[positions] = extreme(of_status, descending).sum(axis=0)
        return Block(values, length, knots, counts)

    def genomes(self, rounded: np.ndarray, n_factors: int) -> np.ndarray:
        """Return the genomes that the index will read from rounded values: signatures × genes."""
        values = rounded.astype(np.float32)
        if self.basis is None:
            return values
        n_first = len(self.genes) - self.basis.shape[1]
        out = np.empty((len(values), len(self.genes)), np.float32)
        out[:, :n_first] = values[:, :n_first]
        hidden = values[:, n_first : n_first + n_factors]
        np.matmul(hidden, self.basis[:n_factors], out=out[:, n_first:])
        return out


def lengths(log2fc: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return what fold changes are divided by to give their scores; 1 where nothing changes."""
    long, short = (np.linalg.norm(values, axis=1) for values in (log2fc, scores))
    return np.where((long > 0) & (short > 0), long / np.where(short > 0, short, 1), 1).astype(np.float32)
