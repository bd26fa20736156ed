"""Search against a slow filter of the whole table; filters; the command line; real biology."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.search.by_gene import _largest, search
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.stats.ranks import ranks


def slow(source, gene, way, by, rows, n):
    """Return rows, those of which both values have one sign first."""
    column, status = source.genes.index(gene), gene_status(source.genes).to_numpy()
    same = np.flatnonzero(status == status[column])
    ranked = ranks(source.scores[:, same])[:, list(same).index(column)]
    values = {"log2fc": source.log2fc[:, column], "cd": source.scores[:, column], "rank": -ranked}[by]
    sign = {"log2fc": np.sign(source.log2fc[:, column])}.get(by, np.sign(source.scores[:, column]))
    good = [row for row in rows if (sign[row] > 0) == (way == "up")]
    apart = source.log2fc[:, column] * source.scores[:, column] <= 0
    return sorted(good, key=lambda row: (apart[row], -values[row] if way == "up" else values[row]))[
        :n
    ], ranked


@pytest.mark.parametrize("by", ["log2fc", "cd", "rank"])
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize(
    "filters", [{}, {"type": "chemical"}, {"cell": "b"}, {"type": "shRNA", "cell": ["A", "C"]}]
)
def test_it_finds_what_a_slow_filter_finds(source, index, by, way, filters):
    table, good = source.table, np.ones(240, bool)
    if "type" in filters:
        good &= (table["type"] == filters["type"]).to_numpy()
    if "cell" in filters:
        good &= table["cell_id"].isin([cell.upper() for cell in filters["cell"]]).to_numpy()
    found = search(index, "FKBP5", way, by, Filters(**filters), n=10)
    wanted, ranked = slow(source, "FKBP5", way, by, np.flatnonzero(good), 10)
    if by == "log2fc":
        np.testing.assert_allclose(found["log2fc"], source.log2fc[wanted, 0], rtol=1e-3)
    elif by == "cd":
        np.testing.assert_allclose(found["cd"], source.scores[wanted, 0], rtol=1e-3)
    else:
        of = found["of"].iloc[0]
        wanted = ranked[wanted] if way == "up" else of + 1 - ranked[wanted]
        np.testing.assert_allclose(found["rank"], wanted, atol=1)


@pytest.mark.parametrize("n", [1, 3, 50])
def test_the_largest_are_all_that_reach_the_last_place(n):
    rng = np.random.default_rng(n)
    size, is_asked = rng.integers(-4, 5, 40).astype(float), rng.uniform(size=40) < 0.7
    positive = sorted((size[k] for k in range(40) if is_asked[k] and size[k] > 0), reverse=True)
    least = positive[min(n, len(positive)) - 1]
    wanted = [k for k in range(40) if is_asked[k] and size[k] > 0 and size[k] >= least]
    assert sorted(_largest(size, is_asked, n)) == wanted


def test_columns_are_parsed_metadata(source, index):
    found = search(index, "GATA3", "both", n=5)
    assert list(found["direction"]) == ["up"] * 5 + ["down"] * 5
    for _, row in found.iterrows():
        own = source.table.loc[row["sig_id"]]
        assert (row["pert_iname"], row["cell_id"], row["type"]) == (
            own["pert_iname"],
            own["cell_id"],
            own["type"],
        )
        assert row["time"] == float(own["time"]) and (
            row["dose"] == float(own["dose"]) if own["dose"] else True
        )
    assert found["time"].dtype == float and found["concordant"].dtype == bool


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"direction": "sideways"}, "direction is 'sideways'.*one of up, down, both"),
        ({"by": "p"}, "by is 'p'.*one of log2fc, cd, rank"),
        ({"n": 0}, "n is 0; expected .* n of at least 1"),
    ],
)
def test_wrong_options_are_told(index, options, match):
    with pytest.raises(ValueError, match=match):
        search(index, "FKBP5", **options)


def test_several_genes_are_one_table(index):
    both = search(index, ["FKBP5", "gata3"], "up", n=3)
    assert list(both["gene"]) == ["FKBP5"] * 3 + ["GATA3"] * 3


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in ("search", *words)])


def test_command_line(index_path, index):
    words = ("--index", index_path, "-n", 4, "--cell", "a", "--cell", "b")
    wanted = search(index, "FKBP5", "both", filters=Filters(cell=["A", "B"]), n=4)
    tsv = pd.read_csv(io.StringIO(run("fkbp5", *words, "--format", "tsv").output), sep="\t")
    assert list(tsv["sig_id"]) == list(wanted["sig_id"])
    np.testing.assert_allclose(tsv["cd"], wanted["cd"], rtol=1e-4)
    found = json.loads(run("fkbp5", *words, "--format", "json").output)
    assert [row["sig_id"] for row in found] == list(wanted["sig_id"])
    table = run("fkbp5", *words).output
    assert "Its changes are followed fairly" in table and "Filters leave 160 of 240" in table
    by_drug = run("FKBP5", "--index", index_path, "--consensus", "--format", "tsv").output
    assert pd.read_csv(io.StringIO(by_drug), sep="\t").columns[0] == "compound"
    for bad in (("NOGENE", *words), ("FKBP5", "--index", "absent.h5"), ("FKBP5", *words, "--time", 99)):
        result = run(*bad)
        assert result.exit_code == 2 and len(result.output.strip().splitlines()) == 1, result.output


def test_the_demo_index_answers_with_real_biology():
    demo = Index()
    assert len(demo.signatures) > 400 and len(demo.genes) > 16_000
    heat = search(demo, "DNAJB1", "up", "rank", Filters(cell="HT115", source="wells"), n=40)[
        "pert_iname"
    ].tolist()
    assert {"ixazomib", "tanespimycin", "geldanamycin", "NVP-AUY922"} & set(heat)
    p21 = search(demo, "CDKN1A", "up", filters=Filters(source="wells"), n=40)["pert_iname"].tolist()
    assert {"vorinostat", "trichostatin-a"} <= set(p21)
