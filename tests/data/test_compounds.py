"""Compound tables: the one that ships, CMap's and the Repurposing Hub's layout, joins by id and by name."""

import doctest
import logging
import re

import pandas as pd
import pytest
from l1000_rnaseq.data import compounds as module
from l1000_rnaseq.data.compounds import join_compounds, load_compounds, normalised_name
from l1000_rnaseq.data.genes import hgnc

COLUMNS = ["pert_id", "name", "mechanism", "targets", "flags", "synonyms"]


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame([(*row, "", "")[:6] for row in rows], columns=COLUMNS)


def test_the_examples_hold():
    assert doctest.testmod(module).failed == 0


def test_the_table_that_ships_has_one_vocabulary():
    shipped = load_compounds()
    assert list(shipped) == COLUMNS and len(shipped) == 382 and shipped["name"].nunique() == 375
    ids = shipped["pert_id"][shipped["pert_id"] != ""]
    assert ids.is_unique and ids.str.fullmatch(r"BRD-[A-Z]\d{8}").all()
    mechanisms = shipped["mechanism"].str.split("|").explode().loc[lambda text: text != ""]
    assert len(set(mechanisms.str.lower())) == len(set(mechanisms))
    assert not mechanisms.str.contains(r"[;:]|^\s|\s$|unknown").any()
    targets = shipped["targets"].str.split("|").explode().loc[lambda text: text != ""]
    assert targets.isin(hgnc().index).all()
    assert not shipped["name"].str.contains(r"[;:]|\s$").any()
    flagged = shipped[shipped["flags"] != ""]
    assert (
        flagged["name"].tolist() == ["amoxicillin"]
        and flagged["flags"].str.startswith("batch CPC020: ").all()
    )
    # no name or synonym is of two compounds, and ids of one name have the same facts
    facts = {}
    for row in shipped.itertuples():
        for spelling in filter(None, [row.name, *row.synonyms.split("|")]):
            fact = (row.name, row.mechanism, row.targets)
            assert facts.setdefault(normalised_name(spelling), fact) == fact, spelling


def test_cmap_rows_of_one_id_are_merged(tmp_path, caplog):
    path = tmp_path / "compoundinfo_beta.txt"
    path.write_text(
        "pert_id\tcmap_name\ttarget\tmoa\tcanonical_smiles\tinchi_key\tcompound_aliases\n"
        "BRD-K00000001\tone\tHDAC1\tHDAC inhibitor\tCC\tX\tuno\n"
        "BRD-K00000001\tone\tHDAC2\tHDAC inhibitor\tCC\tX\tuno\n"
        'BRD-K00000002\ttwo\tMTOR\t""\tCC\tX\t""\n'
        "BRD-K00000003\tone\tHDAC1\tHDAC inhibitor\tCC\tX\t-666\n"
        "-666\t-666\tTP53\tnothing\tCC\tX\t\n"
    )
    with caplog.at_level(logging.INFO):
        read = load_compounds(path)
    assert read.to_numpy().tolist() == [
        ["BRD-K00000001", "one", "HDAC inhibitor", "HDAC1|HDAC2", "", "uno"],
        ["BRD-K00000002", "two", "", "MTOR", "", ""],
        ["BRD-K00000003", "one", "HDAC inhibitor", "HDAC1", "", ""],
    ]
    assert "1 rows without id and name are left out" in caplog.text
    assert "4 rows are 3 compounds" in caplog.text and "1 names have several ids: one" in caplog.text


def test_the_repurposing_hub_is_read_as_it_is(tmp_path):
    path = tmp_path / "repurposing_drugs.txt"
    path.write_bytes(
        '!Source\t"The Hub"\t\t\t\t\n!URL\thttp\t\t\t\t\n'
        "pert_iname\tclinical_phase\tmoa\ttarget\tdisease_area\tindication\n"
        "(R)-baclofen\tPhase 3\tbenzodiazepine receptor agonist\tGABBR1|GABBR2\t\t\n"
        "(S)-baclofen\tPhase 1\t\t\tMénière's\t\n"
        "vorinostat\tLaunched\tHDAC inhibitor|cell cycle inhibitor\tHDAC1|HDAC2\toncology\tCTCL\n".encode(
            "latin-1"
        )
    )
    read = load_compounds(path)
    assert read["name"].tolist() == ["(R)-baclofen", "(S)-baclofen", "vorinostat"]
    assert read.loc[2, ["pert_id", "mechanism", "targets"]].tolist() == [
        "",
        "HDAC inhibitor|cell cycle inhibitor",
        "HDAC1|HDAC2",
    ]
    joined = join_compounds(pd.DataFrame({"pert_iname": ["SAHA", "Vorino-stat"]}), read)
    assert joined["mechanism"].tolist() == ["", "HDAC inhibitor|cell cycle inhibitor"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\tsmiles\na\tCC\n", "lacks a column: expected one of mechanism, moa, targets, target; it has"),
        ("moa\ttarget\nx\tTP53\n", "lacks a column: expected one of pert_id, name, cmap_name, pert_iname"),
        ("name\tmoa\n-666\tx\n", "no row has an id or a name"),
    ],
)
def test_a_table_of_something_else_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(message)):
        load_compounds(path)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load_compounds(tmp_path / "no.tsv")


