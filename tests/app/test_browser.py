"""The form and its answers in a real browser: chromium through Playwright, without a network."""

import io
import shutil
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

import pandas as pd
import pytest
from form_post import read
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index

POINTS = """Array.from(document.querySelectorAll('.js-plotly-plot'))
    .map(g => g.calcdata.reduce((n, trace) => n + trace.filter(p => p.x !== undefined).length, 0))"""
EVIL = "<img src=x onerror=\"document.title='pwned'\">"


@pytest.fixture(scope="module")
def page(server):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(accept_downloads=True).new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()


def ask(page, address: str, **fields) -> None:
    """Answer a deep link that submits itself, and wait for its last part."""
    page.goto("about:blank")
    given = "&".join(f"args.{name}={quote(value)}" for name, value in fields.items())
    page.goto(f"{address}/#?{given}&submit")
    page.wait_for_selector(".l1k-foot, .l1k-problem")


def test_from_typing_a_gene_to_the_rows_of_the_index(page, server):
    page.goto(server[0])
    page.fill("input[name=gene]", "")
    page.type("input[name=gene]", "hspa1", delay=60)
    page.click(".autocomplete-items >> text=HSPA1A")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector(".l1k-foot")
    index = Index()
    types = [str(kind) for kind in index.signatures["type"].value_counts().index]
    rows = {kind: search(index, "HSPA1A", "both", filters=Filters(type=kind), n=50) for kind in types}
    page.wait_for_function(f"{POINTS}.length >= {len(types) + 2}")
    assert page.evaluate(POINTS)[: len(types)] == [part["sig_id"].nunique() for part in rows.values()]
    assert page.locator(".l1k-table tbody tr").count() == sum(map(len, rows.values()))
    with page.expect_download() as download:
        page.click("a[download$='.tsv']")
    got = pd.read_csv(download.value.path(), sep="\t")
    expected = pd.read_csv(io.StringIO(pd.concat(rows.values()).to_csv(sep="\t", index=False)), sep="\t")
    pd.testing.assert_frame_equal(got, expected, rtol=1e-4, check_dtype=False)


def test_tables_sort_and_are_searched_by_keyboard_too(page):
    box = page.locator(".l1k-box").first
    box.locator(".l1k-find").fill("HT115")
    shown = box.locator("tbody tr:visible").count()
    assert box.locator(".l1k-count").inner_text().startswith(f"{shown} of ")
    box.locator(".l1k-find").fill("")
    header = box.locator("th button", has_text="log2FC")
    header.focus()
    page.keyboard.press("Enter")
    column = header.evaluate("b => b.parentNode.cellIndex")
    values = box.locator("tbody tr").evaluate_all(
        "(rows, i) => rows.map(r => parseFloat(r.cells[i].textContent))", column
    )
    assert values == sorted(values)
    assert box.locator("th[aria-sort=ascending]").count() == 1


def test_a_page_goes_back_to_the_form(page):
    page.go_back()
    page.wait_for_selector("input[name=gene]")
    unlabelled = page.evaluate(
        """Array.from(document.querySelectorAll('input:not([type=hidden]):not([type=submit]), select'))
        .filter(e => e.offsetParent && !e.labels?.length && !e.getAttribute('aria-label')).map(e => e.name)"""
    )
    assert unlabelled == []
    assert page.get_by_label("Perturbation type").count() == 1


def test_a_deep_link_with_a_cell_line(page, server):
    ask(page, server[0], gene="tsc22d3 ", cell="HT115")
    cells = page.locator(".l1k-table tbody tr td:nth-child(3)").all_inner_texts()
    assert cells and set(cells) == {"HT115"}
    assert "TSC22D3 is a" in page.locator(".l1k-card").first.inner_text()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gene": "HMXO1"}, "did you mean"),
        ({"gene": "HMOX1", "perturbagen": "nosuchdrug"}, "leaves no signature"),
        ({"gene": "HMOX1", "number": "nan"}, "expected a number"),
        ({"gene": EVIL}, "is not in this index"),
        ({"gene": "HMOX1", "compare": EVIL}, "is not in this index"),
        ({"gene": "HMOX1", "perturbagen": EVIL}, "leaves no signature"),
        *(
            ({"gene": "HMOX1", field: EVIL}, "expected a number")
            for field in ("min_dose", "max_dose", "number", "min_abs_log2fc", "min_abs_cd")
        ),
    ],
)
def test_what_has_no_answer_is_said_and_nothing_of_it_runs(page, server, fields, said):
    ask(page, server[0], **fields)
    assert said in page.locator(".l1k-problem").inner_text()
    assert page.title() != "pwned" and page.locator("#notebook img[src=x], .l1k-card img").count() == 0
    assert page.locator(".js-plotly-plot").count() == 0


def test_the_exported_page_works_from_a_file(page, tmp_path, server):
    from l1000_rnaseq.app.gene_query import GeneQuery
    from l1000_rnaseq.app.save_html import write_page

    out = tmp_path / "report.html"
    assert write_page(out, GeneQuery("HSPA1A")) == ""
    page.goto(Path(out).as_uri())
    page.wait_for_function(f"{POINTS}.length >= 3")
    assert sum(page.evaluate(POINTS)) > 50 and page.locator(".l1k-table tbody tr").count() > 50
    assert write_page(tmp_path / "evil.html", GeneQuery(EVIL))
    page.goto((tmp_path / "evil.html").as_uri())
    page.wait_for_selector(".l1k-problem")
    assert page.title() != "pwned" and page.locator("img[src=x]").count() == 0


def test_the_page_is_exported_whole(page, server, tmp_path):
    ask(page, server[0], gene="HSPA1A", perturbagen="")
    run = page.url.rstrip("/").split("/")[-1]
    saved = tmp_path / "export.html"
    for _ in range(60):  # the page is told before the run is on disk
        try:
            text = read(f"{server[0]}/export/{run}/?format=html")
        except HTTPError as error:  # in the middle of being written
            text = str(error)
        if 'class="l1k-foot"' in text:
            break
        time.sleep(0.5)
    saved.write_text(text)
    page.goto(saved.as_uri())
    page.wait_for_function(f"{POINTS}.length >= 3")
    assert sum(page.evaluate(POINTS)) > 50 and page.locator(".l1k-table tbody tr").count() > 50
