"""The answer to the fields of the form: a card, or a problem that says why and what else may be meant."""

import numpy as np
import pytest
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.page import answer_form, answer_query
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index

EVIL = "<img src=x onerror=alert(1)>"


def test_the_form_gets_the_card_and_the_gene_sets_of_its_best_signatures():
    card = answer_form(gene="hmox1", number="7")
    assert card["gene"]["symbol"] == "HMOX1" and card["gene"]["taken_for"] == ""
    best = dict(zip(card["rows"]["row"], card["rows"]["direction"], strict=True))
    assert 0 < len(card["gene_sets"]) <= len(best)
    index = Index()
    for row, (up, down) in list(card["gene_sets"].items())[:3]:
        cd = index.signature(index.signatures["sig_id"].iloc[row])["cd"]
        np.testing.assert_array_equal(cd[up], np.sort(cd)[:-151:-1])
        np.testing.assert_array_equal(cd[down], np.sort(cd)[:150])


@pytest.mark.parametrize(
    ("fields", "said", "suggested"),
    [
        ({"gene": "HMXO1"}, "did you mean", "HMOX1"),
        ({"gene": "MALAT1"}, "MALAT1 is a human gene that this index does not have", None),
        ({"gene": EVIL}, "is not in this index", None),
        ({"gene": "HMOX1", "type": "chemical", "cell": "NOPE"}, "The filter “Cell line” = NOPE leaves", None),
        ({"gene": "HMOX1", "min_dose": "abc"}, "the lowest dose is 'abc'; expected a number", None),
    ],
)
def test_what_has_no_answer_says_why(monkeypatch, fields, said, suggested):
    monkeypatch.setenv("L1000_RNASEQ_INDEX", "nosuch.h5")  # no business of the page
    card = answer_form(**fields)
    assert set(card) == {"problem", "suggestions"} and said in card["problem"]
    assert (suggested in card["suggestions"]) if suggested else card["suggestions"] == []


def test_an_index_that_is_missing_is_told(tmp_path):
    problem = answer_form(tmp_path / "none.h5", gene="HMOX1")["problem"]
    assert "none.h5" in problem and "l1000-rnaseq" in problem


def test_a_question_that_the_form_cannot_ask_has_a_page_too():
    card = answer_query(Index(), GeneQuery("HMOX1", filters=Filters(cell=("A375", "SKBR3"), min_treated=2)))
    lines = {card["signatures"]["cell_id"][k] for k in range(len(card["signatures"]["row"]))}
    assert lines == {"A375", "SKBR3"} and min(card["signatures"]["n_treated"]) >= 2
