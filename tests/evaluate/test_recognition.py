"""Recognition on planted replicates: position is told from compound, a filter finds what repeats."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.evaluate import recognition
from l1000_rnaseq.evaluate.recognition import FILTERED, FORMS, PLAIN, WEIGHTED
from l1000_rnaseq.evaluate.replicate_auc import Replicates, replicate_auc


class Doubler:
    """A stand-in for a bundle: 30 landmarks, and 10 new genes that are sums of three of them."""

    landmarks = tuple(landmarks().index[:30])
    genes = (*landmarks, *(f"NEW{k}" for k in range(10)))

    @staticmethod
    def change_of(change):
        return np.hstack([2 * change, change.reshape(len(change), 10, 3).sum(axis=2)])


def planted(seed: int, position: float = 0.0) -> Replicates:
    """24 compounds on three plates of one layout, and 24 vehicles; `position` is the size of its effect."""
    rng = np.random.default_rng(seed)
    effect, place = rng.normal(0, 1, (24, 30)), rng.normal(0, position, (48, 30))
    effect[:, 8:] = 0  # these genes are noise
    one = np.vstack([effect, np.zeros((24, 30))]) + place
    changes = np.vstack([one + rng.normal(0, 1.5, one.shape) for _ in range(3)])
    drug = np.tile([*(f"d{k} 1 uM" for k in range(24)), *["DMSO"] * 24], 3)
    well = np.tile([f"{'ABCDEFGH'[k // 6]}{k % 6:02d}" for k in range(48)], 3)
    return Replicates(changes, np.repeat(["p", "q", "r"], 48), well, drug, np.tile(np.arange(48) < 24, 3))


@pytest.fixture(scope="module")
def tables():
    sets = {"clean": planted(0), "with position": planted(1, 1.0)}
    return sets, recognition.on_another_plate(sets, Doubler())


def test_each_value_is_an_auc_of_its_form(tables):
    sets, table = tables
    wells = sets["clean"]
    changes = wells.changes[wells.treated]
    plates, drugs = wells.plate[wells.treated], wells.drug[wells.treated]
    assert table.loc[(PLAIN, "L1000"), "clean"] == replicate_auc(changes, plates, drugs)["auc"]
    sums = changes.reshape(len(changes), 10, 3).sum(axis=2)
    assert table.loc[(PLAIN, FORMS[2]), "clean"] == replicate_auc(sums, plates, drugs)["auc"]
    # a factor for all genes changes no correlation
    assert table.loc[(PLAIN, FORMS[1]), "clean"] == pytest.approx(table.loc[(PLAIN, "L1000"), "clean"])
    assert list(table.index.unique(0)) == [PLAIN, WEIGHTED, FILTERED]


def test_weights_help_and_position_shows_in_vehicles(tables):
    _, table = tables
    assert table.loc[(WEIGHTED, "L1000"), "clean"] > table.loc[(PLAIN, "L1000"), "clean"]
    vehicles = table.loc[(PLAIN, "vehicles by position")]
    assert abs(vehicles["clean"] - 0.5) < 0.06 and vehicles["with position"] > 0.65
    # one layout only: wells of one position are always of one compound, nothing to compare
    assert table.loc[(PLAIN, "L1000, one position")].isna().all()


def test_what_is_learned_elsewhere_is_never_learned_at_home(tables):
    sets, _ = tables
    table = recognition.learned_elsewhere(sets)
    assert list(table.index) == [("clean", "with position"), ("with position", "clean")]
    wells = sets["clean"]
    assert table.loc[("clean", "with position"), PLAIN] == wells.auc(wells.changes[wells.treated])


def test_points_and_curves_hold_the_tables(tables):
    _, table = tables
    points = recognition.as_points(table)
    assert len(points) == 3 * 3 * 2 and set(points.index) == set(FORMS)
    index = pd.MultiIndex.from_product([["vehicle", "others"], [1.0, 0.3]], names=["controls", "γ"])
    gammas = pd.DataFrame({"AUC": 0.6, "AUC among near wells": [0.1, 0.2, 0.3, 0.4]}, index)
    curves = recognition.gamma_curves(gammas)
    assert curves["others"].to_dict() == {1.0: 0.3, 0.3: 0.4}
    assert recognition.gamma_curves(recognition.NO_GAMMAS) == {}


def test_compounds_are_found_in_another_line(simulated_data, trained):
    table = recognition.in_another_line(simulated_data, trained["best"], 200)
    assert set(table.index.unique("form")) == set(FORMS) and table["AUC"].between(0, 1).all()
    assert table.loc[(PLAIN, "L1000"), "AUC"] > 0.6  # compounds are planted in every line
    sets = recognition.replicate_sets(simulated_data, list(trained["best"].landmarks), 2)
    assert len(sets) == 2 and all(wells.changes.shape[1] == 200 for wells in sets.values())
