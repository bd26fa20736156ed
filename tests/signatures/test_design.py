"""Which wells are treated and which are controls: groups, controls, what is skipped and why, bad input."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
    """Two replicate plates of one line, and a plate of another line with vectors as controls."""
    rows = [(f"CPC1_MCF7_6H_X{n}", "dex", "trt_cp", dose, "MCF7") for n in (1, 2) for dose in ("10", "1")]
    rows += [(f"CPC1_MCF7_6H_X{n}", "DMSO", "ctl_vehicle", "-666", "MCF7") for n in (1, 2, 2)]
    rows += [("CPC1_MCF7_6H_X1", "once", "trt_cp", "10", "MCF7")]
    rows += [("KDC1_A375_96H_X1", "LMNA", "trt_sh", "-666", "A375")] * 2
    rows += [("KDC1_A375_96H_X1", "GFP", "ctl_vector", "-666", "A375")] * 3
    return wells(*rows)


def test_groups_and_controls(plate):
    plan = design(plate, min_treated=2)
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


def test_others_are_other_treatments_and_both_are_all_other_wells_of_the_plates_and_line(plate):
    plan, sig = design(plate, "others"), "CPC1_MCF7_6H:BRD-dex:10"
    assert plan.controls[sig] == ["w1", "w7", "w3"] and plan.vehicles[sig] == ["w4", "w5", "w6"]
    assert set(plan.signatures["control"]) == {"others"}
    for controls in ("both", "medians"):
        plan = design(plate, controls)
        assert plan.controls[sig] == ["w1", "w4", "w7", "w3", "w5", "w6"]
        assert plan.controls["KDC1_A375_96H:BRD-LMNA:6h"] == ["w10", "w11", "w12"]
        assert set(plan.signatures["control"]) == {controls}


def test_a_single_replicate_is_a_signature_against_the_vehicles_of_its_plate(plate):
    one_plate = plate[plate["rna_plate"] == "CPC1_MCF7_6H_X2"]
    plan = design(one_plate, min_controls=2)
    assert list(plan.signatures["n_treated"]) == [1, 1] and set(plan.signatures["n_controls"]) == {2}
    assert plan.controls["CPC1_MCF7_6H:BRD-dex:10"] == ["w5", "w6"]


def test_controls_are_those_of_the_treated_wells_own_plates(plate):
    plan = design(plate, min_controls=2)
    assert plan.controls["CPC1_MCF7_6H:BRD-dex:10"] == ["w4", "w5", "w6"]
    assert plan.skipped.loc["CPC1_MCF7_6H:BRD-once:10", "reason"] == "fewer than 2 control wells"
    assert plan.signatures.loc["CPC1_MCF7_6H:BRD-dex:10", "plates"] == "CPC1_MCF7_6H_X1|CPC1_MCF7_6H_X2"


def test_wells_on_plates_without_controls_are_left_out_and_counted(plate):
    plan = design(plate.drop(index="w4"), min_controls=2)
    row = plan.signatures.loc["CPC1_MCF7_6H:BRD-dex:10"]
    assert row["distil_id"] == "w2" and row["plates"] == "CPC1_MCF7_6H_X2"
    assert (row["n_treated"], row["n_left_out"], row["n_controls"]) == (1, 1, 2)
    assert plan.skipped.loc["CPC1_MCF7_6H:BRD-once:10", "reason"] == (
        "no control wells of the cell line on the plate CPC1_MCF7_6H_X1"
    )
    assert plan.reasons.to_dict() == {"no control wells of the cell line on the plate": 1}


def test_two_wells_are_no_comparison(plate):
    plan = design(plate, min_controls=1)
    assert plan.reasons.to_dict() == {"fewer than 3 wells to compare": 1}  # once, beside one vehicle
    assert list(plan.skipped["pert_iname"]) == ["once"]


def test_vehicles_of_plates_that_are_not_compared_count_nowhere(plate):
    """Plate X1 has a vehicle and no other treatment, X2 another treatment and no vehicle."""
    plate.loc["w7", "rna_plate"] = "CPC1_MCF7_6H_X2"
    plan = design(plate.loc[["w0", "w2", "w3", "w4", "w7"]], "others", min_controls=2)
    assert plan.treated("CPC1_MCF7_6H:BRD-dex:10") == ["w2"]
    assert plan.vehicles["CPC1_MCF7_6H:BRD-dex:10"] == []


def test_no_shared_plate_is_refused_with_the_names_of_the_plates(plate):
    apart = plate.iloc[[0, 1, 7, 5, 6]]  # treated wells on X1, vehicles on X2
    with pytest.raises(
        ValueError,
        match=r"3 × no control wells of the cell line on the plate \(treated wells are on CPC1_MCF7_6H_X1; "
        r"controls are on CPC1_MCF7_6H_X2 only\); give .* \(controls 'medians'\)",
    ):
        design(apart)
    plan = design(apart, "medians", min_controls=2)
    assert plan.controls["CPC1_MCF7_6H:BRD-dex:10"] == ["w1", "w7"]
    assert set(plan.vehicles["CPC1_MCF7_6H:BRD-dex:10"]) == set()


def test_every_group_is_a_signature_or_listed(plate):
    plan = design(plate.drop(index="w4"), min_controls=2)
    treated = plate[~plate["pert_type"].str.startswith("ctl")]
    everything = pd.concat([plan.signatures, plan.skipped])
    assert everything["n_left_out"].sum() == 2
    assert everything[["n_treated", "n_left_out"]].sum().sum() == len(treated)


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
    with pytest.raises(ValueError, match=r"No signature .*2 × no control wells .* \(controls 'both'\) or "):
        design(bare[bare["pert_iname"] != "once"].iloc[:4])
    some = design(plate.drop(index=["w4", "w5", "w6"]))
    assert some.skipped.loc["CPC1_MCF7_6H:BRD-dex:10", "reason"] == (
        "no control wells of the cell line on the plate CPC1_MCF7_6H_X1, CPC1_MCF7_6H_X2"
    )
    few = design(plate.drop(index=["w6"]))
    assert few.skipped.loc["CPC1_MCF7_6H:BRD-dex:10", "reason"] == "fewer than 3 control wells"


@pytest.mark.parametrize("missing", ["-666", "NA", "#N/A", "", "None", None, float("nan")])
def test_the_name_is_used_where_the_id_is_missing(plate, missing):
    plan = design(plate.assign(pert_id=missing))
    assert "CPC1_MCF7_6H:dex:10" in plan.signatures.index and set(plan.signatures["pert_id"]) == {""}


def test_bad_input(plate):
    with pytest.raises(
        ValueError,
        match=r"lacks a column for: cell line \(cell_id or .*\); dose \(pert_dose or",
    ):
        design(plate.drop(columns=["cell_id", "pert_dose"]))
    with pytest.raises(ValueError, match=r"1 inst_id are repeated in the well table: w0"):
        design(pd.concat([plate, plate.iloc[:1]]))
    with pytest.raises(ValueError, match=r"1 inst_id of the well table have a \| in them"):
        design(plate.rename(index={"w0": "w|0"}))
    with pytest.raises(ValueError, match="controls is 'dmso'; expected vehicle, others, both, medians"):
        design(plate, controls="dmso")
    with pytest.raises(ValueError, match="min_controls is 0; expected at least 1"):
        design(plate, min_controls=0)


def groups(info: pd.DataFrame, **options) -> dict[str, list[str]]:
    """Return the wells of each group, of signatures and of what is skipped."""
    plan = design(info, min_controls=1, **options)
    return pd.concat([plan.signatures, plan.skipped])["distil_id"].str.split("|").to_dict()


def test_doses_are_one_where_they_are_equal_and_units_are_part_of_them(plate):
    doses = pd.Series(["10", "10000", "0.01", "10", "10"], ["w0", "w1", "w2", "w3", "w7"])
    plate.loc[doses.index, "pert_dose"] = doses
    plate.loc[doses.index, "pert_dose_unit"] = ["µM", "nM", "mM", "ng/ml", ""]
    assert groups(plate.iloc[:8]) == {
        "CPC1_MCF7_6H:BRD-dex:10:uM": ["w0", "w1", "w2"],
        "CPC1_MCF7_6H:BRD-dex:10:ng/ml": ["w3"],
        "CPC1_MCF7_6H:BRD-once:10": ["w7"],
    }


def test_times_are_hours_and_units_are_part_of_them(plate):
    plate.loc[["w0", "w1", "w2", "w3"], "pert_dose"] = "10"
    plate["pert_time"], plate["pert_time_unit"] = "24", "h"
    plate.loc[["w0", "w1", "w2", "w3"], "pert_time"] = ["1 day", "1440", "86400", "24"]
    plate.loc[["w0", "w1", "w2", "w3"], "pert_time_unit"] = ["", "min", "s", "min"]
    assert groups(plate.iloc[:7]) == {
        "CPC1_MCF7_6H:BRD-dex:10:24h": ["w0", "w1", "w2"],
        "CPC1_MCF7_6H:BRD-dex:10:0.4h": ["w3"],
    }


def test_missing_and_unreadable_doses_are_groups_of_their_own(plate, caplog):
    plate["pert_dose_unit"] = ""
    plate.loc[["w0", "w1", "w2", "w3"], "pert_dose"] = ["-666", "1-10 uM", "NA", "10 uM"]
    with caplog.at_level("INFO"):
        found = groups(plate.iloc[:7])
    assert found == {
        "CPC1_MCF7_6H:BRD-dex": ["w0", "w2"],
        "CPC1_MCF7_6H:BRD-dex:1-10 uM": ["w1"],
        "CPC1_MCF7_6H:BRD-dex:10": ["w3"],
    }
    assert "pert_dose of 1 rows that are not one number; each text is a group" in caplog.text
    assert "2 treated wells have no dose; they are groups of their own" in caplog.text
    assert design(plate.iloc[:7]).n_without_dose == 2
    with pytest.raises(ValueError, match="column pert_dose of the well table: '1,000' can be 1000 or 1.000"):
        design(plate.replace("10 uM", "1,000"))


def test_compounds_without_id_and_name_are_no_replicates(plate, caplog):
    plate.loc[["w0", "w1", "w2", "w3"], ["pert_id", "pert_iname", "pert_dose"]] = ["#N/A", "NA", "10"]
    plan = design(plate.drop(index="w7"), min_controls=1)
    assert list(plan.skipped["reason"]) == ["neither pert_id nor pert_iname"] * 4
    assert list(plan.skipped["n_treated"]) == [1] * 4 and plan.skipped.index.is_unique
    assert "4 rows without pert_id and pert_iname; they are no replicates" in caplog.text


def test_an_id_of_several_names_does_not_pool_them(plate, caplog):
    plate.loc[["w0", "w2"], ["pert_id", "pert_iname"]] = ["0", "aspirin"]
    plate.loc[["w1", "w3"], ["pert_id", "pert_iname", "pert_dose"]] = ["0", "metformin", "10"]
    assert groups(plate.iloc[:7]) == {
        "CPC1_MCF7_6H:0 aspirin:10": ["w0", "w2"],
        "CPC1_MCF7_6H:0 metformin:10": ["w1", "w3"],
    }
    assert "1 pert_id of several pert_iname in one batch, which are kept apart: 0" in caplog.text
    plate.loc[["w1", "w3"], "pert_iname"] = "Asp-irin"
    assert groups(plate.iloc[:7]) == {"CPC1_MCF7_6H:0:10": ["w0", "w1", "w2", "w3"]}


def test_whatever_the_key_has_the_id_has_where_it_is_needed(plate):
    plate.loc[["w0", "w2", "w7"], ["pert_id", "pert_iname", "pert_dose"]] = ["BRD-dex", "dex", "10"]
    plate.loc["w7", "pert_type"] = "trt_poscon"
    plate.loc[["w1", "w3"], ["pert_dose", "pert_time"]] = ["10", "24"]
    assert groups(plate.iloc[:8]) == {
        "CPC1_MCF7_6H:BRD-dex:10:trt_cp": ["w0", "w2"],
        "CPC1_MCF7_6H:BRD-dex:10:24h": ["w1", "w3"],
        "CPC1_MCF7_6H:BRD-dex:10:trt_poscon": ["w7"],
    }


@pytest.mark.parametrize(
    ("column", "reason"),
    [("cell_id", "no cell line"), ("rna_plate", "no plate"), ("pert_type", "no pert_type")],
)
def test_wells_without_a_line_a_plate_or_a_type_are_listed(plate, column, reason):
    plate.loc[["w0", "w2"], [column, "pert_dose_unit"]] = ["-666", "ng/ml"]
    plan = design(plate, min_controls=1)
    assert list(plan.skipped["reason"])[0].startswith(reason) and plan.skipped["n_treated"].iloc[0] == 2
    assert not {"w0", "w2"} & {well for wells in plan.controls.values() for well in wells}


def test_the_types_and_plates_of_other_releases(plate, caplog):
    changed = plate.drop(columns="rna_plate").assign(det_plate=plate["rna_plate"] + "_B3_DUO52")
    changed["pert_type"] = changed["pert_type"].str.upper()
    expected, plan = design(plate), design(changed)
    of_plates = ["plates", "control_set"]
    pd.testing.assert_frame_equal(
        plan.signatures.drop(columns=of_plates), expected.signatures.drop(columns=of_plates)
    )
    assert plan.controls == expected.controls and set(plan.plates) == set(changed["det_plate"])
    changed = plate.drop(columns="rna_plate").set_axis(plate["rna_plate"] + [f":A{n:02d}" for n in range(13)])
    assert list(design(changed).signatures.index) == list(expected.signatures.index)
    with pytest.raises(ValueError, match=r"lacks a column for: plate \(rna_plate, .*ids are not such as"):
        design(plate.drop(columns="rna_plate"))
    strange = plate.replace("ctl_vector", "ctl_odd")
    assert (
        len(design(strange).signatures) == 2
        and "3 wells are controls of an unknown type: ctl_odd" in caplog.text
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P_A_6H_X1", "P_A_6H_X2", "Q_X1"]),
            st.sampled_from(["", "1", "2"]),
            st.sampled_from(["", "x", "y"]),
            st.sampled_from(["trt_cp", "trt_poscon", "trt_lig"]),
            st.sampled_from(["", "10", "1e1", "10,0", "0.01", "1-10"]),
            st.sampled_from(["", "um", "nM", "mM", "ng/ml"]),
            st.sampled_from(["6", "24"]),
            st.sampled_from(["A", "B"]),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_wells_are_replicates_if_and_only_if_all_of_the_key_is_equal(rows):
    """An oracle of plain Python: what a well is of, as a tuple."""
    factor = {"um": 1.0, "nM": 1e-3, "mM": 1e3}
    amount = {"10": 10.0, "1e1": 10.0, "10,0": 10.0, "0.01": 0.01}
    names, keys = {}, {}
    for plate, pert_id, name, *_ in rows:
        names.setdefault((plate[0], pert_id), set()).update({name} - {""})
    for number, (plate, pert_id, name, kind, dose, unit, time, cell) in enumerate(rows):
        measured = (dose, "")
        if dose in amount:
            measured = (round(amount[dose] * factor.get(unit, 1), 9), "uM" if unit in factor else unit)
        who = ("name", name) if name else ("well", number)
        if pert_id:
            who = ("id", pert_id, name if len(names[plate[0], pert_id]) > 1 else "")
        key = (plate.split("_X")[0], who, kind, *measured, time, cell)
        keys.setdefault(key, []).append(f"w{number}")
    columns = [name for name in COLUMNS if name != "pert_time_unit"]
    dmso = ("DMSO", "DMSO", "ctl_vehicle", "", "", "6")
    on_plates = ("P_A_6H_X1", "P_A_6H_X2", "Q_X1", "Z_X1")
    controls = [(plate, *dmso, cell) for plate in on_plates for cell in "ABZ" * 2]
    one_more = ("Z_X1", "z", "z", "trt_cp", "1", "um", "6", "Z")  # a signature that there always is
    info = pd.DataFrame([*rows, *controls, one_more], columns=columns)
    plan = design(info.set_axis([f"w{n}" for n in range(len(info))]), min_treated=1, min_controls=1)
    plans = pd.concat([plan.signatures, plan.skipped])
    assert plans.index.is_unique
    wells = sorted(sorted(ids.split("|")) for ids in plans["distil_id"])
    assert wells == sorted([*map(sorted, keys.values()), [f"w{len(info) - 1}"]])
