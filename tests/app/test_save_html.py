"""`search GENE --html PAGE`: the form's answer as one page."""

import re

import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main

pytest.importorskip("appyter", reason="the optional appyter package is not installed")


def run(*words):
    return CliRunner().invoke(main, ["search", *map(str, words)])


def test_the_command_writes_one_page(tmp_path, capfd):
    out = tmp_path / "page.html"
    words = ("--cell", "ht115", "--dose", "0.1", "20", "--by", "rank", "-n", 7, "--html", out)
    done = run("tsc22d3", "HSPA1A", *words)
    assert done.exit_code == 0 and done.output == f"Wrote {out}.\n"
    assert "WARNING" not in capfd.readouterr().err  # of the kernel
    page = out.read_text()
    assert "TSC22D3 is a" in page and "l1k-table" in page and "Plotly" in page
    assert "GeneReport.of" not in page and [path.name for path in tmp_path.iterdir()] == ["page.html"]
    (command,) = re.findall(r"l1000-rnaseq search TSC22D3 --type chemical [^\n<]*", page)
    assert "--by rank --cell HT115 --dose 0.1 20 -n 7" in command
    assert "signatures shown above" in page


def test_a_page_of_an_unknown_gene_says_so(tmp_path):
    out = tmp_path / "page.html"
    # by the old name of the command
    done = CliRunner().invoke(main, ["report", "nosuch", "--out", str(out), "--compare", "TP53"])
    assert "`report` is `search GENE --html PAGE` now" in done.output
    assert done.exit_code == 2 and "Gene 'nosuch' is not in this index" in done.output
    assert f"The page {out} says so too.\n" in done.output
    assert "nosuch" in out.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cell", "NOPE"), "cell is 'NOPE'; expected one of any, "),
        (("--cell", "HT115", "--cell", "MCF7"), "a page takes one cell"),
        (("--consensus",), "--html writes a page; --consensus does not apply to it"),
        (("--format", "tsv"), "--html writes a page; --format does not apply to it"),
        (("BAG3", "DNAJB1"), "--html takes one gene, or two to compare; 3 were given"),
        (("--html", "no/such/folder.html"), "there is no folder no/such to write to"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(tmp_path, words, message):
    done = run("HMOX1", "--html", tmp_path / "page.html", *words)
    assert done.exit_code == 2 and message in done.output and done.output.count("\n") == 1
    assert not list(tmp_path.iterdir())
