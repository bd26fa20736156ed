"""Tables of every gene: what search gives, checksums, and a run that goes on."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.search import export as module
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.export import export
from l1000_rnaseq.search.filters import Filters


def test_every_gene_has_what_search_gives(index, tmp_path):
    assert export(index, tmp_path / "out", top=5, progress=False) == 60
    for gene in index.genes.index[::9]:
        wanted = search(index, gene, "both", n=5)
        parquet = pd.read_parquet(tmp_path / "out" / "parquet" / f"{gene}.parquet")
        assert parquet["sig_id"].tolist() == wanted["sig_id"].tolist()
        pd.testing.assert_series_equal(parquet["log2fc"], wanted["log2fc"])
        tsv = pd.read_csv(tmp_path / "out" / "tsv" / f"{gene}.tsv", sep="\t")
        assert tsv["rank"].tolist() == wanted["rank"].tolist()
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines())
    assert len(sums) == 121 and all(file_hash(tmp_path / "out" / name) == sums[name] for name in sums)
    listed = pd.read_csv(tmp_path / "out" / "genes.tsv", sep="\t", index_col=0)
    assert list(listed.index) == list(index.genes.index) and {"status", "moved", "change_r"} <= set(listed)
    made = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert made["top"] == 5 and made["signatures"] == 240
    with pytest.raises(FileExistsError, match="has tables already; pass --force"):
        export(index, tmp_path / "out")


def test_a_killed_run_goes_on_and_another_one_does_not(index, tmp_path, monkeypatch):
    calls = []

    def killed(*args):
        calls.append(args[1])
        if len(calls) == 8:
            raise KeyboardInterrupt
        return of_gene(*args)

    of_gene = module._of_gene
    monkeypatch.setattr(module, "_of_gene", killed)
    with pytest.raises(KeyboardInterrupt):
        export(index, tmp_path / "out", top=3, progress=False)
    assert not (tmp_path / "out" / "SHA256SUMS").exists()
    export(index, tmp_path / "out", top=3, progress=False)
    assert len(calls) == 8 + 53
    export(index, tmp_path / "out", top=4, filters=Filters(cell="A"), force=True, progress=False)
    assert len(calls) == 8 + 53 + 60


def test_the_command(index_path, tmp_path):
    (tmp_path / "genes.txt").write_text("FKBP5\nGATA3\n")
    words = ["export", tmp_path / "out", "--index", index_path, "--genes", tmp_path / "genes.txt", "--quiet"]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0 and "the tables of 2 genes" in done.output
    names = sorted(path.name for path in (tmp_path / "out" / "parquet").iterdir())
    assert names == ["FKBP5.parquet", "GATA3.parquet"]
