"""Compounds of an index: as the plain join of every row, your own table, flags, spellings, filters."""

import doctest
import logging

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.compounds import JOINED, join_compounds, load_compounds
from l1000_rnaseq.search import annotation as module
from l1000_rnaseq.search.annotation import annotated, digest, known
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.by_gene_list import perturbagens
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.filters import FilterError, Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import IndexSource
from l1000_rnaseq.search.mechanisms import mechanisms_of_gene

OWN = (
    "name\tmoa\ttarget\tflags\n"
    "P0\tdoing\tAAA1|BBB1\t\nP1\tdoing\tAAA1\t\nP2\tdoing|other\tCCC1\t\nP-3\traising\tGGG1\t\n"
    "P4\traising\tGGG1\t\nP5\tother\tCCC1\tbatch plate1: a spill\n"
)


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text(OWN)
    return path


def test_the_example_holds():
    assert doctest.testmod(module).failed == 0


def test_it_is_the_join_of_every_row():
    """Perturbagens are looked up once each; the slow way looks up every signature."""
    signatures = Index().signatures
    slow = join_compounds(signatures.drop(columns=[*JOINED]).astype(str))
    for name in JOINED:
        assert signatures[name].dtype == "category"
        np.testing.assert_array_equal(signatures[name].astype(str), slow[name], name)
    flagged = signatures[signatures["flags"] != ""]
    assert flagged["compound"].unique().tolist() == ["amoxicillin"] and len(flagged) == 7
    assert "7 signatures are flagged as doubtful" in known(signatures)


def test_your_table_comes_first_and_the_flags_that_ship_stay(own):
    rows = {
        "pert_id": ["BRD-K55044200", "", "", "BRD-Z"],
        "pert_iname": ["amoxicillin", "SAHA", "P-0", None],
        "type": "chemical",
        "batch": "CPC020_A549_6H",
    }
    rows["pert_id"][0] = load_compounds().set_index("name").loc["amoxicillin", "pert_id"]
    mine = pd.DataFrame(rows, index=list("abcd"))
    table = load_compounds(own)
    table.loc[len(table)] = ["", "amoxicillin", "antibiotic", "PBP", "", ""]
    found = annotated(mine, table)
    assert found["compound"].tolist() == ["amoxicillin", "vorinostat", "P0", "BRD-Z"]
    assert found["mechanism"].tolist() == ["antibiotic", "HDAC inhibitor", "doing", ""]
    assert found["flags"].tolist()[0].startswith("batch CPC020") and (found["flags"][1:] == "").all()
    assert found.index.tolist() == list("abcd")
    assert known(found) == (
        "Compounds: 3 of 4 are in a table of compounds, 3 with a mechanism. 1 signatures are flagged as "
        "doubtful."
    )
    assert len(annotated(mine.iloc[:0])) == 0


def test_a_digest_tells_one_table_of_compounds_from_another(index_path, own):
    without, with_own = (digest(Index(index_path, table).signatures) for table in (None, own))
    assert without != with_own == digest(Index(index_path, own).signatures)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"mechanism": "DOING"}, {"P0", "P1", "P2"}),
        ({"mechanism": ["raising", "other"]}, {"P2", "P3", "P4", "P5"}),
        ({"target": "aaa1"}, {"P0", "P1"}),
        ({"target": "CCC1", "mechanism": "doing", "cell": "A"}, {"P2"}),
    ],
)
def test_filters_by_mechanism_and_target(index_path, own, filters, names):
    index = Index(index_path, own)
    rows = Filters(**filters).select(index.signatures, np.arange(240))
    wanted = index.signatures["pert_iname"].isin(names)
    wanted &= (index.signatures["cell_id"] == "A") | ("cell" not in filters)
    assert rows.tolist() == np.flatnonzero(wanted).tolist()


def test_an_unknown_mechanism_is_told_with_those_that_are_like_it(index_path, own):
    with pytest.raises(FilterError, match="mechanism=raisin leaves no signature; before it there are: raisi"):
        search(Index(index_path, own), "FKBP5", filters=Filters(mechanism="raisin"))
    with pytest.raises(FilterError, match="before it there are: none"):
        search(Index(index_path), "FKBP5", filters=Filters(mechanism="raisin"))


