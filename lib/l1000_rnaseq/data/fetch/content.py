"""Check that a download is what its name says: magic number, structure, and not a web page."""

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py

from l1000_rnaseq.data.files.hdf5 import open_hdf5

HEAD = 65_536
GZIP, ZIP, HDF5, PARQUET = b"\x1f\x8b", b"PK", b"\x89HDF\r\n\x1a\n", b"PAR1"
MAGIC = {GZIP: "gzip", ZIP: "zip", HDF5: "HDF5", PARQUET: "Parquet", b"%PDF": "PDF"}


def check_content(path: Path, name: str, is_deep: bool = True) -> None:
    """Raise a ValueError where a file is not of the format that a name says: what was seen, what expected.

    Parameters
    ----------
    path : path
        The file, under whatever name.
    name : str
        The name that it is to have; the suffix says the format. An unknown suffix is any but a web page.
    is_deep : bool
        Also read compressed files to their end, to see whether they are whole.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD)
    suffix = Path(name).suffix.lower()
    check = _CHECKS.get(suffix, _check_any)
    try:
        check(path, head, name, is_deep)
    except _OtherFormatError as error:
        raise ValueError(f"it is {seen(head)}, {path.stat().st_size:,} bytes; expected {error}") from None


class _OtherFormatError(ValueError):
    """The name of the format that was expected."""


def seen(head: bytes) -> str:
    """Describe for people how a file begins."""
    if not head:
        return "empty"
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            return f"a {kind} file"
    text = head.decode("utf-8-sig", "replace").strip()
    if re.match(r"<(!doctype html|html|head|body|script|meta)\b", text, re.I):
        words = re.search(r"<title[^>]*>(.*?)</title>|<(?:body|p|h1)[^>]*>([^<]+)", text, re.I | re.S)
        said = " ".join((words[1] or words[2] or "").split())[:60] if words else ""
        return f"a web page ({said!r})" if said else "a web page"
    if text.startswith("<"):
        return f"XML ({_short(text)})"
    if text.startswith(("{", "[")) and _is_json(text):
        return f"JSON ({_short(text)})"
    return f"binary ({head[:8].hex(' ')} …)" if b"\0" in head else f"text ({_short(text)})"


def _short(text: str) -> str:
    return repr(" ".join(text.split())[:60])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return len(text) > HEAD // 2  # cut off at the end of the head
    return True


def _is_markup(head: bytes) -> bool:
    return seen(head).startswith(("a web page", "XML", "JSON", "empty"))


def _check_any(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    if _is_markup(head):
        raise _OtherFormatError(Path(name).suffix or "a data file")


def _check_hdf5(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    if not h5py.is_hdf5(path):
        raise _OtherFormatError("HDF5")
    needed = ["0/DATA/0/matrix", "0/META/ROW/id", "0/META/COL/id"] if name.lower().endswith(".gctx") else []
    with open_hdf5(path, "HDF5") as file:
        if not len(file):
            raise ValueError("it is HDF5 without content; expected data")
        if absent := [part for part in needed if part not in file]:
            raise ValueError(f"it is HDF5 without {', '.join(absent)}; expected GCTX 1.0")


def _check_gzip(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    if not head.startswith(GZIP):
        raise _OtherFormatError("gzip")
    try:
        with gzip.open(path) as file:
            inner = file.read(HEAD)
            while is_deep and file.read(1 << 20):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"it is not a whole gzip file ({error})") from error
    inner_name = Path(name).stem
    if Path(inner_name).suffix.lower() in (".gct", *_TABLES, ".gmt"):
        try:
            _CHECKS[Path(inner_name).suffix.lower()](path, inner, inner_name, is_deep)
        except _OtherFormatError as error:
            raise ValueError(f"it is gzip with {seen(inner)} in it; expected {error}") from None


def _check_zip(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    if not head.startswith(ZIP):
        raise _OtherFormatError("zip")
    try:
        with zipfile.ZipFile(path) as file:
            broken = file.testzip() if is_deep else None
            if broken or not file.namelist():
                raise ValueError(f"it is a damaged zip file ({broken or 'nothing in it'})")
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"it is not a whole zip file ({error})") from error


def _check_parquet(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    if not head.startswith(PARQUET):
        raise _OtherFormatError("Parquet")
    with open(path, "rb") as file:
        file.seek(-4, 2)
        if file.read() != PARQUET:
            raise ValueError("it is Parquet that is cut off")


def _check_text(path: Path, head: bytes, name: str, is_deep: bool) -> None:
    first = head.split(b"\n", 1)[0]
    kind, needs = "a table with tabs or commas", (b"\t", b",", b";", b" ")
    if name.lower().endswith(".gct"):
        kind, needs = "GCT, whose first line is #1.2 or #1.3", (b"#1.2", b"#1.3")
    elif name.lower().endswith(".gmt"):
        kind, needs = "GMT: name, description and genes, by tabs", (b"\t",)
    if _is_markup(head) or b"\0" in head or not any(part in first for part in needs):
        raise _OtherFormatError(kind)


_TABLES = (".txt", ".tsv", ".csv")
_CHECKS: dict[str, Callable[[Path, bytes, str, bool], None]] = {
    **dict.fromkeys((".h5", ".hdf5", ".gctx", ".h5ad"), _check_hdf5),
    **dict.fromkeys((*_TABLES, ".gct", ".gmt"), _check_text),
    **dict.fromkeys((".zip", ".xlsx"), _check_zip),
    ".gz": _check_gzip,
    ".parquet": _check_parquet,
}
