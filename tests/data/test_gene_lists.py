"""Lists of genes in text files, as Excel, R and people write them."""

import pytest
from l1000_rnaseq.data.gene_lists import read_genes


def test_lists_as_excel_and_r_write_them(tmp_path):
    path = tmp_path / "genes.txt"
    table = '"gene"\t"logFC"\n"HSPA1A"\t1\nNA\t2\nHMOX1\t-0.5\n'.split("\n", 1)[1]
    for text, expected in (
        (table, ["HSPA1A", "HMOX1"]),  # numbers beside the genes are no Entrez ids
        ("HSPA1A,2.5\nHMOX1,1e-3", ["HSPA1A", "HMOX1"]),
        ("HSPA1A, HMOX1 BAG3\n\n'DNAJB1'", ["HSPA1A", "HMOX1", "BAG3", "DNAJB1"]),
        ("3310\n3162 # Entrez", ["3310", "3162"]),
        ("3310 3162, 9531", ["3310", "3162", "9531"]),
    ):
        path.write_text(text, encoding="utf-8-sig")  # with Excel's mark
        assert read_genes(path) == expected


def test_what_is_no_list_is_told(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="there is no file .*absent.txt; expected one with a gene per"
    ):
        read_genes(tmp_path / "absent.txt")
    (tmp_path / "empty.txt").write_text("# nothing\nNA\n")
    with pytest.raises(ValueError, match="empty.txt names no gene; expected one per line"):
        read_genes(tmp_path / "empty.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="binary.txt is not text"):
        read_genes(tmp_path / "binary.txt")