def test_ids_come_before_names_and_spellings_are_one_compound(caplog):
    ours = table(
        ("BRD-K00000001", "AS-605240", "PI3K inhibitor", "PIK3CG"),
        ("BRD-K00000002", "masitinib", "KIT inhibitor", "KIT", "", "AB1010"),
        ("", "erlotinib", "EGFR inhibitor", "EGFR"),
    )
    signatures = pd.DataFrame(
        {
            "pert_id": [
                "BRD-K00000001",
                "BRD-K00000001-001-02-3",
                "",
                "-666",
                "BRD-K00000002",
                None,
                "BRD-X",
            ],
            "pert_iname": [
                "AS605240",
                "",
                "as 605240",
                "AB1010;Masitinib",
                "erlotinib",
                "masitinib:erlotinib",
                "new ",
            ],
            "batch": "P1",
            "mechanism": "old",
        },
        index=list("abcdefg"),
    )
    with caplog.at_level(logging.INFO):
        joined = join_compounds(signatures, ours)
    assert joined["compound"].tolist() == [
        *["AS-605240"] * 3,
        "masitinib",
        "masitinib",
        "masitinib:erlotinib",
        "new",
    ]
    assert joined["matched_by"].tolist() == ["pert_id", "pert_id", "name", "name", "pert_id", "", ""]
    assert joined["targets"].tolist() == ["PIK3CG"] * 3 + ["KIT"] * 2 + ["", ""]
    assert list(joined.index) == list("abcdefg") and (joined["batch"] == "P1").all()
    assert joined.columns.is_unique and "old" not in set(joined["mechanism"])
    assert "3 rows are joined by pert_id and 2 by name. Not joined: 2 of 7 chemicals" in caplog.text
    assert (
        "1 rows have the pert_id of one compound and the name of another; the id counts: masitinib"
        in caplog.text
    )


def test_only_chemicals_are_joined(caplog):
    ours = table(("BRD-K00000001", "cad", "CAD inhibitor", "CAD"))
    wells = pd.DataFrame(
        {"pert_iname": ["CAD", "CAD", "DMSO"], "pert_type": ["trt_sh", "trt_cp", "ctl_vehicle"]}
    )
    with caplog.at_level(logging.INFO):
        assert join_compounds(wells, ours)["matched_by"].tolist() == ["", "name", ""]
    assert "Not joined: 0 of 1 chemicals (none), and 2 rows that are no chemicals" in caplog.text
    kinds = pd.Categorical(["shRNA", "chemical", "ligand"])
    categories = wells.drop(columns="pert_type").assign(type=kinds).astype("category")
    assert join_compounds(categories, ours)["matched_by"].tolist() == ["", "name", ""]


def test_a_name_of_compounds_that_differ_finds_none(caplog):
    ours = table(
        ("BRD-K00000001", "A-1", "x inhibitor", "AR"),
        ("BRD-K00000002", "A1", "y inhibitor", "AR"),
        ("BRD-K00000003", "B-1", "z inhibitor", "ESR1"),
        ("BRD-K00000004", "b1", "z inhibitor", "ESR1"),
        ("BRD-K00000005", "c", "w inhibitor", "MTOR", "", "b1"),
    )
    joined = join_compounds(pd.DataFrame({"pert_iname": ["a1", "b 1", "c"]}), ours)
    assert joined["mechanism"].tolist() == ["", "z inhibitor", "w inhibitor"]
    assert "1 names are of several compounds that differ, and find none: a1" in caplog.text
    assert (
        join_compounds(pd.DataFrame({"pert_id": ["BRD-K00000002"]}), ours)["mechanism"].item()
        == "y inhibitor"
    )


def test_what_is_not_in_the_table_has_one_spelling_per_id():
    """An id that different names share is a placeholder: it pools nothing."""
    rows = [("BRD-1", "X-1"), ("BRD-1", "x1"), ("BRD-1", "y"), ("", "z-1"), ("", "z1"), ("BRD-2", "")]
    signatures = pd.DataFrame(rows, columns=["pert_id", "pert_iname"])
    compounds = join_compounds(signatures, table())["compound"]
    assert compounds.tolist() == ["X-1", "X-1", "y", "z-1", "z1", "BRD-2"]


def test_a_flag_is_about_its_batch():
    signatures = pd.DataFrame({"pert_iname": "amoxicillin", "batch": ["CPC020_A549_6H", "CPD001_PC3_24H"]})
    flags = join_compounds(signatures)["flags"].tolist()
    assert flags[0].startswith("batch CPC020: wells of these plates") and flags[1] == ""
    ours = table(("", "x", "m", "AR", "batch P1: lost|not pure", ""))
    pooled = pd.DataFrame({"pert_iname": ["x", "x"], "batch": ["P1_A", "P2_A"]})
    assert join_compounds(pooled, ours)["flags"].tolist() == ["batch P1: lost|not pure", "not pure"]
    assert join_compounds(pooled[["pert_iname"]], ours)["flags"].tolist() == ["batch P1: lost|not pure"] * 2


def test_bad_input_of_a_join_is_a_sentence():
    with pytest.raises(ValueError, match="have no pert_id and no pert_iname, but drug; rename"):
        join_compounds(pd.DataFrame({"drug": ["x"]}))
    twice = table(("BRD-1", "x", "m", "AR"), ("BRD-1", "y", "m", "AR"))
    with pytest.raises(ValueError, match="have 1 ids more than once: BRD-1; expected one row each"):
        join_compounds(pd.DataFrame({"pert_id": ["BRD-1"]}), twice)


def test_every_compound_of_the_real_wells_is_in_the_table_that_ships(real_data):
    wells = pd.read_csv(real_data / "l1000/inst_info.txt", sep="\t", dtype=str, keep_default_na=False)
    joined = join_compounds(wells)
    treated = joined[joined["pert_type"] == "trt_cp"]
    assert treated["matched_by"].value_counts().to_dict() == {"pert_id": 1047, "name": 4}
    assert treated.groupby("pert_id")["compound"].nunique().drop("-666").eq(1).all()
    hub = load_compounds(real_data / "compounds/repurposing_drugs_20200324.txt")
    assert len(hub) > 6_000 and join_compounds(wells, hub)["matched_by"].eq("name").sum() > 500
