"""Read and write GCT 1.2 and 1.3, the text form of GCTX, also gzipped."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.described import described, written_otherwise
from l1000_rnaseq.data.files.missing import CMAP, WORDS, as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import BlockWriter
from l1000_rnaseq.data.files.text import open_text, unquoted

TAB, VERSIONS = "\t", ("#1.2", "#1.3")
NUMBERED = ["id", "Name", "Description"]  # GTEx v8, by tissue: the rows are numbered


def open_gct(path) -> ProfileFile:
    """Open a GCT file and load it (float32, samples × rows × 4 bytes), for it is stored gene by gene.

    Parameters
    ----------
    path : path-like
        GCT 1.2 (Name, Description, samples) or 1.3 (row and column metadata), gzipped or not.

    Returns
    -------
    ProfileFile
        Values as stored; empty and NA cells are NaN.

    Raises
    ------
    ValueError
        If the version line is wrong, the dimension line disagrees with the table, or a value is no number.
    """
    path = Path(path)
    with open_text(path) as lines:
        n_rows, n_sample_meta, ahead, head = read_head(path, lines)
        sample_rows = [next(lines, "").rstrip("\r\n").split(TAB) for _ in range(n_sample_meta)]
        table = _read_rows(path, lines, ahead, len(head))
    if len(table) != n_rows:
        raise ValueError(
            f"{path}: the dimension line says {n_rows} rows, but the table has {len(table)}. "
            "The file is cut off or its dimension line is wrong."
        )
    texts = table.iloc[:, :ahead]
    if unquoted(head[0]) != head[0]:  # of a program that quotes every text; elsewhere quotes are of the name
        head, texts = list(map(unquoted, head)), texts.map(unquoted)
        sample_rows = [list(map(unquoted, row)) for row in sample_rows]
    names = [name.strip() for name in head]
    first = int(names[:ahead] == NUMBERED)
    rows = texts.iloc[:, first + 1 :].set_axis(names[first + 1 : ahead], axis=1)
    rows = _typed(rows.set_axis(pd.Index(texts.iloc[:, first].str.strip().to_list(), dtype=object)))
    ids = pd.Index(names[ahead:], dtype=object)
    fields = {row[0].strip(): (row + [""] * len(head))[ahead : len(head)] for row in sample_rows}
    matrix = np.ascontiguousarray(table.iloc[:, ahead:].to_numpy(np.float32).T)

    def load(start, stop, positions):
        return matrix[start:stop] if positions is None else matrix[start:stop, positions]

    return ProfileFile(path, rows.index, ids, rows, _typed(pd.DataFrame(fields, index=ids)), load)


def _read_rows(path: Path, lines, ahead: int, width: int) -> pd.DataFrame:
    """Read the rows of the matrix: texts, then numbers; blank rows are left out."""
    texts = dict.fromkeys(range(ahead), str)
    missing = {place: sorted(WORDS) for place in range(ahead, width)}
    numbers = dict.fromkeys(range(ahead, width), np.float32)
    form = {"sep": TAB, "header": None, "quoting": csv.QUOTE_NONE, "index_col": False, "low_memory": False}
    try:
        table = pd.read_csv(lines, converters=texts, dtype=numbers, na_values=missing, **form)
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=range(width))
    except pd.errors.ParserError as error:
        raise ValueError(f"{_bad_row(path, ahead, width)} The file is damaged or cut off.") from error
    except ValueError as error:
        raise ValueError(f"{path} has a value that is no number: {error}.") from error
    if len(table.columns) > width and table.iloc[:, width:].isna().all(axis=None):
        table = table.iloc[:, :width]  # every line ends in a tab
    if len(table.columns) != width:
        raise ValueError(f"{_bad_row(path, ahead, width)} The file is damaged or cut off.")
    if table.iloc[:, -1].isna().any():
        is_blank = (table.iloc[:, :ahead] == "").all(axis=1) & table.iloc[:, ahead:].isna().all(axis=1)
        table = table.loc[~is_blank]
        bad_row = _bad_row(path, ahead, width)
        if bad_row:
            raise ValueError(f"{bad_row} The file is damaged or cut off.")
    return table


def _bad_row(path: Path, ahead: int, width: int) -> str:
    """Say which row has another number of fields than the header, "" if none has."""
    with open_text(path) as lines:
        _, n_sample_meta, _, _ = read_head(path, lines)
        rows = [line.rstrip("\r\n") for line in lines][n_sample_meta:]
    for number, row in enumerate(filter(None, rows), 1):
        if row.count(TAB) + 1 != width:
            return f"{path}: row {number} has {row.count(TAB) + 1} fields; expected {width}."
    return ""


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
    if version not in VERSIONS:
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
    if version == "#1.2" and head[:3] == NUMBERED:
        ahead = 3
    while len(head) > ahead + n_samples and not head[-1].strip():  # Excel makes every line as long
        head.pop()
    if len(head) != ahead + n_samples:
        raise ValueError(
            f"{path}: the dimension line says {n_samples} samples, but the header has {len(head) - ahead}."
        )
    return n_rows, n_sample_meta, ahead, head


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return metadata with columns of numbers as numbers, and what is missing as NaN; 007 is no number."""
    columns = {}
    for name, column in as_missing(table).items():
        numbers = pd.to_numeric(column, errors="coerce")
        is_number = numbers.notna().equals(column.notna()) and numbers.notna().any()
        is_code = column.astype(str).str.match(r"[-+]?0\d").any()
        columns[name] = numbers if is_number and not is_code else column
    return pd.DataFrame(columns, index=table.index)


