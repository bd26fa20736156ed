"""Read and write profiles as labelled tables (csv, tsv, parquet, feather): samples × genes."""

import gzip
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.matrix_writer import unique_ids
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.files.stream import BlockWriter
from l1000_rnaseq.data.files.text import LATIN, fields, open_text, separator
from l1000_rnaseq.data.gene_ids import count_landmarks

log = logging.getLogger(__name__)


def open_table(path) -> ProfileFile:
    """Open a labelled table and load it (a table has no index that would allow slabs).

    The first column, or the index stored with a parquet or feather file, has the sample ids. A table with
    genes in rows is turned, with a warning in the log. Columns of text become metadata.

    Parameters
    ----------
    path : path-like
        .csv, .tsv, .txt (each also .gz), .parquet or .feather.

    Returns
    -------
    ProfileFile
        Values as stored, NaN where empty.

    Raises
    ------
    ValueError
        If it cannot be read, has no numeric columns, or the column of a gene has text.
    """
    path = Path(path)
    try:
        table = _read(path)
    except (gzip.BadGzipFile, EOFError, ValueError) as error:  # pandas' and pyarrow's are ValueErrors
        raise ValueError(
            f"{path} cannot be read as a table ({error}); check its format and suffix."
        ) from error
    table.index, table.columns = (pd.Index([str(i) for i in ids], dtype=object) for ids in table.axes)
    numeric = np.array([dtype.kind in "biuf" for dtype in table.dtypes])
    by_row, by_column = count_landmarks(table.index), count_landmarks(table.columns)
    genes_in_rows = by_row > 3 * by_column and (2 * by_row >= len(table) or by_row >= 489)
    if not numeric.any():
        raise ValueError(
            f"{path} has no column of numbers; expected sample ids in the first column, then genes."
        )
    text = table.columns[~numeric]
    mixed = [name for name in text if _is_mixed(table[name])] if genes_in_rows else list(text)
    if mixed and (genes_in_rows or count_landmarks(text)):
        raise ValueError(
            f"{path}: columns {first_five(mixed)} have text; expected numbers, or empty for missing."
        )
    descriptions, values = table.loc[:, ~numeric], table.loc[:, numeric]
    if genes_in_rows:
        log.warning("%s has genes in rows (%d landmarks): read as its transpose", path, by_row)
        values, rows = values.T, descriptions
        samples = pd.DataFrame(index=values.index)
    else:
        rows, samples = pd.DataFrame(index=values.columns), descriptions
    rows, samples = as_missing(rows), as_missing(samples)
    matrix = values.to_numpy(np.float32)

    def load(start, stop, positions):
        return matrix[start:stop] if positions is None else matrix[start:stop, positions]

    return ProfileFile(path, values.columns, values.index, rows, samples, load)


def _is_mixed(column: pd.Series) -> bool:
    """Whether a column of text is mostly numbers: a profile with a wrong cell, not a description."""
    numbers = pd.to_numeric(column, errors="coerce")
    return 2 * numbers.notna().sum() > column.notna().sum()


def _read(path: Path) -> pd.DataFrame:
    name = path.name.lower()
    if name.endswith((".parquet", ".feather")):
        table = pd.read_parquet(path) if name.endswith(".parquet") else pd.read_feather(path)
        named = len(table.columns) and table.dtypes.iloc[0].kind not in "biuf"
        if isinstance(table.index, pd.RangeIndex) and named:
            table = table.set_index(table.columns[0])
        return table
    with open_text(path) as lines:
        head = next(lines, "")
    sep = separator(head)
    names = pd.Index(fields(head, sep))
    twice = names[names.duplicated() & (names != "")].unique()
    if len(twice):  # pandas would rename them a, a.1, a.2
        raise ValueError(f"{len(twice)} column names are there twice: {first_five(twice)}")
    return pd.read_csv(path, sep=sep, index_col=0, low_memory=False, encoding_errors=LATIN)


class TableWriter(BlockWriter):
    """Write a table block by block (feather: all at the end). It cannot resume: `done` starts at 0.

    Parameters
    ----------
    path, genes, sample_ids
        As in `MatrixWriter`. Tables have the profiles only, always as float32: no metadata.

    Raises
    ------
    ValueError
        If an id is there twice.
    """

    again = "begins anew"

    def __init__(self, path, genes, sample_ids):
        self._genes, self._samples = unique_ids(genes, "gene", path), unique_ids(sample_ids, "sample", path)
        super().__init__(path, (len(self._samples), len(self._genes)))
        self._name = self.path.name.lower().removesuffix(".gz")
        self._out, self._blocks = None, []

    def _put(self, start: int, values: np.ndarray) -> None:
        samples = self._samples[start : start + len(values)].rename("sample_id")
        table = pd.DataFrame(values, index=samples, columns=self._genes)
        if self._name.endswith(".feather"):
            self._blocks.append(table)
        elif self._name.endswith(".parquet"):
            import pyarrow as pa
            import pyarrow.parquet as pq

            arrow = pa.Table.from_pandas(table, preserve_index=True)
            self._out = self._out or pq.ParquetWriter(self.part, arrow.schema)
            self._out.write_table(arrow)
        else:
            if self._out is None:
                is_zipped = self.path.name.lower().endswith(".gz")
                self._out = gzip.open(self.part, "wt", compresslevel=4) if is_zipped else open(self.part, "w")
            sep = "," if self._name.endswith(".csv") else "\t"
            table.to_csv(self._out, sep=sep, header=start == 0, lineterminator="\n")

    def _end(self, whole: bool) -> None:
        if whole and self._blocks:
            pd.concat(self._blocks).reset_index().to_feather(self.part)
        if self._out is not None:
            self._out.close()
