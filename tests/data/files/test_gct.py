"""GCT: cmapPy as oracle, damaged files."""

import gzip
import time

import numpy as np
import pandas as pd
import pytest
from cmapPy.pandasGEXpress.parse import parse
from l1000_rnaseq.data.files.formats import open_profiles, open_writer
from l1000_rnaseq.data.files.gct import open_gct
from l1000_rnaseq.data.genes import landmarks

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


def test_names_in_quotes_come_back_as_they_were(tmp_path, profiles):
    ids = ['"ab"', '"', 'say "x"', *profiles.index[3:]]
    about = pd.DataFrame({"name": ['"cd"'] * 11}, ids)
    with open_writer(tmp_path / "a.gct", GENES, ids, sample_metadata=about) as out:
        out.write(0, profiles.to_numpy())
    file = open_gct(tmp_path / "a.gct")
    assert list(file.sample_ids) == ids and set(file.sample_metadata["name"]) == {'"cd"'}


def test_programs_that_quote_every_text(tmp_path, profiles):
    lines = [line.split("\t") for line in gct13(profiles).splitlines()]
    quoted = [[c if c[:1].isdigit() or c[:1] == "-" else f'"{c}"' for c in line] for line in lines[2:]]
    (tmp_path / "a.gct").write_text("\n".join(map("\t".join, [*lines[:2], *quoted])) + "\n")
    file = open_gct(tmp_path / "a.gct")
    assert list(file.sample_ids) == list(profiles.index)
    assert set(file.sample_metadata["cell_id"]) == {"MCF7"} and "pr_gene_symbol" in file.row_metadata


def test_missing_values_are_nan(tmp_path, profiles):
    lines = gct13(profiles).splitlines()
    for row, missing in zip((5, 6, 7, 8), ("-666", "NA", "", "NaN"), strict=True):
        fields = lines[row].split("\t")
        lines[row] = "\t".join([*fields[:2], missing, *fields[3:]])
    (tmp_path / "a.gct").write_text("\n".join(lines) + "\n")
    values = open_gct(tmp_path / "a.gct").read()
    assert np.isnan(values[0]).all()
    np.testing.assert_array_equal(values[1:], profiles[1:])


def test_numbers_missing_as_programs_write_them(tmp_path, profiles):
    lines = gct13(profiles).splitlines()
    words = ["na", "#N/A", "---", "null"]
    for row, word in zip(range(5, 9), words, strict=True):
        lines[row] = "\t".join([*lines[row].split("\t")[:2], word, *lines[row].split("\t")[3:]])
    (tmp_path / "a.gct").write_text("\n".join(lines) + "\n")
    assert np.isnan(open_gct(tmp_path / "a.gct").read()[0]).all()


def test_excel_makes_all_lines_as_long_and_ends_with_blank_rows(tmp_path, profiles):
    width = 13
    lines = [line + "\t" * (width + 1 - line.count("\t")) for line in gct13(profiles).splitlines()]
    (tmp_path / "a.gct").write_text(
        "\r\n".join([*lines[:2], *(line[:-2] for line in lines[2:]), "\t" * 12, ""])
    )
    file = open_gct(tmp_path / "a.gct")
    np.testing.assert_array_equal(file.read(), profiles)
    assert file.sample_metadata["cell_id"].tolist() == ["MCF7"] * 11


def test_codes_stay_text_and_numbers_are_numbers(tmp_path, profiles):
    (tmp_path / "a.gct").write_text(gct13(profiles).replace("MCF7", "007"))
    about = open_gct(tmp_path / "a.gct").sample_metadata
    assert about["cell_id"].tolist() == ["007"] * 11 and about["dose"].iloc[1:].tolist() == list(range(1, 11))


def test_a_value_that_is_no_number_is_told(tmp_path, profiles):
    (tmp_path / "a.gct").write_text(gct13(profiles)[:-9] + "failed\n")
    with pytest.raises(ValueError, match="a.gct has a value that is no number: .*failed"):
        open_gct(tmp_path / "a.gct")


