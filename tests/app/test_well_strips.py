"""The wells behind the best hits of a card: the strongest, one for each perturbagen, counted by hand."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.app.well_strips import FEW, WellStrips

SIGNATURES = pd.DataFrame(
    {
        "compound": ["a", "a", "b", "c", "d", "e"],
        "flags": ["", "", "", "mixed up", "", ""],
        "control": ["ctl_vehicle", "ctl_vehicle", "others", "ctl_vehicle", "both", "ctl_vehicle"],
    }
)
HITS = pd.DataFrame(
    {
        "direction": ["up", "up", "up", "up", "down", "up"],
        "log2fc": [1.0, 2.0, 3.0, 9.0, -1.0, 8.0],
        "concordant": [True, True, True, True, True, False],
    }
)
OTHERS = np.linspace(-4, 4, 41)


class Wells:
    """In place of `SingleWells`."""

    is_known = np.ones(6, bool)

    def changes_behind(self, row, gene):
        sign = np.sign(HITS["log2fc"][row])
        treated, compared = sign * np.array([2.5, 3.5]), OTHERS if row == 2 else np.array([0.5, -0.5, 3.0])
        vehicles = np.array([0.25]) if row == 2 else np.zeros(0)
        parts = {"treated": treated, "compared": compared, "vehicle": vehicles}
        return {kind: (np.arange(len(values)), values) for kind, values in parts.items()}


@pytest.fixture(scope="module")
def strips():
    return WellStrips.of(Wells(), SIGNATURES).strips("G", HITS)


def test_the_largest_of_each_perturbagen_without_doubtful_and_discordant_ones(strips):
    assert [strip["row"] for strip in strips] == [2, 1, 4]
    assert [strip["direction"] for strip in strips] == [1, 1, -1]
    assert [strip["row"] for strip in WellStrips.of(Wells(), SIGNATURES).strips("G", HITS, 1)] == [2, 4]


def test_other_treatments_are_quantiles_and_controls_are_single_wells(strips):
    others, controls, few = strips
    assert others["others"] == [-3.6, -2.0, 0.0, 2.0, 3.6] and others["controls"] == [0.25]
    assert controls["others"] == [] and controls["controls"] == [0.5, -0.5, 3.0]
    assert few["others"] == [] and few["n_compared"] == 3 <= FEW
    assert others["treated"] == [2.5, 3.5] and few["treated"] == [-2.5, -3.5]


def test_as_far_counts_wells_beyond_the_mean_of_the_treated_ones(strips):
    others, controls, few = strips
    assert others["as_far"] == (OTHERS >= 3).sum() and others["n_compared"] == 41
    assert controls["as_far"] == 1 and few["as_far"] == 0


def test_an_index_without_wells_has_none():
    assert WellStrips.of(None, SIGNATURES).strips("G", HITS) is None
