"""Read and write AnnData files (.h5ad) in slabs of samples: obs are samples, var are genes."""

from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.gctx import checked_ids, open_hdf5, read_slab
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import MatrixStream, signature


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
        absent = [name for name in ("X", "obs", "var") if name not in h5]
        if absent:
            raise ValueError(f"{path} is HDF5 but not h5ad: it has no {', '.join(absent)}.")
        tables = [anndata.io.read_elem(h5[name]) for name in ("var", "obs")]
    rows, samples = (table.set_axis(pd.Index(table.index.astype(str), dtype=object)) for table in tables)

    def load(start, stop, positions):
        with open_hdf5(path, "h5ad") as h5:
            if isinstance(h5["X"], h5py.Dataset):
                return read_slab(h5["X"], start, stop, positions)
            slab = anndata.io.sparse_dataset(h5["X"])[start:stop]
            return (slab if positions is None else slab[:, positions]).toarray()

    return ProfileFile(path, rows.index, samples.index, rows, samples, load)


class H5adWriter(MatrixStream):
    """Write an .h5ad file block by block, with resume; X is dense and uncompressed.

    Parameters
    ----------
    path, genes, sample_ids, row_metadata, sample_metadata, dtype, attrs, resume
        As in `gctx.GctxWriter`; row metadata go to var, sample metadata to obs, `attrs` to uns.

    Raises
    ------
    ValueError
        If an id stands twice or a metadata table has another length.
    """

    def __init__(
        self,
        path,
        genes,
        sample_ids,
        row_metadata: pd.DataFrame | None = None,
        sample_metadata: pd.DataFrame | None = None,
        dtype: str = "float32",
        attrs: dict | None = None,
        resume: bool = True,
    ):
        genes, samples, attrs = checked_ids(path, genes, sample_ids, row_metadata, sample_metadata, attrs)

        def skeleton(h5):
            h5.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
            anndata.io.write_elem(h5, "obs", _plain(sample_metadata, samples))
            anndata.io.write_elem(h5, "var", _plain(row_metadata, genes))
            anndata.io.write_elem(h5, "uns", attrs)

        job = signature("h5ad", genes, samples, row_metadata, sample_metadata, str(np.dtype(dtype)), attrs)
        shape, encoding = (len(samples), len(genes)), {"encoding-type": "array", "encoding-version": "0.2.0"}
        super().__init__(path, "X", shape, dtype, job, skeleton, encoding, resume)


def _plain(table: pd.DataFrame | None, ids: pd.Index) -> pd.DataFrame:
    """The metadata as AnnData stores them: numbers or text, no missing text."""
    table = pd.DataFrame(index=ids) if table is None else table.set_axis(ids)
    text = [name for name in table if table[name].dtype.kind not in "biuf"]
    table = table.assign(**{str(n): table[n].astype(object).fillna("").astype(str) for n in text})
    return table.rename(columns=lambda name: str(name).replace("/", "_")).rename_axis(None)
