"""Read GCT 1.2 and 1.3, the text form of GCTX, also gzipped."""

import csv
import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.text import LATIN, open_text

TAB = "\t"


def open_gct(path) -> ProfileFile:
    """Open a GCT file.

    The text is gone through once to learn ids and metadata and to check the dimensions. The matrix is stored
    gene by gene, so the first read loads all of it (float32, samples × rows × 4 bytes) and keeps it.

    Parameters
    ----------
    path : path-like
        GCT 1.2 (Name, Description, samples) or 1.3 (row and column metadata), ending in .gz if gzipped.

    Returns
    -------
    ProfileFile
        Values as stored; empty and NA cells are NaN.

    Raises
    ------
    ValueError
        If the version line is wrong or the dimension line disagrees with the table.
    """
    path = Path(path)
    try:
        return _open(path)
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}. Copy or download it again.") from error


def _open(path: Path) -> ProfileFile:
    with open_text(path) as lines:
        n_rows, n_sample_meta, ahead, head = read_head(path, lines)
        width = len(head)
        sample_fields = {}
        for _ in range(n_sample_meta):
            fields = next(lines, "").rstrip("\r\n").split(TAB)
            sample_fields[fields[0]] = fields[ahead:]
        row_fields = []
        for line in lines:
            line = line.rstrip("\r\n")
            if not line:
                continue
            if line.count(TAB) + 1 != width:
                raise ValueError(
                    f"{path}: row {len(row_fields) + 1} has {line.count(TAB) + 1} fields; expected {width}. "
                    "The file is damaged or cut off."
                )
            row_fields.append(line.split(TAB, ahead)[:ahead])
    if len(row_fields) != n_rows:
        raise ValueError(
            f"{path}: the dimension line says {n_rows} rows, but the table has {len(row_fields)}. "
            "The file is cut off or its dimension line is wrong."
        )
    rows = pd.DataFrame(row_fields, columns=head[:ahead]).iloc[:, 1:]
    rows = _typed(rows.set_axis(pd.Index([row[0] for row in row_fields], dtype=object)))
    samples = _typed(pd.DataFrame(sample_fields, index=pd.Index(head[ahead:], dtype=object)))
    skip = 3 + n_sample_meta

    @cache
    def matrix() -> np.ndarray:
        columns = range(ahead, width)
        layout = {"sep": TAB, "skiprows": skip, "header": None, "quoting": csv.QUOTE_NONE}
        table = pd.read_csv(path, usecols=columns, dtype=np.float32, encoding_errors=LATIN, **layout)
        return np.ascontiguousarray(table.to_numpy(np.float32).T)

    def load(start, stop, positions):
        try:
            slab = matrix()[start:stop]
        except ValueError as error:
            raise ValueError(f"{path} has a value that is no number: {error}.") from error
        return slab if positions is None else slab[:, positions]

    return ProfileFile(path, rows.index, samples.index, rows, samples, load)


def read_head(path: Path, lines: Iterator[str]) -> tuple[int, int, int, list[str]]:
    """Read the first three lines of a GCT file: version, dimensions and the names of the columns.

    Returns
    -------
    n_rows : int
    n_sample_meta : int
        Rows of sample metadata before the first row of the matrix.
    ahead : int
        Columns before the first sample: the row ids and their metadata.
    head : list of str
        Names of all columns.

    Raises
    ------
    ValueError
        The version or the dimension line is wrong, or disagrees with the names.
    """
    version = next(lines, "").strip()
    if version not in ("#1.2", "#1.3"):
        raise ValueError(
            f"{path} is not GCT 1.2 or 1.3: its first line is {version[:40]!r}; expected '#1.2' or '#1.3'."
        )
    text = next(lines, "").strip()
    expected = 2 if version == "#1.2" else 4
    numbers = [int(number) for number in text.split(TAB)[:expected] if number.strip().isdecimal()]
    if len(numbers) != expected:
        raise ValueError(f"{path}: the dimension line is {text[:60]!r}; expected {expected} numbers.")
    n_rows, n_samples, n_row_meta, n_sample_meta = numbers if expected == 4 else (*numbers, 1, 0)
    head, ahead = next(lines, "").rstrip("\r\n").split(TAB), 1 + n_row_meta
    if len(head) != ahead + n_samples:
        raise ValueError(
            f"{path}: the dimension line says {n_samples} samples, but the header has {len(head) - ahead}."
        )
    return n_rows, n_sample_meta, ahead, head


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return metadata with columns of numbers as numbers, and what is missing as NaN."""
    columns = {}
    for name, column in as_missing(table).items():
        try:
            columns[name] = pd.to_numeric(column)
        except ValueError:
            columns[name] = column
    return pd.DataFrame(columns, index=table.index)
