"""Check that a user's file holds L1000 Level 3 landmark profiles before it is translated."""

from dataclasses import dataclass

import numpy as np

from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.genes import check_unique, landmarks, resolve_ids

MISSING_SHARE = 0.05  # of the landmarks, or of the values of one profile, that imputation may fill
LEAST_MEDIAN = 5.5  # of real wells: 7.1 to 9.2
LOWEST, HIGHEST = -0.5, 20.0  # Level 3 is log2 intensity, about 0…15; some pipelines leave small negatives


@dataclass(frozen=True)
class Intake:
    """Where each landmark of the bundle stands in the user's file.

    Attributes
    ----------
    rows : int array, landmarks found
        Row positions in the file, in the order of the bundle.
    found : int array, landmarks found
        Their positions among the bundle's landmarks.
    missing : tuple of str
        Landmarks of the bundle that the file lacks; the training mean stands in for them.
    mean : float array, landmarks
        Training mean of each landmark (log2 intensity).
    """

    rows: np.ndarray
    found: np.ndarray
    missing: tuple[str, ...]
    mean: np.ndarray

    @classmethod
    def of(
        cls, file: ProfileFile, names: tuple[str, ...], mean: np.ndarray, id_type: str = "auto"
    ) -> "Intake":
        """Find the landmarks of a bundle in a file.

        Raises
        ------
        ValueError
            A transposed matrix, unknown ids, a landmark twice, more than 5 % of the landmarks missing.
        """
        try:
            symbols = resolve_ids(file.row_ids, file.row_metadata, id_type)
        except ValueError as error:
            symbols, reason = [], str(error)
        else:
            reason = ""
        position = {symbol: row for row, symbol in enumerate(symbols)}
        found = [place for place, name in enumerate(names) if name in position]
        if len(found) < (1 - MISSING_SHARE) * len(names):
            if _looks_transposed(file):
                raise ValueError(
                    f"{file.path} is transposed: its {file.shape[0]} columns are genes and its rows are "
                    "samples; expected genes in rows, samples in columns. Transpose it first."
                )
            if reason:
                raise ValueError(reason)
            lacking = [name for name in names if name not in position]
            raise ValueError(
                f"{len(lacking)} of {len(names)} landmark genes are missing from {file.path}: "
                f"{first_five(lacking)}; up to {int(MISSING_SHARE * len(names))} are imputed. "
                f"Its row ids look like {first_five(list(file.row_ids[:3]))}; "
                "pass --id-type if they were read as the wrong kind of id."
            )
        wanted = set(names)
        check_unique([symbol for symbol in symbols if symbol in wanted], str(file.path))
        return cls(
            rows=np.array([position[names[place]] for place in found]),
            found=np.array(found),
            missing=tuple(name for name in names if name not in position),
            mean=np.asarray(mean, np.float32),
        )

    def read(self, file: ProfileFile, start: int, stop: int) -> tuple[np.ndarray, int]:
        """Read a slab of profiles in the bundle's gene order, with missing values imputed.

        Returns
        -------
        x : float32 array, samples × landmarks, log2 intensity, complete
        imputed : int
            Number of single values (NaN or −666) that the training mean replaced.

        Raises
        ------
        ValueError
            Infinite values, a profile with more than 5 % missing values, or a scale that is not Level 3.
        """
        block = file.read(start, stop, rows=self.rows)
        if np.isinf(block).any():
            row, column = np.argwhere(np.isinf(block))[0]
            raise ValueError(
                f"sample {file.sample_ids[start + row]} of {file.path} has an infinite value in row "
                f"{file.row_ids[self.rows[column]]}; expected log2 intensities. Remove or mend that profile."
            )
        absent = np.isnan(block) | (block == -666)
        share = absent.mean(axis=1)
        if (share > MISSING_SHARE).any():
            row = int(share.argmax())
            raise ValueError(
                f"sample {file.sample_ids[start + row]} of {file.path} has {share[row]:.0%} missing values "
                f"(NaN or -666); up to {MISSING_SHARE:.0%} are imputed. Remove that profile."
            )
        check_scale(block[~absent], f"{file.path} (samples {start}–{stop - 1})")
        x = np.tile(self.mean, (len(block), 1))
        x[:, self.found] = np.where(absent, self.mean[self.found], block)
        return x, int(absent.sum())


def _looks_transposed(file: ProfileFile) -> bool:
    try:
        symbols = resolve_ids(file.sample_ids)
    except ValueError:
        return False
    known = set(landmarks().index)
    return sum(symbol in known for symbol in symbols) > 0.5 * min(len(known), len(symbols))


def check_scale(values: np.ndarray, where: str) -> None:
    """Raise a ValueError where values do not look like Level 3, by three of their quantiles."""
    values = np.ravel(values)
    some = values[:: 1 + len(values) // 100_000]  # a share of the values tells the scale as well as all
    low, middle, high = np.quantile(some, [0.001, 0.5, 0.999])
    if low >= LOWEST and high <= HIGHEST and LEAST_MEDIAN < middle < 14:
        return
    seen = f"0.1 %, 50 % and 99.9 % of its values are {low:.3g}, {middle:.3g} and {high:.3g}"
    if low < LOWEST and abs(middle) < 2:
        guess = "these look like z-scores or fold changes (Level 4 or 5)"
    elif high > HIGHEST:
        guess = "these look like counts or linear intensities, not log2"
    else:
        guess = "this is not the scale of Level 3 (a translated profile, or a logarithm taken twice?)"
    raise ValueError(f"{where}: {seen}; {guess}; expected Level 3 log2 intensities, about 4 to 15.")
