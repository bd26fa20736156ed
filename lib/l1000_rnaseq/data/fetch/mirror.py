"""A server that has the datasets under their paths in a data folder, instead of their publishers."""

import gzip
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import yaml

from l1000_rnaseq.data.fetch.manifest import Dataset
from l1000_rnaseq.data.files.disk import atomic, file_hash, write_text

MANIFEST = "data_manifest.yaml"


def path_on_mirror(dataset: Dataset) -> str:
    """Return where a mirror has a dataset: its path in a data folder, with .gz where fetch unpacks it.

    Examples
    --------
    >>> from l1000_rnaseq.data.fetch.manifest import read_manifest
    >>> path_on_mirror(read_manifest()["l1000_level3"])
    'l1000/level3.gctx.gz'
    """
    return dataset.path + (".gz" if dataset.unpack else "")


def from_mirror(datasets: dict[str, Dataset], mirror: str) -> dict[str, Dataset]:
    """Return a manifest whose files come from a mirror; sizes and hashes stay those of the manifest.

    Parameters
    ----------
    datasets : dict
        Datasets by name.
    mirror : str
        Address of the mirror, http or https.

    Raises
    ------
    ValueError
        The address is none.
    """
    parts = urlsplit(mirror)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            f"--mirror is {mirror!r}; expected an address such as https://mirror.example.org/data"
        )
    start = mirror.rstrip("/") + "/"
    return {name: replace(of, url=start + quote(path_on_mirror(of))) for name, of in datasets.items()}


def write_mirror(data, mirror, datasets: dict[str, Dataset]) -> dict[str, Dataset]:
    """Write what a mirror of a data folder serves: the files, packed where fetch unpacks, and their manifest.

    Parameters
    ----------
    data : path-like
        A data folder. What it lacks is not in the mirror.
    mirror : path-like
        Folder to write. Files that are not packed are hard links where the disk allows.
    datasets : dict
        Datasets by name.

    Returns
    -------
    dict
        The datasets of the mirror, with the bytes and sha256 that it serves; urls are the publishers'.

    Raises
    ------
    ValueError
        `data` has no file of the manifest, or `mirror` is not empty.
    """
    data, mirror = Path(data), Path(mirror)
    if mirror.exists() and any(mirror.iterdir()):
        raise ValueError(f"{mirror} is not empty; name an empty or new folder for the mirror")
    served = {}
    for name, dataset in datasets.items():
        source, target = data / dataset.path, mirror / path_on_mirror(dataset)
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if dataset.unpack:
            with atomic(target) as part, open(source, "rb") as file, open(part, "wb") as raw:
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed:
                    shutil.copyfileobj(file, packed, 1 << 20)
        else:
            _link(source, target)
        size, unpacked = target.stat().st_size, source.stat().st_size if dataset.unpack else None
        served[name] = replace(
            dataset,
            bytes=size,
            sha256=file_hash(target),
            md5=None,
            unpacked_bytes=unpacked,
            overwritten=False,
        )
    if not served:
        raise ValueError(f"{data} has no file of the manifest")
    entries = [asdict(dataset) | {"used_by": list(dataset.used_by)} for dataset in served.values()]
    write_text(mirror / MANIFEST, yaml.safe_dump({"datasets": entries}, sort_keys=False, allow_unicode=True))
    return served


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)
