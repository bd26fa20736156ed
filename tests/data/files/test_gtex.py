"""GTEx counts, donors and HPA profiles; pandas as oracle."""

import gzip

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files import gtex
from l1000_rnaseq.data.files.gct import open_gct
from l1000_rnaseq.data.files.gtex import read_gct_counts, read_hpa, read_sample_info
from l1000_rnaseq.data.gene_ids import genes_of_rows
from l1000_rnaseq.data.genes import landmarks

IDS = ["GTEX-A-1-SM-1", "GTEX-A-2-SM-2", "GTEX-B-1-SM-3"]
ROWS = [
    ("ENSG1.1", "DDR1"),
    ("ENSG2.1", "AARS1"),
    ("ENSG3.1", "DDR1"),
    ("ENSG4.1", "NA"),
    ("ENSG5.1", "DDR1"),
]


def text(n_genes=5, n_samples=3, version="#1.2"):
    lines = [version, f"{n_genes}\t{n_samples}", "\t".join(["Name", "Description", *IDS])]
    lines += ["\t".join([*names, *(str(10 * i + j) for j in range(3))]) for i, names in enumerate(ROWS)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("cells", [1, 12, 5_000_000])
@pytest.mark.parametrize("zipped", [False, True])
def test_counts_are_summed_by_symbol_whatever_the_block(tmp_path, monkeypatch, cells, zipped):
    monkeypatch.setattr(gtex, "_BLOCK_CELLS", cells)
    path = tmp_path / ("a.gct.gz" if zipped else "a.gct")
    path.write_bytes(gzip.compress(text().encode()) if zipped else text().encode())
    counts = read_gct_counts(path)
    expected = {"DDR1": [60, 63, 66], "AARS": [10, 11, 12], "NA": [30, 31, 32]}
    pd.testing.assert_frame_equal(counts, pd.DataFrame(expected, index=IDS, dtype=np.float32))
    pd.testing.assert_frame_equal(read_gct_counts(path, IDS[::-2]), counts.loc[IDS[::-2]])


def numbered(content: str) -> str:
    """Return a GCT as GTEx v8 has one for each tissue: with a first column that numbers the rows."""
    version, size, head, *rows = content.splitlines()
    return "\n".join([version, size, f"id\t{head}", *(f"{i}\t{row}" for i, row in enumerate(rows))]) + "\n"


def test_files_of_one_tissue_number_their_rows(tmp_path):
    for name, content in (("a.gct", text()), ("b.gct", numbered(text()))):
        (tmp_path / name).write_text(content)
    pd.testing.assert_frame_equal(read_gct_counts(tmp_path / "b.gct"), read_gct_counts(tmp_path / "a.gct"))
    file, expected = (open_gct(tmp_path / name) for name in ("b.gct", "a.gct"))
    assert list(file.row_ids) == list(expected.row_ids) == [name for name, _ in ROWS]
    assert file.row_metadata.equals(expected.row_metadata) and (file.read() == expected.read()).all()


def test_bad_counts(tmp_path):
    path = tmp_path / "a.gct"
    cases = [
        (text(version="#1.1"), "is not GCT 1.2 or 1.3: its first line is '#1.1'"),
        (text().replace("Description", "title", 1), "begins with the columns Name, title"),
        ("#1.3\n1\t1\t1\t1\nName\tDescription\ts\n", "and 1 rows about samples; expected Name"),
        (text(n_genes=6), "says 6 genes, but the table has 5"),
        (text(n_genes=4), "says 4 genes, but the table has 5"),
        (text(n_samples=4), "says 4 samples, but the header has 3"),
        ("", "is not GCT 1.2"),
    ]
    for content, match in cases:
        path.write_text(content)
        with pytest.raises(ValueError, match=match):
            read_gct_counts(path)
    path.write_text(text())
    with pytest.raises(ValueError, match=r"1 of 2 samples are not in .*: GTEX-X"):
        read_gct_counts(path, [IDS[0], "GTEX-X"])


def test_donors_are_joined(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no GTEx file \*attributes\*\.txt"):
        read_sample_info(tmp_path)
    attributes = tmp_path / "GTEx_v8_SampleAttributesDS.txt"
    phenotypes = tmp_path / "GTEx_v8_SubjectPhenotypesDS.txt"
    pd.DataFrame({"SAMPID": IDS, "SMTS": "Skin", "SMTSD": "Skin - Sun"}).to_csv(
        attributes, sep="\t", index=False
    )
    donors = pd.DataFrame({"SUBJID": ["GTEX-A"], "SEX": [1], "AGE": ["20-29"], "DTHHRDY": [0]})
    donors.to_csv(phenotypes, sep="\t", index=False)
    info = read_sample_info(tmp_path)
    assert list(info.index) == IDS and info["SUBJID"].tolist() == ["GTEX-A", "GTEX-A", "GTEX-B"]
    assert info["AGE"].tolist()[:2] == ["20-29"] * 2 and info["AGE"].isna().tolist() == [False, False, True]
    pd.testing.assert_frame_equal(info, read_sample_info((attributes, phenotypes)))
    with pytest.raises(ValueError, match="has no column SUBJID, SEX"):
        read_sample_info((attributes, attributes))


def test_a_sample_or_a_donor_twice(tmp_path, caplog):
    paths = tmp_path / "attributes.txt", tmp_path / "phenotypes.txt"
    samples = pd.DataFrame({"SAMPID": [*IDS, IDS[0]], "SMTS": "Skin", "SMTSD": "Skin - Sun"})
    donors = pd.DataFrame({"SUBJID": ["GTEX-A"] * 2, "SEX": 1, "AGE": "20-29", "DTHHRDY": 0})
    for table, path in zip((samples, donors), paths, strict=True):
        table.to_csv(path, sep="\t", index=False)
    assert list(read_sample_info(paths).index) == IDS
    assert "1 ids are more than once in" in caplog.text and "each counts once: GTEX-A" in caplog.text
    donors.assign(AGE=["20-29", "30-39"]).to_csv(paths[1], sep="\t", index=False)
    with pytest.raises(ValueError, match="phenotypes.txt has 1 ids more than once, with different AGE"):
        read_sample_info(paths)


def test_hpa_sums_symbols_and_keeps_missing_values(tmp_path):
    table = pd.DataFrame(
        {"Gene": list("abcd"), "Gene name": ["DDR1", "AARS1", "DDR1", "X"], "A-431": [1.0, 2, 3, np.nan]}
    )
    table.to_csv(tmp_path / "a.tsv.gz", sep="\t", index=False)
    got = read_hpa(tmp_path / "a.tsv.gz")
    expected = pd.DataFrame({"DDR1": [4.0], "AARS": [2.0], "X": [np.nan]}, index=["A-431"])
    pd.testing.assert_frame_equal(got, expected)
    table.drop(columns="Gene name").to_csv(tmp_path / "a.tsv.gz", sep="\t", index=False)
    with pytest.raises(ValueError, match="has no column 'Gene name'; expected Gene, Gene name"):
        read_hpa(tmp_path / "a.tsv.gz")


@pytest.mark.real
def test_real_files(real_data):
    folder = real_data / "rnaseq"
    counts, info = read_gct_counts(folder / "gtex_gene_reads.gct.gz"), read_sample_info(folder)
    table = pd.read_csv(folder / "gtex_gene_reads.gct.gz", sep="\t", skiprows=2, keep_default_na=False)
    names = genes_of_rows(table["Description"], table["Name"])
    expected = table.drop(columns=["Name", "Description"]).groupby(names, sort=False).sum().T
    assert list(counts.columns) == list(expected.columns)
    assert (counts.to_numpy() == expected.to_numpy(np.float32)).all()
    assert set(counts.index) == set(info.index) and info["SUBJID"].nunique() == 161
    for profiles in (counts, read_hpa(folder / "hpa_cell_lines.tsv.gz")):
        assert landmarks().index.isin(profiles.columns).all()
