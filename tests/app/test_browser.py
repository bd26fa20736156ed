"""The form and its answers in a real browser: chromium through Playwright, without a network."""

import time
from urllib.error import HTTPError

import pandas as pd
import pytest
from form_post import post, read
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index

FIGURES = """Array.from(document.querySelectorAll('.l1k-plot')).map(plot => {
    const [svg, box] = [plot.querySelector('svg.main-svg'), plot].map(part => part.getBoundingClientRect());
    return [svg.width - box.width, svg.height - box.height] })"""
EVIL = "<img src=x onerror=\"document.title='pwned'\">"


def ask(page, address: str, **fields) -> None:
    """Open the answer to what is posted, also to what the form itself refuses, and wait for its last part."""
    page.goto(f"{address}/{post(address, **fields)}/")
    page.wait_for_selector(".l1k-foot, .l1k-problem")


def test_from_typing_a_gene_to_the_rows_of_the_index(page, server):
    page.goto(server[0])
    page.fill("input[name=gene]", "")
    page.type("input[name=gene]", "hspa1", delay=60)
    page.wait_for_selector("#genes option[value=HSPA1A]", state="attached")
    page.fill("input[name=gene]", "hspa1a")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector(".l1k-foot")
    index = Index()
    types = [str(kind) for kind in index.signatures["type"].value_counts().index]
    rows = {kind: search(index, "HSPA1A", "both", filters=Filters(type=kind), n=50) for kind in types}
    page.wait_for_selector(".l1k-plot svg.main-svg")
    for kind, part in rows.items():
        page.evaluate("l1000.drawAll()")
        points = f"document.querySelector('#l1k-volcano-{kind} .l1k-plot').data"
        assert page.evaluate(f"{points}.flatMap(trace => trace.x).length") == part["sig_id"].nunique()
    with page.expect_download() as download:
        page.get_by_role("button", name="HSPA1A_signatures.tsv").click()
    got = pd.read_csv(download.value.path(), sep="\t")
    expected = pd.concat(rows.values())
    assert got["sig_id"].tolist() == expected["sig_id"].tolist()
    assert got["log2fc"].tolist() == pytest.approx(expected["log2fc"].tolist(), abs=0.0051)
    assert page.title().startswith("HSPA1A · ")
    assert page.locator("text=Table Of Contents").count() == 0


@pytest.mark.parametrize("width", [400, 800, 1280, 1920])
def test_figures_of_an_answer_fit_after_a_reload(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    page.wait_for_selector(".l1k-foot")
    page.wait_for_selector(".l1k-plot svg.main-svg")
    page.wait_for_timeout(500)  # the framework moves its parts about
    page.evaluate("l1000.drawAll()")
    sizes = page.evaluate(FIGURES)
    assert len(sizes) >= 6 and all(abs(difference) <= 1 for pair in sizes for difference in pair)


def test_another_gene_is_asked_from_the_answer(page):
    page.fill("input[name=again]", "her2")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_selector("text=was taken for ERBB2", timeout=90_000)


def test_a_page_goes_back_to_the_form(page):
    page.get_by_role("link", name="All options").click()
    page.wait_for_selector("input[name=gene]")
    unlabelled = page.evaluate(
        """Array.from(document.querySelectorAll('input:not([type=hidden]):not([type=submit]), select'))
        .filter(e => e.offsetParent && !e.labels?.length && !e.getAttribute('aria-label')).map(e => e.name)"""
    )
    assert unlabelled == []
    assert page.get_by_label("Perturbation type").count() == 1


def test_a_deep_link_with_a_cell_line(page, server):
    page.goto("about:blank")
    page.goto(f"{server[0]}/#?args.gene=tsc22d3%20&args.cell=ht115&submit")
    page.wait_for_selector(".l1k-foot")
    cells = page.locator("#TSC22D3-chemical-up tbody td:nth-child(3)").all_inner_texts()
    assert cells and set(cells) == {"HT115"}
    assert page.locator(".l1k-answer").inner_text().count("TSC22D3")


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
            for field in ("number", "min_abs_log2fc", "min_abs_cd")
        ),
    ],
)
def test_what_has_no_answer_is_said_and_nothing_of_it_runs(page, server, fields, said):
    ask(page, server[0], **fields)
    assert said in page.locator(".l1k-problem").inner_text()
    assert page.title() != "pwned" and page.locator("#notebook img[src=x], .l1k img").count() == 0
    assert page.locator(".js-plotly-plot").count() == 0


def test_the_page_is_exported_whole(page, server, tmp_path):
    ask(page, server[0], gene="HSPA1A", perturbagen="")
    run = page.url.rstrip("/").split("/")[-1]
    saved = tmp_path / "export.html"
    for _ in range(60):  # the page is told before the run is on disk
        try:
            text = read(f"{server[0]}/export/{run}/?format=html")
        except HTTPError as error:  # in the middle of being written
            text = str(error)
        if "plotlyIsHere();</script>" in text:
            break
        time.sleep(0.5)
    saved.write_text(text)
    page.goto(saved.as_uri())
    page.wait_for_selector(".l1k-plot svg.main-svg")
    assert page.locator(".l1k-table tbody tr").count() > 50
