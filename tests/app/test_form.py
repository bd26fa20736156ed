"""The form in a real browser: names, present values, what is refused before it is sent, lists of genes."""

import pytest
from form_post import post
from l1000_rnaseq.app.form import examples, facts, labels, line_label
from l1000_rnaseq.search.index import Index


@pytest.fixture
def form(page, server):
    """The form, freshly opened."""
    page.goto("about:blank")
    page.goto(server[0])
    return page


def test_what_the_index_has_is_counted():
    index = Index()
    kinds = index.signatures["type"].astype(str)
    holds = facts(index)["holds"]
    assert holds.startswith(f"{len(index.signatures):,} signatures: {(kinds == 'chemical').sum():,} of ")
    assert f"{(kinds == 'shRNA').sum()} of shRNA knock-downs (LMNA only)" in holds
    counts = index.signatures["cell_id"].astype(str).value_counts()
    assert f"{line_label(counts.index[0])} has the most signatures, {counts.iloc[0]}" in holds
    assert f"{(counts < 10).sum()} lines have fewer than 10" in holds


def test_cell_lines_are_offered_with_tissue_and_count():
    offered = labels("cell")
    counts = Index().signatures["cell_id"].astype(str).value_counts()
    assert set(offered) == set(counts.index)
    assert offered["HT115"] == f"HT115 (colon), {counts['HT115']} signatures"
    assert offered["XC.L10"] == f"XC.L10, {counts['XC.L10']} signatures"  # of a tissue that is not known


def test_the_gene_comes_first_and_the_rest_is_folded_away(form):
    fields = form.locator("#search input, #search select")
    assert fields.count() == 14
    shown = [f.get_attribute("name") for f in fields.all() if f.is_visible()]
    assert shown == ["gene"]
    assert form.locator("#search .now").all_inner_texts()[:2] == ["none", "all of them"]
    form.locator("summary", has_text="Which signatures").click()
    form.select_option("#cell", "HT115")
    form.fill("#max_dose", "20")
    now = form.locator("summary", has_text="Which signatures").inner_text()
    assert "Cell line HT115 (colon)" in now and "Highest dose, µM 20" in now


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("HER2", "HER2 was taken for ERBB2."),
        ("Hmox1", "Hmox1 is written like a mouse gene; the answer is for the human gene HMOX1."),
        ("HMXO1", "did you mean"),
        ("<img src=x onerror=document.title=1>", "is not in this index"),
    ],
)
def test_what_a_name_is_taken_for_is_said(form, typed, said):
    form.fill("#gene", typed)
    form.locator("#gene").blur()
    form.wait_for_function("document.getElementById('told').textContent")
    assert said in form.inner_text("#told")
    assert form.title() == "L1000 gene search" and form.locator("#told img").count() == 0


def test_aliases_are_completed(form):
    form.fill("#gene", "her2")
    form.wait_for_selector("#genes option[value=HER2]", state="attached")
    assert form.get_attribute("#genes option[value=HER2]", "label") == "HER2 is ERBB2"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("args.gene=HMXO1", "did you mean"),
        ("args.gene=HMOX1&args.min_dose=abc", "abc is no number"),
        ("args.gene=HMOX1&args.cell=NOSUCH", "Cell line: there is no NOSUCH here"),
    ],
)
def test_a_link_that_cannot_be_answered_stays_on_the_form(form, server, link, said):
    form.goto("about:blank")
    form.goto(f"{server[0]}/#?{link}&submit")
    form.wait_for_selector("#told.wrong")
    assert said in form.inner_text("#told") and form.locator("#search").count() == 1


def test_impossible_doses_are_refused_in_the_form(form, server):
    form.locator("summary", has_text="Which signatures").click()
    for low, high, wrong in (("-3", "", "#min_dose"), ("10", "1", "#max_dose")):
        form.fill("#min_dose", low)
        form.fill("#max_dose", high)
        form.get_by_role("button", name="Submit").click()
        assert form.evaluate("s => document.querySelector(s).validationMessage", wrong)
    assert form.url.startswith(server[0]) and form.locator("#search").count() == 1


def test_examples_are_answered_by_this_index(form):
    links = form.locator(".examples a")
    assert links.count() == len(examples()) > 2
    links.filter(has_text="HER2").click()
    form.wait_for_function("document.getElementById('told').textContent")
    assert form.input_value("#cell") == "SKBR3" and form.input_value("#direction") == "down"
    assert "wrong" not in (form.get_attribute("#told", "class") or "")


def test_a_list_of_genes_is_matched_in_place(form):
    form.locator("#lists summary").click()
    form.fill("#up", "HSPA1A HSPA1B, DNAJB1;HSPH1 HSPA8\nBAG3 HSPB1 HSPD1 HSPE1 DNAJA1 HER2 nosuch")
    form.get_by_role("button", name="Match").click()
    form.wait_for_selector("#perturbagens table")
    assert "11 found, 1 unknown. Unknown: nosuch. Read by another name: ERBB2 for HER2." in form.inner_text(
        "#matched"
    )
    assert form.locator("#perturbagens tbody tr").count() == 20
    form.fill("#up", "HMOX1")
    form.get_by_role("button", name="Match").click()
    form.wait_for_selector("#matched.wrong")
    assert "expected at least 10" in form.inner_text("#matched")


def test_form_and_page_ask_no_other_server(page, server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server[0])
    page.goto(f"{server[0]}/{post(server[0], gene='FKBP5')}/")
    page.wait_for_selector(".l1k-foot")
    page.reload()
    page.wait_for_selector(".l1k-foot")
    page.wait_for_load_state("networkidle")
    own = (server[0], server[0].replace("http", "ws"), "data:", "blob:", "about:")
    assert len(asked) > 10 and [url for url in asked if not url.startswith(own)] == []
    page.wait_for_selector(".alert", state="hidden")  # no "Success" stays
    assert page.title() != "Appyter"
