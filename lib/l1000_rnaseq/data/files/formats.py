"""Open and write profiles of any supported format by the suffix of the file name."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.gctx import GctxWriter, open_gctx
from l1000_rnaseq.data.files.h5ad import H5adWriter, open_h5ad
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import MatrixStream
from l1000_rnaseq.data.files.tables import TableWriter, open_table

_TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet", ".feather")
READABLE = (".gctx", ".gct", ".gct.gz", ".h5ad", *_TABLES)
WRITABLE = (".gctx", ".h5ad", *_TABLES)


def _suffix(path: Path, supported: tuple[str, ...], doing: str) -> str:
    name = path.name.lower()
    fits = [suffix for suffix in supported if name.endswith(suffix)]
    if not fits:
        raise ValueError(f"{path}: cannot {doing} this format; supported are {', '.join(supported)}.")
    return max(fits, key=len)


def open_profiles(path) -> ProfileFile:
    """Open a file of profiles: samples × genes, whatever the format.

    Parameters
    ----------
    path : path-like
        .gctx, .gct, .gct.gz, .h5ad, .csv, .tsv, .txt (each also .gz), .parquet or .feather. GCTX and h5ad are
        read in slabs; the other formats are loaded.

    Returns
    -------
    ProfileFile
        Values and ids as stored; `genes.resolve_ids` names the genes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the suffix is not supported, or the file is empty, damaged or of another format.
    """
    path = Path(path)
    suffix = _suffix(path, READABLE, "read")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty: 0 bytes; expected profiles. Copy or download it again.")
    if suffix == ".h5ad":
        return open_h5ad(path)
    return open_table(path) if suffix in _TABLES else open_gctx(path)


def open_writer(
    path,
    genes,
    sample_ids,
    row_metadata: pd.DataFrame | None = None,
    sample_metadata: pd.DataFrame | None = None,
    dtype: str = "float32",
    attrs: dict | None = None,
    fingerprint: str | None = None,
    resume: bool = True,
) -> MatrixStream | TableWriter:
    """Open a file to write profiles to, as ``with open_writer(...) as out: out.write(start, block)``.

    The file appears under its name only when all samples are written; until then it is ``<name>.part``. GCTX
    and h5ad resume: start at ``out.done``. Tables begin anew and hold neither metadata nor attributes.

    Parameters
    ----------
    path : path-like
        .gctx, .h5ad, .csv, .tsv, .txt (each also .gz), .parquet or .feather (feather is held in memory).
    genes, sample_ids : sequence of str
        Column and index labels of the profiles.
    row_metadata, sample_metadata : pandas.DataFrame, optional
        One row per gene or sample.
    dtype : {'float32', 'float16'}
        Stored type (GCTX and h5ad only).
    attrs : dict, optional
        Attributes of the file.
    fingerprint : str, optional
        Says what the values are made with; a half-written file with another one is thrown away.
    resume : bool
        False always begins anew.

    Returns
    -------
    GctxWriter, H5adWriter or TableWriter

    Raises
    ------
    ValueError
        If the suffix is not supported, or an id stands twice.
    """
    path = Path(path)
    suffix = _suffix(path, WRITABLE, "write")
    if suffix in _TABLES:
        return TableWriter(path, genes, sample_ids)
    attrs = dict(attrs or {}) | ({} if fingerprint is None else {"fingerprint": str(fingerprint)})
    writer = H5adWriter if suffix == ".h5ad" else GctxWriter
    return writer(path, genes, sample_ids, row_metadata, sample_metadata, dtype, attrs, resume)
