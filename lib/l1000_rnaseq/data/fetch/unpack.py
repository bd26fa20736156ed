"""Unpack a .gz in chunks while both files are hashed."""

import gzip
import hashlib
import zlib
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from l1000_rnaseq.data.fetch.transfer import CHUNK
from l1000_rnaseq.data.files.disk import human, not_written


class _Reader:
    """A file that is hashed as it is read."""

    def __init__(self, handle, bar):
        self.handle, self.bar, self.digest = handle, bar, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.handle.read(size)
        self.digest.update(chunk)
        self.bar.update(len(chunk))
        return chunk


def unpack(source: Path, target: Path, progress: bool) -> tuple[str, str]:
    """Unpack a .gz in chunks.

    Parameters
    ----------
    source
        The .gz; it is removed when it is damaged.
    target
        The unpacked file; it is removed when the disk is full.
    progress
        Show a tqdm bar.

    Returns
    -------
    The sha256 of ``source`` and that of ``target``.

    Raises
    ------
    ValueError
        The .gz is damaged or cut.
    OSError
        The disk is full.
    """
    digest, total = hashlib.sha256(), source.stat().st_size
    bar = tqdm(total=total, unit="B", unit_scale=True, desc=f"unpacking {source.name}", disable=not progress)
    try:
        with closing(bar), open(source, "rb") as raw, open(target, "wb") as handle:
            reader = _Reader(raw, bar)
            with gzip.GzipFile(fileobj=reader, mode="rb") as unpacked:
                while chunk := unpacked.read(CHUNK):
                    handle.write(chunk)
                    digest.update(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        source.unlink()
        raise ValueError(
            f"{source.name} is not a whole gzip file ({error}); it was removed, fetch it again"
        ) from error
    except OSError as error:
        target.unlink(missing_ok=True)
        raise not_written(error, target, f"the download ({human(total)}) is kept") from None
    return reader.digest.hexdigest(), digest.hexdigest()
