"""Files appear whole or not at all, and a full disk is one sentence."""

import errno
import hashlib
import os

import pytest
from l1000_rnaseq.data.files.disk import atomic, file_hash, write_text


def test_a_file_gets_its_name_when_it_is_whole(tmp_path):
    with atomic(tmp_path / "a.txt") as part:
        part.write_text("new")
        assert part.parent == tmp_path and not (tmp_path / "a.txt").exists()
    write_text(tmp_path / "b.txt", "10 µM")
    assert (tmp_path / "a.txt").read_text() == "new" and (tmp_path / "b.txt").read_bytes() == b"10 \xc2\xb5M"
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no"), OSError(errno.EACCES, "no")])
def test_an_error_leaves_the_earlier_file_and_nothing_else(tmp_path, error):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(type(error)), atomic(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise error
    assert (tmp_path / "a.txt").read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def wrapped(cause):
    """What torch makes of an error of the file that it writes to."""
    error = RuntimeError("unexpected pos 704 vs 598")
    error.__context__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        wrapped(OSError(errno.ENOSPC, "No space left on device")),
    ],
)
def test_a_full_disk_is_one_sentence(tmp_path, error):
    with pytest.raises(
        OSError, match=r"^the disk is full .* while writing .*a\.h5; nothing of it is kept: free"
    ):
        with atomic(tmp_path / "a.h5"):
            raise error
    assert not os.listdir(tmp_path)


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert file_hash(tmp_path / "a") == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert file_hash(tmp_path / "a", "md5") == hashlib.md5(b"x" * 3_000_000).hexdigest()
