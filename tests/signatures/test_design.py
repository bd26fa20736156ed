"""Which wells are treated and which are controls: groups, controls, what is skipped and why, bad input."""

import pandas as pd
import pytest
from l1000_rnaseq.signatures.design import batch_of, design

COLUMNS = ["rna_plate", "pert_id", "pert_iname", "pert_type", "pert_dose", "pert_dose_unit"]
COLUMNS += ["pert_time", "pert_time_unit", "cell_id"]


def wells(*rows: tuple) -> pd.DataFrame:
    """Make a well table from (plate, perturbagen, type, dose, cell) rows, time 6 h."""
    full = [
        (plate, f"BRD-{name}", name, kind, dose, "um", "6", "h", cell)
        for plate, name, kind, dose, cell in rows
    ]
    return pd.DataFrame(full, columns=COLUMNS, index=[f"w{number}" for number in range(len(rows))])


@pytest.fixture
def plate():
    rows = [(f"CPC1_MCF7_6H_X{n}", "dex", "trt_cp", dose, "MCF7") for n in (1, 2) for dose in ("10", "1")]
    rows += [(f"CPC1_MCF7_6H_X{n}", "DMSO", "ctl_vehicle", "-666", "MCF7") for n in (1, 2, 2)]
    rows += [("CPC1_MCF7_6H_X1", "once", "trt_cp", "10", "MCF7")]
    rows += [("KDC1_A375_96H_X1", "LMNA", "trt_sh", "-666", "A375")] * 2
    rows += [("KDC1_A375_96H_X1", "GFP", "ctl_vector", "-666", "A375")] * 3
    return wells(*rows)


def test_groups_and_controls(plate):
    plan = design(plate)
    assert list(plan.signatures.index) == [
        "CPC1_MCF7_6H:BRD-dex:1",
        "CPC1_MCF7_6H:BRD-dex:10",
        "KDC1_A375_96H:BRD-LMNA:6h",
    ]
    assert plan.treated("CPC1_MCF7_6H:BRD-dex:10") == ["w0", "w2"]
    assert plan.controls["CPC1_MCF7_6H:BRD-dex:10"] == ["w4", "w5", "w6"]
    assert list(plan.signatures["control"]) == ["ctl_vehicle", "ctl_vehicle", "ctl_vector"]
    assert plan.skipped["reason"].to_dict() == {"CPC1_MCF7_6H:BRD-once:10": "fewer than 2 treated wells"}


def test_pooled_doses_are_one_signature(plate):
    plan = design(plate, pool_doses=True)
    row = plan.signatures.loc["CPC1_MCF7_6H:BRD-dex"]
    assert row["n_treated"] == 4 and row["pert_dose"] == "1|10"


def test_others_are_all_other_wells_of_the_batch_and_line(plate):
    plan = design(plate, control="others")
    assert plan.controls["CPC1_MCF7_6H:BRD-dex:10"] == ["w1", "w3", "w4", "w5", "w6", "w7"]
    assert set(plan.signatures["control"]) == {"others"}


def test_every_group_is_a_signature_or_listed(plate):
    plan = design(plate)
    treated = plate[~plate["pert_type"].str.startswith("ctl")]
    assert plan.signatures["n_treated"].sum() + plan.skipped["n_treated"].sum() == len(treated)


def test_lines_on_one_plate_keep_their_own_controls():
    rows = [("LJP4_XC_6H_X1", "drug", "trt_cp", "1", cell) for cell in ("A", "B") for _ in range(2)]
    rows += [("LJP4_XC_6H_X1", "DMSO", "ctl_vehicle", "-666", cell) for cell in ("A", "B") for _ in range(3)]
    plan = design(wells(*rows))
    assert list(plan.signatures.index) == ["LJP4_XC_6H:A:BRD-drug:1", "LJP4_XC_6H:B:BRD-drug:1"]
    assert plan.controls["LJP4_XC_6H:B:BRD-drug:1"] == ["w7", "w8", "w9"]


@pytest.mark.parametrize(
    ("plate", "batch"),
    [
        ("CPC006_HT115_6H_X2", "CPC006_HT115_6H"),
        ("LJP001_SKBR3_24H_X3.A2", "LJP001_SKBR3_24H"),
        ("CPC020_A549_6H_X1.L2", "CPC020_A549_6H"),
        ("ABY001_A375_XH_X1_B15", "ABY001_A375_XH"),
        ("MYPLATE", "MYPLATE"),
    ],
)
def test_batch_of(plate, batch):
    assert batch_of(pd.Series([plate]))[0] == batch


def test_a_plate_without_controls(plate):
    bare = plate[~plate["pert_type"].str.startswith("ctl")]
    with pytest.raises(
        ValueError, match=r"No signature .*2 × no control wells in the batch.* control='others'"
    ):
        design(bare[bare["pert_iname"] != "once"].iloc[:4])
    some = design(plate.drop(index=["w4", "w5", "w6"]))
    assert some.skipped.loc["CPC1_MCF7_6H:BRD-dex:10", "reason"] == "no control wells in the batch"
    few = design(plate.drop(index=["w4"]))
    assert few.skipped.loc["CPC1_MCF7_6H:BRD-dex:10", "reason"] == "fewer than 3 control wells"


@pytest.mark.parametrize("missing", ["-666", "NA", "#N/A", "", "None", None, float("nan")])
def test_the_name_is_used_where_the_id_is_missing(plate, missing):
    plan = design(plate.assign(pert_id=missing))
    assert "CPC1_MCF7_6H:dex:10" in plan.signatures.index and set(plan.signatures["pert_id"]) == {""}


def test_bad_input(plate):
    with pytest.raises(ValueError, match="lacks pert_dose, cell_id; expected the columns of inst_info"):
        design(plate.drop(columns=["cell_id", "pert_dose"]))
    with pytest.raises(ValueError, match=r"1 inst_id are repeated in the well table: w0"):
        design(pd.concat([plate, plate.iloc[:1]]))
    with pytest.raises(ValueError, match="expected vehicle or others"):
        design(plate, control="dmso")
