"""Doses and times as people write them: "10 uM", "2,5 µM", "1e-3 mM", "24 h", "-666"."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

UNITS = {
    "dose": {"m": ("uM", 1e6), "mm": ("uM", 1e3), "um": ("uM", 1.0), "nm": ("uM", 1e-3), "pm": ("uM", 1e-6)},
    "time": {
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("h", 1.0)),
        **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), ("h", 1 / 60)),
        **dict.fromkeys(("d", "day", "days"), ("h", 24.0)),
        **dict.fromkeys(("s", "sec", "second", "seconds"), ("h", 1 / 3600)),
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
        NaN where the text is no number or is CMap's -666.
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
    text = str(text).strip()
    number = _NUMBER.match(text)
    if number is None:
        return np.nan, ""
    digits, rest = number[0], text[number.end() :].strip()
    if re.search(r"\d", rest):
        return np.nan, ""  # a range or a list, not one number
    if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", digits):
        readings = f"{digits.replace(',', '')} or {digits.replace(',', '.')}"
        raise ValueError(f"{text!r} can be {readings}; write it without a comma.")
    value = float(digits.replace(",", "."))
    if value == -666:
        return np.nan, ""
    written = (rest or str(unit)).strip()
    written = "" if written == "-666" else written.replace("µ", "u").replace("μ", "u")
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
        value: float, NaN where there is none. unit: text.

    Examples
    --------
    >>> parse_quantities(["10", "-666"], "dose", ["nM", "-666"])["value"].tolist()
    [0.01, nan]
    """
    texts = pd.Series(list(texts), dtype=object).map(str)
    beside = pd.Series("", texts.index) if units is None else pd.Series(list(units), dtype=object).map(str)
    pairs = pd.MultiIndex.from_arrays([texts, beside])
    codes, different = pairs.factorize()
    read = [parse_quantity(text, kind, unit) for text, unit in different]
    return pd.DataFrame([read[code] for code in codes], columns=["value", "unit"])
