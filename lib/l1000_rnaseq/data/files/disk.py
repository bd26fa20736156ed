"""Write a file completely or not at all; say in a sentence why it cannot be written; hash it."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


@contextmanager
def atomic(path) -> Iterator[Path]:
    """Write a file under a temporary name in the same folder; it gets its own name only when it is whole.

    Parameters
    ----------
    path : path-like
        The final name. A file that is there already is replaced at the end, or stays as it was.

    Yields
    ------
    pathlib.Path
        The temporary name to write to.

    Raises
    ------
    OSError
        If the disk is full.

    Examples
    --------
    >>> with atomic("table.tsv") as part:  # doctest: +SKIP
    ...     table.to_csv(part)
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes never share it
    try:
        yield part
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        if is_full(error):
            raise not_written(error, path, "nothing of it is kept") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def write_text(path, text: str) -> None:
    """Write a small file of text, whole or not at all, in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path, data: bytes) -> None:
    """Write bytes that are in memory, whole or not at all."""
    with atomic(path) as part:
        part.write_bytes(data)


def is_full(error: Exception) -> bool:
    """Say whether an error means that the disk, or a quota, is full."""
    causes = (error, error.__context__)  # torch wraps the system's error
    return any(getattr(cause, "errno", None) in FULL for cause in causes)


def not_written(error: Exception, path: Path, kept: str) -> OSError:
    """Make the error of a file that could not be written: the reason, what is kept, what to do.

    Parameters
    ----------
    error : OSError
    path : path-like
        What was being written.
    kept : str
        What is kept of it, as a clause.
    """
    if is_full(error):
        reason = "the disk is full or a size limit is reached"
    else:
        reason = f"writing failed ({getattr(error, 'strerror', None) or error})"
    return OSError(f"{reason} while writing {path}; {kept}: free some space and run the same command again")


def check_space(path, size: int) -> None:
    """Raise an OSError where a disk has less room than `size` bytes for a file that is to be written."""
    free = shutil.disk_usage(Path(path).parent).free
    if size > free:
        raise OSError(
            f"{path} needs {human(size)}, but {human(free)} are free there; free some space or name another "
            "output."
        )


def physical_memory() -> float:
    """Return the bytes of memory of this machine; infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return float("inf")


def human(size: int | None) -> str:
    """Write a number of bytes for people: 52.4 GB; None is unknown."""
    if size is None:
        return "unknown"
    value = float(size)
    units = ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    unit = units[0]
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def check_file(path, kind: str) -> None:
    """Raise if there is no such file (an OSError), or nothing in it (a ValueError)."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; expected a file with {kind}.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty: 0 bytes; expected {kind}. Copy or download it again.")


def file_hash(path, algorithm: str = "sha256") -> str:
    """Return the hash of a file as hex digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest()
