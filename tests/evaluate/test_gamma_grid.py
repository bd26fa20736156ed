"""The grid of γ and controls: planted drugs, positions, glucocorticoid genes, bad input."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.gamma_grid import RESPONDERS, gamma_grid, plate_signatures
from l1000_rnaseq.evaluate.replicate_auc import replicate_auc
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings, characteristic_directions

GENES = [*RESPONDERS, *[f"G{n}" for n in range(200)]]
COLUMNS = ["rna_plate", "rna_well", "pert_id", "pert_iname", "pert_type", "pert_dose", "pert_dose_unit"]
COLUMNS += ["pert_time", "pert_time_unit", "cell_id"]


def line(effect: float):
    """Two replicate plates of one layout: 12 drugs, dexamethasone among them, and four vehicles."""
    rng, base = np.random.default_rng(0), np.random.default_rng(1).uniform(4, 12, len(GENES))
    names = ["dexamethasone", *[f"drug{n}" for n in range(11)], *["DMSO"] * 4]
    effects = {name: rng.normal(0, effect, len(GENES)) for name in names if name != "DMSO"}
    effects["dexamethasone"][: len(RESPONDERS)] += 3 * effect
    rows, values = [], []
    for plate in ("P_A_6H_X1", "P_A_6H_X2"):
        for number, name in enumerate(names):
            kind = "ctl_vehicle" if name == "DMSO" else "trt_cp"
            where = f"{'ABCD'[number // 4]}{number % 4 * 3 + 1:02d}"
            rows.append((plate, where, name, name, kind, "10", "um", "6", "h", "A"))
            values.append(base + effects.get(name, 0) + rng.normal(0, 0.3, len(GENES)))
    info = pd.DataFrame(rows, columns=COLUMNS, index=[f"w{n}" for n in range(len(rows))])
    return pd.DataFrame(values, info.index, GENES), info


def test_a_planted_effect_is_recognised_and_noise_is_not():
    lines = {"effect": line(0.5), "none": line(0)}
    table = gamma_grid(lines, {"G1"}, gammas=(1.0, 0.1), progress=False)
    assert len(table) == 2 * 3 * 2 and (table["n_same"] == 12).all()
    assert (table.loc["effect", ["auc", "auc_near"]] > 0.9).all(axis=None)
    assert ((table.loc["none", "auc"] - 0.5).abs() < 0.2).all()
    assert (table.loc["effect", "responders"] > 0.9).all()


def test_it_is_the_auc_of_the_directions_of_single_plates():
    profiles, info = line(0.5)
    signatures = plate_signatures(profiles, info, "both", (0.3,))
    parts = []
    for start in (0, 16):
        values = profiles.to_numpy(np.float32)[start : start + 16]
        wells = np.arange(16)
        order = np.argsort(info["pert_iname"].iloc[:12].to_numpy(), kind="stable")
        groups = [([well], wells[wells != well]) for well in order]
        parts.append(characteristic_directions(values, groups, DirectionSettings(0.3)))
    np.testing.assert_allclose(signatures.values[0.3], np.concatenate(parts), atol=1e-5)
    auc = replicate_auc(signatures.values[0.3], signatures.plate, signatures.drug)["auc"]
    table = gamma_grid({"A": (profiles, info)}, gammas=(0.3,), schemes=("both",), progress=False)
    assert table["auc"].iloc[0] == auc


def test_near_wells_are_two_rows_and_columns_away_at_most():
    signatures = plate_signatures(*line(0.5), "vehicle", (1.0,))
    rows, columns = signatures.place.T
    for i in range(len(rows)):
        for j in range(len(rows)):
            close = abs(rows[i] - rows[j]) <= 2 and abs(columns[i] - columns[j]) <= 2
            assert signatures.near[i, j] == (close or signatures.drug[i] == signatures.drug[j])


def test_wells_of_other_batches_are_not_near():
    profiles, info = line(0.5)
    info["rna_plate"] = info["rna_plate"].replace("P_A_6H_X2", "Q_A_6H_X2")
    signatures = plate_signatures(profiles, info, "vehicle", (1.0,))
    assert signatures.near.sum() and not signatures.near[:12, 12:].any()


def test_bad_input():
    profiles, info = line(0.5)
    with pytest.raises(ValueError, match="none of the 2 plates has four treatments and, for vehicle, three"):
        plate_signatures(profiles, info[info["pert_type"] == "trt_cp"], "vehicle")
