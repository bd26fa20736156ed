"""GTEx split by tissue: equal to reading the samples from the GCT, whatever the block; resumed; bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.aging import tissues as room
from l1000_rnaseq.aging.tissues import split_by_tissue
from l1000_rnaseq.data.files.gtex import read_gct_counts, read_sample_info

INFO = pd.DataFrame(
    {
        "SMTS": ["Skin", "Lung", "Skin", None],
        "SUBJID": list("AABB"),
        "AGE": ["20-29", "20-29", "60-69", "60-69"],
    },
    index=["A-1", "A-2", "B-1", "B-2"],
)
ROWS = ["E1\tDDR1\t1\t2\t3\t4", "E2\tNEW\t5\t6\t7\t8", "E3\tDDR1\t10\t20\t30\t40"]


def text(rows=ROWS, n_genes=3, head="A-1\tA-2\tB-1\tB-2"):
    return "\n".join(["#1.2", f"{n_genes}\t4", f"Name\tDescription\t{head}", *rows]) + "\n"


def test_every_tissue_is_what_the_gct_holds(small_tissues, small_counts, small_info):
    assert small_tissues.tissues == ["Eye", "Lung", "Skin"]
    for tissue in small_tissues.tissues:
        counts = small_tissues.read(tissue)
        assert set(counts.index) == set(small_info.index[small_info["SMTS"] == tissue])
        pd.testing.assert_frame_equal(counts, small_counts.loc[counts.index])
    part_of_info = small_info[(small_info["SEX"] == 2) & (small_info["SMTS"] != "Eye")].iloc[::-1]
    part = replace(small_tissues, info=part_of_info)
    assert part.tissues == ["Lung", "Skin"]
    expected = part_of_info.index[part_of_info["SMTS"] == "Skin"]
    pd.testing.assert_frame_equal(part.read("Skin"), small_counts.loc[expected])
    with pytest.raises(ValueError, match="no tissue 'Nail' in .*; there are Eye, Lung, Skin"):
        small_tissues.read("Nail")


@pytest.mark.parametrize("numbered", [False, True], ids=["", "GTEx v8, one tissue"])
@pytest.mark.parametrize("rows", [1, 2, 256])
def test_symbols_are_summed_and_samples_without_a_tissue_left_out(
    tmp_path, monkeypatch, caplog, rows, numbered
):
    monkeypatch.setattr(room, "_BLOCK_ROWS", rows)
    path = tmp_path / "a.gct"
    content = text()
    if numbered:
        content = text([f"{i}\t{row}" for i, row in enumerate(ROWS)]).replace("Name", "id\tName")
    path.write_text(content)
    counts = split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)
    assert "1 of 4 samples" in caplog.text
    for tissue, samples in (("Skin", ["A-1", "B-1"]), ("Lung", ["A-2"])):
        pd.testing.assert_frame_equal(counts.read(tissue), read_gct_counts(path, samples))
    assert counts.read("Skin").loc["B-1"].to_dict() == {"DDR1": 33, "NEW": 7}


def test_real_counts_are_read_the_same(real_data, tmp_path):
    path = real_data / "rnaseq" / "gtex_gene_reads.gct.gz"
    tissues = split_by_tissue(path, read_sample_info(path.parent), tmp_path / "a.h5", progress=False)
    counts = tissues.read("Kidney")
    assert counts.shape == (32, 18_917)
    pd.testing.assert_frame_equal(counts, read_gct_counts(path, counts.index), check_names=False)


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    path, whole = tmp_path / "a.gct", room._row
    path.write_text(text())
    parsed = []

    def row(path, line, n):
        parsed.append(line[:2])
        if len(parsed) == 3:
            raise KeyboardInterrupt
        return whole(path, line, n)

    monkeypatch.setattr(room, "_BLOCK_ROWS", 1)
    monkeypatch.setattr(room, "_row", row)
    with pytest.raises(KeyboardInterrupt):
        split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)
    assert not (tmp_path / "a.h5").exists()
    tissues = split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)
    assert parsed == ["E1", "E2", "E3", "E3"]
    pd.testing.assert_frame_equal(tissues.read("Lung"), read_gct_counts(path, ["A-2"]))
    split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)  # it is there already
    assert len(parsed) == 4
    path.write_text(text([*ROWS[:2], "E3\tDDR1\t10\t20\t30\t41"]))
    split_by_tissue(path, INFO.fillna("Skin"), tmp_path / "a.h5", progress=False)
    assert len(parsed) == 7


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (text(n_genes=4), "says 4 genes, but the table has 3"),
        (text(n_genes=2), "says 2 genes, but the table has more"),
        (text([*ROWS[:2], "E3\tDDR1\t1\t2\t3"]), "gene E3 has 3 values; expected 4"),
        (text([*ROWS[:2], "E3\tDDR1\t1\t2\t3\tx"]), "gene E3 has a value that is no number"),
        (text([*ROWS[:2], "E3\tDDR1\t1\t2\t3\t-4"]), "gene E3 has a negative or missing count"),
        (text([*ROWS[:2], "E3\tDDR1\t1\t2\t3\tnan"]), "gene E3 has a negative or missing count"),
        (text(head="C-1\tC-2\tC-3\tC-4"), "none of the 4 samples .* has a tissue and an age"),
        ("#1.1\n", "is not GCT 1.2"),
    ],
)
def test_bad_files_are_refused(tmp_path, content, match):
    path = tmp_path / "a.gct"
    path.write_text(content)
    with pytest.raises(ValueError, match=match):
        split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)
    assert not (tmp_path / "a.h5").exists()


def test_a_cut_gzip_file_is_refused(tmp_path):
    import gzip

    path, rng = tmp_path / "a.gct.gz", np.random.default_rng(0)
    rows = ["\t".join([f"E{i}", f"GENE{i}", *map(str, rng.integers(0, 9999, 4))]) for i in range(3000)]
    path.write_bytes(gzip.compress(text(rows, 3000).encode())[:-4000])
    with pytest.raises(ValueError, match="is not a whole gzip file"):
        split_by_tissue(path, INFO, tmp_path / "a.h5", progress=False)
