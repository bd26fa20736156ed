"""Open and write profiles of any supported format by the suffix of the file name."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.described import left_out
from l1000_rnaseq.data.files.disk import check_file
from l1000_rnaseq.data.files.gct import VERSIONS, GctWriter, open_gct
from l1000_rnaseq.data.files.gctx import GctxWriter, open_gctx
from l1000_rnaseq.data.files.h5ad import H5adWriter, open_h5ad
from l1000_rnaseq.data.files.in_memory import open_memory
from l1000_rnaseq.data.files.metadata import match, read_metadata
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.stream import BlockWriter
from l1000_rnaseq.data.files.tables import TableWriter, open_table
from l1000_rnaseq.data.files.text import open_text

_GCT, _TEXT = (".gct", ".gct.gz"), (".csv", ".tsv", ".txt")
_TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet", ".feather")
WRITABLE = (".gctx", *_GCT, ".h5ad", *_TABLES)
READABLE = (*WRITABLE, ".zarr")
_INSTEAD = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), "Save the sheet as CSV"),
    **dict.fromkeys((".rds", ".rda", ".rdata"), "Write the table as text with write.csv"),
    **dict.fromkeys((".loom", ".mtx", ".mtx.gz", ".h5seurat"), "Convert it to h5ad"),
    **dict.fromkeys((".zip", ".tar", ".tar.gz", ".bz2", ".xz"), "Unpack it"),
}
"""Suffixes of other formats → what to do."""


def _suffix(path: Path, supported: tuple[str, ...], doing: str) -> str:
    name = path.name.lower()
    fits = [suffix for suffix in supported if name.endswith(suffix)]
    if not fits:
        instead = next((f" {told}." for other, told in _INSTEAD.items() if name.endswith(other)), "")
        hint = instead if doing == "read" else ""
        raise ValueError(f"{path}: cannot {doing} this format; supported are {', '.join(supported)}.{hint}")
    return max(fits, key=len)


def open_profiles(path, info=None, id_type: str = "auto", unlisted: str = "refuse") -> ProfileFile:
    """Open profiles, whatever the format: samples × genes, their metadata and their genes.

    Parameters
    ----------
    path : path, DataFrame or AnnData
        .gctx, .gct, .gct.gz, .h5ad, .csv, .tsv, .txt (each also .gz), .parquet, .feather, or a folder .zarr
        with AnnData. GCTX, h5ad and zarr are read in slabs; the other formats are loaded.
    info : path-like or DataFrame, optional
        A table of the samples: inst_info, sig_info or your own; its first column has the ids. Its columns
        join those that the file has, in place of columns of the same name.
    id_type : {"auto", "entrez", "symbol", "ensembl", "probe"}
        What the row ids are (see `gene_ids.resolve_ids`).
    unlisted : {"refuse", "blank"}
        What to do with samples that `info` lacks: raise, or leave their metadata blank.

    Returns
    -------
    ProfileFile
        Values as stored, NaN where they are missing (see `missing`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the suffix is not supported, the file is empty, damaged or of another format, or a sample is not
        listed in `info`.

    Examples
    --------
    >>> file = open_profiles("level3.gctx", info="inst_info.txt")  # doctest: +SKIP
    >>> wells = file.frame(rows=file.rows_of(["HMOX1", "GATA3"]))  # doctest: +SKIP
    """
    file = replace(_open(path), id_type=id_type)
    if info is None:
        return file
    name = "the table" if isinstance(info, pd.DataFrame) else info
    table = info if isinstance(info, pd.DataFrame) else read_metadata(info)
    table = as_missing(match(table, file.sample_ids, file.path, name, unlisted))
    from_file = {name: column for name, column in file.sample_metadata.items() if name not in table}
    both = pd.DataFrame({**from_file, **dict(table.items())}, copy=False)
    return replace(file, sample_metadata=both, n_undescribed=int(table.isna().all(axis=1).sum()))


def _open(profiles) -> ProfileFile:
    if not isinstance(profiles, str | Path):
        return open_memory(profiles)
    path = Path(profiles)
    suffix = _suffix(path, READABLE, "read")
    if suffix == ".zarr" and path.is_dir():
        from l1000_rnaseq.data.files.zarr_store import open_zarr  # zarr takes a while to import

        return open_zarr(path)
    check_file(path, "profiles")
    is_gct = suffix in _GCT or (suffix.startswith(_TEXT) and _begins_as_gct(path))
    return {".gctx": open_gctx, ".h5ad": open_h5ad}.get(suffix, open_gct if is_gct else open_table)(path)


def _begins_as_gct(path: Path) -> bool:
    """Whether a file of another name is GCT: Morpheus and GTEx have such."""
    with open_text(path) as text:
        return text.readline().strip() in VERSIONS


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
) -> BlockWriter:
    """Open a file to write profiles to, as ``with open_writer(...) as out: out.write(start, block)``.

    The file appears under its name only when all samples are written; until then it is ``<name>.part``. GCTX
    and h5ad resume: start at ``out.done``. The others begin anew and have no attributes, tables no metadata.

    Parameters
    ----------
    path : path-like
        .gctx, .h5ad, .gct, .csv, .tsv, .txt (each also .gz), .parquet or .feather. GCT and feather are held
        in memory.
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
    GctxWriter, H5adWriter, GctWriter or TableWriter

    Raises
    ------
    ValueError
        If the suffix is not supported, or an id is there twice.
    """
    path = Path(path)
    suffix = _suffix(path, WRITABLE, "write")
    if suffix in _TABLES:
        left_out(path, "sample", sample_metadata)
        return TableWriter(path, genes, sample_ids)
    if suffix in _GCT:
        return GctWriter(path, genes, sample_ids, row_metadata, sample_metadata)
    attrs = dict(attrs or {}) | ({} if fingerprint is None else {"fingerprint": str(fingerprint)})
    writer = H5adWriter if suffix == ".h5ad" else GctxWriter
    return writer(path, genes, sample_ids, row_metadata, sample_metadata, dtype, attrs, resume)
