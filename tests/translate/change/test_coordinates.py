"""Coordinates against whole genomes: the same inner products, changes, directions and measures."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.signatures.batch import batch_signatures
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import design
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.coordinates import Coordinates

L, RANK, OTHERS = 30, 6, 200


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(0)
    change = ChangeMap(
        rng.uniform(0.3, 1.2, L),
        rng.normal(0, 0.4, (L, RANK)).astype(np.float32),
        rng.normal(0, 0.4, (RANK, OTHERS)).astype(np.float32),
    )
    return Coordinates.of(change, rng.uniform(6, 10, L), rng.uniform(0, 8, L + OTHERS))


@pytest.fixture(scope="module")
def wells(space):
    rng = np.random.default_rng(1)
    return space.mean + rng.normal(0, 1, (40, L)).astype(np.float32)


def genomes_of(space, wells):
    """Translate by hand: the level, and changes by the model of changes."""
    level = space.genomes(space.level[None])
    return level + space.change.transform(wells - space.mean)


def test_inner_products_lengths_and_means_are_those_of_genomes(space, wells):
    coordinates, genomes = space.profiles(wells), genomes_of(space, wells)
    np.testing.assert_allclose(space.genomes(coordinates), genomes, atol=1e-4)
    np.testing.assert_allclose(coordinates @ coordinates.T, genomes @ genomes.T, rtol=1e-4)
    np.testing.assert_allclose(coordinates @ space.ones, genomes.sum(axis=1), rtol=1e-4)
    assert space.ones @ space.ones == pytest.approx(L + OTHERS)
    np.testing.assert_allclose(space.basis @ space.basis.T, np.eye(RANK + 2), atol=1e-5)
    changes = space.genomes(space.changes(wells - space.mean))
    np.testing.assert_allclose(changes, space.change.transform(wells - space.mean), atol=1e-4)


@pytest.mark.parametrize("gamma", [1.0, 0.3])
@pytest.mark.parametrize("standardise", ["sample", "none"])
def test_signatures_of_coordinates_are_those_of_genomes(space, wells, gamma, standardise):
    ids = [f"P_X{k % 2 + 1}:{k:02d}" for k in range(40)]
    info = pd.DataFrame(
        {
            "rna_plate": [name.split(":")[0] for name in ids],
            "pert_id": [("DMSO", "DMSO", "B1", "B2", "B3")[k // 2 % 5] for k in range(40)],
            "pert_iname": [("DMSO", "DMSO", "b1", "b2", "b3")[k // 2 % 5] for k in range(40)],
            "pert_type": ["ctl_vehicle" if k // 2 % 5 < 2 else "trt_cp" for k in range(40)],
            "cell_id": "A375",
            "pert_dose": "1",
            "pert_dose_unit": "um",
            "pert_time": "24",
            "pert_time_unit": "h",
        },
        ids,
    )
    plan = design(info)
    sig_ids = list(plan.signatures.index)
    settings = DirectionSettings(gamma=gamma, standardise=standardise)
    parts = {}
    for name, values, ones in (
        ("genome", genomes_of(space, wells), None),
        ("few", space.profiles(wells), space.ones),
    ):
        table = pd.DataFrame(values, ids)
        parts[name] = batch_signatures(table, plan.plates, plan, sig_ids, "cd", settings, ones)
    np.testing.assert_allclose(space.genomes(parts["few"].log2fc), parts["genome"].log2fc, atol=1e-4)
    np.testing.assert_allclose(space.genomes(parts["few"].score), parts["genome"].score, atol=1e-4)
    pd.testing.assert_frame_equal(parts["few"].table, parts["genome"].table, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(parts["few"].log2fc[:, L + RANK :], 0, atol=1e-5)
    with pytest.raises(ValueError, match="limma and z-scores by gene need whole genomes"):
        batch_signatures(table, plan.plates, plan, sig_ids, "limma", settings, space.ones)


def test_changes_of_a_bundle(space):
    """Level and changes are those of `Bundle.for_changes`."""
    real = Bundle.load()
    if real.change is None:
        pytest.skip("the shipped bundle has no model of changes yet")
    mean = np.asarray(real.l1000_mean, np.float32)
    own = Coordinates.of(real.change, mean, real.for_changes(mean[None])[0])
    x = mean + np.random.default_rng(0).normal(0, 1, (3, len(mean))).astype(np.float32)
    np.testing.assert_allclose(own.genomes(own.profiles(x)), real.for_changes(x), atol=2e-3)
