"""The JSON API: the tables of the library, its limits, and refusals in one sentence."""

import json
import urllib.error
import urllib.request
from urllib.parse import quote

import l1000_rnaseq as lr
import pandas as pd
import pytest
from l1000_rnaseq.app.gene_card import gene_card
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index

HEAT_SHOCK = "HSPA1A HSPA1B DNAJB1 HSPH1 HSPA8 BAG3 HSPB1 HSPD1 HSPE1 DNAJA1 HSPA4L CHORDC1".split()


def ask(server, path: str, body=None) -> tuple[int, dict, str]:
    """Return status, answer and text."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(server[0] + path, data), timeout=60)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status, json.loads(text), text


def same(rows: list[dict], table: pd.DataFrame) -> None:
    expected = pd.DataFrame(json.loads(table.to_json(orient="records", double_precision=15)))
    pd.testing.assert_frame_equal(pd.DataFrame(rows), expected, rtol=1e-5, check_dtype=False)


def test_search_gives_the_rows_of_the_library(server):
    status, answer, _ = ask(server, "/api/search/her2?cell=SKBR3&cell=HT115&dose=1&dose=10&n=7&by=cd")
    assert status == 200 and (answer["gene"], answer["taken_for"]) == ("ERBB2", "her2 was taken for ERBB2.")
    same(answer["rows"], lr.search("ERBB2", by="cd", n=7, cell=["SKBR3", "HT115"], dose=(1, 10)))


def test_gene_gives_the_card_of_the_page(server):
    status, answer, text = ask(server, "/api/gene/HER2?cell=SKBR3&n=5&compare=EGFR")
    query = GeneQuery("ERBB2", "EGFR", filters=Filters(cell="SKBR3"), n=5, typed="HER2")
    assert status == 200 and "NaN" not in text
    assert answer == json.loads(json.dumps(gene_card(Index(), query)))


def test_match_gives_the_rows_of_the_library(server):
    body = {"up": HEAT_SHOCK, "down": "", "n": 3, "source": "wells"}
    status, answer, _ = ask(server, "/api/match", body)
    assert status == 200 and answer["genes"] == "up: 12 genes, 12 found"
    same(answer["rows"], lr.match(HEAT_SHOCK, n=3, source="wells"))


def test_what_there_is_to_ask(server):
    _, answer, _ = ask(server, "/api")
    assert set(answer["ask"]) > {"GET /api/search/GENE", "POST /api/match"}
    assert answer["signatures"] == f"{len(Index().signatures):,}"


def test_genes_begin_as_typed(server):
    assert ask(server, "/api/genes?q=hmox")[1]["genes"][0] == {"name": "HMOX1", "symbol": "HMOX1"}
    assert ask(server, "/api/genes?q=")[1] == {"genes": []}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/search/HMXO1", None, "did you mean"),
        (f"/api/search/{'x' * 500}", None, "gene has 500 characters; at most 100"),
        ("/api/search/HMOX1?n=501", None, "n is 501; expected a whole number from 1 to 500"),
        ("/api/search/HMOX1?n=nan", None, "'nan'; expected a number"),
        ("/api/search/HMOX1?colour=red", None, "Unknown: colour. Expected filters among type, cell"),
        ("/api/search/HMOX1?gene=TP53", None, "gene is no parameter here"),
        ("/api/search/HMOX1?index=/etc/passwd", None, "index is no parameter here"),
        ("/api/search/HMOX1?direction=sideways", None, "expected direction one of up, down, both"),
        ("/api/search/HMOX1?cell=NOSUCH", None, "leaves no signature"),
        ("/api/search/HMOX1?min_treated=two", None, "min_treated is 'two'; expected a number"),
        ("/api/search/HMOX1?" + "&".join(["cell=A549"] * 60), None, "cell has 60 values; at most 50"),
        ("/api/gene/HMOX1?by=size", None, "by is 'size'; expected one of log2fc, cd, rank"),
        ("/api/gene/HMOX1?compare=hmox1", None, "HMOX1 is compared with itself"),
        ("/api/match", {"up": ["HMOX1"]}, "expected at least 10"),
        ("/api/match", {"up": [f"G{i}" for i in range(2001)]}, "up has 2,001 genes; at most 2,000"),
        ("/api/match", {"up": HEAT_SHOCK, "n": 10**90}, "expected a whole number from 1 to 500"),
        ("/api/match", {"up": HEAT_SHOCK, "index": "x"}, "index is no parameter here"),
        ("/api/match", {"up": {"a": 1}}, "no JSON object of texts, numbers and lists"),
        ("/api/match", b"[" * 50_000, "no JSON object of texts, numbers and lists"),
        ("/api/check?gene=HMOX1&min_dose=-3", None, "the lowest dose is -3"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(server, path, body, said):
    status, answer, _ = ask(server, path, body)
    assert status == 400 and list(answer) == ["error"] and said in answer["error"]


def test_nothing_that_is_asked_comes_back_as_a_tag(server):
    status, answer, text = ask(server, f"/api/search/{quote('<script>alert(1)</script>', safe='')}")
    assert status == 400 and "<script>" in answer["error"] and "<" not in text


def test_a_body_that_is_too_large_is_refused(server):
    status, answer, _ = ask(server, "/api/match", b"x" * 70_000)
    assert status == 413 and "at most 65,536 bytes" in answer["error"]
