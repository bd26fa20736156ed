"""fetch against a local server: whole, cut and resumed, refused, without network."""

import hashlib
import socket

import pytest
from l1000_rnaseq.data.fetch import transfer
from l1000_rnaseq.data.fetch.download import fetch
from l1000_rnaseq.data.fetch.manifest import status
from local_server import BODY, OTHER, QUICK, SHA, one, only_final, serving


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as httpd:
        yield httpd


def test_full_download_then_nothing_is_fetched_again(server, tmp_path):
    told = []
    paths = fetch("matrix", tmp_path, one(server.url), tell=told.append, **QUICK)
    assert paths == [tmp_path / "rnaseq" / "matrix.h5"]
    assert paths[0].read_bytes() == BODY
    assert only_final(tmp_path) == ["recorded_sha256.tsv", "rnaseq/matrix.h5"]
    assert not (tmp_path / ".fetch").exists()
    assert told[0].startswith("1 file to download: 3.0 MB; at least 3.0 MB on disk")
    fetch("matrix", tmp_path, one(server.url), tell=told.append, **QUICK)
    assert len(server.requests) == 1 and len(told) == 1


def test_cut_connection_is_resumed_in_the_same_run(server, tmp_path):
    server.cuts = [1_000_000, 700_000]
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY
    assert "Range" not in server.requests[0]
    assert [request["Range"] for request in server.requests[1:]] == ["bytes=1000000-", "bytes=1700000-"]
    assert server.requests[1]["If-Range"] == '"v1"'


def test_given_up_keeps_the_bytes_and_the_next_run_resumes(server, tmp_path):
    server.cuts = [1_000_000, 0, 0, 0]
    with pytest.raises(ConnectionError, match=r"\(1000000 bytes\) are kept .* the same command resumes"):
        fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert not (tmp_path / "rnaseq").exists()
    assert status(one(server.url), tmp_path).loc[0, "state"] == "partial"
    server.cuts, server.requests[:] = [], []
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY and server.requests[0]["Range"] == "bytes=1000000-"


def test_a_changed_file_is_not_glued_to_an_old_part(server, tmp_path):
    server.cuts = [1_000_000, 0, 0]
    with pytest.raises(ConnectionError):
        fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    server.body, server.etag, server.cuts = OTHER, '"v2"', []
    (path,) = fetch("matrix", tmp_path, one(server.url, None), **QUICK)
    assert path.read_bytes() == OTHER


def test_server_ignoring_range_starts_anew(server, tmp_path):
    server.ranges, server.cuts = False, [1_000_000]
    (path,) = fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert path.read_bytes() == BODY and "Range" in server.requests[1]


def test_wrong_hash_says_both_and_removes_the_file(server, tmp_path):
    with pytest.raises(ValueError, match=f"sha256 of the manifest: expected {'0' * 64}, got {SHA}"):
        fetch("matrix", tmp_path, one(server.url, "0" * 64), **QUICK)
    assert only_final(tmp_path) == []


def test_md5_is_verified_where_no_sha256_is_published(server, tmp_path):
    with pytest.raises(ValueError, match="does not have the md5 of the manifest"):
        fetch("matrix", tmp_path, one(server.url, None, md5="0" * 32), **QUICK)
    fetch("matrix", tmp_path, one(server.url, None, md5=hashlib.md5(BODY).hexdigest()), **QUICK)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [(404, FileNotFoundError, "is not there"), (403, PermissionError, "403"), (503, ConnectionError, "503")],
)
def test_refusals_are_sentences(server, tmp_path, code, error, words):
    server.code = code
    with pytest.raises(error, match=words):
        fetch("matrix", tmp_path, one(server.url), **QUICK)
    assert only_final(tmp_path) == []


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectionError, match="Connection refused.*check the network"):
        fetch("matrix", tmp_path, one(f"http://127.0.0.1:{port}/x"), **QUICK)


def test_too_little_space_is_told_before_the_first_byte(server, tmp_path):
    with pytest.raises(OSError, match="fetching matrix needs at least 1000000 TB"):
        fetch("matrix", tmp_path, one(server.url, bytes=10**18), **QUICK)
    assert server.requests == []


def test_sizes_for_people():
    sizes = [None, 5, 999, 2528, 999_600, 52_407_725_132]
    assert [transfer.human(size) for size in sizes] == [
        "unknown",
        "5 B",
        "999 B",
        "2.5 kB",
        "1.0 MB",
        "52.4 GB",
    ]
