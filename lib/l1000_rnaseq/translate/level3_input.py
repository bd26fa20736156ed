"""Check that a user's file has L1000 Level 3 landmark profiles, and read them for translation."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.gene_ids import check_unique, resolve_ids
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.data.scale import LEVEL3, MISSING_SHARE, check_scale, fill_missing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Level3Input:
    """A user's file whose landmarks are found: profiles in the gene order of a bundle.

    Attributes
    ----------
    file : ProfileFile
    rows : int array, landmarks that the file has
        Their row positions in the file, in the order of the bundle.
    columns : int array, landmarks that the file has
        Their positions among the bundle's landmarks.
    missing : tuple of str
        Landmarks of the bundle that the file lacks; they get the training mean.
    mean : float array, landmarks
        Training mean of each landmark (log2 intensity).
    """

    file: ProfileFile
    rows: np.ndarray
    columns: np.ndarray
    missing: tuple[str, ...]
    mean: np.ndarray

    @classmethod
    def of(cls, file: ProfileFile, names: tuple[str, ...], mean: np.ndarray) -> "Level3Input":
        """Find the landmarks of a bundle in a file.

        Parameters
        ----------
        file : ProfileFile
        names : tuple of str
            Landmarks of the bundle.
        mean : array, landmarks
            Their training mean (log2 intensity).

        Raises
        ------
        ValueError
            A transposed matrix, unknown ids, a landmark twice, more than 5 % of the landmarks missing.
        """
        try:
            genes, reason = file.genes, ""
        except ValueError as error:
            genes, reason = pd.Index([]), str(error)
        absent = [name for name in names if name not in genes]
        if len(absent) > MISSING_SHARE * len(names):
            if _looks_transposed(file):
                raise ValueError(
                    f"{file.path} is transposed: its {file.shape[0]} columns are genes and its rows are "
                    "samples; expected genes in rows, samples in columns. Transpose it first."
                )
            raise ValueError(
                reason
                or f"{len(absent)} of {len(names)} landmark genes are missing from {file.path}: "
                f"{first_five(absent)}; up to {int(MISSING_SHARE * len(names))} are imputed. "
                f"Its row ids look like {first_five(list(file.row_ids[:3]))}; "
                "pass --id-type if they were read as the wrong kind of id."
            )
        check_unique(genes[genes.isin(names)], str(file.path))
        if absent:
            log.warning("%d landmarks imputed by their training mean: %s", len(absent), ", ".join(absent))
        positions = genes.get_indexer_for(names)
        columns = np.flatnonzero(positions >= 0)
        return cls(file, positions[columns], columns, tuple(absent), np.asarray(mean, np.float32))

    @property
    def n_left_out(self) -> int:
        """How many rows of the file are none of the landmarks."""
        return self.file.shape[1] - len(self.rows)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, int]:
        """Read a slab of profiles.

        Returns
        -------
        landmarks : float32 array, samples × landmarks of the bundle, log2 intensity, complete
        imputed : int
            Number of single missing values that the training mean replaced.

        Raises
        ------
        ValueError
            Infinite values, a profile with more than 5 % missing values, or a scale that is not Level 3.
        """
        ids = self.file.sample_ids[start:stop]
        return self._complete(self.file.read(start, stop, rows=self.rows), ids)

    def read_samples(self, ids: list[str]) -> tuple[np.ndarray, int]:
        """Read some samples by id; returns and raises as `read`."""
        return self._complete(self.file.read_samples(ids, self.rows).to_numpy(), ids)

    def _complete(self, values: np.ndarray, ids) -> tuple[np.ndarray, int]:
        where = str(self.file.path)
        profiles = pd.DataFrame(values, ids, self.file.row_ids[self.rows])
        values, n = fill_missing(profiles, self.mean[self.columns], where)
        check_scale(profiles.to_numpy(), f"{where} (samples {ids[0]} to {ids[-1]})", LEVEL3)
        if not self.missing:
            return np.asarray(values, np.float32), n
        complete = np.tile(self.mean, (len(values), 1))
        complete[:, self.columns] = values
        return complete, n


def _looks_transposed(file: ProfileFile) -> bool:
    try:
        symbols = resolve_ids(file.sample_ids)
    except ValueError:
        return False
    n_landmarks = pd.Index(symbols).isin(landmarks().index).sum()
    return n_landmarks > 0.5 * min(978, len(symbols))
