"""Tables about samples as people write them, and how they are brought to the samples of a matrix."""

import csv
import gzip
import logging

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.metadata import match, read_metadata, write_metadata

ROWS = [
    ["w1", "10 µM", "0123", 'say "hi", then go'],
    ["w2", "-666", "1e3", "NA"],
    ["w3", "2,5", "", "plain"],
]
COLUMNS = ["inst_id", "dose", "code", "note"]
EXPECTED = pd.DataFrame(
    [["10 µM", "0123", 'say "hi", then go'], ["", "1e3", ""], ["2,5", "", "plain"]],
    index=["w1", "w2", "w3"],
    columns=COLUMNS[1:],
)


def text(sep, quoting, end="\n"):
    lines = []
    for fields in [COLUMNS, *ROWS]:
        quoted = ['"' + field.replace('"', '""') + '"' for field in fields]
        needed = [
            q if quoting == "all" or (sep in f and quoting) else f
            for q, f in zip(quoted, fields, strict=True)
        ]
        lines.append(sep.join(needed))
    return end.join(lines) + end


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.txt", text("\t", "").encode()),  # CMap: nothing is quoted
        ("a.txt", text("\t", "", "\r\n").encode()),
        ("a.tsv", text("\t", "all").encode()),  # R's write.table
        ("a.csv", text(",", "needed").encode("utf-8-sig")),  # Excel
        ("a.csv", text(",", "all").encode("latin-1")),
        ("a.txt", text("\t", "").encode("latin-1")),
        ("a.txt.gz", gzip.compress(text("\t", "").encode())),
    ],
)
def test_every_dialect_of_text_is_read_as_text(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    pd.testing.assert_frame_equal(read_metadata(tmp_path / name), EXPECTED, check_names=False)


def test_a_quote_that_never_ends_takes_no_row(tmp_path):
    (tmp_path / "a.txt").write_text("inst_id\tname\nw1\t\"2'-deoxy\nw2\tb\n")
    assert read_metadata(tmp_path / "a.txt")["name"].tolist() == ["\"2'-deoxy", "b"]


def test_what_is_written_is_read_again_and_pandas_reads_it(tmp_path):
    table = EXPECTED.assign(score=[0.1234567, np.nan, -2.0], n=[1, 2, 3]).rename_axis("sig_id")
    write_metadata(tmp_path / "a.txt", table.replace("plain", "two\tlines\n"))
    again = read_metadata(tmp_path / "a.txt")
    assert again["note"].tolist() == ['say "hi", then go', "", "two lines "]
    assert again["score"].tolist() == ["0.12346", "", "-2"] and again["n"].tolist() == ["1", "2", "3"]
    raw = pd.read_csv(tmp_path / "a.txt", sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    assert raw.loc[1].tolist() == ["w2", "-666", "1e3", "-666", "-666", "2"] and raw.columns[0] == "sig_id"


@pytest.mark.parametrize("content", [b"", b"inst_id\tdose\n", b"inst_id\nw1\n", b"a\tb\n1\t2\t3\t4\n5\n"])
def test_what_is_no_table_is_told(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.txt (is|has) "):
        read_metadata(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_metadata(tmp_path / "b.txt")


def test_a_table_is_matched_to_samples(caplog):
    ids = pd.Index(["w3", "w1"])
    pd.testing.assert_frame_equal(match(EXPECTED, ids), EXPECTED.loc[["w3", "w1"]])
    more = pd.Index(["w3", "z", "w1"])
    with pytest.raises(
        ValueError, match=r"1 of 3 samples of p\.gctx are not in i\.txt: z; .* begins with w1, w2"
    ):
        match(EXPECTED, more, "p.gctx", "i.txt")
    with caplog.at_level(logging.WARNING):
        assert list(match(EXPECTED, more, unlisted="drop").index) == ["w3", "w1"]
        assert match(EXPECTED, more, unlisted="blank").loc["z"].tolist() == ["", "", ""]
    assert "1 samples of the profiles are not in the table and are left out: z" in caplog.text
    assert "have no metadata: z" in caplog.text
    for unlisted in ("refuse", "drop", "blank"):
        with pytest.raises(ValueError, match="1 of 1 samples of the profiles are not in the table: x"):
            match(EXPECTED, pd.Index(["x"]), unlisted=unlisted)


def test_a_row_twice_is_refused_where_it_matters():
    twice = pd.concat([EXPECTED, EXPECTED.iloc[:1]])
    with pytest.raises(
        ValueError, match=r"the table has 1 samples more than once: w1; expected one row each"
    ):
        match(twice, pd.Index(["w1", "w2"]))
    assert len(match(twice, pd.Index(["w2"]))) == 1
