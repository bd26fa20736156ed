"""What an index knows of its signatures whatever the gene: strength, likeness to vehicles, siblings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


def signature_facts(signatures: pd.DataFrame, lengths: np.ndarray) -> pd.DataFrame:
    """Return what is known of each signature, in the order of the signatures.

    Parameters
    ----------
    signatures : DataFrame
        `Index.signatures`.
    lengths : float array
        Lengths of the fold changes where the strength is not known; NaN elsewhere.

    Returns
    -------
    DataFrame, 0, 1, 2, … × (strength_percentile, vehicle_fdr)
        vehicle_fdr: false discovery rate of p_vehicle over the index.
    """
    percentile = strength_percentile(signatures, lengths)
    fdr = false_discovery_rate(signatures["p_vehicle"])
    return pd.DataFrame({"strength_percentile": percentile, "vehicle_fdr": fdr})


def strength_percentile(signatures: pd.DataFrame, lengths: np.ndarray) -> np.ndarray:
    """Return the share of the signatures of the same source that are at most as strong.

    The strength of a characteristic direction and the length of fold changes are different measures, so each
    is compared with its like.

    Parameters
    ----------
    signatures : DataFrame, signatures × (strength, source, …)
    lengths : float array
        Lengths of the fold changes where the strength is not known; NaN elsewhere.

    Returns
    -------
    float array, 0 to 1; NaN where neither is known
    """
    strength = signatures["strength"].to_numpy(float)
    is_known = ~np.isnan(strength)
    strength = np.where(is_known, strength, lengths)
    kind = 2 * pd.factorize(signatures["source"], use_na_sentinel=False)[0] + is_known
    percentile = np.full(len(strength), np.nan)
    for of in np.unique(kind):
        here = np.flatnonzero((kind == of) & ~np.isnan(strength))
        _, number, ties = np.unique(strength[here], return_inverse=True, return_counts=True)
        rank = np.cumsum(ties) - (ties - 1) / 2  # ties share their mean rank
        percentile[here] = rank[number] / max(len(here), 1)
    return percentile


def false_discovery_rate(p: pd.Series | np.ndarray) -> np.ndarray:
    """Return Benjamini and Hochberg's rate of each p-value; NaN where there is none.

    It is the same as `scipy.stats.false_discovery_control`, whose import takes longer than a search.

    Examples
    --------
    >>> false_discovery_rate(np.array([0.01, np.nan, 0.5])).tolist()
    [0.02, nan, 0.5]
    """
    p = np.asarray(p, float)
    tested = np.flatnonzero(~np.isnan(p))
    falling = tested[np.argsort(-p[tested], kind="stable")]
    fdr, n = np.full(p.shape, np.nan), len(falling)
    fdr[falling] = np.minimum.accumulate(np.minimum(p[falling] * (n / np.arange(n, 0, -1)), 1))
    return fdr


@dataclass(frozen=True)
class Siblings:
    """Which signatures are of one compound, and of one series of doses.

    Attributes
    ----------
    compound : int array, signatures
        One number for each compound and type.
    line : int array, signatures
    series : int array, signatures
        One number for each compound, cell line, time and unit of the dose.
    dose : float array, signatures
        NaN where not known.
    counted : int array
        Row numbers of the signatures that are not flagged.
    """

    compound: np.ndarray
    line: np.ndarray
    series: np.ndarray
    dose: np.ndarray
    counted: np.ndarray
    _order: np.ndarray
    _starts: np.ndarray

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "Siblings":
        """Read what they are of from the metadata; flagged signatures are siblings of none."""
        compound = numbered(signatures, ["compound", "type"])
        series = numbered(signatures, ["compound", "type", "cell_id", "time", "time_unit", "dose_unit"])
        code, texts = pd.factorize(signatures["dose"], use_na_sentinel=False)
        dose = pd.to_numeric(pd.Series(texts).astype(str), errors="coerce").to_numpy(float)[code]
        counted = np.flatnonzero(signatures["flags"] == "")
        order = counted[np.argsort(compound[counted], kind="stable")]
        starts = np.searchsorted(compound[order], np.arange(compound.max(initial=-1) + 2))
        return cls(compound, pd.factorize(signatures["cell_id"])[0], series, dose, counted, order, starts)

    def rows(self, compounds: np.ndarray) -> np.ndarray:
        """Return the row numbers of all signatures of some compounds that are not flagged."""
        parts = [self._order[self._starts[number] : self._starts[number + 1]] for number in compounds]
        return np.concatenate([*parts, np.zeros(0, int)]).astype(int)


def numbered(signatures: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return 0, 1, 2, … for the different combinations of some columns."""
    numbers = np.zeros(len(signatures), np.int64)
    for name in names:
        code, values = pd.factorize(signatures[name], use_na_sentinel=False)
        numbers = pd.factorize(numbers * max(len(values), 1) + code)[0]
    return numbers
