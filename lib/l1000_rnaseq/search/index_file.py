"""The file of an index: its datasets, laid out so that they can be mapped, and its tables."""

from collections.abc import Sequence

import h5py
import numpy as np
import pandas as pd

FORMAT, VERSION = "l1000-rnaseq index", 2
KINDS = ("log2fc", "cd")
REBUILD = "build it again with `l1000-rnaseq index --data DIR` or `l1000-rnaseq index SIGNATURES…`"


def make_fixed(group: h5py.Group, name: str, shape: tuple[int, ...], dtype) -> None:
    """Make a dataset whose place in the file is fixed at once, so that a rewrite gives the same bytes."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.CONTIGUOUS)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    plist.set_obj_track_times(False)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(np.dtype(dtype), logical=True), space, plist)


def make_matrix(group: h5py.Group, n: int, n_genes: int, n_factors: int | None) -> None:
    """Make the datasets of one matrix of n signatures: factored, or in full where `n_factors` is None."""
    if n_factors is None:
        make_fixed(group, "values", (n_genes, n), "<f2")
        return
    make_fixed(group, "first", (n_genes, n), "<f2")
    make_fixed(group, "hidden", (n, n_factors), "<f2")


def write_block(group: h5py.Group, start: int, values: np.ndarray) -> None:
    """Write signatures × genes (or coordinates) into one matrix, from a position on."""
    stop = start + len(values)
    by_gene = group["values" if "values" in group else "first"]
    n = len(by_gene)
    by_gene[:, start:stop] = np.ascontiguousarray(values[:, :n].T)
    if "hidden" in group:
        hidden = group["hidden"]
        hidden[start:stop] = values[:, n : n + hidden.shape[1]]


def write_table(group: h5py.Group, table: pd.DataFrame, fixed: Sequence[str] = ()) -> None:
    """Store a table column by column: numbers as they are, text as codes and categories.

    Parameters
    ----------
    group : Group
    table : DataFrame
    fixed : sequence of str
        Numeric columns that are written again later, in place.
    """
    options = {"compression": "gzip", "shuffle": True, "track_times": False}
    group.attrs["columns"] = np.array([name.encode() for name in table.columns], "S")
    for name, column in table.items():
        if name in fixed:
            make_fixed(group, name, (len(table),), column.dtype)
            group[name][:] = column.to_numpy()
            continue
        if column.dtype.kind in "biuf":
            group.create_dataset(name, data=column.to_numpy(), **options)
            continue
        codes, values = pd.factorize(column.astype(str), sort=True)
        data = group.create_dataset(name, data=codes.astype(np.int32), **options)
        texts = np.array([str(value).encode() for value in values], dtype="S")
        group.create_dataset(f"{name}__values", data=texts, **options)
        data.attrs["text"] = True


def read_table(group: h5py.Group) -> pd.DataFrame:
    """Read what `write_table` stored; text comes back as categories."""
    columns = {}
    for name in map(as_str, group.attrs["columns"]):
        values = group[name][()]
        if group[name].attrs.get("text"):
            texts = _decoded(group[f"{name}__values"][()])
            if len(texts) == len(values):  # all different: ids
                columns[name] = np.array(texts, object)[values]
            else:
                columns[name] = pd.Categorical.from_codes(values, texts)
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _decoded(texts: np.ndarray) -> list[str]:
    """Decode many texts at once: an array of bytes cannot have the zero byte that is put between them."""
    return b"\0".join(texts.tolist()).decode().split("\0") if len(texts) else []


def as_str(value: bytes | str) -> str:
    """Return a text of an HDF5 attribute."""
    return value.decode() if isinstance(value, bytes) else str(value)
