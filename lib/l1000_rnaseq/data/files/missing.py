"""What counts as missing, once for every table and matrix.

Files write a missing value as -666 (CMap), NA (R), #N/A (Excel), --- (Affymetrix), nan, null or None, or
leave it empty. Here it is NaN, among numbers and among texts. -666 is written again only to GCTX and txt
files.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

CMAP = -666
# the empty text is one of them; "none" is not: people write it for no treatment
WORDS = frozenset("|-666|-666.0|\u2212666|NA|na|N/A|n/a|#N/A|nan|NaN|NAN|<NA>|null|NULL|None|---".split("|"))
WORDS |= {"#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#DIV/0!"}  # Excel's errors


def is_missing(values) -> np.ndarray:
    """Say of each value whether it is missing.

    Parameters
    ----------
    values : Series, Index, array or list
        Numbers, texts or both.

    Returns
    -------
    array of bool, as many as `values`

    Examples
    --------
    >>> is_missing(["10", "-666", "NA", " ", None]).tolist()
    [False, True, True, True, True]
    """
    column = pd.Series(values)
    if column.dtype.kind in "biuf":
        return (column.isna() | (column == CMAP)).to_numpy(bool)
    return each_value(column, lambda value: str(value).strip() in WORDS, True).astype(bool)


def as_missing(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which what is missing is NaN, whatever the file wrote; other values are unchanged."""
    columns = {}
    for name, column in table.items():
        missing = is_missing(column)
        if missing.any() and column.dtype.kind in "iu":
            column = column.astype("Int64")  # whole numbers stay whole
        columns[name] = column.mask(missing) if missing.any() else column
    return pd.DataFrame(columns, index=table.index, copy=False)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of texts, "" where missing: what can be compared and grouped without losing a row."""
    return pd.DataFrame({name: _texts(column) for name, column in table.items()}, index=table.index)


def _texts(column: pd.Series) -> np.ndarray:
    return each_value(column, lambda value: "" if (text := str(value)).strip() in WORDS else text, "")


def each_value(column: pd.Series, read: Callable, of_missing=None) -> np.ndarray:
    """Read each different value of a column once: a million rows have few.

    Parameters
    ----------
    column : Series
    read : callable
        What to make of a value.
    of_missing : anything
        What NaN and None become.

    Returns
    -------
    array of object, as many as `column`
    """
    codes, different = pd.factorize(column)  # NaN has code -1: the last
    values = np.empty(len(different) + 1, object)
    values[:] = [*map(read, different), of_missing]
    return values[codes]
