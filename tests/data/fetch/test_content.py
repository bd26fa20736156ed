"""What a download must be before it gets its name: magic numbers, structure, and no web page for a table."""

import gzip
import io
import json
import zipfile

import h5py
import pandas as pd
import pytest
from l1000_rnaseq.data.fetch import content
from l1000_rnaseq.data.fetch.content import check_content
from l1000_rnaseq.data.fetch.download import fetch
from l1000_rnaseq.data.fetch.manifest import status
from local_server import BODY, QUICK, hdf5, one, only_final, serving

PAGE = b"<!DOCTYPE html><html><head><title>Sign in\n to GTEx</title></head><body>x</body></html>"
TABLE = b"pr_gene_id\tpr_gene_symbol\n780\tDDR1\n" * 2000


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.tsv", data)
    return made.getvalue()


def gctx() -> bytes:
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        for name in ("0/DATA/0/matrix", "0/META/ROW/id", "0/META/COL/id"):
            file[name] = [1.0]
    return made.getvalue()


def parquet() -> bytes:
    return pd.DataFrame({"x": [1.0]}).to_parquet()


RIGHT = {
    "a.h5": BODY,
    "a.gctx": gctx(),
    "a.txt": TABLE,
    "a.TSV": b"\xef\xbb\xbf" + TABLE,
    "a.csv": b"a,b\r\n1,2\r\n",
    "a.gct": b"#1.2\n1\t1\nName\tDescription\ts\nx\ty\t1\n",
    "a.gmt": b"set\t\tA\tB\n",
    "a.gct.gz": gzip.compress(b"#1.3\n1\t1\t0\t0\n"),
    "a.txt.gz": gzip.compress(TABLE),
    "a.gctx.gz": gzip.compress(gctx()),
    "a.tsv.zip": zipped(TABLE),
    "a.parquet": parquet(),
    "a.unknown": b"anything",
    "latin.txt": "dose\t10 µM\n".encode("latin-1"),
}
WRONG = {
    "a.h5": [
        (PAGE, r"it is a web page \('Sign in to GTEx'\), 86 bytes; expected HDF5"),
        (
            b"<html><body>Please log in</body></html>",
            r"a web page \('Please log in'\), 39 bytes; expected HDF5",
        ),
        (b"\n  <HTML lang=en>", "it is a web page, 17 bytes; expected HDF5"),
        (b"", "it is empty, 0 bytes; expected HDF5"),
        (TABLE, r"it is text \('pr_gene_id pr_gene_symbol 780"),
        (gzip.compress(BODY), "it is a gzip file, .* expected HDF5"),
        (b"\0\1\2" * 99, r"it is binary \(00 01 02 00"),
        (BODY[:-1000], "truncated or damaged"),
    ],
    "a.gctx": [(BODY, "it is HDF5 without 0/DATA/0/matrix, .*; expected GCTX 1.0")],
    "a.txt": [
        (PAGE, "a web page .* expected a table with tabs or commas"),
        (b'{"error": {"code": 401, "message": "Unauthorized"}}', r"it is JSON .*'\{\"error"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "it is XML .*AccessDenied"),
        (gzip.compress(TABLE), "it is a gzip file"),
        (BODY, "it is a HDF5 file"),
        (b"Forbidden", r"it is text \('Forbidden'\), 9 bytes; expected a table"),
    ],
    "a.gct": [(TABLE, "expected GCT, whose first line is #1.2 or #1.3")],
    "a.gmt": [(b"Library not found\n", "expected GMT: name, description and genes")],
    "a.gct.gz": [
        (PAGE, "a web page .* expected gzip"),
        (gzip.compress(PAGE), r"it is gzip with a web page \('Sign in to GTEx'\) in it; expected GCT"),
        (gzip.compress(hdf5(3))[:-4000], "it is not a whole gzip file"),
        (gzip.compress(b"#1.2\n" + TABLE)[:-4] + b"0000", "it is not a whole gzip file"),
    ],
    "a.tsv.zip": [
        (PAGE, "a web page .* expected zip"),
        (zipped(TABLE)[:-30], "it is not a whole zip file"),
        (zipped(TABLE).replace(b"a.tsv\xed", b"a.tsv\x00", 1), "it is"),
    ],
    "a.parquet": [(parquet()[:-9], "it is Parquet that is cut off"), (PAGE, "expected Parquet")],
    "a.unknown": [(PAGE, "a web page"), (b"", "it is empty")],
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_as_its_name_says(tmp_path, name):
    (tmp_path / "x").write_bytes(RIGHT[name])
    check_content(tmp_path / "x", name)


@pytest.mark.parametrize(("name", "number"), [(name, n) for name in WRONG for n in range(len(WRONG[name]))])
def test_what_is_not(tmp_path, name, number):
    data, words = WRONG[name][number]
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ValueError, match=words):
        check_content(tmp_path / "x", name)


