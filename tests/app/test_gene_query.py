"""Fields of the form: what is taken, what is refused and how; the query said again gives the same table."""

import io
import math
import shlex

import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.page import GeneReport
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


def test_python_and_command_give_the_same_rows_as_the_page():
    report = GeneReport.of(gene="HMOX1", cell="HT115", max_dose="20", number="7", min_abs_log2fc="0.5")
    expected, types = pd.concat(report.signatures.values(), ignore_index=True), list(report.signatures)
    space: dict = {}
    exec(report.query.as_python(types), space)
    pd.testing.assert_frame_equal(space["table"], expected)
    rows = []
    for line in report.query.as_command(types).splitlines():
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
        rows.append(pd.read_csv(io.StringIO(done.output), sep="\t"))
    table = pd.concat(rows)
    assert list(table["sig_id"]) == list(expected["sig_id"]) and len(table) > 7
    assert math.isclose(table["log2fc"].sum(), expected["log2fc"].sum(), rel_tol=1e-4)


def test_the_same_again_names_the_index_that_was_asked(tmp_path):
    mine = tmp_path / "mine.h5"
    mine.write_bytes(Index().path.read_bytes())
    assert "Index(&#x27;mine.h5&#x27;)" in GeneReport.of(mine, gene="HMOX1").footer()
    assert "--index mine.h5" in GeneReport.of(mine, gene="HMOX1").footer()
    assert "--index" not in GeneReport.of(gene="HMOX1").footer()


def test_the_fields_of_the_form_come_back(index):
    fields = {
        "gene": "HMOX1",
        "cell": "HT115",
        "time": "24",
        "min_dose": "1",
        "ranking": "rank",
        "number": "7",
    }
    query = GeneQuery.from_form(index, **fields, min_abs_cd="0.5", concordant=True)
    assert GeneQuery.from_form(index, **query.as_form()) == query
    assert fields.items() <= query.as_form().items()
    with pytest.raises(ValueError, match="no field for cell=.'A', 'B'.; a page takes one cell"):
        GeneQuery("HMOX1", filters=Filters(cell=("A", "B"))).as_form()
    for chosen, said in (({"source": "wells"}, "source='wells'"), ({"min_treated": 2}, "min_treated=2")):
        with pytest.raises(ValueError, match=f"no field for {said}"):
            GeneQuery("HMOX1", filters=Filters(**chosen)).as_form()


def test_units_are_brought_to_those_of_the_form():
    form = GeneQuery("HMOX1", filters=Filters(dose=("100 nM", "0.01 mM"), time="1 day")).as_form()
    assert (form["min_dose"], form["max_dose"], form["time"]) == ("0.1", "10", "24")
    with pytest.raises(ValueError, match="no field for a dose in ng/ml; a page takes uM"):
        GeneQuery("HMOX1", filters=Filters(dose="10 ng/ml")).as_form()
    asked = GeneQuery("HMOX1", filters=Filters(dose=("1 ng/ml", "10 ng/ml"))).as_command(["chemical"])
    assert "--dose 1ng/ml 10ng/ml" in asked
