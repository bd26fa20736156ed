"""The page of a gene in chromium, as a file: figures fit after a reload, tables read well, no markup."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.markup import document
from l1000_rnaseq.app.page import answer_query
from l1000_rnaseq.app.save_html import write_page
from l1000_rnaseq.search.index import Index

EVIL = "<img src=x onerror=\"document.title='pwned'\">"
FIGURES = """() => {
  l1000.drawAll();
  return Array.from(document.querySelectorAll('.l1k-plot')).map(plot => {
    const [svg, box] = [plot.querySelector('svg.main-svg'), plot].map(part => part.getBoundingClientRect());
    const beyond = box.right - document.documentElement.clientWidth;
    return [svg.width - box.width, svg.height - box.height, beyond] }) }"""
OVERLAPS = """name => {
  const boxes = Array.from(document.querySelectorAll(name)).map(text => text.getBoundingClientRect());
  return boxes.filter((a, i) => boxes.some((b, j) => j > i && a.left < b.right - 2 && b.left < a.right - 2
    && a.top < b.bottom - 4 && b.top < a.bottom - 4)).length }"""
CUT = """() => Array.from(document.querySelectorAll('.l1k-plot')).flatMap(plot => {
  const box = plot.querySelector('svg.main-svg').getBoundingClientRect();
  return Array.from(plot.querySelectorAll('svg.main-svg text')).filter(text => {
    const t = text.getBoundingClientRect();
    const [x, y] = [[box.left - t.left, t.right - box.right], [box.top - t.top, t.bottom - box.bottom]];
    return t.width && Math.max(...x, ...y) > 1;
  }).map(text => plot.parentNode.id + ': ' + text.textContent) })"""
ON_END = ("l1k-levels", "l1k-heat")
"""Figures with names on end, whose boxes overlap though their letters do not."""


@pytest.fixture(scope="module")
def cards():
    index = Index()
    queries = [GeneQuery("HMOX1", compare="NQO1"), GeneQuery("HER2"), GeneQuery("MALAT1")]
    return {query.gene: answer_query(index, query) for query in queries}


@pytest.fixture(scope="module")
def files(cards, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for gene, card in cards.items():
        (folder / f"{gene}.html").write_text(document(card), encoding="utf-8")
    return folder


@pytest.fixture
def page(browser):
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(120_000)  # the machine may be busy
    page.wrong, page.asked = [], []
    page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    assert page.wrong == [] and all(url.startswith(("file:", "data:", "blob:")) for url in page.asked)
    context.close()


def see(page, files, gene, width=1280):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((files / f"{gene}.html").as_uri())
    page.wait_for_selector(".l1k-foot, .l1k-problem")


def read(download) -> bytes:
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("width", [400, 800, 1280, 1920])
def test_figures_fill_their_boxes_also_after_a_reload_and_a_turn(page, files, width):
    see(page, files, "HMOX1", width)
    page.reload()
    page.wait_for_selector(".l1k-plot svg.main-svg")
    for now in (width, 1000 if width < 600 else 400):
        page.set_viewport_size({"width": now, "height": 900})
        page.wait_for_timeout(400)
        figures = page.evaluate(FIGURES)
        assert len(figures) >= 7
        assert np.abs(np.array(figures)[:, :2]).max() <= 1 and max(f[2] for f in figures) <= 0
        assert page.evaluate("document.documentElement.scrollWidth") <= now


@pytest.mark.parametrize("width", [400, 800, 1280, 1920])
def test_no_text_of_a_figure_is_cut(page, files, width):
    for gene in ("HMOX1", "HER2"):
        see(page, files, gene, width)
        page.evaluate(FIGURES)
        assert page.evaluate(CUT) == []


@pytest.mark.parametrize("width", [400, 1280])
def test_labels_do_not_collide(page, files, width):
    for gene in ("HMOX1", "HER2"):
        see(page, files, gene, width)
        page.evaluate(FIGURES)
        for plot in page.locator(".l1k-plot").evaluate_all("plots => plots.map(plot => plot.parentNode.id)"):
            for kind in (".annotation-text", ".ytick text", ".xtick text"):
                crowded = plot == "l1k-doses" or (kind == ".xtick text" and plot in ON_END)
                assert crowded or page.evaluate(OVERLAPS, f"#{plot} {kind}") == 0, (gene, plot, kind)
        names = page.locator("#l1k-volcano-chemical .annotation-text").all_text_contents()
        assert 2 <= len(names) <= 12


def test_the_answer_comes_first_and_every_part_follows_in_its_order(page, files, cards):
    see(page, files, "HER2")
    assert page.title().startswith("ERBB2 · erb-b2 receptor tyrosine kinase 2")
    assert page.locator(".l1k-taken").inner_text() == cards["HER2"]["gene"]["taken_for"]
    assert page.locator(".l1k-answer").inner_text() == cards["HER2"]["answer"]
    links = page.locator(".l1k-links a").all_inner_texts()
    assert links == ["NCBI", "Ensembl", "UniProt", "Open Targets", "GTEx", "Human Protein Atlas", "DepMap"]
    parts = page.locator(".l1k-section").evaluate_all("parts => parts.map(part => part.id)")
    wanted = ("belief", "consensus", "signatures", "lines", "mechanisms", "wells", "made")
    assert parts == [f"l1k-{name}" for name in wanted]
    assert page.locator(".l1k-answer").bounding_box()["y"] < 200


def test_every_well_of_the_strongest_signatures_is_a_point(page, files, cards):
    see(page, files, "HMOX1")
    page.evaluate(FIGURES)
    strips = cards["HMOX1"]["wells"]
    of = "document.querySelector('#l1k-well-strips .l1k-plot')"
    controls, treated = page.evaluate(f"{of}.data.map(trace => trace.x)")
    assert sorted(treated) == sorted(x for strip in strips for x in strip["treated"])
    assert sorted(controls) == sorted(x for strip in strips for x in strip["controls"])
    bands = page.evaluate(f"{of}.layout.shapes.map(shape => [shape.x0, shape.x1])")
    wanted = [[q[a], q[b]] for q in (strip["others"] for strip in strips) if q for a, b in ((0, 4), (1, 3))]
    assert sorted(bands) == sorted(wanted) and len(bands) >= 2
    counts = page.evaluate(f"{of}.layout.annotations.map(note => note.text)")
    assert counts == [f"{strip['as_far']} of {strip['n_compared']}" for strip in strips[::-1]]


def test_an_index_without_wells_says_how_to_keep_them(page, cards, files):
    card = cards["HER2"] | {"wells": None}
    (files / "none.html").write_text(document(card), encoding="utf-8")
    see(page, files, "none")
    assert "l1000-rnaseq index --keep-wells" in page.locator("section#l1k-wells").inner_text()


def test_points_and_rows_are_those_of_the_card(page, files, cards):
    see(page, files, "HMOX1")
    page.evaluate(FIGURES)
    card = cards["HMOX1"]
    kinds = dict(zip(card["signatures"]["row"], card["signatures"]["type"], strict=True))
    counts = Counter(kinds[row] for row in card["rows"]["row"])
    for kind, n in counts.items():
        of = f"document.querySelector('#l1k-volcano-{kind} .l1k-plot').data"
        points = page.evaluate(f"{of}.flatMap(trace => trace.x.map((x, k) => [x, trace.y[k]]))")
        assert len(points) == n
    pairs = zip(card["rows"]["row"], card["rows"]["direction"], strict=True)
    ups = [direction for row, direction in pairs if kinds[row] == "chemical"]
    shown = page.locator("#HMOX1-chemical-up tbody tr").count()
    assert shown == ups.count(1) and page.locator("#HMOX1-chemical-down tbody tr").count() == ups.count(-1)
    assert page.locator("#HMOX1-consensus tbody tr").count() == len(card["consensus"]["perturbagen"])


def test_tables_put_the_effect_first_align_numbers_and_show_that_they_sort(page, files):
    see(page, files, "HMOX1")
    heads = page.locator("#HMOX1-chemical-up thead th").all_inner_texts()
    assert [head.split(" ")[0] for head in heads[:3]] == ["Perturbagen", "Cell", "log2FC"]
    assert heads[2] == "log2FC (intensity)" and heads[-1] == "Signature"
    assert "FDR" in page.locator("#HMOX1-consensus thead th").all_inner_texts()
    style = "cells => cells.map(cell => getComputedStyle(cell).textAlign)"
    assert set(page.locator("#HMOX1-chemical-up tbody td:nth-child(4)").evaluate_all(style)) == {"right"}
    arrow = "heads => heads.map(head => getComputedStyle(head, '::after').content)"
    assert set(page.locator("#HMOX1-chemical-up thead th button").evaluate_all(arrow)) == {'" ↕"'}
    button = page.locator("#HMOX1-chemical-up thead th button").nth(2)
    for order in ("descending", "ascending"):
        button.focus()
        page.keyboard.press("Enter")
        texts = page.locator("#HMOX1-chemical-up tbody td:nth-child(4)").all_inner_texts()
        values = [float(text.replace("−", "-")) for text in texts]
        assert values == sorted(values, reverse=order == "descending")
        assert page.locator(f"#HMOX1-chemical-up th[aria-sort={order}]").count() == 1
    page.locator("#HMOX1-chemical-up .l1k-find").fill("auranofin")
    rows = page.locator("#HMOX1-chemical-up tbody tr:visible")
    assert rows.count() >= 1 and all("auranofin" in text for text in rows.all_inner_texts())
    assert page.locator("#HMOX1-chemical-up .l1k-count").inner_text() == f"{rows.count()} of 50 rows"


def test_hairpins_of_one_gene_are_one_row_that_opens_and_empty_columns_are_left_out(page, files):
    see(page, files, "HMOX1")
    box = page.locator("#HMOX1-shRNA")
    assert box.locator("tbody tr:visible").count() == 1 and "24 signatures, 9 lines" in box.inner_text()
    assert "Dose" not in " ".join(box.locator("thead th").all_inner_texts())
    box.locator(".l1k-more button").click()
    assert box.locator("tbody tr:visible").count() == 25
    assert box.locator(".l1k-more button").first.get_attribute("aria-expanded") == "true"


def test_signatures_whose_signs_differ_come_last(page, files):
    see(page, files, "HER2")
    for way in ("up", "down"):
        heads = page.locator(f"#ERBB2-chemical-{way} thead th").all_inner_texts()
        column = heads.index("Signs agree") + 2
        signs = page.locator(f"#ERBB2-chemical-{way} tbody td:nth-child({column})").all_inner_texts()
        assert signs == sorted(signs, reverse=True) and signs[0] == "yes"


def test_the_tables_are_saved_as_they_are(page, files, cards):
    see(page, files, "HMOX1")
    with page.expect_download() as download:
        page.get_by_role("button", name="HMOX1_signatures.tsv").click()
    got = pd.read_csv(download.value.path(), sep="\t")
    assert got["log2fc"].tolist() == cards["HMOX1"]["rows"]["log2fc"]
    sig_ids = dict(zip(*(cards["HMOX1"]["signatures"][name] for name in ("row", "sig_id")), strict=True))
    assert got["sig_id"].tolist() == [sig_ids[row] for row in cards["HMOX1"]["rows"]["row"]]
    with page.expect_download() as download:
        page.get_by_role("button", name="HMOX1_gene_sets.gmt").click()
    sets = [line.split("\t") for line in read(download).decode().splitlines()]
    genes = set(Index().genes.index)
    assert len(sets) >= 20 and all(len(line) == 152 and set(line[2:]) <= genes for line in sets)
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator("#l1k-volcano-chemical").get_by_role("button", name=f"Save as {kind}").click()
        assert read(download).startswith(begins)


def test_a_gene_that_is_not_there_is_no_success(page, files):
    see(page, files, "MALAT1")
    alert = page.get_by_role("alert")
    assert "MALAT1 is a human gene that this index does not have" in alert.inner_text()
    assert "CD63" not in alert.inner_text() and page.locator(".l1k-section, .l1k-plot").count() == 0
    assert page.title() == "No answer" and "l1000-rnaseq search GENE --html" in alert.inner_text()


def test_nothing_of_an_index_or_a_user_is_markup(page, cards, tmp_path):
    card = {**cards["HMOX1"]}
    for name in ("signatures", "consensus", "once", "heat", "mechanisms"):
        card[name] = {
            key: [EVIL if isinstance(value, str) and key != "type" else value for value in column]
            for key, column in card[name].items()
        }
    card["gene"] = card["gene"] | {"name": EVIL, "aliases": [EVIL], "taken_for": EVIL}
    card |= {"answer": EVIL, "beliefs": [EVIL], "about": card["about"] | {"methods": EVIL, "python": EVIL}}
    for name, shown in (("evil", card), ("evil_problem", {"problem": EVIL, "suggestions": [EVIL]})):
        (tmp_path / f"{name}.html").write_text(document(shown), encoding="utf-8")
        see(page, tmp_path, name)
        if name == "evil":
            page.evaluate(FIGURES)
            page.locator(".l1k-more button").first.click()
        assert page.locator("img").count() == 0 and page.title() != "pwned"
        assert EVIL in page.locator("body").inner_text()


def test_a_page_of_an_unknown_gene_is_written_too(tmp_path):
    out = tmp_path / "page.html"
    assert "did you mean" in write_page(out, GeneQuery("HMXO1"))
    assert '"HMOX1"' in out.read_text(encoding="utf-8").split('"suggestions":')[1][:100]


def test_compounds_without_a_public_name_can_be_hidden(page, files, cards):
    see(page, files, "HMOX1")
    box = page.locator("#HMOX1-consensus")
    rows = box.locator("tbody tr:visible")
    named = sum(cards["HMOX1"]["consensus"]["has_name"])
    assert 0 < named < rows.count()
    box.get_by_label("only those with a public name").check()
    assert rows.count() == named and f"{named} of " in box.locator(".l1k-count").inner_text()
    assert not any(text.strip().startswith("ST") for text in rows.all_inner_texts())


def test_a_compound_stands_beside_the_loss_of_its_target(page, cards, tmp_path):
    knocked = {
        "perturbagen": ["vemurafenib"], "relative_rank": [0.5], "target": ["BRAF"], "knocked_by": ["CRISPR"],
        "of_target": [0.25], "as_far": [2], "knocked": [40],
    }  # fmt: skip
    (tmp_path / "knocked.html").write_text(document(cards["HMOX1"] | {"knocked": knocked}), encoding="utf-8")
    see(page, tmp_path, "knocked")
    row = page.locator("#HMOX1-knocked tbody tr").inner_text()
    assert row.split() == ["vemurafenib", "+0.50", "BRAF", "CRISPR", "+0.25", "2", "of", "40"]


def test_the_whole_page_is_there_to_print_before_it_was_scrolled(page, files):
    page.goto((files / "HMOX1.html").as_uri())
    page.evaluate("window.l1000.drawAll()")
    assert page.locator(".l1k-foot").count() == 1
    assert page.locator(".l1k-plot").count() == page.locator(".l1k-plot:has(svg.main-svg)").count()
