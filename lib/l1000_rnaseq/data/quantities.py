"""Doses and times as people write them: "10 uM", "2,5 µM", "1e-3 mM", "24 h", "-666"."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import each_value, is_missing

UNITS = {
    "dose": {
        name: ("uM", size)
        for size, names in {
            1e6: "m mol/l molar",
            1e3: "mm mmol/l millimolar",
            1.0: "um umol/l micromolar",
            1e-3: "nm nmol/l nanomolar",
            1e-6: "pm pmol/l picomolar",
        }.items()
        for name in names.split()
    },
    "time": {
        name: ("h", size)
        for size, names in {
            1.0: "h hr hrs hour hours",
            1 / 60: "m min mins minute minutes",
            24.0: "d day days",
            1 / 3600: "s sec secs second seconds",
        }.items()
        for name in names.split()
    },
}
"""Unit in lower case → the unit that all are brought to, and the factor. Other units are kept as they are."""

_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?")


def parse_quantity(text: str, kind: str, unit: str = "") -> tuple[float, str]:
    """Read one dose or time.

    Parameters
    ----------
    text : str
        A number, with its unit or without. A decimal comma is read.
    kind : {"dose", "time"}
        Doses in M, mM, µM, nM, pM are brought to µM, times to hours.
    unit : str
        Unit of a number that has none of its own.

    Returns
    -------
    value : float
        NaN where the text is not one number: it is missing, a range, a list or a word.
    unit : str
        "uM" or "h" where the unit is known, else the unit as written; "" where there is none.

    Raises
    ------
    ValueError
        The text can be read in two ways ("1,000 nM").

    Examples
    --------
    >>> parse_quantity("2,5 µM", "dose")
    (2.5, 'uM')
    >>> parse_quantity("100", "dose", unit="nM")
    (0.1, 'uM')
    >>> parse_quantity("3 days", "time")
    (72.0, 'h')
    """
    text = str(text).strip().replace("\u2212", "-")
    number = _NUMBER.match(text)
    if number is None or is_missing([text])[0]:
        return np.nan, ""
    digits, rest = number[0], text[number.end() :].strip()
    if re.search(r"\d", rest):
        return np.nan, ""  # a range or a list, not one number
    if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", digits):
        readings = f"{digits.replace(',', '')} or {digits.replace(',', '.')}"
        raise ValueError(f"{text!r} can be {readings}; write it without a comma.")
    value = float(digits.replace(",", "."))
    if value == -666 or not np.isfinite(value):
        return np.nan, ""
    written = (rest or str(unit)).strip()
    written = "" if is_missing([written])[0] else written.replace("µ", "u").replace("μ", "u")
    known, factor = UNITS[kind].get(written.lower(), (written, 1.0))
    return float(f"{value * factor:.6g}"), known


def parse_quantities(texts: Iterable, kind: str, units: Iterable | None = None) -> pd.DataFrame:
    """Read a column of doses or times (see `parse_quantity`).

    Parameters
    ----------
    texts : iterable
        Numbers or texts.
    kind : {"dose", "time"}
    units : iterable, optional
        A column of units beside them.

    Returns
    -------
    DataFrame, one row per text × (value, unit)
        value: float, NaN where there is none. unit: text. The index is that of `texts` if it is a Series.

    Raises
    ------
    ValueError
        A text can be read in two ways.

    Examples
    --------
    >>> parse_quantities(["10", "-666"], "dose", ["nM", "-666"])["value"].tolist()
    [0.01, nan]
    """
    column = texts if isinstance(texts, pd.Series) else pd.Series(list(texts), dtype=object)
    beside = pd.Series("", column.index) if units is None else pd.Series(list(units), dtype=object)
    codes, values = pd.factorize(column, use_na_sentinel=False)
    unit_codes, unit_values = pd.factorize(beside, use_na_sentinel=False)
    rows, pairs = pd.factorize(codes * len(unit_values) + unit_codes)  # each different pair is read once
    read = []
    for value, unit in zip(*np.divmod(pairs, len(unit_values)), strict=True):
        value, unit = ("" if pd.isna(text) else str(text) for text in (values[value], unit_values[unit]))
        read.append(parse_quantity(value, kind, unit))
    table = pd.DataFrame(read, columns=["value", "unit"])
    return pd.DataFrame({name: table[name].to_numpy()[rows] for name in table}, index=column.index)


def written(values: pd.Series) -> pd.Series:
    """Write numbers as texts of up to six digits, "" where they are missing."""
    return pd.Series(each_value(values, "{:.6g}".format, ""), values.index)
