"""Gene tables, id resolution, status."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from l1000_rnaseq.data.gene_ids import (
    canonical_symbols,
    check_unique,
    count_landmarks,
    genes_of_rows,
    resolve_ids,
)
from l1000_rnaseq.data.genes import cmap_genes, describe_genes, gene_status, hgnc, landmarks

ROOT = Path(__file__).resolve().parents[2]


def test_tables_have_the_published_sizes():
    assert landmarks().shape == (978, 5)
    assert len(cmap_genes()) == 12328
    assert cmap_genes()["is_landmark"].sum() == 978
    assert landmarks()["ensembl"].str.fullmatch(r"ENSG\d{11}").all()
    assert landmarks()["ensembl"].is_unique and landmarks()["entrez"].is_unique


def test_a_caller_cannot_change_the_tables():
    del landmarks()["entrez"]
    assert "entrez" in landmarks()


@pytest.mark.parametrize("column", ["entrez", "ensembl"])
def test_ids_of_every_landmark_resolve(column):
    table = landmarks()
    assert resolve_ids(table[column]) == list(table.index)
    assert resolve_ids(table[column].astype(str) + (".7" if column == "ensembl" else "")) == list(table.index)


def test_entrez_ids_read_as_floats_resolve():
    assert resolve_ids([780.0, 7849.0, 6193.0]) == ["DDR1", "PAX8", "RPS5"]


def test_aliases_are_renamed_only_where_the_l1000_symbol_is_absent():
    assert canonical_symbols(["AARS1", "DDR1"]) == ["AARS", "DDR1"]
    assert canonical_symbols(["AARS1", "AARS"]) == ["AARS1", "AARS"]
    assert resolve_ids(["AARS1", "DDR1", "no such gene"]) == ["AARS", "DDR1", "no such gene"]


def test_no_rename_makes_a_duplicate():
    table = cmap_genes()["aliases"]
    many = table[table.str.contains("|", regex=False)].iloc[0].split("|")
    named = canonical_symbols(many)
    assert len(set(named)) == len(many) and named[1:] == many[1:]


TODAY = {
    "CCN2": "CTGF", "CCN1": "CYR61", "SEPTIN2": "SEPT2", "MARCHF6": "MARCH6", "QARS1": "QARS",
    "H2AX": "H2AFX", "CAVIN1": "PTRF", "BLTP2": "KIAA0100", "SKIC2": "SKIV2L", "ATP5F1A": "ATP5A1",
}  # fmt: skip


def test_names_of_today_lead_to_the_l1000_symbol():
    assert canonical_symbols(TODAY) == list(TODAY.values())
    assert describe_genes(TODAY.values())["hgnc_symbol"].tolist() == list(TODAY)


def test_every_renamed_cmap_gene_is_found_by_its_name_of_today():
    table = cmap_genes()
    today = table["hgnc"][(table["hgnc"] != "") & ~table["hgnc"].isin(table.index)]
    assert len(today) == 475  # 476 renamed; CTAGE5 is MIA2 today, and L1000 has a MIA2 of its own
    assert canonical_symbols(today) == list(today.index)


def test_a_previous_symbol_or_alias_of_several_genes_leads_nowhere():
    owners = hgnc()["aliases"].str.split("|").explode()
    shared = owners[owners.duplicated(keep=False) & (owners != "")]
    alone = [n for n in shared.unique()[:50] if n not in cmap_genes().index and n not in hgnc().index]
    previous = set(hgnc()["previous"].str.split("|").explode())
    assert all(canonical_symbols([name]) == [name] for name in alone if name not in previous)


def test_a_gene_called_na_is_no_gene():
    assert canonical_symbols(["NA", "nan", ""]) == ["NA", "nan", ""]  # NA is an alias of XK


def test_rows_are_named_by_their_stable_id_first():
    assert genes_of_rows(["WRONG", "AARS1", "x"], ["ENSG00000204580.4_PAR_Y", "", "ENSG1"]) == [
        "DDR1",
        "AARS",
        "x",
    ]


@pytest.mark.parametrize(
    "ids", [["X780", "X7849", "X6193"], ["780.0", "7849.0", "6193.0"], [780, 7849, 6193]]
)
def test_entrez_ids_as_r_and_excel_write_them(ids):
    assert resolve_ids(ids) == ["DDR1", "PAX8", "RPS5"]


@pytest.mark.parametrize("ids", [["Hmox1", "Ddr1", "Pax8"], ["ENSMUSG00000005413.9", "ENSMUSG00000003534"]])
def test_genes_of_the_mouse_are_told(ids):
    with pytest.raises(ValueError, match="They look like genes of the mouse: name their human orthologues"):
        resolve_ids(ids)


def test_symbols_beside_ids():
    assert resolve_ids(["HMOX1|3162", "DDR1|780"]) == resolve_ids(["HMOX1 (3162)", "DDR1 (780)"])
    assert resolve_ids(["HMOX1|3162", "DDR1|780"]) == ["HMOX1", "DDR1"]


def test_symbols_in_lower_case_are_read_and_told(caplog):
    assert resolve_ids(["hmox1", "ddr1", "c1orf112", "no gene"])[:2] == ["HMOX1", "DDR1"]
    assert "gene symbols in lower case are read as human ones: hmox1, ddr1, c1orf112" in caplog.text
    assert resolve_ids(["HMOX1", "DDR1", "met"]) == ["HMOX1", "DDR1", "met"]  # one alone is no symbol
    assert count_landmarks(name.lower() for name in landmarks().index) == 978


def test_the_order_of_genes_is_that_of_the_ids():
    ids = landmarks()["entrez"].sample(frac=1, random_state=0)
    assert resolve_ids(ids) == list(ids.index)


@pytest.mark.parametrize("column, values", [("pr_gene_symbol", ["DDR1", "PAX8"]), ("Entrez", [780, 7849])])
def test_probe_ids_take_their_gene_from_the_metadata(column, values):
    metadata = pd.DataFrame({column: values})
    assert resolve_ids(["200814_at", "222103_s_at"], metadata) == ["DDR1", "PAX8"]


def test_landmark_probes_are_known_without_metadata():
    """A few of L1000_EPSILON.R1.chip; every landmark has one probe."""
    probes = {"200814_at": "PSME1", "121_at": "PAX8", "1007_s_at": "DDR1", "X89476_r_at": "NPEPL1"}
    assert resolve_ids([*probes, "AFFX-BioB_at"]) == [*probes.values(), "AFFX-BioB_at"]
    table = pd.read_csv(files("l1000_rnaseq") / "assets" / "landmark_probes.tsv", sep="\t")
    assert list(table["symbol"]) == list(landmarks().index) and table["probe"].is_unique
    assert count_landmarks(table["probe"].sample(frac=1, random_state=0)) == 978
    assert resolve_ids(table["probe"]) == list(table["symbol"])


def test_symbols_with_more_beside_them():
    assert resolve_ids(["DDR1 /// MIR4640", "PAX8 (7849)", "CCN2///X"]) == ["DDR1", "PAX8", "CTGF"]


def test_row_numbers_take_their_gene_from_the_metadata():
    assert resolve_ids(["0", "1"], pd.DataFrame({"symbol": ["DDR1", "PAX8"]})) == ["DDR1", "PAX8"]


def test_half_par_y_ids_stay_apart():
    ids = ["ENSG00000182378.14", "ENSG00000182378.14_PAR_Y", "ENSG00000204580.1"]
    assert resolve_ids(ids, id_type="ensembl") == ["PLCXD1", "ENSG00000182378.14_PAR_Y", "DDR1"]


def test_bad_ids_say_what_was_seen_and_how_to_mend_it():
    with pytest.raises(ValueError, match=r"Row ids are Aars, Ddr1.*Pass id_type="):
        resolve_ids(["Aars", "Ddr1"])
    with pytest.raises(ValueError, match=r"probe ids without a gene in the row metadata \(columns: none\)"):
        resolve_ids(["999998_at", "999999_at"])
    with pytest.raises(ValueError, match="expected entrez ids"):
        resolve_ids(["DDR1"], id_type="entrez")
    with pytest.raises(ValueError, match="id_type is 'hgnc'; expected one of auto"):
        resolve_ids(["DDR1"], id_type="hgnc")
    with pytest.raises(ValueError, match="too few name an L1000 gene"):
        resolve_ids([str(i) for i in range(978)])


def test_status_of_genes():
    status = gene_status(["AARS", "DDR1", "A1CF", "MALAT1"])
    assert status.to_dict() == {
        "AARS": "landmark",
        "DDR1": "landmark",
        "A1CF": "CMap-inferred",
        "MALAT1": "newly inferred",
    }
    counts = gene_status(cmap_genes().index).value_counts()
    assert counts.to_dict() == {"CMap-inferred": 11350, "landmark": 978}
    assert gene_status([]).empty


def test_count_landmarks():
    assert count_landmarks(landmarks().index) == count_landmarks(landmarks()["entrez"]) == 978
    assert count_landmarks(range(978)) == count_landmarks([]) == 0


def test_check_unique_names_the_genes():
    check_unique(["A", "B"], "x.gctx")
    with pytest.raises(ValueError, match=r"1 genes are repeated in x\.gctx: A;"):
        check_unique(["A", "B", "A"], "x.gctx")


@pytest.mark.real
def test_the_assets_are_made_again_byte_for_byte(real_data, tmp_path):
    script = ROOT / "benchmarks" / "make_gene_assets.py"
    subprocess.run([sys.executable, script, real_data, tmp_path], check=True)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (ROOT / "lib/l1000_rnaseq/assets" / made.name).read_bytes(), made.name