def test_json_that_is_longer_than_the_head_is_json(monkeypatch):
    text = json.dumps([{"a": k} for k in range(20_000)]).encode()
    assert content.seen(text[: content.HEAD]).startswith("JSON")
    assert content.seen(b"[1] not json\n").startswith("text")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as httpd:
        yield httpd


@pytest.mark.parametrize("says_length", [True, False])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "it is a web page"),
        ({"bytes": 47_865_298_452}, "86.*47,865,298,452"),
        ({"compressed": "gz", "unpack": True}, "it is a web page .* expected gzip"),
        ({"path": "rnaseq/a.gct.gz", "compressed": "gz"}, "it is a web page .* expected gzip"),
    ],
)
def test_a_log_in_page_is_no_download(server, tmp_path, monkeypatch, says_length, changes, words):
    monkeypatch.setattr(
        "l1000_rnaseq.data.fetch.download.shutil.disk_usage", lambda path: type("", (), {"free": 10**15})
    )
    server.body, server.says_length = PAGE, says_length
    with pytest.raises(ValueError, match=words):
        fetch("matrix", tmp_path, one(server.url, None, **changes), **QUICK)
    assert only_final(tmp_path) == [] and not (tmp_path / ".fetch").exists()
    server.body = BODY  # a later, right answer is not held against the page
    entry = one(server.url, None)
    assert fetch("matrix", tmp_path, entry, **QUICK)[0].read_bytes() == BODY


def test_what_is_packed_is_looked_at_too(server, tmp_path):
    server.body = gzip.compress(PAGE)
    packed = one(server.url + ".gz", None, compressed="gz", unpack=True)
    with pytest.raises(ValueError, match="it is a web page .* expected HDF5; the download was removed"):
        fetch("matrix", tmp_path, packed, **QUICK)
    assert only_final(tmp_path) == []


def test_the_size_is_that_of_the_manifest(server, tmp_path):
    for says_length in (True, False):
        server.says_length = says_length
        with pytest.raises(ValueError, match=f"{len(BODY):,}.*the manifest says {len(BODY) + 1:,}"):
            fetch("matrix", tmp_path, one(server.url, None, bytes=len(BODY) + 1), **QUICK)
        assert only_final(tmp_path) == []
    fetch("matrix", tmp_path, one(server.url, None, bytes=len(BODY) + 1, overwritten=True), **QUICK)


def test_a_page_that_an_earlier_version_kept_is_told(server, tmp_path):
    path = tmp_path / "rnaseq" / "matrix.h5"
    path.parent.mkdir()
    path.write_bytes(PAGE)
    entry = one(server.url, None)
    with pytest.raises(
        ValueError, match="matrix.h5: it is a web page .*; move or delete it and fetch matrix"
    ):
        fetch("matrix", tmp_path, entry, **QUICK)
    assert status(entry, tmp_path).loc[0, "state"] == "changed"
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError, match="matrix.h5 is a folder; a file is to be there"):
        fetch("matrix", tmp_path, entry, **QUICK)
