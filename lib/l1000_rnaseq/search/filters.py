"""Which signatures count: one set of filters for search, consensus, the page and the command."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.data.quantities import parse_quantities, parse_quantity, written
from l1000_rnaseq.search.filter_values import alike, different, natural

THRESHOLDS = ("min_abs_log2fc", "min_abs_cd", "concordant")
COLUMNS = {
    "type": "type",
    "cell": "cell_id",
    "source": "source",
    "time": "time",
    "dose": "dose",
    "perturbagen": "pert_iname",
    "mechanism": "mechanism",
    "target": "targets",
    "min_treated": "n_treated",
    "min_agreement": "agreement",
}
"""Filter → the column that it looks at."""
LISTS = ("mechanism", "target")
"""Filters whose column has several values in a cell, separated by |."""
DOSE_TOLERANCE = 0.01  # 3.33 finds 3.3333 too


class FilterError(ValueError):
    """A filter that leaves nothing, is no filter, or does not apply.

    Attributes
    ----------
    field : str
        Which of `Filters`.
    value : str
        What it was set to.
    reason : str
        The end of the sentence.
    """

    def __init__(self, field: str, value: str, reason: str):
        super().__init__(f"The filter {field}={value} {reason}")
        self.field, self.value, self.reason = field, value, reason


@dataclass(frozen=True)
class Filters:
    """Which signatures count; None is any.

    Attributes
    ----------
    type : str or sequence
        Perturbation types, in any case: chemical, shRNA, CRISPR, overexpression, …
    cell : str or sequence
        Cell lines, in any case.
    time : float, str or sequence
        Hours, or a text with its unit: "3 days".
    dose : float, str or (lowest, highest)
        One dose (within 1 %), or a range whose ends may be None. µM, or a text with its unit: "100 nM",
        "10 ng/ml". Doses of an index that have no unit count as µM.
    perturbagen : str or sequence
        Part of a perturbagen's name or id, in any case.
    mechanism, target : str or sequence
        Of the compound, in any case: "HDAC inhibitor", "HDAC1". Whole words of the table of compounds.
    source : str or sequence
        What the signatures were made from: "wells", "Level 5, extended".
    min_treated : int
        Fewest treated wells. Where the number is not known, the signature does not pass.
    min_agreement : float
        Least replicate agreement, −1 to 1. A signature without replicates has none, and does not pass.
    min_abs_log2fc, min_abs_cd : float
        Thresholds on what the signature does to the gene; for a search only.
    concordant : bool
        Fold change and characteristic direction agree in sign; for a search only.

    Examples
    --------
    >>> Filters(cell=["A549", "MCF7"], time=24, dose=(1, 10))
    Filters(cell=['A549', 'MCF7'], time=24, dose=(1, 10))
    >>> low, high = Filters(dose=("100 nM", "10 uM")).dose_range()
    >>> low, high
    (0.1, 10.0)
    """

    type: str | Sequence[str] | None = None
    cell: str | Sequence[str] | None = None
    time: float | str | Sequence[float | str] | None = None
    dose: float | str | tuple[float | str | None, float | str | None] | None = None
    perturbagen: str | Sequence[str] | None = None
    mechanism: str | Sequence[str] | None = None
    target: str | Sequence[str] | None = None
    source: str | Sequence[str] | None = None
    min_treated: int | None = None
    min_agreement: float | None = None
    min_abs_log2fc: float = 0.0
    min_abs_cd: float = 0.0
    concordant: bool = False

    def __post_init__(self):
        for field in ("min_abs_log2fc", "min_abs_cd", "min_treated"):
            if not (getattr(self, field) or 0) >= 0:
                raise FilterError(field, self._shown(field), "is no threshold; expected a number from 0.")
        low, high = self.dose_range()
        _ = self.times, self.dose_unit  # what is no quantity is told at once
        if low > high:
            raise FilterError("dose", self._shown("dose"), "has no dose in it; exchange its ends.")

    def __repr__(self) -> str:
        chosen = ", ".join(f"{field}={value!r}" for field, value in self.chosen.items())
        return f"Filters({chosen})"

    @property
    def chosen(self) -> dict:
        """The filters that are set: name → value."""
        return {f.name: v for f in fields(self) if listed(v := getattr(self, f.name)) != listed(f.default)}

    def without_thresholds(self) -> "Filters":
        """Return the filters that ask what a signature is of, without those that ask what it does."""
        return replace(self, min_abs_log2fc=0.0, min_abs_cd=0.0, concordant=False)

    def refuse_thresholds(self, because: str) -> None:
        """Raise a FilterError where a threshold is set, since it would change nothing."""
        for field in (field for field in self.chosen if field in THRESHOLDS):
            raise FilterError(field, self._shown(field), f"does not apply: {because}. Leave it out.")

    def select(self, signatures: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        """Return the rows whose signatures pass all but the thresholds.

        Parameters
        ----------
        signatures : DataFrame
            `Index.signatures`.
        rows : array of int
            Row numbers in it.

        Raises
        ------
        FilterError
            A filter leaves nothing; the sentence says what there is.
        """
        for _, left in self._steps(signatures, rows):
            rows = left
        return rows

    def counts(self, signatures: pd.DataFrame) -> dict[str, int]:
        """Return how many signatures are left after each filter, in turn; "all" is without any."""
        rows = np.arange(len(signatures))
        return {"all": len(rows)} | {field: len(left) for field, left in self._steps(signatures, rows)}

    def _steps(self, signatures: pd.DataFrame, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each filter that is set, and the rows that are left after it."""
        for field, column in COLUMNS.items():
            if not listed(getattr(self, field)):
                continue
            if field in ("min_treated", "min_agreement"):
                values = signatures[column].iloc[rows]
                passed, there = (values >= getattr(self, field)).to_numpy(), values.dropna()
                shown = f"{there.min():g} to {there.max():g}" if len(there) else "none known"
            else:
                values, codes = different(signatures, column, rows)
                fits, words = self._fits(field, values)
                passed, shown = fits[codes], words[np.unique(codes)]
            if not passed.any():
                if not isinstance(shown, str):
                    if field in LISTS:
                        there = alike(listed(getattr(self, field)), shown)
                    else:
                        there = sorted(set(shown) - {""}, key=natural)
                    shown = ", ".join(there[:12]) + (", …" if len(there) > 12 else "")
                reason = f"leaves no signature; before it there are: {shown or 'none'}."
                raise FilterError(field, self._shown(field), reason)
            rows = rows[passed]
            yield field, rows

    def _fits(self, field: str, values: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return which of some different values pass a filter, and how they are called."""
        first, second = values.iloc[:, 0], values.iloc[:, -1]
        if field == "perturbagen":
            parts = "|".join(re.escape(part.strip().lower()) for part in listed(self.perturbagen))
            return (first + " " + second).str.lower().str.contains(parts).to_numpy(), first.to_numpy()
        if field in LISTS:
            wanted = {name.strip().lower() for name in listed(getattr(self, field))}
            fits = [not wanted.isdisjoint(text.lower().split("|")) for text in first]
            return np.array(fits, bool), first.to_numpy()
        if field not in ("time", "dose"):
            wanted = [name.lower() for name in listed(getattr(self, field))]
            return first.str.lower().isin(wanted).to_numpy(), first.to_numpy()
        read = parse_quantities(first, field, second)
        units, numbers = read["unit"].str.lower(), read["value"]
        fits = numbers.isin(self.times) if field == "time" else numbers.between(*self.dose_range())
        unit = "h" if field == "time" else self.dose_unit.lower()
        fits &= (units == unit) | ((units == "") & (unit in ("h", "um")))
        return fits.to_numpy(), (written(numbers) + " " + read["unit"]).str.strip().to_numpy()

    def select_entries(self, entries: pd.DataFrame) -> pd.DataFrame:
        """Return the entries of a gene (log2fc, cd) that pass the thresholds.

        Raises
        ------
        FilterError
            A threshold leaves nothing.
        """
        log2fc, cd, chosen = entries["log2fc"], entries["cd"], self.chosen
        for field, passes in (
            ("min_abs_log2fc", lambda: log2fc.abs().astype(float) >= self.min_abs_log2fc),
            ("min_abs_cd", lambda: cd.abs().astype(float) >= self.min_abs_cd),
            ("concordant", lambda: np.sign(log2fc) == np.sign(cd)),
        ):
            if field not in chosen:
                continue
            passed = passes()
            n, entries = len(entries), entries[passed.loc[entries.index]]
            if n and entries.empty:
                raise FilterError(field, self._shown(field), f"leaves no signature of {n}; relax it.")
        return entries

    @property
    def dose_unit(self) -> str:
        """The unit of the doses asked for: "uM" unless another one is named."""
        units = [_quantity(end, "dose")[1] for end in listed(self.dose) if end is not None]
        named = list(dict.fromkeys(filter(None, units)))
        if len(named) > 1 or (named not in ([], ["uM"]) and "" in units):
            raise FilterError("dose", self._shown("dose"), "has two units; give both ends in one.")
        return named[0] if named else "uM"

    def dose_range(self) -> tuple[float, float]:
        """Return the lowest and the highest dose in `dose_unit`; infinite where there is no end."""
        if not listed(self.dose):
            return -math.inf, math.inf
        if np.ndim(self.dose) == 0:
            dose = _quantity(self.dose, "dose")[0]
            return dose * (1 - DOSE_TOLERANCE), dose * (1 + DOSE_TOLERANCE)
        if len(self.dose) != 2:
            raise FilterError(
                "dose", self._shown("dose"), "is no range; expected the lowest and the highest."
            )
        low, high = (None if end is None else _quantity(end, "dose")[0] for end in self.dose)
        return -math.inf if low is None else low, math.inf if high is None else high

    @property
    def times(self) -> list[float]:
        """Return the times asked for, in hours."""
        return [_quantity(time, "time")[0] for time in listed(self.time)]

    def _shown(self, field: str) -> str:
        shown = [f"{v:g}" if isinstance(v, float) else str(v) for v in listed(getattr(self, field))]
        return " to ".join(shown).replace("None", "any") if field == "dose" else ", ".join(shown)


def told(counts: dict[str, int]) -> str:
    """Say in a sentence how many signatures each filter leaves; "" without filters.

    Examples
    --------
    >>> told({"all": 5113, "cell": 1200, "dose": 37})
    'Filters leave 37 of 5,113 signatures (cell: 1,200; dose: 37).'
    """
    total, *others = counts.items()
    if not others:
        return ""
    steps = "; ".join(f"{field}: {n:,}" for field, n in others)
    return f"Filters leave {others[-1][1]:,} of {total[1]:,} signatures ({steps})."


def _quantity(value: float | str, field: str) -> tuple[float, str]:
    """Read a dose or a time that is asked for: number and unit, "" where it has none."""
    try:
        number, unit = parse_quantity(value, field) if isinstance(value, str) else (float(value), "")
    except ValueError as error:
        raise FilterError(field, value, f"has two readings: {error}") from error
    if math.isnan(number) or (field == "time" and unit not in ("", "h")):
        example = "24, 24 h or 3 days" if field == "time" else "10, 10 uM or 100 nM"
        raise FilterError(field, str(value), f"is no {field}; expected one such as {example}.")
    return number, unit


def listed(value) -> list:
    """Return one value or several as a list; None and "" are none."""
    if value is None or (isinstance(value, str) and not value):
        return []
    return [value] if np.ndim(value) == 0 else list(value)


EVERY = Filters()
