"""Gene tables, id resolution, status."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from l1000_rnaseq.data.genes import (
    canonical_symbols,
    check_unique,
    cmap_genes,
    count_landmarks,
    gene_status,
    landmarks,
    resolve_ids,
)

ROOT = Path(__file__).resolve().parents[2]


def test_tables_have_the_published_sizes():
    assert landmarks().shape == (978, 4)
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


def test_the_order_of_genes_is_that_of_the_ids():
    ids = landmarks()["entrez"].sample(frac=1, random_state=0)
    assert resolve_ids(ids) == list(ids.index)


@pytest.mark.parametrize("column, values", [("pr_gene_symbol", ["DDR1", "PAX8"]), ("Entrez", [780, 7849])])
def test_probe_ids_take_their_gene_from_the_metadata(column, values):
    metadata = pd.DataFrame({column: values})
    assert resolve_ids(["200814_at", "222103_s_at"], metadata) == ["DDR1", "PAX8"]


def test_row_numbers_take_their_gene_from_the_metadata():
    assert resolve_ids(["0", "1"], pd.DataFrame({"symbol": ["DDR1", "PAX8"]})) == ["DDR1", "PAX8"]


def test_half_par_y_ids_stay_apart():
    ids = ["ENSG00000182378.14", "ENSG00000182378.14_PAR_Y", "ENSG00000204580.1"]
    assert resolve_ids(ids, id_type="ensembl") == ["PLCXD1", "ENSG00000182378.14_PAR_Y", "DDR1"]


def test_bad_ids_say_what_was_seen_and_how_to_mend_it():
    with pytest.raises(ValueError, match=r"Row ids are Aars, Ddr1.*Pass id_type="):
        resolve_ids(["Aars", "Ddr1"])
    with pytest.raises(ValueError, match=r"probe ids without a gene in the row metadata \(columns: none\)"):
        resolve_ids(["200814_at", "222103_at"])
    with pytest.raises(ValueError, match="expected entrez ids"):
        resolve_ids(["DDR1"], id_type="entrez")
    with pytest.raises(ValueError, match="id_type is 'hgnc'; expected one of auto"):
        resolve_ids(["DDR1"], id_type="hgnc")
    with pytest.raises(ValueError, match="too few name an L1000 gene"):
        resolve_ids([str(i) for i in range(978)])


def test_status_of_genes():
    status = gene_status(["AARS1", "DDR1", "A1CF", "MALAT1"])
    assert status.to_dict() == {
        "AARS1": "CMap-inferred" if "AARS" not in landmarks().index else "landmark",
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
