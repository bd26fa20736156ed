"""Queries against a slow filter of the whole table; names; consensus with planted truth; the command line."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.by_gene import resolve_gene, search
from l1000_rnaseq.search.consensus import class_place, consensus, places
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.stats.ranks import ranks


def slow(source, gene, way, by, rows, n):
    column = source.genes.index(gene)
    places = ranks(source.scores)[:, column]
    values = {"log2fc": source.log2fc[:, column], "cd": source.scores[:, column], "rank": -places}[by]
    sign = {"log2fc": np.sign(source.log2fc[:, column])}.get(by, np.sign(source.scores[:, column]))
    good = [row for row in rows if (sign[row] > 0) == (way == "up")]
    return sorted(good, key=lambda row: -values[row] if way == "up" else values[row])[:n]


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
    found = search(index, "FKBP5", way, by, n=10, **filters)
    wanted = slow(source, "FKBP5", way, by, np.flatnonzero(good), 10)
    if by == "log2fc":  # what is stored is rounded
        values = source.log2fc[wanted, 0]
        np.testing.assert_allclose(found["log2fc"], values, atol=1 / 64 + 2e-3)
    elif by == "cd":
        np.testing.assert_allclose(found["cd"], source.scores[wanted, 0], atol=2e-3)
    else:
        places = ranks(source.scores)[wanted, 0]
        np.testing.assert_array_equal(found["rank"], places if way == "up" else 61 - places)


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


def test_filters_and_thresholds(index):
    found = search(
        index, "FKBP5", "both", time=24, dose=(2, None), perturbagen="p1", min_abs_log2fc=0.3, n=1000
    )
    assert (found["time"] == 24).all() and (found["dose"] >= 2).all() and (found["log2fc"].abs() >= 0.3).all()
    assert found["pert_iname"].str.startswith("P1").all()
    assert search(index, "FKBP5", "both", concordant=True, n=1000)["concordant"].all()
    both = search(index, ["FKBP5", "gata3"], "up", n=3)
    assert list(both["gene"]) == ["FKBP5"] * 3 + ["GATA3"] * 3


@pytest.mark.parametrize(
    ("filters", "match"),
    [
        ({"cell": "HELA"}, r"filter cell=HELA leaves no signature; before it there are: A, B, C"),
        ({"type": "shRNA", "dose": (1, 3)}, "filter dose=1, 3 leaves no signature"),
        ({"time": 48}, "filter time=48 leaves no signature; before it there are: 6, 24"),
        ({"perturbagen": "dexa"}, "filter perturbagen=dexa leaves no signature"),
        ({"min_abs_log2fc": 99}, "filter min_abs_log2fc=99 leaves no signature of"),
        ({"min_abs_cd": 2}, "filter min_abs_cd=2 leaves no signature of"),
        ({"direction": "sideways"}, "direction one of up, down, both"),
        ({"by": "p"}, "by one of log2fc, cd, rank"),
        ({"n": 0}, "n must be at least 1"),
        ({"min_abs_cd": float("nan")}, "numbers of at least 0"),
    ],
)
def test_what_leaves_nothing_is_named(index, filters, match):
    with pytest.raises(ValueError, match=match):
        search(index, "FKBP5", **filters)


@pytest.mark.parametrize("name", ["fkbp5", " FKBP5 ", "ENSG00000096060", "ENSG00000096060.15", "2289"])
def test_names_of_a_gene(index, name):
    assert resolve_gene(index, name) == "FKBP5"


def test_aliases_and_unknown_genes(index):
    known = index.genes[index.genes["aliases"].astype(str) != ""]
    for symbol, aliases in known["aliases"].astype(str).items():
        assert resolve_gene(index, aliases.split("|")[0].lower()) == symbol
    with pytest.raises(ValueError, match=r"Gene 'FKBP51' is not in this index; did you mean FKBP5"):
        resolve_gene(index, "FKBP51")
    with pytest.raises(ValueError, match=r"Gene '\?\?' is not in this index\."):
        resolve_gene(index, "??")


def test_consensus_finds_the_planted_perturbagen(source, index):
    gene = source.genes[5]
    found = consensus(index, gene)
    assert found.index[0] == "P3" and found.loc["P3", "p"] < 0.01 and found.loc["P3", "place"] > 0.5
    assert found.loc["P3", "cell_lines"] == 3 and found.loc["P3", "signatures"] == 12
    others = found.drop(index="P3")
    assert 0.25 < others["p"].median() < 0.75
    pd.testing.assert_frame_equal(found, consensus(index, gene))
    assert len(consensus(index, [gene, "FKBP5"], by="cell_id")) == 3
    with pytest.raises(ValueError, match="filter min_units=99 leaves no pert_iname; the largest has 6 units"):
        consensus(index, gene, min_units=99)


def test_everyday_names_of_genes_are_known():
    demo = Index.open()
    assert resolve_gene(demo, "her2") == "ERBB2" and resolve_gene(demo, "P53") == "TP53"
    assert resolve_gene(demo, "GR") == "NR3C1"
    with pytest.raises(ValueError, match="name of several genes: NR3C1, HEY2"):
        resolve_gene(demo, "GRL")


def test_what_stands_alone_has_no_p(index):
    gene, demo = index.genes.index[0], Index.open()
    table = consensus(demo, "HMOX1", type="chemical")
    alone = table["units"] == 1
    assert alone.any() and table.loc[alone, ["p", "fdr"]].isna().all(axis=None)
    assert table.loc[~alone, "p"].notna().all() and not alone.iloc[: (~alone).sum()].any()
    whole = consensus(index, gene, by="type", type="chemical")
    assert len(whole) == 1 and whole["p"].isna().all()


def test_consensus_p_is_uniform_without_an_effect(source, index):
    p = np.concatenate([consensus(index, gene, n_permutations=500)["p"] for gene in source.genes[10:40]])
    p = p[np.isfinite(p)]
    assert np.quantile(p, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.08)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in ("search", *words)])


def test_command_line(index_path, index):
    words = ("--index", index_path, "-n", 4, "--cell", "a", "--cell", "b")
    wanted = search(index, "FKBP5", "both", cell=["A", "B"], n=4)
    tsv = pd.read_csv(io.StringIO(run("fkbp5", *words, "--format", "tsv").output), sep="\t")
    assert list(tsv["sig_id"]) == list(wanted["sig_id"])
    np.testing.assert_allclose(tsv["cd"], wanted["cd"], rtol=1e-4)
    found = json.loads(run("fkbp5", *words, "--format", "json").output)
    assert [row["sig_id"] for row in found] == list(wanted["sig_id"])
    table = run("fkbp5", *words).output
    assert "held-out correlation for it is 0.50" in table and "chance: 2 %" in table
    by_drug = run("FKBP5", "--index", index_path, "--consensus", "--format", "tsv").output
    assert pd.read_csv(io.StringIO(by_drug), sep="\t").columns[0] == "pert_iname"
    for bad in (("NOGENE", *words), ("FKBP5", "--index", "absent.h5"), ("FKBP5", *words, "--time", 99)):
        result = run(*bad)
        assert result.exit_code == 2 and len(result.output.strip().splitlines()) == 1, result.output


def test_the_demo_index_answers_with_real_biology():
    demo = Index.open()
    assert len(demo.signatures) > 400 and len(demo.genes) > 16_000
    heat = search(demo, "DNAJB1", "up", "rank", cell="HT115", n=40)["pert_iname"].tolist()
    assert {"ixazomib", "tanespimycin", "geldanamycin", "NVP-AUY922"} & set(heat)
    p21 = search(demo, "CDKN1A", "up", n=40)["pert_iname"].tolist()
    assert {"vorinostat", "trichostatin-a"} <= set(p21)


def test_a_class_of_signatures_is_held_against_its_own_source(source, index):
    gene = source.genes[5]
    members = (source.table["pert_iname"] == "P3").to_numpy()
    result = class_place(index, gene, members, seed=1)
    assert (result["signatures"], result["units"], result["best rank"]) == (12, 6, 1) and result["p"] < 0.001
    assert result["log2fc"] == pytest.approx(places(index, gene)["log2fc"][members].mean())
    random = np.random.default_rng(3).random((200, 240)) < 0.05
    p = [class_place(index, gene, row, n_permutations=300)["p"] for row in random]
    assert 0.35 < np.median(p) < 0.65
    with pytest.raises(ValueError, match="holds no signature"):
        class_place(index, gene, np.zeros(240, bool))


def test_places_by_hand(source, index):
    found, ranked = places(index, "GATA3"), ranks(source.scores)[:, 1]
    stored = index.entries("GATA3").index
    np.testing.assert_allclose(found["place"].iloc[stored], 1 - 2 * (ranked[stored] - 1) / 59)
    assert (found["place"].drop(stored) == 0).all() and found["log2fc"].drop(stored).isna().all()


def test_an_index_of_a_data_folder(simulated_data, trained, tmp_path):
    bundle = tmp_path / "bundle.h5"
    trained["best"].save(bundle)
    words = [
        "index",
        "--data",
        str(simulated_data),
        str(tmp_path / "i.h5"),
        "--model",
        str(bundle),
        "--quiet",
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    made = Index.open(tmp_path / "i.h5")
    assert set(made.signatures["source"]) == {"wells", "Level 5, extended"}
    assert made.genes["reliability"].notna().sum() > 10 and {"ctl_vehicle"} < set(made.signatures["control"])
    assert search(made, made.genes.index[0], "both", source="wells", n=3)["source"].eq("wells").all()
    neither = CliRunner().invoke(main, ["index", str(tmp_path / "x.h5")])
    assert neither.exit_code == 2 and "name folders of signatures, or one data folder" in neither.output
