"""A user's own change: tables of other programs, what is left out, and what mimics or reverses it."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.search.by_gene_list import perturbagens
from l1000_rnaseq.search.by_signature import score_changes
from l1000_rnaseq.search.change_table import read_changes
from l1000_rnaseq.search.index_source import IndexSource

GENES = list(cmap_genes().index[:40])


@pytest.mark.parametrize(
    ("columns", "sep"),
    [
        (("", "baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"), ","),
        (("genes", "logFC", "logCPM", "LR", "PValue", "FDR"), "\t"),
        (("ID", "logFC", "AveExpr", "t", "P.Value", "adj.P.Val", "B"), "\t"),
        (("gene", "p_val", "avg_log2FC", "pct.1", "pct.2", "p_val_adj"), ","),
    ],
)
def test_tables_of_other_programs(tmp_path, columns, sep):
    values = np.random.default_rng(0).normal(size=(40, len(columns) - 1)).round(4)
    ids = cmap_genes().loc[GENES, "ensembl"] if columns[0] == "ID" else GENES
    table = pd.DataFrame(values, columns=columns[1:])
    table.insert(0, columns[0] or "Unnamed", list(ids))
    text = table.to_csv(sep=sep, index=False).replace("Unnamed", "", 1)
    (tmp_path / "de.txt").write_text(text)
    changes = read_changes(tmp_path / "de.txt")
    column = next(k for k, name in enumerate(columns[1:]) if name.lower().endswith(("fc", "foldchange")))
    known = [gene for gene, name in zip(GENES, ids, strict=True) if name == name]
    assert set(changes.index) == set(known)
    np.testing.assert_allclose(changes[known], pd.Series(values[:, column], GENES)[known])


def test_what_is_left_out_is_told(tmp_path, caplog):
    rows = [*zip(GENES, range(40), strict=True), (GENES[0], 2), ("NOGENE", 5), (GENES[1], "NA")]
    lines = ["gene\tlog2FC", *(f"{gene}\t{value}" for gene, value in rows)]
    (tmp_path / "de.tsv").write_text("\n".join(lines))
    changes = read_changes(tmp_path / "de.tsv")
    assert changes[GENES[0]] == 1 and changes[GENES[1]] == 1 and len(changes) == 40
    for said in ("1 rows of unknown genes", "1 rows without a value", "1 genes are there several times"):
        assert said in caplog.text
    (tmp_path / "p.tsv").write_text("gene\tp\nHMOX1\t0.1\n")
    with pytest.raises(ValueError, match="has no column of log2 fold changes; expected one called"):
        read_changes(tmp_path / "p.tsv")
    (tmp_path / "odd.tsv").write_text("gene\tlogFC\nxx\t0.1\nyy\t1\n")
    with pytest.raises(ValueError, match="names no gene with a value"):
        read_changes(tmp_path / "odd.tsv")


@pytest.mark.parametrize("by", ["cd", "log2fc"])
def test_a_signature_mimics_itself_and_reverses_its_opposite(source, index, by):
    values = {"cd": source.scores, "log2fc": source.log2fc}[by]
    query = -pd.Series(values[33], source.genes)[:50] * 3
    scored = score_changes(query, IndexSource.of(index), by, block=70, progress=False)
    assert scored.loc[scored["score"].idxmin(), "sig_id"] == "sig33" and scored["score"].min() < -0.999
    part = values[:, :50].astype(float)
    cosine = part @ query.to_numpy() / np.linalg.norm(part, axis=1) / np.linalg.norm(query)
    np.testing.assert_allclose(scored["score"], cosine, atol=1e-3)
    listed = perturbagens(scored, 3)
    assert listed["direction"].tolist() == ["connected"] * 3 + ["reversed"] * 3
    assert listed["pert_iname"].iloc[3] == source.table["pert_iname"].iloc[33]
    with pytest.raises(ValueError, match="have 3 genes in common"):
        score_changes(query[:3], IndexSource.of(index))


def test_the_command(source, index_path, tmp_path):
    change = pd.Series(source.log2fc[33], source.genes, name="logFC").rename_axis("gene")
    change.to_csv(tmp_path / "de.csv")
    words = ["match", "--table", str(tmp_path / "de.csv"), "--index", str(index_path), "--quiet"]
    done = CliRunner().invoke(main, [*words, "--by", "log2fc", "--format", "tsv"])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(io.StringIO(done.stdout), sep="\t")
    assert table["sig_id"].iloc[0] == "sig33" and table["score"].iloc[0] > 0.999
    cell = CliRunner().invoke(main, [*words, "--cell", "A"])
    assert cell.exit_code == 0 and "59 genes in common; 80 signatures." in cell.output
    refused = CliRunner().invoke(main, [*words, "--up", str(tmp_path / "de.csv")])
    assert refused.exit_code == 2 and "--table is one question" in refused.output