def test_two_spellings_are_one_row(new_source, tmp_path):
    source = new_source()
    source.table["pert_iname"] = source.table["pert_iname"].astype(object)
    some = (source.table["pert_iname"] == "P3") & (source.table["cell_id"] == "B")
    source.table.loc[some, "pert_iname"] = "p-3"
    build_index([source], tmp_path / "two.h5", progress=False)
    index = Index(tmp_path / "two.h5")
    found = consensus(index, source.genes[5])
    assert found.index[0] == "P3" and found.loc["P3", ["signatures", "cell_lines"]].tolist() == [12, 3]
    assert "p-3" not in found.index and len(found) == 20
    scored = index.signatures.assign(score=np.linspace(-1, 1, 240), ncs=0.0)
    assert perturbagens(scored, 20).query("compound == 'P3'")["signatures"].tolist() == [12, 12]


def test_a_name_of_two_types_has_a_row_for_each(new_source, tmp_path):
    source = new_source()
    source.table.loc[source.table["pert_iname"] == "P16", "pert_iname"] = "P1"
    build_index([source], tmp_path / "types.h5", progress=False)
    names = consensus(Index(tmp_path / "types.h5"), "FKBP5").index
    assert {"P1 (chemical)", "P1 (shRNA)", "P2"} <= set(names) and len(names) == 20


def test_flagged_signatures_do_not_count_unless_asked(index_path, own, caplog):
    index = Index(index_path, own)
    flagged = (index.signatures["compound"] == "P5") & (index.signatures["batch"] == "plate1")
    assert (index.signatures["flags"] != "").tolist() == flagged.tolist() and flagged.sum() == 2
    with caplog.at_level(logging.INFO):
        assert consensus(index, "FKBP5").loc["P5", "signatures"] == 10
    assert "2 flagged signatures are left out: P5" in caplog.text
    assert consensus(index, "FKBP5", with_flagged=True).loc["P5", "signatures"] == 12
    rows = search(index, "FKBP5", "both", n=240)
    marked = rows[rows["flags"] != ""]
    assert len(rows) == 240 and set(marked["sig_id"]) == set(index.signatures.loc[flagged, "sig_id"])
    alone = Filters(perturbagen="P5", cell="B", time=24)
    with pytest.raises(ValueError, match="All 2 signatures are flagged as doubtful; --with-flagged"):
        consensus(index, "FKBP5", filters=alone)


def test_a_planted_mechanism_is_found(index_path, own, source):
    index = Index(index_path, own)
    table = mechanisms_of_gene(index, source.genes[5], min_compounds=1, n_draws=500)
    assert table.index[0] == "raising" and table.loc["raising", "names"].split("|") == ["P-3", "P4"]
    by_target = mechanisms_of_gene(index, source.genes[5], "target", min_compounds=1, n_draws=500)
    assert by_target.index[0] == "GGG1" and by_target.index.name == "target"
    with pytest.raises(ValueError, match="None of the 60 signatures is of a chemical"):
        mechanisms_of_gene(index, "FKBP5", filters=Filters(type="shRNA"))


def test_an_index_of_an_index_keeps_no_compounds(index_path, tmp_path):
    """What a compound is comes from the tables of today, not from those of the day it was built."""
    copy = tmp_path / "copy.h5"
    build_index(IndexSource.parts_of(Index(index_path)), copy, progress=False)
    import h5py

    with h5py.File(copy) as file:
        assert not set(JOINED) & set(file["signatures"])


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_command_line(index_path, own, source):
    gene = source.genes[5]
    words = ("search", gene, "--index", index_path, "--compounds", own)
    table = run(*words, "--mechanism", "raising", "--direction", "up", "-n", 3).output
    assert "mechanism: 24" in table and "P3" in table
    assert "with a mechanism" in run(*words, "--consensus", "-n", 2).output
    for bad, message in (
        (("--mechanism", "no such"), "leaves no signature; before it there are"),
        (("--with-flagged",), "--with-flagged is for --consensus"),
        (("--mechanisms", "--by", "cd"), "--mechanisms counts every signature; --by does not apply"),
        (("--mechanisms", "--consensus"), "--mechanisms does not apply"),
        (("--mechanisms", "--min-abs-cd", 1), "does not apply: mechanisms count every signature"),
    ):
        result = run(*words, *bad)
        assert result.exit_code == 2 and message in result.output, result.output
    assert "P0" in run(*words, "--mechanisms").output.splitlines()[-1]
    lacking = run("search", gene, "--index", index_path, "--targets")
    assert lacking.exit_code == 2 and "leaves no target; no compound has a target" in lacking.output
    absent = run("search", gene, "--index", index_path, "--compounds", "absent.tsv")
    assert absent.exit_code == 2 and "There is no file" in absent.output
