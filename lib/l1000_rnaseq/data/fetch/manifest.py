"""The manifest of datasets: where each file comes from, where it goes, and which are there."""

import difflib
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path, PurePosixPath

import pandas as pd
import yaml

from l1000_rnaseq.data.fetch.content import check_content
from l1000_rnaseq.data.fetch.record import UNFINISHED, read_record
from l1000_rnaseq.data.files.disk import file_hash

ENV = "L1000_RNASEQ_MANIFEST"


@dataclass(frozen=True)
class Dataset:
    """One file of the manifest; bytes, sha256 and md5 are those of the file as it lies at ``url``."""

    name: str
    path: str  # inside a data folder, with /
    url: str
    bytes: int | None
    sha256: str | None
    compressed: str | None  # gz, zip or None
    unpack: bool  # a .gz is stored unpacked
    licence: str
    citation: str
    used_by: tuple[str, ...]
    md5: str | None = None
    unpacked_bytes: int | None = None
    note: str | None = None
    overwritten: bool = False  # by its publisher now and then: then bytes are a guide

    def __post_init__(self):
        """Refuse an entry that cannot be fetched or verified."""
        path = PurePosixPath(self.path)
        checks = [
            (
                "path",
                self.path,
                "a relative path without ..",
                not path.is_absolute() and ".." not in path.parts,
            ),
            (
                "path",
                self.path,
                "a path outside .fetch with a file name",
                path.parts[:1] not in ((), (UNFINISHED,)),
            ),
            ("name", self.name, "letters, digits and _", re.fullmatch(r"\w+", self.name) is not None),
            ("url", self.url, "an http(s) URL", re.match(r"https?://[^/\s]+/", self.url) is not None),
            ("bytes", self.bytes, "a positive whole number or null", _count(self.bytes)),
            (
                "unpacked_bytes",
                self.unpacked_bytes,
                "a positive whole number or null",
                _count(self.unpacked_bytes),
            ),
            ("sha256", self.sha256, "64 lower-case hex digits or null", _hex(self.sha256, 64)),
            ("md5", self.md5, "32 lower-case hex digits or null", _hex(self.md5, 32)),
            ("compressed", self.compressed, "gz, zip or null", self.compressed in ("gz", "zip", None)),
            ("overwritten", self.overwritten, "true or false", isinstance(self.overwritten, bool)),
            ("unpack", self.unpack, "true or false, and true only for gz", _unpackable(self)),
        ]
        for field, got, expected, ok in checks:
            if not ok:
                raise ValueError(f"dataset {self.name}: {field} must be {expected}, got {got!r}")


def _count(value) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _hex(value, length: int) -> bool:
    return value is None or (
        isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{length}}}", value) is not None
    )


def _unpackable(dataset: Dataset) -> bool:
    return isinstance(dataset.unpack, bool) and (not dataset.unpack or dataset.compressed == "gz")


def find_manifest(path: str | Path | None = None) -> Path:
    """Find the manifest: the argument, L1000_RNASEQ_MANIFEST, then a checkout or an installation.

    Parameters
    ----------
    path
        A manifest of your own. Default is None, the project's.

    Returns
    -------
    The path of an existing file.

    Raises
    ------
    FileNotFoundError
        No manifest is there; the message names the places.
    """
    if path or os.environ.get(ENV):
        named = Path(path or os.environ[ENV])
        if not named.is_file():
            raise FileNotFoundError(
                f"no manifest at {named}; give --manifest (manifest=) or {ENV} a file that exists"
            )
        return named
    package = Path(__file__).resolve().parents[2]
    places = [
        package.parents[1] / "data_manifest.yaml",
        package / "assets" / "data_manifest.yaml",
        Path(sys.prefix) / "share" / "l1000-rnaseq" / "data_manifest.yaml",
    ]
    for candidate in places:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f"no data_manifest.yaml at {', '.join(map(str, places))}; "
        f"download it from the project's repository and name it with --manifest (manifest=) or {ENV}"
    )


