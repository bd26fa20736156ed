"""Lists of genes in files, as Excel, R, pandas and people write them: the same genes, or a sentence."""

import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.gene_lists import find_genes, read_genes

GENES = "HMOX1 SQSTM1 GCLM TXNRD1 NQO1 SRXN1 DNAJB1 HSPA1A HSPA1B HSPH1 BAG3 HSPA8".split()
ENTREZ = [3162, 8878, 2730, 7296, 1728, 140809, 3337, 3303, 3304, 10808, 9531, 3312]
ENSEMBL = ["ENSG00000100292", "ENSG00000161011", "ENSG00000023909", "ENSG00000198431", "ENSG00000181019",
           "ENSG00000271303", "ENSG00000132002", "ENSG00000204389", "ENSG00000204388", "ENSG00000120694",
           "ENSG00000151929", "ENSG00000109971"]  # fmt: skip
SYMBOLS = pd.Series(GENES)
PROBES = [
    "203665_at",
    "201471_s_at",
    "GCLM",
    "201266_at",
    "NQO1",
    "SRXN1",
    "200666_s_at",
    "200799_at",
    "HSPA1B",
    "HSPH1",
    "217911_s_at",
    "208687_x_at",
]  # of the landmarks among them
FOLD = np.linspace(3, -1.5, 12).round(3)


def r_csv(table, **more) -> str:
    """What R's write.csv writes: row names 1, 2, 3, … in quotes."""
    table = pd.DataFrame(table)
    return table.set_axis(table.index.astype(str) if table.index.dtype == object else [
        str(i + 1) for i in range(len(table))
    ]).to_csv(quoting=csv.QUOTE_NONNUMERIC, **more)  # fmt: skip


def r_table(table, sep: str) -> str:
    """What R's write.table writes: no name for the column of row names."""
    lines = r_csv(table, sep=sep).splitlines()
    return "\n".join([lines[0].split(sep, 1)[1], *lines[1:]])


