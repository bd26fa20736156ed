"""Signatures of a batch: within plates for every method, single replicates, plate medians, planted truth."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.signatures.batch import batch_signatures, compare
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import design

PLATES, GENES = ("P_A_6H_X1", "P_A_6H_X2"), [f"g{n}" for n in range(300)]


@pytest.fixture
def experiment():
    """Two replicate plates of five compounds, one well each, and six vehicles; two compounds act."""
    rng, rows, values = np.random.default_rng(0), [], []
    effects = {
        name: rng.normal(0, size, 300) for name, size in zip("abcde", (0.8, 0.8, 0, 0, 0), strict=True)
    }
    base = rng.uniform(4, 12, 300)
    for plate in PLATES:
        for name in [*effects, *["DMSO"] * 6]:
            kind = "ctl_vehicle" if name == "DMSO" else "trt_cp"
            rows.append((plate, name, name, kind, "10", "um", "6", "h", "A"))
            values.append(base + effects.get(name, 0) + rng.normal(0, 0.3, 300))
    columns = ["rna_plate", "pert_id", "pert_iname", "pert_type", "pert_dose", "pert_dose_unit"]
    info = pd.DataFrame(rows, columns=[*columns, "pert_time", "pert_time_unit", "cell_id"])
    info.index = [f"w{n}" for n in range(len(info))]
    return pd.DataFrame(values, info.index, GENES), info


def shifted(profiles, info):
    """Shift the whole second plate, each gene by its own amount."""
    shift = np.random.default_rng(1).normal(0, 2, profiles.shape[1])
    return profiles + np.outer(info["rna_plate"] == PLATES[1], shift)


def of(profiles, info, controls="vehicle", method="cd", **options):
    plan = design(info, controls, **options)
    sig_ids = list(plan.signatures.index)
    direction = DirectionSettings(0.3, "none")
    return batch_signatures(profiles.loc[plan.wells(sig_ids)], plan.plates, plan, sig_ids, method, direction)


@pytest.mark.parametrize("controls", ["vehicle", "others", "both", "medians"])
def test_what_shifts_a_whole_plate_changes_nothing(experiment, controls):
    profiles, info = experiment
    before, after = of(profiles, info, controls), of(shifted(profiles, info), info, controls)
    np.testing.assert_allclose(after.log2fc, before.log2fc, atol=2e-5)
    np.testing.assert_allclose(after.score, before.score, atol=2e-5)
    pd.testing.assert_frame_equal(after.table, before.table, rtol=1e-4, atol=1e-5)


def test_limma_has_a_plate_term_so_that_a_shift_changes_nothing(experiment):
    profiles, info = experiment
    before, after = (of(p, info, method="limma").score for p in (profiles, shifted(profiles, info)))
    np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-4)


def test_agreement_is_not_made_by_a_shift_between_plates(experiment):
    """The check of the review: pooled, the two plates' shift made compounds without any effect agree."""
    profiles, info = experiment
    table = of(shifted(profiles, info), info).table
    assert (table["agreement"].iloc[:2] > 0.6).all() and (table["agreement"].iloc[2:].abs() < 0.25).all()


def test_wells_that_share_no_plate_with_controls_give_no_signature(experiment):
    profiles, info = experiment
    is_vehicle = info["pert_type"] == "ctl_vehicle"
    apart = info[(info["rna_plate"] == PLATES[0]) != is_vehicle]
    with pytest.raises(ValueError, match="treated wells are on P_A_6H_X1; controls are on P_A_6H_X2 only"):
        design(apart)
    table = of(profiles, apart, "medians").table
    assert table["agreement"].isna().all() and table["p_vehicle"].isna().all()
    with pytest.raises(ValueError, match="2 treated wells are on plates without control wells"):
        compare(profiles, ["w0", "w1"], list(apart.index[-6:]), info["rna_plate"])


def test_one_plate_gives_single_replicates_with_their_place_among_vehicles(experiment):
    profiles, info = experiment
    one = info[info["rna_plate"] == PLATES[0]]
    for controls in ("vehicle", "others", "both", "medians"):
        table = of(profiles, one, controls).table
        assert table["agreement"].isna().all() and (table["n_null"] == 6).all()
        np.testing.assert_allclose(table["p_vehicle"].iloc[:2], 1 / 7)
        assert table["strength"].iloc[:2].min() > 1.5 > table["strength"].iloc[2:].max()
    table = of(profiles, info).table
    assert (table["n_null"] == 36).all() and table["p_vehicle"].iloc[2:].mean() > 0.15


def test_a_plain_loop_gives_the_same_changes(experiment):
    profiles, info = experiment
    profiles = shifted(profiles, info)
    for controls in ("vehicle", "others", "both", "medians"):
        expected = []
        for name in "abcde":
            parts = []
            for plate in PLATES:
                near = info[info["rna_plate"] == plate]
                own = near["pert_iname"] == name
                wells = {
                    "vehicle": near["pert_type"] == "ctl_vehicle",
                    "others": ~own & (near["pert_type"] == "trt_cp"),
                    "both": ~own,
                    "medians": own | True,
                }[controls]
                against = profiles.loc[near.index[wells]]
                against = against.median() if controls == "medians" else against.mean()
                parts.append(profiles.loc[near.index[own]].mean() - against)
            expected.append((parts[0] + parts[1]) / 2)
        np.testing.assert_allclose(of(profiles, info, controls).log2fc, expected, atol=2e-5)


def test_plates_count_by_their_treated_wells(experiment):
    profiles, info = experiment
    info.loc["w1", ["pert_id", "pert_iname"]] = "a"  # two of a on the first plate, one on the second
    change = of(profiles, info).log2fc[0]
    vehicles = [profiles.loc[f"w{n}" : f"w{n + 5}"].mean() for n in (5, 16)]
    expected = (profiles.loc["w0"] + profiles.loc["w1"] - 2 * vehicles[0]) / 3
    expected += (profiles.loc["w11"] - vehicles[1]) / 3
    np.testing.assert_allclose(change, expected, atol=2e-5)


def test_bad_input(experiment):
    with pytest.raises(ValueError, match="limma needs control wells, and plate medians are not wells"):
        of(*experiment, "medians", "limma")
    with pytest.raises(ValueError, match="unknown method 't'"):
        of(*experiment, method="t")
