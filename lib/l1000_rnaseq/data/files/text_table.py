"""Read a table of text whole, with pandas' reader: every row, every column, names as they are written."""

import csv
import logging
from collections.abc import Collection
from itertools import islice
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.missing import WORDS
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text import SPACES, Layout, fields, layout, open_text, unquoted

log = logging.getLogger(__name__)
_END = ("!", "#")  # how a comment after the last row begins


def read_text_table(path, as_text: bool = False, texts: Collection[str] = ()) -> pd.DataFrame:
    """Read a table of text; comments before and after it, blank rows and blank columns are left out.

    Parameters
    ----------
    path : path-like
        Separated by tabs, commas, semicolons, bars or spaces, with decimal points or commas; gzipped or not.
    as_text : bool
        Every value is text as written, "" where there is none; a short row is filled up. Otherwise columns of
        numbers are numbers, but not the first one, and a short row is refused.
    texts : collection of str
        Names in lower case of further columns that are text, such as ids.

    Returns
    -------
    DataFrame
        Index = 0, 1, 2, …; columns as in the header, "" where it has no name.

    Raises
    ------
    ValueError
        It is no text; a name is there twice; a row has more or fewer fields than the header; a quote never
        ends.
    """
    path = Path(path)
    try:
        written = layout(path)
        return _named(path, _read(path, written, as_text, texts), written, as_text)
    except csv.Error as error:
        raise ValueError(f"{path} cannot be read as a table: {error}.") from error


def _read(path: Path, written: Layout, as_text: bool, texts: Collection[str]) -> pd.DataFrame:
    ids = {place: str for place, name in enumerate(written.names) if not place or name.lower() in texts}
    kinds = {"dtype": str, "na_filter": False} if as_text else {"converters": ids, "na_values": sorted(WORDS)}
    form = {"sep": written.sep, "header": None, "index_col": False, "low_memory": False}
    for quoting in dict.fromkeys((written.quoting, csv.QUOTE_NONE)):
        with open_text(path) as text:
            for _ in islice(text, written.before):
                pass
            try:
                table = pd.read_csv(text, quoting=quoting, decimal=written.decimal, **form, **kinds)
            except pd.errors.EmptyDataError:
                return pd.DataFrame(columns=range(len(written.names)))
            except pd.errors.ParserError as error:
                if "EOF inside string" not in str(error):
                    reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
                    told = _short_row(path, written) or f"{path} cannot be read as a table: {reason}."
                    raise ValueError(told) from error
                continue
        swallowed = _swallowed(table, written.sep)
        if not swallowed:
            break
    else:
        raise ValueError(f"{path} has a quote that never ends; remove it, or write quotes in a name twice.")
    if quoting == csv.QUOTE_NONE and _has_quotes(path):
        for name in _texts(table):
            column = table[name]
            table[name] = column.map(
                {text: unquoted(text) for text in column.unique() if isinstance(text, str)}
            )
    return table


def _texts(table: pd.DataFrame) -> list:
    return [name for name, dtype in table.dtypes.items() if dtype.kind == "O"]


def _has_quotes(path: Path) -> bool:
    with open_text(path) as text:
        return any('"' in piece for piece in iter(lambda: text.read(1 << 20), ""))


def _swallowed(table: pd.DataFrame, sep: str) -> bool:
    """Whether a cell has lines of the table in it, because a quote began there."""
    mark = "\t" if sep == SPACES else sep
    return any(
        isinstance(text, str) and "\n" in text and mark in text
        for name in _texts(table)
        for text in table[name].unique()
    )


def _named(path: Path, table: pd.DataFrame, written: Layout, as_text: bool) -> pd.DataFrame:
    names = pd.Index(written.names, dtype=object)
    if len(table.columns) != len(names):
        raise ValueError(
            _short_row(path, written)
            or f"{path}: the header has {len(names)} names, but the rows have {len(table.columns)} fields."
        )
    if _is_empty(table.iloc[:, -1]).any():
        short = "" if as_text else _short_row(path, written)
        if short:
            raise ValueError(short)
        is_empty = table.apply(_is_empty)
        is_comment = table[0].astype(str).str.startswith(_END) & is_empty.iloc[:, 1:].all(axis=1)
        is_blank = is_empty.all(axis=1) | (is_comment if len(names) > 1 else False)
        has_name = (names != "") | ~is_empty.all(axis=0).to_numpy(bool)
        has_name[0] = True
        table, names = table.loc[~is_blank, has_name], names[has_name]
    twice = names[names.duplicated() & (names != "")].unique()
    if len(twice):  # pandas would rename them a, a.1, a.2
        raise ValueError(
            f"{path}: {len(twice)} column names are there twice: {first_five(twice)}; expected each once."
        )
    unnamed = [f"column {place}" for place, name in enumerate(names, 1) if place > 1 and not name]
    if unnamed:
        log.warning("%s: %d columns without a name are called %s", path, len(unnamed), first_five(unnamed))
    names = [name or (f"column {place}" if place > 1 else "") for place, name in enumerate(names, 1)]
    return table.reset_index(drop=True).set_axis(pd.Index(names, dtype=object), axis=1)


def _is_empty(column: pd.Series) -> pd.Series:
    return column.isna() | (column == "") if column.dtype.kind == "O" else column.isna()


def _short_row(path: Path, written: Layout) -> str:
    """Say which row has another number of fields than the header, "" if none has."""
    expected = len(written.names)
    with open_text(path) as text:
        for _ in islice(text, written.before):
            pass
        if written.quoting == csv.QUOTE_NONE or written.sep == SPACES:
            rows = (fields(line, written.sep) for line in text)
        else:
            rows = csv.reader(text, delimiter=written.sep)
        for number, row in enumerate(rows, 1):
            if "".join(row).strip() and not row[0].startswith(_END) and len(row) != expected:
                return (
                    f"{path}: row {number} ({row[0][:40]}) has {len(row)} fields; expected {expected}, as in "
                    "the header. The file is damaged or cut off."
                )
    return ""
