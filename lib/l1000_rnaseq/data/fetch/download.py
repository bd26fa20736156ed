"""Fetch datasets of the manifest into a data folder: resumed, verified, unpacked, renamed only when whole."""

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.fetch.content import check_content
from l1000_rnaseq.data.fetch.manifest import Dataset, read_manifest, select, status
from l1000_rnaseq.data.fetch.record import RECORD, UNFINISHED, read_record, write_record
from l1000_rnaseq.data.fetch.transfer import ResumingDownloader, remote_size
from l1000_rnaseq.data.fetch.unpack import unpack
from l1000_rnaseq.data.files.disk import file_hash, human
from l1000_rnaseq.data.files.output import held

logger = logging.getLogger(__name__)


def fetch(
    names: str | Iterable[str],
    data: str | Path,
    manifest: dict[str, Dataset] | str | Path | None = None,
    progress: bool = True,
    *,
    tell: Callable[[str], None] = logger.info,
    retries: int = 4,
    timeout: float = 60.0,
    backoff: float = 1.0,
) -> list[Path]:
    """Fetch datasets into a data folder; run again after an interruption, it resumes.

    Parameters
    ----------
    names
        One name or several.
    data
        The data folder; made when absent. Unfinished downloads are kept in its folder ``.fetch``.
    manifest
        Datasets by name, or the path of a manifest. Default is None, the project's.
    progress
        Show tqdm bars. Default is True.
    tell
        Receives one sentence on the cost before the download. Default is the module's logger.
    retries, timeout, backoff
        See :class:`~l1000_rnaseq.data.fetch.transfer.ResumingDownloader`.

    Returns
    -------
    The local paths, one per dataset in the order of the names.

    Raises
    ------
    ValueError
        Unknown name, wrong hash, size or content, or a file that is not the one recorded.
    OSError
        No network, a cut connection, a missing file on the server, a full disk. Each is one sentence.
    """
    manifest = manifest if isinstance(manifest, dict) else read_manifest(manifest)
    chosen, data = select(names, manifest), Path(data)
    if data.exists() and not data.is_dir():
        raise NotADirectoryError(f"{data} is a file; name a folder for the data")
    todo = [dataset for dataset in chosen if not _is_there(dataset, data)]
    if todo:
        _announce(todo, data, tell, timeout)
    for dataset in todo:
        with _only_one(dataset, data):
            if not _is_there(dataset, data):
                part = data / UNFINISHED / dataset.name / f"{_download_name(dataset)}.part"
                size = None if dataset.overwritten else dataset.bytes
                _bring(dataset, data, ResumingDownloader(part, progress, retries, timeout, backoff, size))
    return [data / dataset.path for dataset in chosen]


def table(manifest: dict[str, Dataset], data: str | Path) -> str:
    """Write for people which files of a manifest a data folder has, and what the rest would cost.

    Parameters
    ----------
    manifest
        Datasets by name.
    data
        The data folder; it need not exist.

    Returns
    -------
    A line per dataset (name, state, size on disk, size of the download, path) and a line of totals.
    """
    files = status(manifest, data)
    lines = [("name", "state", "on disk", "download", "path")]
    for row in files.itertuples():
        cost = None if pd.isna(row.download_bytes) else int(row.download_bytes)
        on_disk = human(int(row.bytes)) if row.bytes else "-"
        lines.append((row.name, row.state, on_disk, human(cost), row.path))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rest = files[~files["present"]]
    left = (rest["download_bytes"].fillna(0) - rest["bytes"]).clip(lower=0).sum()
    unknown = int(rest["download_bytes"].isna().sum())
    total = f"{len(rest)} of {len(files)} files are not in {data}: {human(int(left))} to download"
    if unknown:
        total += f", and {unknown} of unknown size"
    text = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, f"{total}."])


def _is_there(dataset: Dataset, data: Path) -> bool:
    """Is the file there? If its hash is known and differs, refuse: nothing of the user is overwritten."""
    path = data / dataset.path
    if not path.exists():
        return False
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; a file is to be there: move or delete it")
    row = read_record(data).get(dataset.name)
    expected = row["sha256"] if row else None if dataset.unpack else dataset.sha256
    got = expected and file_hash(path)
    if got != expected:
        source = "recorded when it was downloaded" if row else "of the manifest"
        raise ValueError(
            f"{path} is not the file expected: sha256 {source} {expected}, got {got}; "
            f"move or delete it and fetch {dataset.name} again"
        )
    if row and dataset.sha256 and row["download_sha256"] != dataset.sha256:
        raise ValueError(
            f"{path} is another release than the manifest's: downloaded sha256 {row['download_sha256']}, "
            f"manifest {dataset.sha256}; move or delete it and fetch {dataset.name} again"
        )
    try:
        check_content(path, dataset.path, is_deep=False)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; move or delete it and fetch {dataset.name} again") from error
    if expected is None:
        logger.warning(
            "%s was not written by fetch and has no published sha256: left as it is, unverified", path
        )
    return True


