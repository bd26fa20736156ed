"""Read and write GCTX 1.0, the matrix format of CMap: genes × samples by name, read here as samples × genes.

The HDF5 dataset ``/0/DATA/0/matrix`` is stored with one row per sample, so a slab of samples is one piece.
"""

import logging
import unicodedata
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.gct import open_gct
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import MatrixStream, signature

__all__ = ["GctxWriter", "ProfileFile", "open_gctx", "write_gctx"]
log = logging.getLogger(__name__)
MATRIX, ROW, COL = "0/DATA/0/matrix", "0/META/ROW", "0/META/COL"
_SLAB_BYTES = 64 << 20


def open_gctx(path) -> ProfileFile:
    """Open a GCTX 1.0 file, or a GCT 1.2 or 1.3 file (also gzipped), without reading the matrix.

    Parameters
    ----------
    path : path-like
        A name ending in .gct or .gct.gz is read as text, anything else as GCTX.

    Returns
    -------
    ProfileFile
        Values as stored; the row ids of CMap files are Entrez ids (see `genes.resolve_ids`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is empty, truncated, not of this format, or names a sample twice.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty: 0 bytes; expected a GCTX or GCT file. Copy or download it again.")
    if path.name.lower().endswith((".gct", ".gct.gz")):
        return open_gct(path)
    with open_hdf5(path, "GCTX") as h5:
        absent = [name for name in (MATRIX, f"{ROW}/id", f"{COL}/id") if name not in h5]
        if absent:
            raise ValueError(
                f"{path} is HDF5 but not GCTX 1.0: it has no {', '.join(absent)}; "
                f"it holds {', '.join(h5) or 'nothing'}."
            )
        rows, columns = _read_metadata(h5[ROW]), _read_metadata(h5[COL])
        got, expected = h5[MATRIX].shape, (len(columns), len(rows))
        if got != expected:
            raise ValueError(
                f"{path} is damaged: its matrix is {got}, "
                f"but its ids say {expected[0]} samples × {expected[1]} rows."
            )

    def load(start, stop, positions):
        with open_hdf5(path, "GCTX") as h5:
            return read_slab(h5[MATRIX], start, stop, positions)

    return ProfileFile(path, rows.index, columns.index, rows, columns, load)


def open_hdf5(path: Path, kind: str) -> h5py.File:
    """Open an HDF5 file to read; what h5py cannot open is a ValueError in one sentence."""
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if "truncated" in str(error):
            raise ValueError(f"{path} is truncated: {error}. Copy or download it again.") from error
        if "signature" in str(error):
            raise ValueError(
                f"{path} is not an HDF5 file, so not {kind}; check its format and suffix (.gz: unpack it)."
            ) from error
        raise ValueError(f"{path} cannot be read as {kind}: {error}.") from error


def read_slab(data: h5py.Dataset, start: int, stop: int, positions: np.ndarray | None) -> np.ndarray:
    """Read samples start..stop × some columns of a dataset in bounded memory, as float32."""
    columns = slice(None)
    if positions is not None and len(positions):
        columns = slice(int(positions.min()), int(positions.max()) + 1)
        positions = positions - columns.start
    width = len(range(*columns.indices(data.shape[1])))
    out = np.empty((stop - start, width if positions is None else len(positions)), np.float32)
    if positions is None:
        if out.size:
            data.read_direct(out, np.s_[start:stop, columns])
        return out
    step = max(1, _SLAB_BYTES // max(1, width * data.dtype.itemsize))
    if data.chunks:
        step = max(data.chunks[0], step - step % data.chunks[0])
    first = start
    while first < stop:
        last = min(stop, first - first % step + step)
        out[first - start : last - start] = data[first:last, columns][:, positions]
        first = last
    return out


def _read_metadata(group: h5py.Group) -> pd.DataFrame:
    table = {}
    for name, data in group.items():
        values = data[:]
        if values.dtype.kind in "SO":
            texts = [
                v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values.tolist()
            ]
            values = np.array([text.rstrip("\0") for text in texts], dtype=object)
        table[name] = values
    index = pd.Index([str(i).strip() for i in table.pop("id")], dtype=object)
    return pd.DataFrame(table, index=index)


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("\u00b5", "u").replace("\u03bc", "u"))
    return plain.encode("ascii", "ignore").decode()


def _write_metadata(group: h5py.Group, ids: pd.Index, table: pd.DataFrame | None) -> None:
    """Strings as fixed-length bytes, missing ones as '-666'; metadata in ASCII, for cmapPy reads no other."""
    group["id"] = np.char.encode(ids.to_numpy(str), "utf-8")
    for name in [] if table is None else table.columns:
        values = table[name]
        if values.dtype.kind in "iuf":
            group[str(name).replace("/", "_")] = values.to_numpy()
            continue
        if values.dtype.kind == "b":
            values = values.astype(int)
        texts = [_ascii(str(value)) for value in values.astype(object).where(values.notna(), "-666")]
        group[str(name).replace("/", "_")] = np.array(texts, dtype="S" if any(texts) else "S1")


class GctxWriter(MatrixStream):
    """Write a GCTX file block by block; use it as a context manager.

    The matrix is uncompressed and contiguous. Work goes on in ``<name>.part``; a killed run resumes from it
    if genes, samples, metadata, dtype and attributes are the same, else it begins anew.

    Parameters
    ----------
    path : path-like
        Final name, normally ending in .gctx.
    genes, sample_ids : sequence of str
        Row and column ids of the GCTX file.
    row_metadata, sample_metadata : pandas.DataFrame, optional
        One row per gene or sample, in the same order.
    dtype : {'float32', 'float16'}
        Stored type; float16 halves the file and keeps 3 digits.
    attrs : dict, optional
        Attributes of the file (text or numbers), for instance ``fingerprint``, which says
        what the values were made with.
    resume : bool
        False throws an unfinished file away.

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
            h5.attrs.update(
                {"version": np.bytes_("GCTX1.0"), "src": np.bytes_(Path(path).name.encode())} | attrs
            )
            _write_metadata(h5.create_group(ROW), genes, row_metadata)
            _write_metadata(h5.create_group(COL), samples, sample_metadata)

        job = signature(genes, samples, row_metadata, sample_metadata, str(np.dtype(dtype)), attrs)
        super().__init__(path, MATRIX, (len(samples), len(genes)), dtype, job, skeleton, resume=resume)


def checked_ids(
    path, genes, sample_ids, row_metadata, sample_metadata, attrs
) -> tuple[pd.Index, pd.Index, dict]:
    """Ids as text, each once, with metadata of the same length; the arguments of every writer."""
    ids = []
    for what, given, table in (("gene", genes, row_metadata), ("sample", sample_ids, sample_metadata)):
        index = pd.Index([str(i) for i in given], dtype=object)
        twice = index[index.duplicated()].unique()
        if len(twice):
            raise ValueError(
                f"{len(twice)} {what} ids stand more than once for {path}: {', '.join(twice[:5])}."
            )
        if table is not None and len(table) != len(index):
            raise ValueError(f"{what} metadata for {path} has {len(table)} rows; expected {len(index)}.")
        ids.append(index)
    return ids[0], ids[1], dict(attrs or {})


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
        As in `GctxWriter`.
    """
    ids = (profiles.columns, profiles.index)
    with GctxWriter(path, *ids, row_metadata, sample_metadata, dtype=dtype, resume=False) as out:
        out.write(0, profiles.to_numpy())
