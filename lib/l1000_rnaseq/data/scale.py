"""What scale values are on, told by their quantiles, and how gaps are filled: the same for every command."""

import logging

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.genes import landmarks

log = logging.getLogger(__name__)
MISSING_SHARE = 0.05  # of the values of one profile that imputation may fill
QUANTILES = (0.001, 0.05, 0.5, 0.999)
LEVEL3 = "Level 3 log2 intensities, about 4 to 15"
LOG2 = "log2 levels, such as Level 3 or log2(CPM+1)"
SCORES = "changes, such as Level 5 z-scores or log2 fold changes"
LINEAR = "linear counts or abundances"
HIGHEST = {LEVEL3: 20.0, LOG2: 25.0, SCORES: 100.0, LINEAR: np.inf}


def check_scale(values: np.ndarray, where: str, expected: str) -> None:
    """Raise a ValueError where values are on another scale than a command needs.

    Parameters
    ----------
    values : array
        What is missing is NaN.
    where : str
        The file, for the message.
    expected : str
        One of LEVEL3, LOG2, SCORES and LINEAR.
    """
    values = np.ravel(values)
    sample = values[:: 1 + len(values) // 100_000]  # a share of the values tells the scale as well as all
    sample = sample[np.isfinite(sample)]
    if not len(sample):
        return
    low, early, middle, high = np.quantile(sample, QUANTILES)
    if _fits(low, early, middle, high, expected):
        return
    seen = f"0.1 %, 50 % and 99.9 % of its values are {low:.3g}, {middle:.3g} and {high:.3g}"
    raise ValueError(f"{where}: {seen}; {_guess(low, early, middle, high)}; expected {expected}.")


def _fits(low: float, early: float, middle: float, high: float, expected: str) -> bool:
    """Say whether quantiles are those of a scale: real wells, genomes, signatures and counts are."""
    if high > HIGHEST[expected] or low < -HIGHEST[expected]:
        return False
    if expected == LEVEL3:  # the 5 % of real wells are 3.7 to 5.5, of their genomes 0 to 2.7
        return low >= -0.5 and early > 3 and 5.5 < middle < 14
    if expected == LOG2:  # the highest are 15 of wells, 11 to 13 of genomes, 5 of log10
        return high >= 7 and not (_is_centred(low, middle, high) and high < -4 * low)
    if expected == SCORES:
        return low == high == 0 or _is_centred(low, middle, high)
    return low >= 0 and high > HIGHEST[LOG2]


def _is_centred(low: float, middle: float, high: float) -> bool:
    return low < 0 < high and abs(middle) <= 0.25 * max(-low, high)


def _guess(low: float, early: float, middle: float, high: float) -> str:
    quantiles = (low, early, middle, high)
    if _fits(*quantiles, SCORES) and not _fits(*quantiles, LOG2):
        return "these look like z-scores or fold changes (Level 4 or 5)"
    if high > HIGHEST[LOG2]:
        return "these look like counts or linear intensities, not log2"
    if _fits(*quantiles, LEVEL3):
        return "these look like Level 3 log2 intensities"
    if 0 <= low and high > 8:
        return "these look like log2 levels of RNA-seq, or a profile that was translated already"
    return "this is no scale of expression that is known here (log10, log2 taken twice, or scaled to 0…1?)"


def fill_missing(values: pd.DataFrame, fillers: np.ndarray | float, where: str) -> tuple[np.ndarray, int]:
    """Fill the gaps of profiles.

    Parameters
    ----------
    values : DataFrame, profiles × genes
        NaN where missing.
    fillers : array, genes, or float
        What to put there.
    where : str
        The file, for messages.

    Returns
    -------
    values : array, profiles × genes, complete
    filled : int
        How many were missing.

    Raises
    ------
    ValueError
        A value is infinite, or more than 5 % of a profile are missing.
    """
    table, values = values, values.to_numpy()
    if np.isinf(values).any():
        row, column = np.argwhere(np.isinf(values))[0]
        raise ValueError(
            f"sample {table.index[row]} of {where} has an infinite value in row {table.columns[column]}; "
            "expected finite ones. Remove that profile."
        )
    missing = np.isnan(values)
    share = missing.mean(axis=1)
    if (share > MISSING_SHARE).any():
        row = int(share.argmax())
        raise ValueError(
            f"sample {table.index[row]} of {where} has {share[row]:.0%} missing values (NaN or -666); up to "
            f"{MISSING_SHARE:.0%} are imputed. Remove that profile."
        )
    return np.where(missing, fillers, values), int(missing.sum())


def read_landmarks(file: ProfileFile, scale: str, ids=None) -> pd.DataFrame:
    """Read the landmarks of a file: on the scale expected, complete.

    Parameters
    ----------
    file : ProfileFile
    scale : str
        LEVEL3 or SCORES (see `check_scale`).
    ids : sequence of str, optional
        Samples, in the order wanted; all of them when absent.

    Returns
    -------
    DataFrame, samples × landmarks, float32
        Gaps have the mean of their gene, among scores 0; their number is told in the log.
    """
    profiles = file.frame(ids, file.rows_of(landmarks().index))
    if not len(profiles):
        return profiles
    check_scale(profiles.to_numpy(), str(file.path), scale)
    fillers = 0.0 if scale == SCORES else profiles.mean().fillna(0).to_numpy(np.float32)
    values, n = fill_missing(profiles, fillers, str(file.path))
    if n:
        filler = "were taken as 0" if scale == SCORES else "took the mean of their gene"
        log.warning("%s missing values of %s %s", f"{n:,}", file.path, filler)
    return pd.DataFrame(values, profiles.index, profiles.columns, np.float32)