def _announce(todo: list[Dataset], data: Path, tell: Callable[[str], None], timeout: float) -> None:
    """Tell what it will cost, and stop before the first byte when the disk is too small."""
    needed, left, largest, unknown, reachable = 0, 0, 0, 0, True
    for dataset in todo:
        size = dataset.bytes
        if size is None and reachable:
            try:
                size = remote_size(dataset.url, timeout)
            except ConnectionError:
                reachable = False  # the download itself will say so
        folder = data / UNFINISHED / dataset.name
        kept = max((file.stat().st_size for file in folder.glob("*") if file.is_file()), default=0)
        unknown += size is None
        left += max(0, (size or 0) - kept)
        needed += (dataset.unpacked_bytes or size or 0) - (0 if dataset.unpack else kept)
        largest = max(largest, (size or 0) - kept) if dataset.unpack else largest
    names = ", ".join(dataset.name for dataset in todo)
    needed = max(0, needed + largest)  # a .gz and its content are on the disk together for a while
    folder = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"fetching {names} needs at least {human(needed)} in {data}, "
            f"but {human(free)} are free; free some space or name another folder"
        )
    beyond = f" and {unknown} of unknown size" if unknown else ""
    files = "1 file" if len(todo) == 1 else f"{len(todo)} files"
    tell(
        f"{files} to download: {human(left)}{beyond}; "
        f"at least {human(needed)} on disk, {human(free)} free in {data}."
    )


@contextmanager
def _only_one(dataset: Dataset, data: Path) -> Iterator[None]:
    """Let one process at a time work on a dataset, and tidy up behind a killed one."""
    work = data / UNFINISHED / dataset.name
    work.mkdir(parents=True, exist_ok=True)
    busy = f"another fetch is at work on {dataset.name} in {data}"
    try:
        with held(work.with_name(f"{dataset.name}.lock"), busy):
            work.mkdir(exist_ok=True)
            try:
                yield
            finally:
                with suppress(OSError):
                    work.rmdir()
    finally:
        with suppress(OSError):
            work.parent.rmdir()


def _download_name(dataset: Dataset) -> str:
    return Path(dataset.path).name + (".gz" if dataset.unpack else "")


def _bring(dataset: Dataset, data: Path, downloader: ResumingDownloader) -> None:
    work, target = downloader.part.parent, data / dataset.path
    download, download_sha256 = _download(dataset, read_record(data).get(dataset.name), downloader)
    written, sha256 = download, download_sha256
    size = download.stat().st_size
    try:
        if dataset.bytes not in (None, size) and not dataset.overwritten:
            raise ValueError(f"{size:,} bytes arrived; the manifest says {dataset.bytes:,}")
        check_content(download, download.name, is_deep=not dataset.unpack)
        if dataset.unpack:
            written = work / "whole"
            download_sha256, sha256 = unpack(download, written, downloader.progress)
            check_content(written, dataset.path)
    except ValueError as error:
        for file in work.iterdir():
            file.unlink()
        raise ValueError(
            f"{dataset.url} is not what was expected: {error}; the download was removed. Open the address "
            "in a browser: it may need an account, or its file has changed (then correct the manifest)"
        ) from error
    values = [dataset.name, dataset.path, dataset.url, size, download_sha256, written.stat().st_size, sha256]
    write_record(data, values)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(written, target)
    for file in work.iterdir():
        file.unlink()
    logger.info("%s is whole: sha256 %s", target, sha256)


def _download(dataset: Dataset, row: dict | None, downloader: ResumingDownloader) -> tuple[Path, str]:
    """Bring a file and compare it with its published hash, else with the recorded one; return its sha256."""
    target = downloader.part.parent / _download_name(dataset)
    algorithm, expected, source = "sha256", dataset.sha256, "of the manifest"
    mend = "correct the manifest (--manifest)"
    if expected is None and dataset.md5:
        algorithm, expected = "md5", dataset.md5
    elif expected is None and row and row["url"] == dataset.url:
        expected, source = row["download_sha256"], f"recorded at the first download (in {RECORD})"
        mend = f"delete its line in {RECORD}"
    if not target.exists() or (expected and file_hash(target, algorithm) != expected):
        downloader.bring(dataset.url, target)
    got = file_hash(target, algorithm)
    if expected not in (None, got):
        for file in target.parent.iterdir():
            file.unlink()
        raise ValueError(
            f"{dataset.url} does not have the {algorithm} {source}: expected {expected}, got {got}; "
            f"the download was removed: fetch it again; if this repeats, {mend} to accept the change"
        )
    return target, got if algorithm == "sha256" else file_hash(target)