def test_an_answer_of_clue_is_no_table_of_profiles(tmp_path):
    text = "#1.3\n2\t1\t2\t0\nid\tpert_id\tpert_iname\tnorm_cs\nA:B\tBRD-1\tx\t1.9\nA:C\tBRD-2\ty\t-1.2\n"
    (tmp_path / "a.gct").write_text(text)
    with pytest.raises(
        ValueError, match="the rows of .*a.gct are perturbagens or signatures .columns pert_id, pert"
    ):
        _ = open_gct(tmp_path / "a.gct").genes


@pytest.fixture
def plate(tmp_path):
    """A plate as the l1ktools pipeline writes it: probes in rows, a row of metadata that is called id."""
    genes = landmarks().iloc[:40]
    wells = [f"TEST_A375_24H_X1_B20:A{i:02d}" for i in range(3, 9)]
    values = np.random.default_rng(1).normal(8, 2, (40, 6)).round(4)
    about = {
        "bead_set": ["dp52,dp53"] * 6,
        "pert_dose": ["10", "-666"] * 3,
        "id": wells,
        "qc_iqr": ["8.9"] * 6,
    }
    lines = ["#1.3", "40\t6\t4\t4"]
    lines += ["\t".join(["id", "pr_analyte_id", "pr_gene_id", "pr_gene_symbol", "pr_gene_title", *wells])]
    lines += ["\t".join([name, *["na"] * 4, *row]) for name, row in about.items()]
    for i, (symbol, gene) in enumerate(genes.iterrows()):
        fields = [f"{200000 + i}_at", f"Analyte {i}", str(gene["entrez"]), symbol, "title, (PA28 alpha)"]
        lines.append("\t".join([*fields, *map(str, values[i])]))
    (tmp_path / "plate.gct").write_text("\n".join(lines) + "\n")
    return open_profiles(tmp_path / "plate.gct")


@pytest.mark.parametrize("suffix", [".gctx", ".h5ad", ".gct", ".gct.gz"])
def test_a_plate_is_written_back(tmp_path, plate, suffix, caplog):
    path = tmp_path / f"again{suffix}"
    tables = plate.row_metadata, plate.sample_metadata
    with open_writer(path, plate.row_ids, plate.sample_ids, *tables) as out:
        out.write(0, plate.read(0, 2))
        out.write(2, plate.read(2, 6))
    again = open_profiles(path)
    np.testing.assert_array_equal(again.read(), plate.read())
    assert list(again.sample_ids) == list(plate.sample_ids) and list(again.genes) == list(
        landmarks().index[:40]
    )
    name = "id" if suffix == ".h5ad" else "id_"
    assert again.sample_metadata[name].tolist() == list(plate.sample_ids)
    told = f"again{suffix}: sample metadata written under another name: id → id_"
    assert (told in caplog.text) == (suffix != ".h5ad")
    assert again.sample_metadata["pert_dose"].isna().tolist() == [False, True] * 3
    if suffix in (".gct", ".gctx"):
        expected = parse(str(path))
        np.testing.assert_allclose(expected.data_df.T, plate.read(), rtol=1e-6)
        assert list(expected.row_metadata_df["pr_gene_symbol"]) == list(landmarks().index[:40])


def test_ids_that_gct_cannot_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a.gct: sample id 'a\\tb' has a tab or several lines; rename it"):
        open_writer(tmp_path / "a.gct", GENES, ["a\tb"])


def test_a_plate_is_read_at_once(tmp_path):
    """371 wells × 978 genes took 0.1 s; issue 15 asks for 0.5 s."""
    wells = [f"w{i}" for i in range(371)]
    values = np.random.default_rng(0).normal(8, 2, (978, 371)).round(4)
    lines = ["#1.3", "978\t371\t0\t0", "\t".join(["id", *wells])]
    lines += ["\t".join([str(i), *map(str, row)]) for i, row in enumerate(values)]
    (tmp_path / "a.gct").write_text("\n".join(lines) + "\n")
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        open_gct(tmp_path / "a.gct").read()
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.5
