"""Open text as this field writes it, and find out how a table in it is laid out.

Text is gzipped or not, in UTF-8, UTF-16 or Latin-1, with a byte order mark or without. A table has tabs,
commas, semicolons, bars or spaces between its columns, decimal points or commas, quotes or none. It may begin
with comments.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

LATIN = "l1000-latin-1"  # a name for pandas' encoding_errors and for open's errors
SPACES = r"\s+"
_SEPARATORS = ("\t", ",", ";", "|", SPACES)
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip file; save the table as text (CSV), or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the table as text (CSV)",
    b"\x89HDF": "an HDF5 file; give it the suffix .gctx or .h5ad",
    b"PAR1": "a Parquet file; give it the suffix .parquet",
    b"ARROW1": "a Feather file; give it the suffix .feather",
    b"BZh": "packed by bzip2; unpack it",
    b"\xfd7zXZ": "packed by xz; unpack it",
    b"RDX": "an R file; write the table as text (write.csv)",
}
_COMMENT = re.compile(r"\s*[#!^%]")
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
_SAMPLED = 30  # lines that say how a table is laid out


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN, _as_latin_1)  # a µ of an older program is a µ, whatever the rest of the file is


@contextmanager
def open_text(path) -> Iterator[TextIO]:
    """Open a text file to read, whatever its encoding; gzip is told by its content.

    Raises
    ------
    ValueError
        It is no text (a workbook, a zip file, HDF5, a web page, …), or a gzip file that is cut off.
    """
    try:
        with _open_text(path) as text:
            yield text
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}. Copy or download it again.") from error


def _open_text(path) -> TextIO:
    with open(path, "rb") as raw:
        is_zipped = raw.read(2) == b"\x1f\x8b"
    opened = gzip.open if is_zipped else open
    with opened(path, "rb") as raw:
        head = raw.read(1024)
    kind = next((kind for mark, kind in _NO_TEXT.items() if head.startswith(mark)), "")
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)", head, re.I):
        kind = "a web page (of a log-in, or an error); download the file itself"
    encoding = _MARKS.get(head[:2], "utf-8-sig")
    if not kind and encoding == "utf-8-sig" and b"\0" in head:
        kind = "no text: it has zero bytes; save it as UTF-8"
    if kind:
        raise ValueError(f"{path} is {kind}.")
    return opened(path, "rt", encoding=encoding, errors=LATIN, newline=None)


@dataclass(frozen=True)
class Layout:
    """How a table is written as text.

    Attributes
    ----------
    sep : str
        What separates columns, as pandas takes it.
    decimal : {".", ","}
    quoting : int
        csv.QUOTE_MINIMAL, or csv.QUOTE_NONE where a quote is a character like any other.
    before : int
        Lines before the first line of values, or before the header where `names` has none.
    names : tuple of str
        Of all columns, "" where the header has none.
    shifted : bool
        The header has no name for the first column (R).
    lines : int
        How many lines of values were seen.
    """

    sep: str
    decimal: str
    quoting: int
    before: int
    names: tuple[str, ...]
    shifted: bool
    lines: int


def layout(path) -> Layout:
    """Find out how a table is laid out, by its first lines.

    Lines that begin with # or ! before the header are comments, unless the last of them has the names.

    Raises
    ------
    ValueError
        It is no text, or has no line.
    """
    with open_text(path) as text:
        n_comments, last, first = 0, "", ""
        for first in text:
            if first.strip() and not _COMMENT.match(first):
                break
            n_comments, last, first = n_comments + 1, first if first.strip() else last, ""
        lines = [first, *(line for line in islice(text, _SAMPLED) if line.strip())]
    if not first:
        raise ValueError(f"{path} has no line but comments; expected a header and rows.")
    sep = separator(lines)
    names, *rows = (fields(line, sep) for line in lines)
    commented = fields(last.strip().lstrip("#!^% "), sep)
    if len(commented) > 1 and commented and len(commented) == len(names) and _has_values(names):
        names, rows, before = commented, [names, *rows], n_comments
    else:
        before = n_comments + 1
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else len(names)
    ends_empty = bool(rows) and all(row[-1] == "" for row in rows)
    shifted = bool(rows) and len(names) == width - 1 and not ends_empty
    if width > len(names) and not shifted and not ends_empty:
        raise ValueError(f"{path}: the header has {len(names)} names, but the rows have {width} fields.")
    names = ["", *names] if shifted else [*names, *[""] * (width - len(names))]
    cells = [cell for row in rows for cell in row]
    commas = sum(bool(_NUMBER.fullmatch(cell)) and "," in cell for cell in cells) if sep != "," else 0
    points = sum(bool(_NUMBER.fullmatch(cell)) and "." in cell for cell in cells)
    is_quoted = sep == "," or any(re.search(r'(^|[\t,;| ])"[^"]*"\s*($|[\t,;| ])', line) for line in lines)
    quoting = csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE
    names = tuple(name.strip() for name in names)
    return Layout(sep, "," if commas > points else ".", quoting, before, names, shifted, len(rows))


def _has_values(row: list[str]) -> bool:
    """Whether a row has values, not names: all numbers but for the first field."""
    return all(_NUMBER.fullmatch(cell.strip()) for cell in row[1:])


def separator(lines: str | list[str]) -> str:
    """Return what separates the columns of a table, as pandas takes it, by its first lines.

    That is what they agree on; where there is nothing, what the first of them has most of.
    """
    lines = [lines] if isinstance(lines, str) else lines
    most = max(_SEPARATORS[:-1], key=lambda sep: len(fields(lines[0], sep)))
    return agreed_separator(lines) or most


def agreed_separator(lines: list[str]) -> str | None:
    """Return what gives every line as many fields as the first, or one more, as R writes it."""
    for shift in (0, 1):
        for sep in _SEPARATORS:
            header, *rows = (len(fields(line, sep)) for line in lines)
            if header + shift > 1 and rows and set(rows) == {header + shift}:
                return sep
    return None


def fields(line: str, sep: str) -> list[str]:
    """Split a line of a table; a quoted field may have the separator in it."""
    line = line.rstrip("\r\n")
    if sep == SPACES:
        return next(csv.reader([line.strip()], delimiter=" ", skipinitialspace=True), [])
    if sep == "\t" and line.count('"') % 2:  # a quote that never ends is part of a name
        return [unquoted(field) for field in line.split(sep)]
    return next(csv.reader([line], delimiter=sep), [])


def unquoted(text: str) -> str:
    """Return a field without the quotes around it."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if is_quoted else text
