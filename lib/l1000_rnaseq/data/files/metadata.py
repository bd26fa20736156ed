"""Tables about samples, genes or signatures: inst_info, sig_info and what users make of them."""

import csv
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from l1000_rnaseq.data.dialects import id_columns
from l1000_rnaseq.data.files.disk import check_file, write_text
from l1000_rnaseq.data.files.missing import CMAP, WORDS, as_text
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text import SPACES, layout, unquoted
from l1000_rnaseq.data.files.text_table import read_text_table

log = logging.getLogger(__name__)
MISSING = pa.array(sorted(WORDS))
TRIED = 1000  # ids by which a column is known as the one that has them


def read_metadata(path) -> pd.DataFrame:
    """Read a table with one row per sample, gene or signature.

    Parameters
    ----------
    path : path-like
        Text, gzipped or not, of any layout (see `text_table`).

    Returns
    -------
    pandas.DataFrame
        Index = ids: the column that a release of CMap's data names so (see `dialects`), else the first.
        Every value is text as written, "" where it is missing (see `missing`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table, has no rows, or has two columns of one name.
    """
    path = Path(path)
    check_file(path, "a table")
    table = _read(path)
    if table.empty or len(table.columns) < 2:
        size = f"{len(table)} rows and {len(table.columns) - 1} columns beside the ids"
        raise ValueError(f"{path} has {size}; expected at least one of each.")
    ids = next(iter(id_columns(table.columns)), table.columns[0])
    if ids != table.columns[0]:
        log.info("%s: the ids are read from the column %s", path, ids)
    index = pd.Index([text.strip() for text in table[ids]], dtype=object, name=ids)
    return _of_columns(table, index, lambda column: column.to_numpy(), [ids])


def _read(path: Path) -> pd.DataFrame:
    """Read all columns as text: plain tables by pyarrow, a million rows in seconds."""
    written = layout(path)
    names, is_quoted = written.names, written.quoting == csv.QUOTE_MINIMAL
    is_plain = written.before == 1 and not written.shifted and written.sep != SPACES
    if not is_plain or len(set(names)) < len(names):
        return as_text(read_text_table(path, as_text=True))
    parsing = {"quote_char": '"' if is_quoted else False, "newlines_in_values": is_quoted}
    ids = next(iter(id_columns(names)), names[0])
    kinds = dict.fromkeys(names, pa.string())
    try:
        unread = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pa.csv.ParseOptions(delimiter=written.sep, **parsing),
            convert_options=pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False),
        ).columns
        return pd.DataFrame(
            {name: _texts(unread.pop(0), is_quoted, name == ids) for name in names}, copy=False
        )
    except (pa.ArrowException, ValueError):  # Latin-1, a quote that never ends, a short row, …
        return as_text(read_text_table(path, as_text=True))


def _texts(column: pa.ChunkedArray, is_quoted: bool, is_ids: bool) -> np.ndarray:
    """Return texts, "" where they are missing; each different one of a column with few is in memory once."""
    encoded = None
    first = column.chunk(0) if column.num_chunks else column
    if not is_ids and 2 * len(first.unique()) < len(first):
        encoded = column.dictionary_encode().combine_chunks()
    different = column if encoded is None else encoded.dictionary
    if pc.any(pc.match_substring(different, "\n")).as_py():
        raise ValueError("a quote may have swallowed rows")
    if is_ids:
        return different.to_numpy()
    if not is_quoted and pc.any(pc.match_substring(different, '"')).as_py():
        different = pa.array(map(unquoted, different.to_pylist()), pa.string())
    different = pc.if_else(pc.is_in(pc.utf8_trim_whitespace(different), MISSING), "", different)
    if encoded is None:
        return different.to_numpy()
    return different.to_numpy(zero_copy_only=False)[encoded.indices.to_numpy()]


def _of_columns(table: pd.DataFrame, index: pd.Index, of: Callable, left_out=()) -> pd.DataFrame:
    """Make a table column by column: pandas would have several copies of a large one in memory."""
    columns = {name: of(column) for name, column in table.items() if name not in left_out}
    return pd.DataFrame(columns, index=index, copy=False)