class GctWriter(BlockWriter):
    """Write a GCT 1.3 file; it is held in memory until all samples are there, for it is stored gene by gene.

    Parameters
    ----------
    path, genes, sample_ids, row_metadata, sample_metadata
        As in `MatrixWriter`. Values are written as float32, what is missing as -666.

    Raises
    ------
    ValueError
        If an id is there twice or has a tab, or a metadata table has another length.
    """

    again = "begins anew"

    def __init__(self, path, genes, sample_ids, row_metadata=None, sample_metadata=None):
        tables = ("gene", genes, row_metadata), ("sample", sample_ids, sample_metadata)
        self._rows, self._samples = (described(path, *table, reserved=("id",)) for table in tables)
        for what, table in (("gene", self._rows), ("sample", self._samples)):
            bad = [name for name in table.index if name.splitlines() != [name] or TAB in name]
            if bad:
                raise ValueError(f"{path}: {what} id {bad[0]!r} has a tab or several lines; rename it.")
        super().__init__(path, (len(self._samples), len(self._rows)))
        self._values = np.empty(self.shape, np.float32)

    def _put(self, start: int, values: np.ndarray) -> None:
        self._values[start : start + len(values)] = values

    def _end(self, whole: bool) -> None:
        if not whole:
            return
        rows, samples = (_texts(self.path, table) for table in (self._rows, self._samples))
        is_zipped = self.path.name.lower().endswith(".gz")
        opened = (
            gzip.open(self.part, "wt", 4, "utf-8") if is_zipped else open(self.part, "w", encoding="utf-8")
        )
        with opened as out:
            out.write(f"#1.3\n{len(rows)}\t{len(samples)}\t{rows.shape[1]}\t{samples.shape[1]}\n")
            out.write(TAB.join(["id", *rows, *samples.index]) + "\n")
            for name in samples:
                out.write(TAB.join([name, *["na"] * rows.shape[1], *samples[name]]) + "\n")
            table = pd.DataFrame(self._values.T, rows.index)
            table = pd.concat([rows, table], axis=1) if len(rows.columns) else table
            form = {"sep": TAB, "header": False, "quoting": csv.QUOTE_NONE, "lineterminator": "\n"}
            table.to_csv(out, na_rep=str(CMAP), quotechar="\0", **form)


def _texts(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return metadata as texts of one line each, -666 where missing."""
    texts = table.astype(object).where(table.notna(), str(CMAP)).astype(str)
    lines = texts.replace({r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+": " "}, regex=True)
    written_otherwise(path, texts, lines, "in one line, without tabs")
    return lines
