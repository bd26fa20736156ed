"""`search GENE --html PAGE`: the form's answer as one page."""

import json
import re

import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index


def run(*words):
    return CliRunner().invoke(main, ["search", *map(str, words)])


def test_the_command_writes_one_page(tmp_path):
    out = tmp_path / "page.html"
    words = (
        "--cell",
        "ht115",
        "--cell",
        "MCF7",
        "--dose",
        "0.1",
        "20",
        "--by",
        "rank",
        "-n",
        7,
        "--html",
        out,
    )
    done = run("tsc22d3", "HSPA1A", *words)
    assert done.exit_code == 0 and f"Wrote {out}.\n" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    card = json.loads(re.search(r'l1000\.show\("l1k-page", (.*)\);</script>', out.read_text())[1])
    assert (card["gene"]["symbol"], card["compare"]["symbol"]) == ("TSC22D3", "HSPA1A")
    assert set(card["signatures"]["cell_id"]) <= {"HT115", "MCF7"}
    (command,) = card["about"]["command"].splitlines()
    assert "--by rank --cell ht115 --cell MCF7 --dose 0.1 20 -n 7" in command
    direct = search(Index(), "TSC22D3", "both", "rank", Filters(cell=["HT115", "MCF7"], dose=(0.1, 20)), 7)
    assert card["rows"]["log2fc"] == pytest.approx(direct["log2fc"].tolist(), abs=0.0051)


def test_a_page_of_an_unknown_gene_says_so(tmp_path):
    out = tmp_path / "page.html"
    # by the old name of the command
    done = CliRunner().invoke(main, ["report", "nosuch", "--out", str(out), "--compare", "TP53"])
    assert "`report` is `search GENE --html PAGE` now" in done.output
    assert done.exit_code == 2 and "Gene 'nosuch' is not in this index" in done.output
    assert f"The page {out} says so too.\n" in done.output
    assert "nosuch" in out.read_text()


def test_filters_that_leave_nothing_are_told_in_the_page_too(tmp_path):
    done = run("HMOX1", "--cell", "NOPE", "--html", tmp_path / "page.html")
    assert done.exit_code == 2 and "NOPE leaves no signature; before it there are: " in done.output
    assert "leaves no signature" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
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
