"""fetch and the state of the folder: full disk, kills, recorded hashes, unpacking, the command."""

import errno
import gzip
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.fetch import download
from l1000_rnaseq.data.fetch import unpack as gunzip
from l1000_rnaseq.data.fetch.download import fetch
from l1000_rnaseq.data.fetch.manifest import status
from local_server import BODY, OTHER, QUICK, SHA, one, only_final, serving


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as httpd:
        yield httpd


RUN = """
import resource, sys
from pathlib import Path
from l1000_rnaseq.data.fetch.download import fetch
from l1000_rnaseq.data.fetch.manifest import Dataset
url, data, sha256, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
entry = Dataset("matrix", "rnaseq/matrix.h5", url, None, sha256, None, False, "none", "nobody", ())
try:
    fetch("matrix", data, {"matrix": entry}, progress=False)
except OSError as error:
    sys.exit(str(error))
"""


def command(server, data, limit=0):
    return [sys.executable, "-c", RUN, server.url, str(data), SHA, str(limit)]


def test_full_disk_then_resumed(server, tmp_path):
    done = subprocess.run(command(server, tmp_path, 2_000_000), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("the disk is full or a size limit is reached")
    assert "Traceback" not in done.stderr and not (tmp_path / "rnaseq").exists()
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY and "Range" in server.requests[-1]


def test_killed_then_resumed(server, tmp_path):
    server.pause = 0.05
    part = tmp_path / ".fetch" / "matrix" / "matrix.h5.part"
    child = subprocess.Popen(command(server, tmp_path))
    limit = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size > 500_000):
        assert time.monotonic() < limit and child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=10)
    kept = part.stat().st_size
    assert 0 < kept < len(BODY) and not (tmp_path / "rnaseq").exists()
    server.pause = 0
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY and server.requests[-1]["Range"] == f"bytes={kept}-"
    assert only_final(tmp_path) == ["recorded_sha256.tsv", "rnaseq/matrix.h5"]


def test_killed_after_the_last_byte_asks_for_no_byte_twice(server, tmp_path):
    work = tmp_path / ".fetch" / "matrix"
    work.mkdir(parents=True)
    (work / "matrix.h5.part").write_bytes(BODY)
    note = f'{{"url": "{server.url}", "version": "\\"v1\\"", "total": {len(BODY)}}}'
    (work / "matrix.h5.part.json").write_text(note)
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY and [r["Range"] for r in server.requests] == [f"bytes={len(BODY)}-"]
    assert only_final(tmp_path) == ["recorded_sha256.tsv", "rnaseq/matrix.h5"]


def test_null_hash_is_recorded_and_checked_ever_after(server, tmp_path):
    (path,) = fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    assert SHA in (tmp_path / "recorded_sha256.tsv").read_text()
    path.write_bytes(BODY[:-1] + b"!")
    assert status(one(server.url, None), tmp_path, verify=True).loc[0, "state"] == "changed"
    with pytest.raises(ValueError, match="sha256 recorded when it was downloaded"):
        fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    path.unlink()
    server.body = OTHER
    with pytest.raises(ValueError, match="recorded at the first download"):
        fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    assert not path.exists()


def test_gz_is_unpacked_and_a_damaged_one_refused(server, tmp_path, monkeypatch):
    plain = b"pr_gene_id\tpr_gene_symbol\n" * 100_000
    server.body = gzip.compress(plain)
    packed = one(server.url + ".gz", None, compressed="gz", unpack=True, path="rnaseq/info.txt")
    (path,) = fetch("matrix", tmp_path, packed, **QUICK)
    assert path.read_bytes() == plain
    assert only_final(tmp_path) == ["recorded_sha256.tsv", "rnaseq/info.txt"]
    fetch("matrix", tmp_path, packed, **QUICK)
    assert len(server.requests) == 1
    server.body, other = server.body[:-2000], tmp_path / "other"
    with pytest.raises(ValueError, match="is not a whole gzip file"):
        fetch("matrix", other, packed, **QUICK)
    assert not (other / "rnaseq").exists()


def test_full_disk_while_unpacking_keeps_the_download(server, tmp_path, monkeypatch):
    server.body = gzip.compress(BODY)

    def full(*args):
        raise OSError(errno.ENOSPC, "no space")

    packed = one(server.url + ".gz", None, compressed="gz", unpack=True)
    with monkeypatch.context() as patch:
        patch.setattr(gunzip._Reader, "read", full)
        with pytest.raises(OSError, match="the disk is full"):
            fetch("matrix", tmp_path, packed, **QUICK)
    (path,) = fetch("matrix", tmp_path, packed, **QUICK)
    assert path.read_bytes() == BODY and len(server.requests) == 1


def test_a_file_of_the_user_is_never_overwritten(server, tmp_path):
    path = tmp_path / "rnaseq" / "matrix.h5"
    path.parent.mkdir()
    path.write_bytes(b"mine")
    with pytest.raises(ValueError, match="is not the file expected: sha256 of the manifest"):
        fetch("matrix", tmp_path, one(server.url), **QUICK)
    path.write_bytes(OTHER)
    fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    assert path.read_bytes() == OTHER and server.requests == []


def test_two_fetches_of_one_dataset_are_kept_apart(server, tmp_path):
    entry = one(server.url)["matrix"]
    with download._only_one(entry, tmp_path):
        with pytest.raises(OSError, match="another fetch is at work on matrix"):
            fetch("matrix", tmp_path, {"matrix": entry}, **QUICK)


def test_command_lists_fetches_and_speaks_in_one_sentence(server, tmp_path):
    manifest = tmp_path / "mine.yaml"
    manifest.write_text(
        f"datasets:\n- {{name: matrix, path: m.h5, url: '{server.url}', bytes: {len(BODY)}, sha256: {SHA}, "
        "compressed: null, unpack: false, licence: none, citation: nobody, used_by: []}\n"
    )
    options = ["--data", str(tmp_path / "data"), "--manifest", str(manifest)]
    listed = CliRunner().invoke(main, ["fetch", "--list", *options])
    assert listed.exit_code == 0 and "missing" in listed.output and "3.0 MB to download" in listed.output
    assert "Name what to fetch" in CliRunner().invoke(main, ["fetch", *options]).output
    done = CliRunner().invoke(main, ["fetch", "--all", "--quiet", *options])
    assert done.exit_code == 0 and done.output.strip().endswith("m.h5")
    assert "present" in CliRunner().invoke(main, ["fetch", "--list", *options]).output
    wrong = CliRunner().invoke(main, ["fetch", "matrx", *options])
    assert wrong.exit_code == 2 and "did you mean matrix?" in wrong.output