def read_manifest(path: str | Path | None = None) -> dict[str, Dataset]:
    """Read and validate a manifest.

    Parameters
    ----------
    path
        YAML file with a list ``datasets``. Default is None: see :func:`find_manifest`.

    Returns
    -------
    Datasets by name, in the order of the file.

    Raises
    ------
    ValueError
        A field is missing, unknown or malformed, or a name or path is there twice.
    """
    path = find_manifest(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not readable YAML: {' '.join(str(error).split())}") from error
    entries = content.get("datasets") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path} must have a list named datasets with at least one entry")
    names = {field.name for field in fields(Dataset)}
    needed = {field.name for field in fields(Dataset) if field.default is MISSING}
    datasets: dict[str, Dataset] = {}
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise ValueError(f"{path}, entry {number}: expected fields, got {entry!r}")
        label = f"{path}, entry {number} ({entry.get('name', 'no name')})"
        if missing := sorted(needed - entry.keys()):
            raise ValueError(f"{label}: missing {', '.join(missing)}; write null where the value is unknown")
        if unknown := sorted(map(str, entry.keys() - names)):
            raise ValueError(
                f"{label}: unknown {', '.join(unknown)}; the fields are {', '.join(sorted(names))}"
            )
        for field in ("name", "path", "url", "licence", "citation"):
            if not isinstance(entry[field], str) or not entry[field]:
                raise ValueError(f"{label}: {field} must be text, got {entry[field]!r}")
        if not isinstance(entry["used_by"], list) or not all(
            isinstance(use, str) for use in entry["used_by"]
        ):
            raise ValueError(f"{label}: used_by must be a list of texts, got {entry['used_by']!r}")
        try:
            dataset = Dataset(**{**entry, "used_by": tuple(entry["used_by"])})
        except ValueError as error:
            raise ValueError(f"{path}, entry {number}: {error}") from error
        if dataset.name in datasets or any(dataset.path == other.path for other in datasets.values()):
            raise ValueError(
                f"{label}: its name or its path {dataset.path} is there twice; both must be unique"
            )
        datasets[dataset.name] = dataset
    return datasets


def select(names: str | Iterable[str], manifest: dict[str, Dataset]) -> list[Dataset]:
    """Return the datasets of these names, each once; an unknown name is a ValueError with a suggestion."""
    unique = list(dict.fromkeys([names] if isinstance(names, str) else names))
    for name in unique:
        if name not in manifest:
            near = difflib.get_close_matches(str(name), manifest, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else "l1000-rnaseq fetch --list shows the names."
            )
            raise ValueError(f"no dataset named {name} among the {len(manifest)} of the manifest; {hint}")
    return [manifest[name] for name in unique]


def status(
    manifest: dict[str, Dataset] | str | Path | None, data: str | Path, verify: bool = False
) -> pd.DataFrame:
    """Tell which files of the manifest a data folder has.

    Parameters
    ----------
    manifest
        Datasets by name, or the path of a manifest; None is the project's.
    data
        The data folder; it need not exist.
    verify
        Hash each present file too (minutes for tens of GB). Default is False: sizes are compared.

    Returns
    -------
    One row per dataset: name, path, present, bytes (on disk, an unfinished download counted), download_bytes
    (of the manifest, <NA> when unknown) and state: present, missing, partial (an unfinished download is kept)
    or changed (not the file that was downloaded or that the manifest describes).
    """
    manifest = manifest if isinstance(manifest, dict) else read_manifest(manifest)
    data = Path(data)
    if data.exists() and not data.is_dir():
        raise NotADirectoryError(f"{data} is a file; name a folder for the data")
    record = read_record(data)
    rows = []
    for dataset in manifest.values():
        path, unfinished = data / dataset.path, data / UNFINISHED / dataset.name
        kept = max((file.stat().st_size for file in unfinished.glob("*") if file.is_file()), default=0)
        if path.is_file():
            size, state = path.stat().st_size, "present"
            row = record.get(dataset.name)
            published = bool(dataset.sha256) and not dataset.unpack  # else the size names no single file
            expected_size = int(row["bytes"]) if row else dataset.bytes if published else None
            expected_hash = row["sha256"] if row else dataset.sha256 if published else None
            if expected_size not in (None, size) or (verify and expected_hash not in (None, file_hash(path))):
                state = "changed"
            try:
                check_content(path, dataset.path, is_deep=False)
            except ValueError:
                state = "changed"
        else:
            size, state = kept, "partial" if kept else "missing"
        rows.append((dataset.name, dataset.path, path.is_file(), size, dataset.bytes, state))
    columns = ["name", "path", "present", "bytes", "download_bytes", "state"]
    return pd.DataFrame(rows, columns=columns).astype({"bytes": "Int64", "download_bytes": "Int64"})
