"""Read and write AnnData in a zarr folder (version 3): many processes can write to it at once."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.described import described
from l1000_rnaseq.data.files.h5ad import stored
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile, as_ids

CHUNK = (500, 1024)
"""Profiles and genes of the chunks of a shard: what is read at a time."""


def create_zarr(
    path, genes, sample_ids, row_metadata: pd.DataFrame, sample_metadata: pd.DataFrame, dtype: str, shard: int
) -> None:
    """Make an AnnData group whose X is to be filled, shard by shard.

    Parameters
    ----------
    path : path-like
        A folder that is not there yet.
    genes, sample_ids : sequence of str
    row_metadata, sample_metadata : DataFrame
        One row per gene or sample, in the same order.
    dtype : str
        Of X.
    shard : int
        Profiles of a shard, which is one file and has one writer.

    Raises
    ------
    ValueError
        An id is there twice, or a table has another length.

    Notes
    -----
    X is not compressed: expression values hardly shrink, and writing them is most of the work.
    """
    import zarr

    rows = described(path, "gene", genes, row_metadata, ("_index",))
    samples = described(path, "sample", sample_ids, sample_metadata, ("_index",))
    group = zarr.open_group(path, mode="w-", zarr_format=3)
    group.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    for name, table in (("obs", samples), ("var", rows)):
        write_part(group, name, table.apply(stored).rename_axis(None))
    for name in ("layers", "obsm", "varm", "obsp", "varp", "uns"):
        write_part(group, name, {})
    n_genes = len(rows)
    chunk = next(n for n in range(min(CHUNK[0], shard), 0, -1) if shard % n == 0), min(CHUNK[1], n_genes)
    sizes = {"chunks": chunk, "shards": (shard, -(-n_genes // chunk[1]) * chunk[1])}
    shape = len(samples), n_genes
    array = group.create_array("X", shape=shape, dtype=dtype, compressors=None, fill_value=np.nan, **sizes)
    array.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def write_part(group, name: str, value) -> None:
    """Write obs, var or uns into an AnnData group."""
    import anndata

    with warnings.catch_warnings(action="ignore"):  # of what later versions of anndata will do
        anndata.io.write_elem(group, name, value)


def open_zarr(path) -> ProfileFile:
    """Open AnnData in a zarr folder; X must be dense.

    Raises
    ------
    ValueError
        It is no AnnData, or has no dense X.
    """
    import anndata
    import zarr

    path = Path(path)
    try:
        group = zarr.open_group(path, mode="r")
        x, rows, samples = group["X"], *(anndata.io.read_elem(group[name]) for name in ("var", "obs"))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is no AnnData in zarr with X, obs and var ({error}).") from error
    if not isinstance(x, zarr.Array) or x.shape != (len(samples), len(rows)):
        raise ValueError(f"{path} has no dense X of its {len(samples)} samples and {len(rows)} genes.")

    def load(start, stop, positions):
        slab = x[start:stop]
        return slab if positions is None else slab[:, positions]

    rows, samples = (as_missing(table.set_axis(as_ids(table.index))) for table in (rows, samples))
    return ProfileFile(path, rows.index, samples.index, rows, samples, load)
