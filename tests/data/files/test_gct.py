"""GCT: cmapPy as oracle, damaged files."""

import gzip

import numpy as np
import pandas as pd
import pytest
from cmapPy.pandasGEXpress.parse import parse
from l1000_rnaseq.data.files.gct import open_gct

GENES = ["780", "7849", "6193", "23"]


@pytest.fixture
def profiles():
    values = np.random.default_rng(0).normal(8, 2, (11, 4)).astype(np.float32)
    return pd.DataFrame(values, index=[f"w{i}" for i in range(11)], columns=GENES)


def gct13(profiles) -> str:
    lines = ["#1.3", "4\t11\t1\t2", "id\tpr_gene_symbol\t" + "\t".join(profiles.index)]
    lines += [
        "cell_id\tna\t" + "\t".join(["MCF7"] * 11),
        "dose\tna\t" + "\t".join(["-666", *map(str, range(1, 11))]),
    ]
    lines += [f"{g}\tS{g}\t" + "\t".join(map(repr, map(float, profiles[g]))) for g in profiles]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("zipped", [False, True])
def test_gct13_equals_cmappy(tmp_path, profiles, zipped):
    (tmp_path / "a.gct").write_text(gct13(profiles))
    expected = parse(str(tmp_path / "a.gct"))
    path = tmp_path / ("a.gct.gz" if zipped else "a.gct")
    if zipped:
        path.write_bytes(gzip.compress(gct13(profiles).encode()))
    file = open_gct(path)
    assert list(file.row_ids) == list(expected.row_metadata_df.index)
    assert np.allclose(file.read(2, 7), expected.data_df.iloc[:, 2:7].T, rtol=1e-6, atol=0)
    assert file.sample_metadata["dose"].equals(expected.col_metadata_df["dose"])
    assert file.row_metadata["pr_gene_symbol"].iloc[0] == "S780"


@pytest.mark.parametrize(
    "old, new, match",
    [
        ("#1.3", "#1.1", "first line is '#1.1'; expected '#1.2' or '#1.3'"),
        ("4\t11\t1\t2", "4 11", "the dimension line is '4 11'; expected 4 numbers"),
        ("4\t11\t1\t2", "5\t11\t1\t2", "dimension line says 5 rows, but the table has 4"),
        ("4\t11\t1\t2", "4\t12\t1\t2", "dimension line says 12 samples, but the header has 11"),
        ("w3", "w2", "are repeated in .*: w2"),
        ("23\tS23", "23", "row 4 has 12 fields; expected 13"),
    ],
)
def test_damaged_gct(tmp_path, profiles, old, new, match):
    (tmp_path / "a.gct").write_text(gct13(profiles).replace(old, new, 1))
    with pytest.raises(ValueError, match=match):
        open_gct(tmp_path / "a.gct")


def test_truncated_gzip(tmp_path, profiles):
    (tmp_path / "a.gct.gz").write_bytes(gzip.compress(gct13(profiles).encode())[:-30])
    with pytest.raises(ValueError, match="is not a whole gzip file"):
        open_gct(tmp_path / "a.gct.gz")


def test_latin_1_and_a_byte_order_mark(tmp_path, profiles):
    text = gct13(profiles).replace("MCF7", "10 µM")
    for name, content in (("a.gct", text.encode("latin-1")), ("b.gct", text.encode("utf-8-sig"))):
        (tmp_path / name).write_bytes(content)
        file = open_gct(tmp_path / name)
        assert set(file.sample_metadata["cell_id"]) == {"10 µM"}
        np.testing.assert_array_equal(file.read(), profiles)


def test_missing_values_are_nan(tmp_path, profiles):
    lines = gct13(profiles).splitlines()
    for row, missing in zip((5, 6, 7, 8), ("-666", "NA", "", "NaN"), strict=True):
        fields = lines[row].split("\t")
        lines[row] = "\t".join([*fields[:2], missing, *fields[3:]])
    (tmp_path / "a.gct").write_text("\n".join(lines) + "\n")
    values = open_gct(tmp_path / "a.gct").read()
    assert np.isnan(values[0]).all()
    np.testing.assert_array_equal(values[1:], profiles[1:])
