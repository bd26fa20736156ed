"""The different values of a column that a filter looks at, and the order in which they are told."""

import difflib
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

BESIDE = {"time": "time_unit", "dose": "dose_unit", "pert_iname": "pert_id"}
"""Column → the one that explains it."""


def alike(asked: list[str], cells: Sequence[str]) -> list[str]:
    """Return the values of cells with several each: those that are most like what was asked come first."""
    there = sorted({value for cell in cells for value in cell.split("|")} - {""})

    def likeness(value: str) -> float:
        return max(difflib.SequenceMatcher(None, value.lower(), name.lower()).ratio() for name in asked)

    return sorted(there, key=lambda value: -likeness(value))


def different(signatures: pd.DataFrame, column: str, rows: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the different values of a column, with those of the column that explains it, and where they are.

    There are a few hundred doses, lines or names in a million signatures, and only these are read as text.
    """
    names = [column, *filter(None, [BESIDE.get(column)])]
    codes, values = np.zeros(len(rows), np.int64), []
    for name in names:
        code, value = pd.factorize(signatures[name].iloc[rows])
        codes = codes * max(len(value), 1) + code
        values.append(pd.Series(np.asarray(value, object)).astype(str))
    codes, pairs = pd.factorize(codes, sort=True)
    if len(values) == 1:
        return pd.DataFrame({column: values[0].to_numpy()[pairs]}), codes
    first, second = np.divmod(pairs, max(len(values[1]), 1))
    parts = {names[0]: values[0].to_numpy()[first], names[1]: values[1].to_numpy()[second]}
    return pd.DataFrame(parts), codes


def natural(text: str) -> tuple[float, str]:
    """Sort numbers by size, with their unit or without, and other texts after them by letters."""
    number, _, unit = text.partition(" ")
    try:
        return float(number), unit
    except ValueError:
        return math.inf, text
