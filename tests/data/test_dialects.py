"""The names of columns: which thing each is about, under any spelling, and whose names they are."""

import pytest
from l1000_rnaseq.data.dialects import COLUMNS, id_columns, meaning_of, release_of


@pytest.mark.parametrize(
    ("name", "meaning", "unit"),
    [
        ("pert_iname", "pert_iname", ""),
        ("Cell.Line", "cell_id", ""),
        ("CELL_INAME", "cell_id", ""),
        ("Metadata_pert_id", "pert_id", ""),
        ("dose_uM", "pert_dose", "um"),
        ("Dose (µM)", "pert_dose", "um"),
        ("concentration [nM]", "pert_dose", "nm"),
        ("time_h", "pert_time", "h"),
        ("Duration (min)", "pert_time", "min"),
        ("pert_time_unit", "pert_time_unit", ""),
        ("moa", "", ""),
        ("dose_bananas", "", ""),
        ("", "", ""),
    ],
)
def test_what_a_column_is_about(name, meaning, unit):
    assert meaning_of(name) == (meaning, unit)


def test_a_name_has_one_meaning_but_for_the_wells_of_a_signature():
    names = [name for names in COLUMNS.values() for name in names]
    assert sorted({name for name in names if names.count(name) > 1}) == ["distil_id"]


def test_whose_names_they_are():
    assert release_of(["sig_id", "cmap_name", "cell_iname", "qc_pass"]) == "LINCS 2020"
    assert release_of(["det_plate", "det_well", "pert_iname", "cell_id"]) == "GSE70138"
    assert release_of(["rna_plate", "pert_iname", "cell_id"]) == "GSE92742"
    assert release_of(["drug", "moa"]) == ""


def test_ids():
    assert id_columns(["cell_id", "distil_id", "Sig_ID"]) == ["Sig_ID", "distil_id"]
    assert id_columns(["plate", "well"]) == []
