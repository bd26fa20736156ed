"""Write a file whole or not at all, say in a sentence why it cannot be written, and hash it."""

import errno
import hashlib
import os
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
    except (OSError, RuntimeError) as error:  # h5py and torch raise both
        if is_full(error):
            raise not_written(error, path, "nothing of it is kept") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def write_text(path, text: str) -> None:
    """Write a small file of text, whole or not at all, in UTF-8."""
    with atomic(path) as part:
        part.write_text(text, encoding="utf-8")


def is_full(error: Exception) -> bool:
    """Say whether an error means that the disk, or a quota, is full."""
    if getattr(error, "errno", None) is not None:
        return error.errno in FULL
    return any(os.strerror(code) in str(error) for code in FULL)  # h5py's RuntimeError has no number


def not_written(error: Exception, path: Path, kept: str) -> OSError:
    """Make the error of a file that could not be written: the reason, what is kept, what to do.

    Parameters
    ----------
    error : OSError or RuntimeError
        What the system, h5py or torch said.
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


def check_file(path, kind: str) -> None:
    """Raise if there is no such file (FileNotFoundError), or nothing in it (ValueError)."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty: 0 bytes; expected {kind}. Copy or download it again.")


def file_hash(path, algorithm: str = "sha256") -> str:
    """Return the hash of a file as hex digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest()
