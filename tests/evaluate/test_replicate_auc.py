"""The AUC against a loop over all pairs of wells, and what it must and must not see."""

import numpy as np
import pytest
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.evaluate.replicate_auc import Replicates, replicate_auc, replicated_lines


@pytest.fixture
def wells():
    rng = np.random.default_rng(0)
    effects = rng.normal(0, 1, (12, 40))
    plates = np.repeat(["a", "b", "c"], 12)
    changes = np.tile(effects, (3, 1)) + rng.normal(0, 2.5, (36, 40))
    return changes, plates, np.tile([f"d{k}" for k in range(12)], 3)


def test_it_equals_a_loop(wells):
    changes, plates, labels = wells
    same, other = [], []
    for i in range(36):
        for j in range(i):
            if plates[i] != plates[j]:
                r = np.corrcoef(changes[i], changes[j])[0, 1]
                (same if labels[i] == labels[j] else other).append(r)
    auc = np.mean([(s > o) + 0.5 * (s == o) for s in same for o in other])
    result = replicate_auc(changes, plates, labels)
    assert result["auc"] == pytest.approx(auc) and (result["same"], result["other"]) == (
        len(same),
        len(other),
    )


def test_without_an_effect_it_is_a_half_and_without_pairs_nothing(wells):
    _, plates, labels = wells
    noise = [
        replicate_auc(np.random.default_rng(k).normal(size=(36, 40)), plates, labels)["auc"]
        for k in range(40)
    ]
    assert np.mean(noise) == pytest.approx(0.5, abs=0.03)
    assert np.isnan(replicate_auc(np.ones((3, 2)), np.array(["a"] * 3), np.array(list("xyz")))["auc"])


def test_only_pairs_at_the_same_place_are_compared_if_asked(wells):
    changes, plates, labels = wells
    positions = np.tile(np.arange(12), 3)
    only = replicate_auc(changes, plates, labels, positions)
    assert (only["same"], only["other"]) == (36, 0) and np.isnan(only["auc"])
    labels = np.where(plates == "c", "elsewhere", labels)  # plate c holds other drugs at the same places
    same_position = replicate_auc(changes, plates, labels, positions)
    assert (same_position["same"], same_position["other"]) == (12, 24)


def test_replicates_are_read_from_the_files_of_a_folder(simulated_data):
    info = read_metadata(simulated_data / "l1000" / "inst_info.txt")
    file = open_gctx(simulated_data / "l1000" / "level3.gctx")
    lines = replicated_lines(info)
    assert lines and len(lines) <= 3
    cell, time = lines[0]
    genes = list(landmarks().index[:50])
    replicates = Replicates.of(file, info, genes, cell, time)
    assert (
        replicates.changes.shape == (len(replicates.plate), 50)
        and replicates.treated.any()
        and (~replicates.treated).any()
    )
    vehicles = info[(info["pert_type"] == "ctl_vehicle") & (info["cell_id"] == cell)]
    assert set(replicates.plate) <= set(vehicles["rna_plate"])
    for plate in set(replicates.plate):  # changes are from the plate's own vehicles
        mean = replicates.changes[(replicates.plate == plate) & ~replicates.treated].mean(axis=0)
        assert np.abs(mean).max() < 1.5
    by_hand = replicate_auc(
        replicates.changes[replicates.treated],
        replicates.plate[replicates.treated],
        replicates.drug[replicates.treated],
    )["auc"]
    assert replicates.auc(replicates.changes[replicates.treated]) == by_hand