LIMMA = pd.DataFrame(
    {"logFC": FOLD, "AveExpr": 7.5, "t": FOLD * 3, "P.Value": 1e-5, "adj.P.Val": 1e-3, "B": 4.1}, GENES
)
DESEQ2 = pd.DataFrame({"baseMean": FOLD + 300, "log2FoldChange": FOLD, "padj": [1e-9, np.nan] * 6}, GENES)
SEURAT = pd.DataFrame(
    {"p_val": 0, "avg_log2FC": FOLD, "pct.1": 0.9, "cluster": ["0", "1"] * 6, "gene": GENES},
    [GENES[0], *(f"{gene}.1" for gene in GENES[1:])],
)
WRITTEN = {
    "plain.txt": "\n".join(GENES),
    "spaces.txt": " ".join(GENES),
    "commas.txt": ", ".join(GENES),
    "semicolons.csv": ";".join(GENES),
    "tabs.txt": "\t".join(GENES),
    "python.txt": str(GENES),
    "r.txt": f"c{tuple(GENES)}".replace("'", '"'),
    "four_in_a_line.txt": "\n".join(" ".join(GENES[i : i + 4]) for i in (0, 4, 8)),
    "ragged.txt": "\n".join(" ".join(GENES[i : i + 5]) for i in (0, 5, 10)),
    "header.txt": "Gene symbol\n" + "\n".join(GENES),
    "comments.grp": "# a set\n" + "\n".join(f"{gene} # known" for gene in GENES),
    "lower.txt": "\n".join(GENES).lower(),
    "mouse.txt": "\n".join(gene.capitalize() for gene in GENES),
    "numbered.txt": "\n".join(f"{i}. {gene}" for i, gene in enumerate(GENES, 1)),
    "ranked.txt": "\n".join(f"{i} {gene}" for i, gene in enumerate(GENES, 1)),
    "depmap.txt": "\n".join(f"{gene} ({i})" for gene, i in zip(GENES, ENTREZ, strict=True)),
    "affymetrix.txt": "\n".join(f"{gene} /// LOC1" for gene in GENES),
    "affymetrix_last.txt": "\n".join(f"LOC1///{gene}" for gene in GENES),
    "entrez.txt": "\n".join(map(str, ENTREZ)),
    "entrez_floats.txt": "\n".join(f"{i}.0" for i in ENTREZ),
    "entrez_in_a_row.txt": ", ".join(map(str, ENTREZ)),
    "entrez_sorted.txt": "\n".join(map(str, sorted(ENTREZ))),
    "ensembl.txt": "\n".join(f"{i}.7" for i in ENSEMBL),
    "probes.txt": "\n".join(PROBES),
    "write.csv.csv": r_csv({"x": GENES}),
    "write.table.txt": r_table({"gene": GENES, "logFC": FOLD}, "\t"),
    "write.table.spaces.txt": r_table({"gene": GENES, "logFC": FOLD}, " "),
    "write.csv2.csv": r_csv({"gene": GENES, "logFC": FOLD}, sep=";", decimal=","),
    "pandas.csv": SYMBOLS.to_csv(),
    "pandas.named.csv": SYMBOLS.rename("names").to_csv(),
    "pandas.no_header.csv": SYMBOLS.to_csv(header=False),
    "subset_of_r.csv": SYMBOLS.set_axis([3, 17, 25, 26, 40, 41, 55, 60, 61, 70, 90, 95]).to_csv(),
    "gene_first.tsv": pd.DataFrame({"g": GENES, "fc": FOLD}).to_csv(sep="\t", index=False),
    "no_header.tsv": pd.DataFrame({"g": GENES, "fc": FOLD}).to_csv(sep="\t", index=False, header=False),
    "limma.csv": r_csv(LIMMA),
    "limma.txt": r_table(LIMMA, "\t"),
    "limma_annotated.csv": r_csv(LIMMA.reset_index(names="SYMBOL").assign(ENTREZID=ENTREZ)),
    "limma_probes.csv": r_csv(LIMMA.reset_index(names="Gene.Symbol").set_axis([f"{i}_at" for i in ENTREZ])),
    "deseq2.csv": r_csv(DESEQ2),
    "deseq2_ensembl.csv": r_csv(DESEQ2.set_axis([f"{i}.3" for i in ENSEMBL])),
    "seurat.csv": r_csv(SEURAT),
    "scanpy.csv": pd.DataFrame({"names": GENES, "scores": FOLD, "pvals": 0.0}).to_csv(),
    "entrez_table.csv": pd.DataFrame({"rank": range(1, 13), "entrez": ENTREZ, "fc": 2.5}).to_csv(index=False),
    "entrez_no_name.tsv": pd.DataFrame({"a": ENTREZ, "b": FOLD}).to_csv(sep="\t", index=False, header=False),
    "biomart.txt": "Gene stable ID\tGene name\n"
    + "\n".join(f"{i}\t{g}" for i, g in zip(ENSEMBL, GENES, strict=True)),
    "several_in_a_cell.csv": pd.DataFrame({"probe": range(12), "Gene": SYMBOLS + ";LOC1"}).to_csv(),
    "one.gmt": "MY_SET\thttp://nowhere\t" + "\t".join(GENES) + "\n",
    "set.txt": "MY_SET\tna\t" + "\t".join(GENES) + "\n",
    "one.gmx": "\n".join(["MY_SET", "na", *GENES]),
    "twice.txt": "\n".join([*GENES, *GENES[:3]]),
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cr", "gzip"])
@pytest.mark.parametrize("name", WRITTEN)
def test_every_way_of_writing_names_the_same_genes(tmp_path, name, encoding):
    text = WRITTEN[name]
    if encoding == "gzip":
        content, name = gzip.compress(text.encode()), name + ".gz"
    elif encoding == "cr":
        content = text.replace("\n", "\r").encode()
    else:
        content = text.encode(encoding)
    (tmp_path / name).write_bytes(content)
    genes = find_genes(read_genes(tmp_path / name))
    assert sorted(filter(None, genes)) == sorted(GENES)
    assert genes.count(None) == 0


TOLD = {
    "write.csv.csv": "the genes are in the column x of x",
    "limma.csv": "the genes are in the column without a name of logFC, AveExpr",
    "limma_annotated.csv": "the genes are in the column SYMBOL of",
    "affymetrix.txt": "of 12 names of several genes the first that is known is read",
    "mouse.txt": "these look like genes of the mouse; they are read as human ones: Hmox1, Sqstm1",
    "twice.txt": "3 genes are named again; each counts once",
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_read_otherwise_than_written_is_told(tmp_path, name, caplog):
    (tmp_path / name).write_text(WRITTEN[name])
    read_genes(tmp_path / name)
    assert TOLD[name] in caplog.text and name in caplog.text


SIGNED = ["1.5", "-2.1"] * 6
DIRECTIONS = {
    "DESeq2": (
        "log2FoldChange",
        SIGNED,
        "log2FoldChange is negative in 6 of 12 rows, and all are read: split",
    ),
    "limma": ("logFC", SIGNED, "logFC is negative in 6 of 12 rows"),
    "Seurat": ("avg_log2FC", SIGNED, "avg_log2FC is negative in 6 of 12 rows"),
    "words": (
        "direction",
        ["up", "Down"] * 6,
        "direction has up and down, and all rows are read: split them",
    ),
    "one direction": ("logFC", ["-2.1"] * 12, ""),
    "another number": ("x", SIGNED, ""),
}


@pytest.mark.parametrize("what", DIRECTIONS)
def test_a_table_of_both_directions_is_told(tmp_path, caplog, what):
    name, values, told = DIRECTIONS[what]
    pd.DataFrame({"gene": GENES[:12], name: values}).to_csv(tmp_path / "a.csv", index=False)
    assert read_genes(tmp_path / "a.csv") == GENES[:12]
    assert told in caplog.text if told else "split" not in caplog.text


def test_gene_sets_in_the_cells_of_a_table(tmp_path):
    sets = [("Hypoxia", ";".join(GENES)), ("Heme", ";".join(GENES[:8]))]
    for n in (1, 2):
        table = pd.DataFrame(sets[:n], columns=["Term", "Genes"])
        table.to_csv(tmp_path / f"{n}.txt", sep="\t", index=False)  # as Enrichr writes it
    assert read_genes(tmp_path / "1.txt") == GENES
    with pytest.raises(
        ValueError, match=r"2.txt: the column Genes has .* genes in a cell; keep one set in its"
    ):
        read_genes(tmp_path / "2.txt")


def test_quotes_of_a_word_processor(tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(f"“{gene}”" for gene in GENES))
    assert read_genes(tmp_path / "a.txt") == GENES


def test_a_plain_list_is_read_without_a_word(tmp_path, caplog):
    (tmp_path / "a.txt").write_text(WRITTEN["plain.txt"])
    assert read_genes(tmp_path / "a.txt") == GENES and not caplog.text


@pytest.mark.parametrize(
    "date", ["1-Mar", "Mar-01", "2-Sep", "01.Mär", "2024-09-02", "2024-09-02 00:00:00", "3/1/2024"]
)
def test_dates_of_excel_are_told_and_left_out(tmp_path, caplog, date):
    (tmp_path / "a.txt").write_text("\n".join([*GENES, date]))
    assert read_genes(tmp_path / "a.txt") == GENES
    assert "1 names are left out, being dates, which Excel makes of MARCH1, SEPT2 or DEC1" in caplog.text
    assert caplog.text.endswith(f": {date}\n")


def test_genes_that_look_like_dates_stay(tmp_path):
    (tmp_path / "a.txt").write_text("MARCH1\nSEPT2\nSEPTIN9\nDEC1\n")
    assert read_genes(tmp_path / "a.txt") == ["MARCH1", "SEPT2", "SEPTIN9", "DEC1"]


def test_numbers_beside_genes_are_no_entrez_ids(tmp_path):
    (tmp_path / "a.txt").write_text("HMOX1 1 2\nBAG3 3\nGCLM\n")
    assert read_genes(tmp_path / "a.txt") == ["HMOX1", "BAG3", "GCLM"]
    (tmp_path / "b.txt").write_text("3310\n3162 # Entrez\nNA\n")
    assert read_genes(tmp_path / "b.txt") == ["3310", "3162"]


REFUSED = {
    "empty.txt": ("# nothing\nNA\n", "empty.txt names no gene; expected one per line"),
    "binary.txt": (b"\xff\xfe\x00", "binary.txt is not text"),
    "zeros.txt": (b"HMOX1\x00\x00", "zeros.txt is no text"),
    "book.xlsx": (b"PK\x03\x04", "book.xlsx is an Excel workbook or a zip file; save the table as text"),
    "page.txt": ("<!doctype html><html>", "page.txt is a web page"),
    "two.gmt": ("A_UP\tna\tHMOX1\tBAG3\nA_DN\tna\tGCLM\n", "two.gmt has 2 gene sets: A_UP, A_DN; keep"),
    "two.txt": ("A_UP\tna\tHMOX1\tBAG3\nA_DN\tna\tGCLM\tNQO1\tHSPA8\n", "two.txt has 2 gene sets"),
    "two.gmx": ("A\tB\nna\tna\nHMOX1\tGCLM\nBAG3\tNQO1\n", "two.gmx has 2 gene sets: A, B; keep one of them"),
    "sides.csv": ("up,down\nHMOX1,BAG3\nNQO1,GCLM\n", "has 2 columns of genes: up, down; keep one"),
    "count.txt": ("1\n2\n3\n4\n", "has row numbers and no gene: 1, 2, 3, 4; add the column"),
    "values.csv": ("rank,logFC\n1,2.5\n2,2.1\n3,1.7\n", "values.csv names no gene"),
    "ragged.csv": (
        "gene,logFC\nHMOX1,2.5\nBAG3,2.1\nGCLM,2.0\nNQO1, quinone, 1.7\n",
        "ragged.csv: row 5 has 3 fields; expected 2, as in the rows before",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_is_told(tmp_path, name):
    content, told = REFUSED[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=told):
        read_genes(tmp_path / name)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*absent.txt; expected one with a gene"):
        read_genes(tmp_path / "absent.txt")