def write_metadata(path, table: pd.DataFrame) -> None:
    """Write a table as text separated by tabs, as CMap does: nothing is quoted, -666 where missing.

    Parameters
    ----------
    path : path-like
    table : DataFrame
        Its index, which has a name, is the first column. Fractions are written with five digits.
    """
    numbers = table.select_dtypes("float")
    texts = as_text(table.assign(**numbers.map("{:.5g}".format)))
    texts = texts.replace({r"[\t\r\n]+": " ", r"^$": str(CMAP)}, regex=True)
    write_text(path, texts.to_csv(sep="\t", quoting=csv.QUOTE_NONE, lineterminator="\n"))


def match(
    table: pd.DataFrame,
    ids: pd.Index,
    profiles: str | Path = "the profiles",
    info: str | Path = "the table",
    unlisted: str = "refuse",
) -> pd.DataFrame:
    """Bring a table into the order of the samples of a matrix.

    The ids of the table are its index, or the column that has most of the ids of the matrix. A row that is
    there several times counts once, and that is told in the log.

    Parameters
    ----------
    table : DataFrame, id × anything
    ids : Index
        Of the samples, in the order of the matrix.
    profiles, info : str or path
        Names of the matrix and of the table, for messages.
    unlisted : {"refuse", "blank", "drop"}
        What to do with samples that the table lacks: raise, give them a row of "", or leave them
        out. The last two are told in the log.

    Returns
    -------
    DataFrame, samples × the columns of the table

    Raises
    ------
    ValueError
        They share no id, the table has different rows of one sample, or a sample is not listed and
        `unlisted` is "refuse".
    """
    table = once(_under_ids(table, ids, info), info, ids)
    rows = table.index.get_indexer(ids)
    absent = ids[rows < 0]
    if len(absent) == len(ids) or (len(absent) and unlisted == "refuse"):
        raise ValueError(
            f"{len(absent):,} of {len(ids):,} samples of {profiles} are not in {info}: {first_five(absent)}; "
            f"the table begins with {first_five(table.index[:3])}. Use the table of the same release."
        )
    if len(absent):
        log.warning(
            "%s samples of %s are not in %s and %s: %s",
            f"{len(absent):,}",
            profiles,
            info,
            "are left out" if unlisted == "drop" else "have no metadata",
            first_five(absent),
        )
    if unlisted == "blank" and len(absent):
        return table.reindex(ids, fill_value="")
    rows, ids = rows[rows >= 0], ids[rows >= 0]
    return _of_columns(table, ids, lambda column: column.array.take(rows))


def _under_ids(table: pd.DataFrame, ids: pd.Index, info: str | Path) -> pd.DataFrame:
    """Return the table under the column that has the ids of a matrix, if that is not its index."""
    tried = ids[:: 1 + len(ids) // TRIED]
    hits = tried.isin(table.index).sum()
    if 2 * hits >= len(tried):
        return table
    texts = {name: column.astype(str).str.strip() for name, column in table.items()}
    listed = {name: tried.isin(text).sum() for name, text in texts.items()}
    best = max(listed, key=listed.get, default=None)
    if best is None or listed[best] <= hits:
        return table
    log.info("%s: the ids are read from the column %s", info, best)
    first = table.index.name if table.index.name not in (None, best, *table.columns) else "first column"
    return (
        table.rename_axis(first).reset_index().drop(columns=best).set_index(pd.Index(texts[best], name=best))
    )


def once(table: pd.DataFrame, info: str | Path, ids: pd.Index | None = None) -> pd.DataFrame:
    """Return a table in which each id has one row; equal rows of one id count once, which is told in the log.

    Parameters
    ----------
    table : DataFrame, id × anything
    info : str or path
        Name of the table, for messages.
    ids : Index, optional
        The ids that matter; of others the first row is kept.

    Raises
    ------
    ValueError
        The table has different rows of one id.
    """
    if table.index.is_unique:
        return table
    is_repeated = table.index.duplicated(keep=False) & (True if ids is None else table.index.isin(ids))
    repeated = table[is_repeated]
    n_values = repeated.groupby(level=0, sort=False).nunique(dropna=False)
    differing = n_values[(n_values > 1).any(axis=1)]
    if len(differing):
        columns = n_values.columns[(n_values > 1).any()]
        raise ValueError(
            f"{info} has {len(differing):,} ids more than once, with different {first_five(columns)}: "
            f"{first_five(differing.index)}; expected one row each. Drop the rows that do not belong."
        )
    if len(n_values):
        log.warning(
            "%s ids are more than once in %s, in equal rows: each counts once: %s",
            f"{len(n_values):,}",
            info,
            first_five(n_values.index),
        )
    return table[~table.index.duplicated()]
