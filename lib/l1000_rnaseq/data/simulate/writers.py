"""Write tables and HDF5 so that the same seed gives the same bytes, each file whole or not at all."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files import disk
from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.hdf5 import HDF5Writer


def write_bytes(data: bytes, path: Path) -> None:
    """Write `data` under a temporary name beside `path`, gzip it (no time stamp) if named .gz, and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=4, mtime=0)
    disk.write_bytes(path, data)


def write_table(
    table: pd.DataFrame, path: Path, index: bool = False, head: str = "", sep: str = "\t"
) -> None:
    """Write a table as text, after `head`; values as pandas prints them, missing ones empty."""
    write_bytes((head + table.to_csv(sep=sep, index=index, lineterminator="\n")).encode(), path)


def write_compressed_gctx(profiles: pd.DataFrame, rows: pd.DataFrame, path: Path) -> None:
    """Write samples × genes (float32) as GCTX 1.0, compressed and without time stamps.

    `gctx.write_gctx` streams into an uncompressed matrix, whose HDF5 header has the time of writing; here
    the same profiles must give the same bytes. `rows` is the row metadata, one row per gene.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part, HDF5Writer(part) as h5:
        h5.attrs.update({"version": np.bytes_("GCTX1.0"), "src": np.bytes_(path.name)})
        chunks = (min(64, len(profiles)), profiles.shape[1])
        layout = {"chunks": chunks, "compression": 4, "shuffle": True, "track_times": False}
        h5.create_dataset("0/DATA/0/matrix", data=profiles.to_numpy(np.float32), **layout)
        h5["0/META/COL/id"] = profiles.index.to_numpy("S")
        h5["0/META/ROW/id"] = profiles.columns.to_numpy("S")
        for name, values in rows.items():
            kind = np.int64 if pd.api.types.is_numeric_dtype(values) else "S"
            h5[f"0/META/ROW/{name}"] = values.to_numpy(kind)
