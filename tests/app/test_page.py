"""The parts of an answer: counts, escaping, files inside their links, and questions without an answer."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.app.markup import card, table
from l1000_rnaseq.app.page import GeneReport
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.filters import Filters

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report():
    return GeneReport.of(gene="hmox1", number="20")


def files_of(html: str) -> dict[str, str]:
    found = re.findall(r'download="([^"]+)" href="data:text/plain;charset=utf-8;base64,([^"]+)"', html)
    return {name: base64.b64decode(text).decode() for name, text in found}


def test_figures_tables_and_files_hold_the_same_rows(report):
    rows = pd.concat(report.signatures.values(), ignore_index=True)
    direct = search(report.index, "HMOX1", "both", filters=Filters(type="chemical"), n=20)
    pd.testing.assert_frame_equal(report.signatures["chemical"], direct)
    assert report.tables().count("<tr>") == len(rows) + len(re.findall("<thead>", report.tables()))
    for kind, figure in zip(report.signatures, report.volcanoes(), strict=True):
        shown = sum(len(trace.x) for trace in figure.data)
        assert shown == report.signatures[kind]["sig_id"].nunique()
    files = files_of(report.downloads())
    assert set(files) == {f"HMOX1_signatures.{suffix}" for suffix in ("tsv", "json", "gmt")}
    tsv = pd.read_csv(io.StringIO(files["HMOX1_signatures.tsv"]), sep="\t")
    assert list(tsv["sig_id"]) == list(rows["sig_id"])
    np.testing.assert_allclose(tsv["log2fc"], rows["log2fc"], rtol=1e-4)
    assert [row["sig_id"] for row in json.loads(files["HMOX1_signatures.json"])] == list(rows["sig_id"])
    sets = [line.split("\t") for line in files["HMOX1_signatures.gmt"].splitlines()]
    assert sum(len(line) - 2 for line in sets) == len(rows)


def test_the_card_says_what_a_gene_is_and_how_well_its_changes_are_followed(report):
    assert "measured; changes" in report.gene() and "landmark" in report.gene()
    genes = report.index.genes
    for word, said in (("reliable", "changes followed reliably"), ("not followed", "changes not followed")):
        of_word = genes.index[(genes["status"] != "landmark") & (genes["change"] == word)]
        shown = GeneReport.of(gene=of_word[0]).gene()
        assert said in shown and "measured;" not in shown


def test_consensus_by_perturbagen_and_by_cell_line(report):
    assert len(report.consensus()) == len(report.consensus("cell_id")) == 1
    whole = consensus(report.index, "HMOX1")  # p and FDR of all types together
    assert list(report.consensus()[0].data[0].y[::-1]) == list(whole.index[:15])
    assert "of all types" in report.consensus()[0].layout.title.text
    assert "whatever their size" not in report.consensus()[0].layout.title.text
    large = GeneReport.of(gene="HMOX1", min_abs_log2fc="0.5").consensus()  # a threshold is of the search only
    assert "over all their signatures, whatever their size" in large[0].layout.title.text
    np.testing.assert_array_equal(large[0].data[0].x, report.consensus()[0].data[0].x)
    lines = set(report.index.signatures["cell_id"].astype(str))
    assert set(report.consensus("cell_id")[0].data[0].y) <= lines


def test_a_second_gene_is_set_against_the_first():
    figure = GeneReport.of(gene="HSPA1A", compare="DNAJB1").comparison()
    x, y = (np.array(axis, float) for axis in (figure.data[0].x, figure.data[0].y))
    assert len(x) > 20 and np.corrcoef(x, y)[0, 1] > 0.5  # both answer to misfolded proteins


@pytest.mark.parametrize(
    "fields", [{"gene": EVIL}, {"gene": "HMOX1", "cell": EVIL}, {"gene": "HMOX1", "perturbagen": EVIL}]
)
def test_nothing_of_a_user_is_markup(fields):
    report = GeneReport.of(**fields)
    parts = [report.gene(), report.tables(), report.downloads(), report.footer(), report.comparison()]
    assert report.problem and report.problem[:4] != "<img"
    assert not any("<img" in part for part in parts)
    assert "&lt;img" in report.gene() and 'role="alert"' in report.gene()
    assert report.volcanoes() == [] and report.consensus() == []


def test_what_leaves_nothing_is_told_in_the_words_of_the_form(monkeypatch):
    monkeypatch.setenv("L1000_RNASEQ_INDEX", "nosuch.h5")  # no business of the page
    problem = GeneReport.of(gene="HMOX1", type="chemical", cell="NOPE").problem
    assert problem.startswith("The filter “Cell line” = NOPE leaves no signature; before it there are: ")


def test_nothing_of_an_index_is_markup():
    rows = pd.DataFrame({"perturbagen": [EVIL, 'a"b'], "log2FC": [1.5, np.nan]})
    html = table(rows, EVIL, EVIL, {"perturbagen": "https://example.org/{}"})
    assert "<img" not in html and "%3Cimg" in html and 'data-v="1.5"' in html
    assert "<img" not in card(EVIL)


def test_an_index_that_is_missing_is_told(tmp_path):
    report = GeneReport.of(tmp_path / "none.h5", gene="HMOX1")
    assert "none.h5" in report.problem and "l1000-rnaseq" in report.problem
    assert 'role="alert"' in report.gene() and report.footer() == ""
