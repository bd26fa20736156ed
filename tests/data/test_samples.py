"""What wells and signatures are of, in the words of every release; what is assumed is told."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from l1000_rnaseq.data.samples import describe_samples, perturbagens_of

CORE = ["pert_id", "pert_iname", "pert_type", "cell_id", "pert_dose", "pert_dose_unit", "pert_time"]
CORE += ["pert_time_unit"]
EXPECTED = ["BRD-K1", "dex", "trt_cp", "A549", "10", "uM", "24", "h"]
PLATE, WELL = "REP.A001_A549_24H_X1_B22", "A03"

# the same treatment as each release tells it: column → value
RELEASES = {
    "GSE92742": {
        "inst_id": "w",
        "rna_plate": PLATE,
        "rna_well": WELL,
        "pert_id": "BRD-K1",
        "pert_iname": "dex",
        "pert_type": "trt_cp",
        "pert_dose": "10.0",
        "pert_dose_unit": "um",
        "pert_time": "24",
        "pert_time_unit": "h",
        "cell_id": "A549",
    },
    "GSE70138": {
        "inst_id": "w",
        "cell_id": "A549",
        "det_plate": PLATE,
        "det_well": WELL,
        "pert_mfc_id": "BRD-K1-001-01-1",
        "pert_dose": "10",
        "pert_dose_unit": "um",
        "pert_id": "BRD-K1",
        "pert_iname": "dex",
        "pert_type": "trt_cp",
        "pert_time": "24",
        "pert_time_unit": "h",
    },
    "LINCS 2020": {
        "bead_batch": "b22",
        "nearest_dose": "10",
        "pert_dose": "10",
        "pert_dose_unit": "uM",
        "pert_idose": "10 uM",
        "pert_time": "24",
        "pert_itime": "24 h",
        "pert_time_unit": "h",
        "cell_mfc_name": "A549",
        "pert_mfc_id": "BRD-K1-001-01-1",
        "det_plate": PLATE,
        "det_well": WELL,
        "count_mean": "40",
        "qc_pass": "1",
        "pert_id": "BRD-K1",
        "sample_id": "w",
        "pert_type": "trt_cp",
        "cell_iname": "A549",
        "project_code": "REP",
        "cmap_name": "dex",
    },
    "cmapM": {
        "distil_id": "w",
        "pert_id": "BRD-K1",
        "pert_desc": "dex",
        "pert_type": "TRT_CP",
        "cell_id": "A549",
        "pert_dose": "10",
        "pert_dose_unit": "um",
        "pert_time": "24",
        "pert_time_unit": "h",
        "det_plate": PLATE,
        "det_well": WELL,
    },
    "iLINCS": {
        "signatureID": "w",
        "lincsPertID": "BRD-K1",
        "compound": "dex",
        "concentration": "10uM",
        "cellLine": "A549",
        "time": "24h",
        "pert_type": "trt_cp",
    },
    "SigCom LINCS": {
        "sig_id": "w",
        "pert_id": "BRD-K1",
        "pert_name": "dex",
        "pert_type": "Chemicals",
        "cell_line": "A549",
        "pert_dose": "10 µM",
        "pert_time": "24 hours",
    },
    "CMap build 02": {
        "instance_id": "w",
        "cmap_name": "dex",
        "concentration (M)": "1e-05",
        "duration (h)": "24",
        "cell2": "A549",
        "pert_id": "BRD-K1",
    },
    "own": {
        "Sample": "w",
        "Drug": "dex",
        "Broad ID": "BRD-K1",
        "Cell Line": "A549",
        "Dose (nM)": "10000",
        "Time (days)": "1",
        "Plate ID": PLATE,
        "Well": WELL,
    },
}


def table(release: str, **changes) -> pd.DataFrame:
    return pd.DataFrame(RELEASES[release] | changes, index=["w"])


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_says_the_same(release, caplog):
    caplog.set_level("INFO")
    described = describe_samples(table(release), "t.txt")
    assert described.loc["w", CORE].tolist() == EXPECTED
    if release not in ("iLINCS", "SigCom LINCS", "CMap build 02"):
        assert described.loc["w", ["rna_plate", "rna_well"]].tolist() == [PLATE, WELL]
    if release == "GSE92742":
        assert not caplog.text
    elif release != "own":
        assert f"t.txt has the columns of {release}: " in caplog.text
    again = describe_samples(described, "t.txt")
    pd.testing.assert_frame_equal(again, described)
    kept = set(RELEASES[release]) - {"inst_id", "sig_id"}
    assert kept <= set(described.columns)


@pytest.mark.parametrize(
    ("changes", "dose"),
    [
        ({"pert_dose": "-666", "pert_idose": "100 nM"}, ["0.1", "uM"]),
        ({"pert_dose": "10", "pert_dose_unit": "-666", "pert_idose": "10 nM"}, ["0.01", "uM"]),
        ({"pert_dose": "10", "pert_dose_unit": "-666"}, ["10", ""]),
        ({"pert_dose": "10", "pert_dose_unit": "ng/ml"}, ["10", "ng/ml"]),
        ({"pert_dose": "3.3299999", "pert_dose_unit": "uM"}, ["3.33", "uM"]),
        ({"pert_dose": "1-10", "pert_dose_unit": "uM"}, ["1-10", ""]),
        ({"pert_dose": 10.0, "pert_dose_unit": "uM"}, ["10", "uM"]),
        ({"pert_dose": -666, "pert_dose_unit": "-666"}, ["", ""]),
        ({"pert_dose": "\u2212666", "pert_dose_unit": "#N/A"}, ["", ""]),
        ({"pert_dose": "high", "pert_idose": "10 uM"}, ["10", "uM"]),
    ],
)
def test_doses(changes, dose):
    described = describe_samples(table("GSE92742", **changes))
    assert described.loc["w", ["pert_dose", "pert_dose_unit"]].tolist() == dose


@pytest.mark.parametrize("name", ["0.1% DMSO", "DMSO 0,1 %", "dmso (0.1% v/v)", "DMSO"])
def test_a_vehicle_with_its_share(name):
    info = pd.DataFrame({"pert_iname": [name, "10% dex"], "cell_id": "A", "pert_time": "6", "pert_dose": ""})
    assert describe_samples(info)["pert_type"].tolist() == ["ctl_vehicle", ""]


def test_a_missing_type_is_read_from_what_is_there(caplog):
    names = ["dex", "DMSO", "UnTrt", "LACZ", "TP53", "odd"]
    info = pd.DataFrame({"pert_iname": names, "pert_id": "-666", "cell_id": "A", "pert_time": "6"})
    info["pert_dose"], info["pert_dose_unit"] = ["10", "", "", "", "", ""], "uM"
    info.loc[4, "pert_id"] = "TRCN0000003753"
    described = describe_samples(info, "t.txt")
    kinds = ["trt_cp", "ctl_vehicle", "ctl_untrt", "ctl_vector", "trt_sh", ""]
    assert described["pert_type"].tolist() == kinds
    assert "t.txt: pert_type is missing in 5 rows and read from id, name and dose" in caplog.text
    assert "t.txt: the pert_type of 1 rows is unknown" in caplog.text
    with pytest.raises(ValueError, match="t.txt has no column pert_type, and neither id, name nor dose"):
        describe_samples(info.iloc[5:], "t.txt")


def test_what_is_not_there_is_told_with_the_names_it_may_have():
    with pytest.raises(ValueError, match=r"t lacks a column for: perturbagen \(pert_id or .*\); cell line"):
        describe_samples(table("GSE92742")[["pert_type", "pert_dose", "pert_time"]], "t")
    described = describe_samples(table("GSE92742").drop(columns="pert_id"))
    assert described.loc["w", ["pert_id", "pert_iname"]].tolist() == ["", "dex"]


def test_labels_that_are_placeholders_are_missing():
    info = pd.concat([table("GSE92742")] * 5).set_axis(list("abcde"))
    info["pert_id"], info["pert_iname"] = ["-", "Unknown", "?", " ", "n.a."], ["none", "x ", "x", ".", " y"]
    found = perturbagens_of(describe_samples(info), pd.Series("batch", info.index))
    assert found.tolist() == ["a", "x", "x", "d", "y"]


def test_failed_quality_control_is_told(caplog):
    caplog.set_level("INFO")
    describe_samples(table("LINCS 2020", qc_pass="0"), "t")
    assert "t: 1 rows did not pass CMap's quality control (qc_pass); they count" in caplog.text


ANYTHING = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ODD = st.sampled_from(
    ["-666", "NA", "10", "2,5", "1e400", "-666 uM", "10 µM", "1-10 uM", "ctl_vehicle", "1,5 nM", " "]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(ANYTHING | ODD, min_size=11, max_size=11), min_size=1, max_size=6))
def test_any_text_is_described_or_refused_in_a_sentence(rows):
    table = pd.DataFrame(rows, columns=list(RELEASES["GSE92742"])).set_index("inst_id", drop=False)
    try:
        described = describe_samples(table, "t.txt")
    except ValueError as error:
        assert "t.txt" in str(error) and "\n" not in str(error).replace(repr(rows), "")
        return
    assert list(described.index) == list(table.index)
    pd.testing.assert_frame_equal(describe_samples(described, "t.txt"), described)
    numbers = pd.to_numeric(described["pert_dose"], errors="coerce")
    assert (numbers != -666).all() and not described[CORE].isna().any(axis=None)
