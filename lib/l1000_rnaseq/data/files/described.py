"""Metadata on their way into a file: one row per id, every column under a name that the format allows.

What has to be written otherwise than it is, is told in the log: one mechanism for every format.
"""

import logging
import re

import pandas as pd

from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import first_five

log = logging.getLogger(__name__)


def described(
    path, what: str, ids, table: pd.DataFrame | None, reserved: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Bring metadata under the ids of what they describe.

    Parameters
    ----------
    path : path-like
        The file that is written, for messages.
    what : {"gene", "sample"}
    ids : sequence of str
    table : DataFrame, optional
        One row per id, in the same order.
    reserved : tuple of str
        Names of the format, which no column may have: it is written under another one.

    Returns
    -------
    DataFrame
        Index = ids; what is missing is NaN; names of columns are unique and have no slash.

    Raises
    ------
    ValueError
        An id is there twice, or the table has another length.
    """
    ids = unique_ids(ids, what, path)
    if table is None:
        return pd.DataFrame(index=ids)
    if len(table) != len(ids):
        raise ValueError(f"{what} metadata for {path} has {len(table)} rows; expected {len(ids)}.")
    asked = [str(name) for name in table.columns]
    names: list[str] = []
    for place, name in enumerate(asked):
        allowed = " ".join(re.sub(r"[/\0]", "_", name).split())  # / makes a group of HDF5
        allowed = f"{allowed}_" if allowed in ("", ".", "..") else allowed
        kept = {*reserved, *names, *(asked[place + 1 :] if allowed != name else ())}
        while allowed in kept:
            allowed += "_"
        names.append(allowed)
    renamed = [f"{old} → {new}" for old, new in zip(asked, names, strict=True) if old != new]
    if renamed:
        log.warning("%s: %s metadata written under another name: %s", path, what, first_five(renamed))
    return as_missing(table.set_axis(ids).set_axis(names, axis=1))


def unique_ids(ids, what: str, path) -> pd.Index:
    """Return ids as text; a ValueError if one is there twice."""
    index = pd.Index([str(i) for i in ids], dtype=object)
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise ValueError(
            f"{len(twice)} {what} ids are repeated in what is written to {path}: {first_five(twice)}; "
            "expected each once."
        )
    return index


def written_otherwise(path, given: pd.DataFrame, written: pd.DataFrame, how: str) -> None:
    """Tell which texts of metadata a format writes otherwise than they are."""
    columns = [name for name in given if not given[name].equals(written[name])]
    n_texts = sum(int((given[name] != written[name]).sum()) for name in columns)
    if n_texts:
        log.warning(
            "%s: %d texts of the metadata are written %s: %s", path, n_texts, how, first_five(columns)
        )


def left_out(path, what: str, table: pd.DataFrame | None) -> None:
    """Tell which metadata a format has no place for."""
    if table is not None and len(table.columns):
        names = first_five([str(name) for name in table.columns])
        told = "%s: a table has no place for the metadata of %ss; GCTX, h5ad and GCT have: %s"
        log.warning(told, path, what, names)


def no_columns(path, where: str, names: list[str]) -> None:
    """Tell what a file has among its metadata that is no column: groups, tables, compounds."""
    if names:
        log.warning("%s: left out of %s, being no column of metadata: %s", path, where, first_five(names))
