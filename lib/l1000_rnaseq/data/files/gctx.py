"""Read and write GCTX 1.0, the matrix format of CMap: genes × samples by name, read here as samples × genes.

The HDF5 dataset ``/0/DATA/0/matrix`` is stored with one row per sample, so a slab of samples is one piece.
"""

import unicodedata
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.described import no_columns, written_otherwise
from l1000_rnaseq.data.files.hdf5 import as_texts, open_hdf5, read_slab
from l1000_rnaseq.data.files.matrix_writer import MatrixWriter
from l1000_rnaseq.data.files.missing import CMAP, as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile, as_ids

MATRIX, ROW, COL = "0/DATA/0/matrix", "0/META/ROW", "0/META/COL"
R_MISSING = np.iinfo(np.int32).min  # what R writes for NA among whole numbers


def open_gctx(path) -> ProfileFile:
    """Open a GCTX 1.0 file without reading the matrix.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    ProfileFile
        Values as stored; the row ids of CMap files are Entrez ids (see `gene_ids.resolve_ids`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is empty, truncated, not GCTX, or names a sample twice.
    """
    path = Path(path)
    with open_hdf5(path, "GCTX") as h5:
        absent = [name for name in (MATRIX, f"{ROW}/id", f"{COL}/id") if name not in h5]
        if absent:
            raise ValueError(
                f"{path} is HDF5 but not GCTX 1.0: it has no {', '.join(absent)}; "
                f"it has {', '.join(h5) or 'nothing'}."
            )
        rows, columns = _read_metadata(h5[ROW]), _read_metadata(h5[COL])
        got, expected = h5[MATRIX].shape, (len(columns), len(rows))
        if got != expected:
            what = "turned: transpose its matrix, which" if got == expected[::-1] else "damaged: its matrix"
            raise ValueError(
                f"{path} is {what} is {got}, but its ids say {expected[0]} samples × {expected[1]} rows."
            )

    def load(start, stop, positions):
        with open_hdf5(path, "GCTX") as h5:
            return read_slab(h5[MATRIX], start, stop, positions)

    return ProfileFile(path, rows.index, columns.index, rows, columns, load)


def _read_metadata(group: h5py.Group) -> pd.DataFrame:
    n_ids, columns = group["id"].size, {}
    for name, data in group.items():
        columns[name] = _column(data, n_ids)
    skipped = [name for name, column in columns.items() if column is None]
    no_columns(group.file.filename, group.name.strip("/"), skipped)
    if "id" in skipped:
        raise ValueError(f"{group.file.filename} is damaged: {group.name}/id has no ids.")
    table = {name: column for name, column in columns.items() if column is not None}
    index = as_ids(table.pop("id"))
    return as_missing(pd.DataFrame(table, index=index))


def _column(data: h5py.Dataset | h5py.Group, n_ids: int) -> np.ndarray | pd.Categorical | None:
    """Read a column of metadata, of whatever program; None where it is something else."""
    if not isinstance(data, h5py.Dataset) or data.size != n_ids or max(data.shape, default=0) != n_ids:
        return None  # a group, a table, one value for all
    if h5py.check_string_dtype(data.dtype):
        return as_texts(data)
    if data.dtype.kind not in "biuf":
        return None  # compounds, references, arrays of arrays
    values = data[()].ravel().astype(data.dtype.newbyteorder("="))
    labels = h5py.check_enum_dtype(data.dtype)
    if labels and data.dtype.kind != "b":  # R's factors
        label_of = {number: label for label, number in labels.items()}
        return np.array([label_of.get(number, "") for number in values.tolist()], dtype=object)
    if values.dtype == np.int32 and (values == R_MISSING).any():
        return pd.array(np.where(values == R_MISSING, CMAP, values), "Int64")
    return values


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("\u00b5", "u").replace("\u03bc", "u"))
    return plain.encode("ascii", "ignore").decode()


def _stored(column: pd.Series) -> np.ndarray:
    """Numbers, or fixed-length bytes; -666 where missing."""
    if column.dtype.kind == "f":
        return column.fillna(CMAP).to_numpy(float)
    if column.dtype.kind in "iub":
        return column.astype("Int64").fillna(CMAP).to_numpy(np.int64)
    texts = column.astype(object).where(column.notna(), str(CMAP)).tolist()
    return np.array(texts, dtype="S" if any(texts) else "S1")


def _in_ascii(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return metadata with its texts in ASCII, for cmapPy reads no other; what changes is told."""
    texts = table.select_dtypes(exclude=["number", "bool", "boolean"]).astype(object)
    texts = texts.where(texts.isna(), texts.astype(str))
    plain = texts.map(_ascii, na_action="ignore")
    written_otherwise(path, texts.fillna(""), plain.fillna(""), "in ASCII, as GCTX has it")
    return table.assign(**plain)


class GctxWriter(MatrixWriter):
    """Write a GCTX file block by block: see `MatrixWriter`. Genes are its rows, samples its columns."""

    matrix, reserved = MATRIX, ("id",)

    def _describe(self, h5: h5py.File, rows: pd.DataFrame, samples: pd.DataFrame, attrs: dict) -> None:
        h5.attrs.update({"version": np.bytes_("GCTX1.0"), "src": np.bytes_(self.path.name.encode())} | attrs)
        for name, table in ((ROW, rows), (COL, samples)):
            group = h5.create_group(name)
            group["id"] = np.char.encode(table.index.to_numpy(str), "utf-8")
            plain = _in_ascii(self.path, table)
            for column in table:
                group[column] = _stored(plain[column])

    def _note(self, h5: h5py.File, notes: dict) -> None:
        h5.attrs.update(notes)


def write_gctx(
    path, profiles: pd.DataFrame, row_metadata=None, sample_metadata=None, dtype="float32"
) -> None:
    """Write a table of profiles as one GCTX file.

    Parameters
    ----------
    path : path-like
        File to write; it appears under this name only when complete.
    profiles : pandas.DataFrame
        Samples × genes, any unit.
    row_metadata, sample_metadata, dtype
        As in `MatrixWriter`.
    """
    ids = (profiles.columns, profiles.index)
    with GctxWriter(path, *ids, row_metadata, sample_metadata, dtype=dtype, resume=False) as out:
        out.write(0, profiles.to_numpy())
