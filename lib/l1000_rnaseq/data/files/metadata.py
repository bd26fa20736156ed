"""Tables about samples, genes or signatures: inst_info, sig_info and what users make of them."""

import csv
import gzip
import logging
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.disk import check_file, write_text
from l1000_rnaseq.data.files.missing import CMAP, as_text
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text import LATIN, open_text, separator

log = logging.getLogger(__name__)


def read_metadata(path) -> pd.DataFrame:
    """Read a table with one row per sample, gene or signature.

    Parameters
    ----------
    path : path-like
        Text, gzipped or not, separated by tabs or commas; the first column has the ids. Quotes, a byte order
        mark and Latin-1 are read.

    Returns
    -------
    pandas.DataFrame
        Index = ids. Every value is text as written, "" where it is missing (see `missing`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table, or has no rows.
    """
    path = Path(path)
    check_file(path, "a table")
    try:
        with open_text(path) as lines:
            head = next(lines, "")
        sep = separator(head)
        is_quoted = sep == "," or '"' in head  # CMap's names begin with quotes that never end
        quoting = csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE
        layout = {"sep": sep, "index_col": 0, "quoting": quoting, "encoding_errors": LATIN}
        table = pd.read_csv(path, dtype=str, na_filter=False, **layout)
    except (gzip.BadGzipFile, EOFError, ValueError) as error:  # pandas' are ValueErrors
        raise ValueError(f"{path} is no table separated by tabs or commas ({error}).") from error
    if not table.size:
        size = f"{len(table)} rows and {len(table.columns)} columns beside the ids"
        raise ValueError(f"{path} has {size}; expected at least one of each.")
    table.index = table.index.astype(str).str.strip()
    return as_text(table)


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
        They share no id, the table has a row twice, or a sample is not listed and `unlisted` is "refuse".
    """
    is_listed = ids.isin(table.index)
    absent = ids[~is_listed]
    if not is_listed.any() or (len(absent) and unlisted == "refuse"):
        raise ValueError(
            f"{len(absent):,} of {len(ids):,} samples of {profiles} are not in {info}: {first_five(absent)}; "
            f"the table begins with {first_five(table.index[:3])}. Use the table of the same release."
        )
    twice = table.index[table.index.duplicated() & table.index.isin(ids)].unique()
    if len(twice):
        raise ValueError(
            f"{info} has {len(twice):,} samples more than once: {first_five(twice)}; expected one row each. "
            "Drop the repeated rows."
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
    return table.reindex(ids, fill_value="") if unlisted == "blank" else table.loc[ids[is_listed]]
