"""Open text as this field writes it: gzipped or not, with a byte order mark, in UTF-8 or Latin-1."""

import codecs
import csv
import gzip
from pathlib import Path
from typing import TextIO

LATIN = "l1000-latin-1"  # a name for pandas' encoding_errors and for open's errors


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN, _as_latin_1)  # a µ of an older program is a µ, whatever the rest of the file is


def open_text(path) -> TextIO:
    """Open a text file to read; it is gzipped if its name ends in .gz."""
    opened = gzip.open if Path(path).name.lower().endswith(".gz") else open
    return opened(path, "rt", encoding="utf-8-sig", errors=LATIN)


def separator(head: str) -> str:
    """Return what separates the columns of a table, a tab or a comma, by its first line.

    Raises
    ------
    ValueError
        The columns are separated by semicolons.
    """
    tabs, commas, semicolons = (head.count(mark) for mark in "\t,;")
    if semicolons > max(tabs, commas):
        raise ValueError(
            "its columns are separated by semicolons; expected commas or tabs and decimal points"
        )
    return "\t" if tabs >= commas else ","


def fields(line: str, sep: str) -> list[str]:
    """Split a line of a table; a quoted field may have the separator in it."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=sep), [])
