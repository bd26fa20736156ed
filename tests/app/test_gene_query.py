"""Fields of the form: what is taken, what is refused and how; the query said again gives the same table."""

import io
import math
import shlex

import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.page import answer_form
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index


@pytest.fixture(scope="module")
def index():
    return Index()


def test_the_form_as_it_comes(index):
    query = GeneQuery.from_form(
        index, gene=" hmox1\n", type="any", cell="any", time="6", min_dose="", max_dose="20", number="30",
        ranking="cd", concordant=True,
    )  # fmt: skip
    assert query.filters == Filters(time=6.0, dose=(None, 20.0), concordant=True)
    assert (query.gene, query.n, query.by) == ("HMOX1", 30, "cd")


def test_aliases_and_ensembl_ids_are_taken(index):
    ensembl = index.genes.loc["HMOX1", "ensembl_id"]
    assert GeneQuery.from_form(index, gene=ensembl, compare="tsc22d3").gene == "HMOX1"
    assert GeneQuery.from_form(index, gene="HMOX1", compare="tsc22d3").compare == "TSC22D3"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gene": "  "}, "Type a gene"),
        ({"gene": "HMXO1"}, "did you mean .*HMOX1"),
        ({"gene": "x" * 10_000}, "10,000 characters; expected a name"),
        ({"min_dose": "nan"}, "the lowest dose is nan; expected a number from 0"),
        ({"max_dose": "inf"}, "the highest dose is inf"),
        ({"min_dose": "-3"}, "the lowest dose is -3"),
        ({"min_abs_cd": "1e300"}, r"the least \|CD\| is 1e300"),
        ({"min_abs_log2fc": "much"}, "'much'; expected a number"),
        ({"min_dose": "10", "max_dose": "1"}, "filter “dose” = 10 to 1 has no dose in it; exchange its ends"),
        ({"number": "2.5"}, "whole number from 1 to 500"),
        ({"number": "0"}, "expected a number from 1"),
        ({"direction": "sideways"}, "direction is one of up, down, both"),
        ({"ranking": "__import__('os')"}, "ranking is one of"),
        ({"min_abs_cd": "x", "number": "x"}, r"the least \|CD\| is 'x'.* the number of signatures is 'x'"),
        ({"nonsense": 1}, "Unknown fields: nonsense"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(index, fields, message):
    with pytest.raises(ValueError, match=message):
        GeneQuery.from_form(index, **{"gene": "HMOX1", **fields})


def test_python_and_command_give_the_same_rows_as_the_page(index):
    fields = {"cell": "HT115", "max_dose": "20", "number": "7", "min_abs_log2fc": "0.5"}
    card = answer_form(gene="HMOX1", **fields)
    of_row = dict(zip(card["signatures"]["row"], card["signatures"]["sig_id"], strict=True))
    expected = [of_row[row] for row in card["rows"]["row"]]
    space: dict = {}
    exec(card["about"]["python"], space)
    assert list(space["table"]["sig_id"]) == expected and len(expected) > 7
    rows = []
    for line in card["about"]["command"].splitlines():
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
        rows.append(pd.read_csv(io.StringIO(done.output), sep="\t"))
    table = pd.concat(rows)
    assert list(table["sig_id"]) == expected
    assert math.isclose(table["log2fc"].sum(), sum(card["rows"]["log2fc"]), rel_tol=1e-2)


def test_the_same_again_names_the_index_that_was_asked(tmp_path):
    mine = tmp_path / "mine.h5"
    mine.write_bytes(Index().path.read_bytes())
    about = answer_form(mine, gene="HMOX1")["about"]
    assert "Index('mine.h5')" in about["python"] and "--index mine.h5" in about["command"]
    assert "--index" not in answer_form(gene="HMOX1")["about"]["command"]


def test_several_lines_and_units_are_said_again():
    filters = Filters(cell=("HT115", "MCF7"), dose=("1 ng/ml", "10 ng/ml"), time=(6, 24))
    asked = GeneQuery("HMOX1", filters=filters).as_command(["chemical"])
    assert "--dose 1ng/ml 10ng/ml" in asked and "--cell HT115 --cell MCF7" in asked
    assert "--time 6 --time 24" in asked
