"""The query by genes: exact over whole signatures and over an index, the table, the command line."""

import difflib
import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.by_gene_list import Query, perturbagens, score_query, score_signatures
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.gene_names import GeneNames
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.sources import open_source
from l1000_rnaseq.stats.connectivity import Reference

N_GENES, N = 300, 200
GENES = list(cmap_genes().index[:N_GENES])
UP, DOWN = GENES[:15], GENES[20:35]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as `signatures` writes it: P3 moves UP and DOWN as asked, P7 the other way, in two lines."""
    rng, out = np.random.default_rng(0), tmp_path_factory.mktemp("signatures")
    info = pd.DataFrame(
        {
            "pert_id": [f"BRD-{k % 20:03d}" for k in range(N)],
            "pert_iname": [f"P{k % 20}" for k in range(N)],
            "pert_type": "trt_cp",
            "cell_id": [("A375", "MCF7")[k // 20 % 2] for k in range(N)],
            "pert_dose": "10",
            "pert_dose_unit": "um",
            "pert_time": "24",
            "pert_time_unit": "h",
            "batch": "B1",
        },
        index=[f"sig{k:03d}" for k in range(N)],
    )
    values = rng.standard_t(5, (N, N_GENES)).astype(np.float32)
    moved = np.zeros(N_GENES)
    moved[:15], moved[20:35] = 1.2, -1.2
    values[info["pert_iname"] == "P3"] += moved
    values[info["pert_iname"] == "P7"] -= moved
    directions = values / np.linalg.norm(values, axis=1, keepdims=True)
    write_gctx(out / "cd.gctx", pd.DataFrame(directions, info.index, GENES))
    write_gctx(out / "log2fc.gctx", pd.DataFrame(values[:, ::-1].copy(), info.index, GENES))
    info.to_csv(out / "sig_info.txt", sep="\t", index_label="sig_id")
    return out


@pytest.fixture(scope="module")
def index_path(folder):
    path = folder / "i.h5"
    build_index([open_source(folder)], path, progress=False)
    return path


@pytest.fixture
def query():
    return Query.of(GeneNames(pd.Index(GENES)), UP, DOWN)


def test_whole_signatures_are_scored_exactly_in_any_blocks(folder, query):
    source = open_source(folder)
    values = source.scores.read()
    expected = Reference.of(values, GENES).connectivity(UP, DOWN)
    for block in (N, 37):
        scored = score_signatures(source, query, block=block, progress=False)
        np.testing.assert_allclose(scored["score"], expected, atol=1e-12)
    other = score_signatures(source, query, by="log2fc", progress=False)
    np.testing.assert_allclose(
        other["score"], Reference.of(source.log2fc.read(), GENES).connectivity(UP, DOWN), atol=1e-12
    )
    one = score_signatures(source, Query.of(GeneNames(pd.Index(GENES)), UP), progress=False)
    assert one["down"].isna().all() and one["score"].equals(one["up"])
    with pytest.raises(ValueError, match="by='rank'; expected one of cd, log2fc"):
        score_signatures(source, query, by="rank")


def test_an_index_gives_what_whole_signatures_give(folder, index_path):
    """But for float16: where two genes are equal in it, or where both ends of the walk are equally far."""
    for by in ("cd", "log2fc"):
        exact = score_query(UP, DOWN, signatures=folder, by=by, progress=False)[1].set_index("sig_id")
        found = score_query(UP, DOWN, index_path, by=by, progress=False)[1].set_index("sig_id")
        for side in ("up", "down"):
            assert (np.abs(found[side] - exact[side].loc[found.index]) < 1e-3).mean() > 0.95
        assert (np.abs(found["score"] - exact["score"]) < 1e-3).mean() > 0.95
        same = [perturbagens(table.reset_index(), 3) for table in (exact, found)]
        assert same[0]["pert_iname"].tolist() == same[1]["pert_iname"].tolist()
        if by == "cd":
            assert same[0]["pert_iname"].iloc[[0, 3]].tolist() == ["P3", "P7"]


def test_filters_choose_what_is_scored(index_path, caplog):
    index = Index(index_path)
    query, scored = score_query(
        UP, DOWN, index, filters=Filters(cell="MCF7", perturbagen="P3"), progress=False
    )
    whole = score_query(UP, DOWN, index, progress=False)[1]
    part = whole[(whole["cell_id"] == "MCF7") & (whole["pert_iname"] == "P3")]
    assert len(scored) == 5 and scored["score"].tolist() == part["score"].tolist()
    with pytest.raises(ValueError, match="min_abs_cd=1 does not apply: whole signatures are compared"):
        score_query(UP, index=index, filters=Filters(min_abs_cd=1.0))
    with pytest.raises(ValueError, match="filters are for an index"):
        score_query(UP, signatures=index_path.parent, filters=Filters(cell="MCF7"))
    assert "all genes of the query are landmarks" not in caplog.text


def test_a_list_of_landmarks_is_told_as_such(index_path, caplog):
    measured = [gene for gene, status in Index(index_path).genes["status"].items() if status == "landmark"][
        :12
    ]
    with caplog.at_level("INFO", logger="l1000_rnaseq"):
        score_query(measured, index=index_path, progress=False)
    assert "all genes of the query are landmarks, which L1000 measures" in caplog.text


def test_perturbagens_by_a_loop(folder, query):
    scored = score_signatures(open_source(folder), query, progress=False)
    listed = perturbagens(scored, 5)
    names = sorted(set(scored["pert_iname"]))
    largest = {name: scored.loc[scored["pert_iname"] == name, "score"].max() for name in names}
    expected = sorted(names, key=lambda name: -largest[name])[:5]
    connected = listed[listed["direction"] == "connected"]
    assert connected["pert_iname"].tolist() == expected and len(listed) == 10
    for row in listed.itertuples():
        own = scored[scored["pert_iname"] == row.pert_iname]
        extreme = own["score"].max() if row.direction == "connected" else own["score"].min()
        assert (row.score, row.median) == (extreme, own["score"].median())
        assert (row.signatures, row.cell_lines) == (len(own), own["cell_id"].nunique())
        assert row.cell_id == own.loc[own["sig_id"] == row.sig_id, "cell_id"].item()


def test_names_of_genes_are_resolved_and_the_unknown_kept_apart(monkeypatch):
    monkeypatch.setattr(difflib, "get_close_matches", None)  # it would take minutes for a long list
    names = GeneNames(pd.Index(["FKBP5", "TP53", *GENES]))
    entrez = str(cmap_genes().loc["FKBP5", "entrez"])
    found = Query.of(names, ["tp53", entrez, "TP53", "NOGENE1", "NOGENE2"], least=2)
    assert found.up == ("TP53", "FKBP5") and found.unknown == ("NOGENE1", "NOGENE2") and found.down == ()


def test_queries_that_cannot_be_asked_are_told():
    names = GeneNames(pd.Index(GENES))
    with pytest.raises(ValueError, match="a query needs genes that go up, or genes that go down"):
        Query.of(names)
    with pytest.raises(ValueError, match="up has 11 names and 9 genes .* at least 10 .* unknown: X1, X2"):
        Query.of(names, [*GENES[:9], "X1", "X2"])
    with pytest.raises(
        ValueError, match="go down has 5 names and 5 genes of the reference; expected at least 10 .--least"
    ):
        Query.of(names, UP, DOWN[:5])
    with pytest.raises(ValueError, match=f"1 genes are to go up and down: {UP[3]}; choose one side"):
        Query.of(names, UP, [*DOWN, UP[3].lower()])


@pytest.fixture
def run(tmp_path):
    (tmp_path / "up.txt").write_text(
        "# genes that go up\n" + "\n".join([*UP[:10], "NOGENE"]) + "\n" + ", ".join(UP[10:])
    )
    (tmp_path / "down.txt").write_text("\n".join(DOWN))

    def invoke(*options, up="up.txt", down="down.txt"):
        files = [
            part
            for name, file in (("--up", up), ("--down", down))
            if file
            for part in (name, str(tmp_path / file))
        ]
        return CliRunner().invoke(main, ["match", *files, "--quiet", *map(str, options)])

    return invoke


@pytest.mark.parametrize("reference", ["signatures", "index"])
def test_the_command_answers_in_three_styles(run, folder, index_path, reference, caplog):
    named = ("--signatures", folder) if reference == "signatures" else ("--index", index_path)
    table = run(*named, "-n", 2)
    assert table.exit_code == 0, table.output
    assert "up: 16 genes, 15 found, 1 unknown; down: 15 genes, 15 found; 200 signatures" in table.output
    assert "left out, being unknown here or a name of several genes: NOGENE" in caplog.text
    tsv = pd.read_csv(io.StringIO(run(*named, "-n", 2, "--format", "tsv").stdout), sep="\t")
    parsed = pd.DataFrame(json.loads(run(*named, "-n", 2, "--format", "json").stdout))
    assert tsv["pert_iname"].iloc[[0, 2]].tolist() == ["P3", "P7"] and len(tsv) == 4
    assert parsed["pert_iname"].tolist() == tsv["pert_iname"].tolist()
    np.testing.assert_allclose(parsed["score"], tsv["score"], atol=1e-5)
    assert {"dose_unit", "time_unit"} <= set(tsv) and "24 h" in table.output


def test_names_read_as_another_gene_are_told():
    names = GeneNames(pd.Index(["HSPA4", "HMOX1"]))
    query = Query.of(names, up=["HSP70", "hmox1"], least=1)
    assert query.up == ("HSPA4", "HMOX1") and query.renamed == ("HSPA4 for HSP70",)
    assert Query.of(names, up=["ENSG00000100292", "3308"], least=1).renamed == ()


def test_one_side_is_enough_and_the_demo_index_answers(run, folder, tmp_path):
    alone = run("--signatures", folder, "-n", 1, down=None)
    assert alone.exit_code == 0 and "up: 16 genes, 15 found, 1 unknown; 200 signatures" in alone.output
    names = Index().genes.index[::50][:40]
    (tmp_path / "other.txt").write_text("\n".join(names))
    demo = run(up="other.txt", down=None)
    assert demo.exit_code == 0 and "up: 40 genes, 40 found" in demo.output


@pytest.mark.parametrize(
    "options, files, message",
    [
        (("--index", "x", "--signatures", "y"), {}, "name an index or signatures, not both"),
        (("--signatures", "y", "--cell", "A375"), {}, "filters are for an index"),
        ((), {"up": None, "down": None}, "a query needs genes that go up"),
        ((), {"up": "absent.txt"}, "absent.txt; expected one with a gene per line"),
        ((), {"up": "empty.txt"}, "names no gene; expected one per line"),
        (("--least", "200"), {}, "expected at least 200 (--least); unknown: "),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_and_code_2(run, tmp_path, options, files, message):
    (tmp_path / "empty.txt").write_text("# nothing\n")
    done = run(*options, **files)
    assert done.exit_code == 2 and message in done.output and done.output.count("\n") == 1
    assert "Traceback" not in done.output
