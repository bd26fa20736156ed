"""Read and write profiles as labelled tables (csv, tsv, parquet, feather): samples × genes."""

import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.columns import GENE_IDS, SAMPLE_IDS, Roles, tell_apart, with_index
from l1000_rnaseq.data.files.described import unique_ids
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import BlockWriter
from l1000_rnaseq.data.files.text_table import read_text_table


def open_table(path) -> ProfileFile:
    """Open a labelled table and load it (a table has no index that would allow slabs).

    What its columns are, `columns` says: ids, profiles, or descriptions of genes or samples. A table with
    genes in rows is turned, with a warning in the log.

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
    return open_roles(path, tell_apart(_read(path), str(path)))


def open_roles(path: Path, roles: Roles) -> ProfileFile:
    """Give a table whose columns are told apart the interface of a file."""
    matrix = roles.profiles.to_numpy(np.float32)

    def load(start, stop, positions):
        return matrix[start:stop] if positions is None else matrix[start:stop, positions]

    ids = roles.profiles.columns, roles.profiles.index
    return ProfileFile(path, *ids, roles.genes, roles.samples, load)


def _read(path: Path) -> pd.DataFrame:
    """Read a table with all its columns; an index that says something is the first of them."""
    name = path.name.lower()
    if not name.endswith((".parquet", ".feather")):
        return read_text_table(path, texts=frozenset(GENE_IDS + SAMPLE_IDS))
    try:
        table = pd.read_parquet(path) if name.endswith(".parquet") else pd.read_feather(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise ValueError(
            f"{path} cannot be read as a table ({error}); check its format and suffix."
        ) from error
    for what, axis in (("index", table.index), ("column names", table.columns)):
        if axis.nlevels > 1:
            raise ValueError(f"{path}: its {what} has {axis.nlevels} levels; expected one id each.")
    for label, column in table.items():
        if column.dtype.kind == "O" and column.map(type).isin([Decimal]).any():
            table[label] = pd.to_numeric(column)
    return table if isinstance(table.index, pd.RangeIndex) else with_index(table)


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

    resumes = False

    def __init__(self, path, genes, sample_ids):
        self._genes, self._samples = unique_ids(genes, "gene", path), unique_ids(sample_ids, "sample", path)
        super().__init__(path, (len(self._samples), len(self._genes)))
        self._name = self.path.name.lower().removesuffix(".gz")
        self._out, self._blocks = None, []

    def _put(self, start: int, values: np.ndarray) -> None:
        samples = self._samples[start : start + len(values)].rename("sample_id")
        table = pd.DataFrame(values, index=samples, columns=self._genes)
        if self._name.endswith(".feather"):
            self._blocks.append(table.copy())
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
