"""Read and write profiles as labelled tables (csv, tsv, parquet, feather): samples × genes."""

import gzip
import logging
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from l1000_rnaseq.data.files.gct import open_text
from l1000_rnaseq.data.files.gctx import checked_ids
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.genes import count_landmarks

log = logging.getLogger(__name__)


def open_table(path) -> ProfileFile:
    """Open a labelled table and load it (a table has no index that would allow slabs).

    The first column, or the index stored with a parquet or feather file, holds the sample ids. A table with
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
        If it cannot be read, has no numeric columns, or the column of a gene holds text.
    """
    path = Path(path)
    try:
        table = _read(path)
    except (
        gzip.BadGzipFile,
        pa.ArrowInvalid,
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        ValueError,
        EOFError,
    ) as error:
        raise ValueError(
            f"{path} cannot be read as a table ({error}); check its format and suffix."
        ) from error
    table.index, table.columns = (pd.Index([str(i) for i in ids], dtype=object) for ids in table.axes)
    numeric = np.array([dtype.kind in "biuf" for dtype in table.dtypes])
    by_row, by_column = count_landmarks(table.index), count_landmarks(table.columns)
    genes_in_rows = by_row > 3 * by_column and (2 * by_row >= len(table) or by_row >= 489)
    if not numeric.any():
        raise ValueError(
            f"{path} has no column of numbers; expected the first column sample ids, then genes."
        )
    text = table.columns[~numeric]
    mixed = [name for name in text if _is_mixed(table[name])] if genes_in_rows else list(text)
    if mixed and (genes_in_rows or count_landmarks(text)):
        raise ValueError(
            f"{path}: columns {first_five(mixed)} hold text; expected numbers, or empty for missing."
        )
    about, values = table.loc[:, ~numeric], table.loc[:, numeric]
    if genes_in_rows:
        log.warning("%s has genes in rows (%d landmarks): read as its transpose", path, by_row)
        values, rows = values.T, about
        samples = pd.DataFrame(index=values.index)
    else:
        rows, samples = pd.DataFrame(index=values.columns), about
    matrix = values.to_numpy(np.float32)

    def load(start, stop, positions):
        return matrix[start:stop] if positions is None else matrix[start:stop, positions]

    return ProfileFile(path, values.columns, values.index, rows, samples, load)


def _is_mixed(column: pd.Series) -> bool:
    """Whether a column of text holds mostly numbers: a profile with a wrong cell, not a description."""
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
    if head.count(";") > max(head.count(","), head.count("\t")):
        raise ValueError(
            "its columns are separated by semicolons; expected commas or tabs and decimal points"
        )
    comma = name.removesuffix(".gz").endswith(".csv") or (".txt" in name and "\t" not in head)
    sep = "," if comma else "\t"
    names = pd.Index(head.rstrip("\r\n").split(sep))
    twice = names[names.duplicated() & (names != "")].unique()
    if len(twice):  # pandas would rename them a, a.1, a.2
        raise ValueError(f"{len(twice)} column names stand twice: {first_five(twice)}")
    return pd.read_csv(path, sep=sep, index_col=0, low_memory=False)


class TableWriter:
    """Write a table block by block (feather: all at the end). It cannot resume: `done` starts at 0.

    Parameters
    ----------
    path, genes, sample_ids
        As in `gctx.GctxWriter`. Tables hold the profiles only, always as float32: no metadata.

    Raises
    ------
    ValueError
        If an id stands twice.
    """

    def __init__(self, path, genes, sample_ids):
        self.path = Path(path)
        self.part = self.path.with_name(self.path.name + ".part")
        self._genes, self._samples, _ = checked_ids(path, genes, sample_ids, None, None, None)
        if not len(self._genes) or not len(self._samples):
            raise ValueError(f"{self.path} would hold no sample or no gene; expected at least one of each.")
        self._name = self.path.name.lower().removesuffix(".gz")
        self._out, self._blocks, self.done = None, [], 0

    def write(self, start: int, block: np.ndarray) -> None:
        """Write the next samples (samples × genes); `start` must be `done`.

        Raises
        ------
        ValueError
            If the block is out of order or of the wrong shape.
        OSError
            If the disk is full.
        """
        end, block = start + len(block), np.asarray(block, np.float32)
        if start != self.done or end > len(self._samples) or block.shape[1:] != self._genes.shape:
            raise ValueError(
                f"Block {block.shape} at sample {start} does not fit {self.path}: expected (at most "
                f"{len(self._samples) - self.done}, {len(self._genes)}) at sample {self.done}."
            )
        index = self._samples[start:end].rename("sample_id")
        try:
            self._put(pd.DataFrame(block, index=index, columns=self._genes))
        except OSError as error:
            raise self._failed(error) from error
        self.done = end

    def _put(self, table: pd.DataFrame) -> None:
        if self._name.endswith(".feather"):
            self._blocks.append(table)
        elif self._name.endswith(".parquet"):
            arrow = pa.Table.from_pandas(table, preserve_index=True)
            if self._out is None:
                self._out = pq.ParquetWriter(self.part, arrow.schema)
            self._out.write_table(arrow)
        else:
            if self._out is None:
                zipped = self.path.name.lower().endswith(".gz")
                self._out = gzip.open(self.part, "wt", compresslevel=4) if zipped else open(self.part, "w")
            sep = "," if self._name.endswith(".csv") else "\t"
            table.to_csv(self._out, sep=sep, header=self.done == 0, lineterminator="\n")

    def _failed(self, error: OSError) -> OSError:
        return OSError(
            error.errno,
            f"Writing failed ({error.strerror or error}): wrote {self.done:,} of {len(self._samples):,} "
            f"samples to {self.part}; free space and run again (a {self.path.suffix} file begins anew)",
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None and self._blocks:
                pd.concat(self._blocks).reset_index().to_feather(self.part)
            if self._out is not None:
                self._out.close()
        except OSError as failure:
            if kind is None:
                raise self._failed(failure) from failure
        if kind is None and self.done < len(self._samples):
            raise ValueError(f"Wrote {self.done:,} of {len(self._samples):,} samples to {self.part}.")
        if kind is None:
            os.replace(self.part, self.path)
