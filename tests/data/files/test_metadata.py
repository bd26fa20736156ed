"""Tables about samples as people write them, and how they are brought to the samples of a matrix."""

import csv
import gzip
import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from l1000_rnaseq.data.files.metadata import match, read_metadata, write_metadata
from l1000_rnaseq.data.files.missing import WORDS

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
    with pytest.raises(ValueError, match=r"a\.txt(:| is| has) "):
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


def test_a_row_twice_counts_once_and_different_rows_are_refused(caplog):
    twice = pd.concat([EXPECTED, EXPECTED.iloc[[0, 0, 2]]])
    pd.testing.assert_frame_equal(match(twice, pd.Index(["w1", "w2"])), EXPECTED.loc[["w1", "w2"]])
    assert "1 ids are more than once in the table, in equal rows: each counts once: w1" in caplog.text
    twice.iloc[3, 0] = "2 µM"
    with pytest.raises(
        ValueError, match=r"the table has 1 ids more than once, with different dose: w1; expected one row"
    ):
        match(twice, pd.Index(["w1", "w2"]))
    assert len(match(twice, pd.Index(["w2"]))) == 1  # what is not asked for does not matter


def test_the_column_with_the_ids_is_found(tmp_path, caplog):
    text = "bead\tplate\tsample_id\nb1\tP\tw1\nb2\tP\tw2\n"
    (tmp_path / "a.txt").write_text(text)
    table = read_metadata(tmp_path / "a.txt")
    assert list(table.index) == ["w1", "w2"] and list(table.columns) == ["bead", "plate"]
    (tmp_path / "a.txt").write_text(text.replace("sample_id", "mine"))
    with caplog.at_level(logging.INFO):
        found = match(read_metadata(tmp_path / "a.txt"), pd.Index(["w2", "w1"]), info="a.txt")
    assert found["bead"].tolist() == ["b2", "b1"] and list(found.columns) == ["bead", "plate"]
    assert "a.txt: the ids are read from the column mine" in caplog.text
    numbered = EXPECTED.reset_index(names="well")  # a DataFrame under row numbers
    assert match(numbered, pd.Index(["w3"]))["note"].tolist() == ["plain"]


def test_a_column_twice_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("inst_id\tdose\tdose\nw1\t1\t2\n")
    with pytest.raises(ValueError, match="1 column names are there twice: dose"):
        read_metadata(tmp_path / "a.txt")


# a cell of two quotes is an empty one
CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
CELLS = CELLS.filter(lambda text: '""' not in text)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.booleans())
def test_any_text_is_read_as_the_csv_module_reads_it(tmp_path, rows, is_quoted):
    rows = [[f"w{number}", *row] for number, row in enumerate(rows)]
    layout = {"delimiter": ",", "quoting": csv.QUOTE_ALL} if is_quoted else {"delimiter": "\t"}
    if not is_quoted:
        layout |= {"quoting": csv.QUOTE_NONE, "quotechar": None}
    with (tmp_path / "a.txt").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **layout, lineterminator="\n").writerows([["inst_id", "a", "b"], *rows])
    expected = [["" if value.strip() in WORDS else value for value in row[1:]] for row in rows]
    table = read_metadata(tmp_path / "a.txt")
    assert table.to_numpy().tolist() == expected and list(table.index) == [row[0] for row in rows]
