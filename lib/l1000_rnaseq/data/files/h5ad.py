"""Read and write AnnData files (.h5ad) in slabs of samples: obs are samples, var are genes."""

import warnings
from pathlib import Path

import h5py
import pandas as pd

from l1000_rnaseq.data.files.hdf5 import open_hdf5, read_slab
from l1000_rnaseq.data.files.matrix_writer import MatrixWriter
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile


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
    import anndata  # it takes long to import

    path = Path(path)
    with open_hdf5(path, "h5ad") as h5:
        absent = [name for name in ("X", "obs", "var") if name not in h5]
        if absent:
            raise ValueError(f"{path} is HDF5 but not h5ad: it has no {', '.join(absent)}.")
        if isinstance(h5["obs"], h5py.Dataset):  # before anndata 0.7
            with warnings.catch_warnings(action="ignore"):  # that it is old
                backed = anndata.read_h5ad(path, backed="r")
            tables = [backed.var, backed.obs]
            backed.file.close()
        else:
            tables = [anndata.io.read_elem(h5[name]) for name in ("var", "obs")]
    tables = [t.set_axis(pd.Index(t.index.astype(str), dtype=object)).rename_axis(None) for t in tables]
    rows, samples = map(as_missing, tables)

    def load(start, stop, positions):
        with open_hdf5(path, "h5ad") as h5:
            if isinstance(h5["X"], h5py.Dataset):
                return read_slab(h5["X"], start, stop, positions)
            slab = anndata.io.sparse_dataset(h5["X"])[start:stop]
            return (slab if positions is None else slab[:, positions]).toarray()

    return ProfileFile(path, rows.index, samples.index, rows, samples, load)


class H5adWriter(MatrixWriter):
    """Write an .h5ad file block by block: see `MatrixWriter`. Metadata go to var and obs, attrs to uns."""

    matrix, reserved = "X", ("_index",)
    matrix_attrs = {"encoding-type": "array", "encoding-version": "0.2.0"}

    def _describe(self, h5: h5py.File, rows: pd.DataFrame, samples: pd.DataFrame, attrs: dict) -> None:
        import anndata

        h5.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for name, table in (("obs", samples), ("var", rows)):
            anndata.io.write_elem(h5, name, table.apply(_stored).rename_axis(None))
        anndata.io.write_elem(h5, "uns", attrs)


def _stored(column: pd.Series) -> pd.Series:
    """Return a column as AnnData stores it: numbers, text, or categories where some text is missing."""
    if column.dtype.kind in "biuf":
        return column
    text = column.astype(object).where(column.isna(), column.astype(str))
    return text.astype("category") if text.isna().any() else text
