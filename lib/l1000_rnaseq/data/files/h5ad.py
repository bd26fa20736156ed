"""Read and write AnnData files (.h5ad) in slabs of samples: obs are samples, var are genes."""

import warnings
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.described import no_columns
from l1000_rnaseq.data.files.hdf5 import as_texts, open_hdf5, read_slab
from l1000_rnaseq.data.files.matrix_writer import MatrixWriter
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile, as_ids
from l1000_rnaseq.data.files.text import LATIN

# what anndata raises for a column that it cannot read, and pandas for one that does not fit
_UNREADABLE = (OSError, KeyError, TypeError, ValueError, AttributeError)


def open_h5ad(path) -> ProfileFile:
    """Open an .h5ad file; X may be dense or sparse.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    ProfileFile
        Row ids = var names, sample ids = obs names, values of X as stored.

    Raises
    ------
    ValueError
        If it is no HDF5 file, or has no X, obs or var.
    """
    path = Path(path)
    with open_hdf5(path, "h5ad") as h5:
        absent = [name for name in ("obs", "var") if name not in h5]
        if absent:
            raise ValueError(f"{path} is HDF5 but not h5ad: it has no {', '.join(absent)}.")
        shape = _shape_of_x(path, h5)
        rows, samples = (as_missing(_table(path, h5, name)) for name in ("var", "obs"))
    if shape != (len(samples), len(rows)):
        raise ValueError(
            f"{path} is damaged: X is {shape}, but obs has {len(samples)} samples and var {len(rows)} rows."
        )

    def load(start, stop, positions):
        with open_hdf5(path, "h5ad") as h5:
            if isinstance(h5["X"], h5py.Dataset):
                return read_slab(h5["X"], start, stop, positions)
            from anndata.io import sparse_dataset  # it takes long to import

            with warnings.catch_warnings(action="ignore"):  # that the file is old
                slab = sparse_dataset(h5["X"])[start:stop]
            return (slab if positions is None else slab[:, positions]).toarray()

    return ProfileFile(path, rows.index, samples.index, rows, samples, load)


def _shape_of_x(path: Path, h5: h5py.File) -> tuple[int, ...]:
    """Return samples × rows of X; a ValueError where there is none."""
    x = h5.get("X")
    sparse = {"shape", "h5sparse_shape"}.intersection(x.attrs) if isinstance(x, h5py.Group) else set()
    if isinstance(x, h5py.Dataset) and x.dtype.kind in "biuf":
        return x.shape
    if sparse:
        return tuple(x.attrs[sparse.pop()].tolist())
    elsewhere = [f"layers/{name}" for name in h5.get("layers", {})] + ["raw"] * ("raw" in h5)
    hint = f"they may be in {', '.join(elsewhere)}: copy them" if elsewhere else "put the profiles there"
    raise ValueError(f"{path} is h5ad without numbers in X; {hint}.")


def _table(path: Path, h5: h5py.File, name: str) -> pd.DataFrame:
    """Read obs or var."""
    if isinstance(h5[name], h5py.Dataset):
        table = _before_anndata_07(h5, name)
    else:
        try:
            table = _read_elem(h5[name])
        except _UNREADABLE:
            table = None
        if not isinstance(table, pd.DataFrame):  # a group without the marks of anndata is a dict
            table = _column_by_column(path, h5[name])
    return table.set_axis(as_ids(table.index))


def _read_elem(item: h5py.Group | h5py.Dataset):
    from anndata.io import read_elem

    with warnings.catch_warnings(action="ignore"):  # that the file is old
        return read_elem(item)


def _column_by_column(path: Path, group: h5py.Group) -> pd.DataFrame:
    """Read the columns of a table that can be read; the others are told."""
    index = next((name for name in (group.attrs.get("_index", "_index"), "index") if name in group), "")
    if not isinstance(group.get(index), h5py.Dataset):
        raise ValueError(f"{path} is damaged: {group.name} has no ids.")
    table, skipped = pd.DataFrame(index=_read_elem(group[index])), []
    for name in (name for name in group if name not in (index, "__categories")):
        try:
            values = _read_elem(group[name])
            if "categories" in group[name].attrs:  # of anndata 0.7: the values are codes
                categories = _read_elem(group.file[group[name].attrs["categories"]])
                values = pd.Categorical.from_codes(values, categories)
        except _UNREADABLE:
            values = None
        if values is None or np.shape(values) != (len(table),):
            skipped.append(name)
        else:
            table[name] = values
    no_columns(path, group.name.strip("/"), skipped)
    return table


def _before_anndata_07(h5: h5py.File, name: str) -> pd.DataFrame:
    """Read a table that is one dataset, a record for each id; categories are in uns."""
    records = h5[name][:]
    columns = {}
    for column in records.dtype.names:
        values = records[column]
        categories = h5.get(f"uns/{column}_categories")
        if isinstance(categories, h5py.Dataset) and categories.ndim == 1 and values.dtype.kind in "iu":
            labels = np.append(as_texts(categories), None)
            values = labels[np.where(values < 0, len(labels) - 1, values)]
        elif values.dtype.kind in "SO":
            values = [v.decode("utf-8", LATIN) if isinstance(v, bytes) else v for v in values.tolist()]
        columns[column] = values
    table = pd.DataFrame(columns)
    return table.set_index("index" if "index" in table else table.columns[0])


class H5adWriter(MatrixWriter):
    """Write an .h5ad file block by block: see `MatrixWriter`. Metadata go to var and obs, attrs to uns."""

    matrix, reserved = "X", ("_index",)
    matrix_attrs = {"encoding-type": "array", "encoding-version": "0.2.0"}

    def _describe(self, h5: h5py.File, rows: pd.DataFrame, samples: pd.DataFrame, attrs: dict) -> None:
        import anndata

        h5.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for name, table in (("obs", samples), ("var", rows)):
            anndata.io.write_elem(h5, name, table.apply(stored).rename_axis(None))
        anndata.io.write_elem(h5, "uns", attrs)

    def _note(self, h5: h5py.File, notes: dict) -> None:
        import anndata

        for name, value in notes.items():
            anndata.io.write_elem(h5["uns"], name, value)


def stored(column: pd.Series) -> pd.Series:
    """Return a column as AnnData stores it: numbers, text, or categories where some text is missing."""
    if column.dtype.kind in "biuf":
        return column
    text = column.astype(object).where(column.isna(), column.astype(str))
    return text.astype("category") if text.isna().any() else text
