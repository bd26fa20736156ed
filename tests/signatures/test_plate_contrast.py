"""Differences within plates: against a loop over plates, and invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from l1000_rnaseq.signatures.plate_contrast import plate_contrast


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=2, max_size=20))
def test_it_is_the_mean_over_treated_wells_of_their_change_on_their_plate(wells):
    plates = np.array([plate for plate, _ in wells])
    is_treated = np.array([treated for _, treated in wells])
    treated, controls = np.flatnonzero(is_treated), np.flatnonzero(~is_treated)
    profiles = np.random.default_rng(0).normal(8, 1, (len(wells), 4))
    if not len(treated) or set(plates[treated]) - set(plates[controls]):
        return
    changes = [
        profiles[well] - profiles[[c for c in controls if plates[c] == plates[well]]].mean(axis=0)
        for well in treated
    ]
    weights = plate_contrast(treated, controls, plates)
    np.testing.assert_allclose(weights @ profiles, np.mean(changes, axis=0), atol=1e-12)
    for plate in set(plates):
        assert abs(weights[plates == plate].sum()) < 1e-12


def test_a_treated_well_without_a_control_on_its_plate_is_refused():
    with pytest.raises(ValueError, match=r"2 treated wells are on plates without control wells \(b\); drop"):
        plate_contrast(np.array([0, 1, 2]), np.array([3]), np.array(list("abba")))
