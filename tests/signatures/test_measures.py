"""Agreement, strength and the place among vehicles: against plain loops, planted effects, plate shifts."""

import numpy as np
import pytest
from l1000_rnaseq.signatures.measures import MAX_DRAWS, Measures, place_in_null, vehicle_draws


@pytest.fixture
def wells():
    rng = np.random.default_rng(0)
    plates = np.array(list("ab" * 8))
    return rng.normal(8, 0.3, (16, 400)) + rng.uniform(0, 4, 400), plates


TREATED, CONTROLS = np.array([0, 1, 2]), np.arange(3, 16)


def changes(values, plates):
    same = {plate: values[CONTROLS[plates[CONTROLS] == plate]].mean(axis=0) for plate in "ab"}
    return np.array([values[well] - same[plates[well]] for well in TREATED])


def test_they_equal_a_plain_loop_over_wells_and_genes(wells):
    values, plates = wells
    measures = Measures.of(values, plates)
    pairs = np.corrcoef(changes(values, plates))[np.triu_indices(3, 1)]
    assert measures.agreement(TREATED, CONTROLS) == pytest.approx(pairs.mean(), abs=1e-9)
    contrast = np.random.default_rng(1).normal(size=(2, 16))
    contrast -= contrast.mean(axis=1, keepdims=True)
    size = np.sqrt(((contrast @ values) ** 2).mean(axis=1))
    np.testing.assert_allclose(measures.sizes(contrast), size, rtol=1e-9)
    squares = [
        values[CONTROLS[plates[CONTROLS] == plate]].var(axis=0).mean() * (plates[CONTROLS] == plate).sum()
        for plate in "ab"
    ]
    assert measures.scatter(CONTROLS) == pytest.approx(np.sqrt(sum(squares) / 11), rel=1e-9)


def test_a_shift_of_a_plate_is_in_no_measure(wells):
    values, plates = wells
    before, shifted = Measures.of(values, plates), values.copy()
    shifted[plates == "b"] += np.random.default_rng(2).normal(0, 3, 400)
    after = Measures.of(shifted, plates)
    assert after.agreement(TREATED, CONTROLS) == pytest.approx(before.agreement(TREATED, CONTROLS), abs=1e-6)
    assert after.scatter(CONTROLS) == pytest.approx(before.scatter(CONTROLS), rel=1e-6)
    null = before.null_sizes(TREATED, CONTROLS, CONTROLS)
    np.testing.assert_allclose(after.null_sizes(TREATED, CONTROLS, CONTROLS), null, rtol=1e-6)


def test_agreement_tells_planted_effects_from_none(wells):
    values, plates = wells
    assert abs(Measures.of(values, plates).agreement(TREATED, CONTROLS)) < 0.35
    values[TREATED] += np.random.default_rng(3).normal(0, 1, 400)
    assert Measures.of(values, plates).agreement(TREATED, CONTROLS) > 0.7


def test_one_replicate_or_no_change_has_no_agreement(wells):
    values, plates = wells
    assert np.isnan(Measures.of(values, plates).agreement(np.array([0]), CONTROLS))
    values[TREATED] = values[CONTROLS] = values[0]
    assert np.isnan(Measures.of(values, plates).agreement(TREATED, CONTROLS))


def test_wells_of_a_plate_with_one_control_take_no_part_in_the_agreement(wells):
    values, plates = wells
    lone = np.array([3, *range(4, 16, 2)])  # one control on b
    both_on_a = Measures.of(values, plates).agreement(np.array([0, 2]), lone)
    assert Measures.of(values, plates).agreement(TREATED, lone) == pytest.approx(both_on_a, abs=1e-12)


def test_the_null_of_one_replicate_is_each_vehicle_against_the_rest_of_its_plate(wells):
    values, plates = wells
    measures, on_a = Measures.of(values, plates), CONTROLS[plates[CONTROLS] == "a"]
    expected = []
    for well in on_a:
        rest = [other for other in on_a if other != well]
        change = values[well] - values[rest].mean(axis=0)
        expected.append(np.sqrt((change**2).mean() / (1 + 1 / len(rest))))
    null = measures.null_sizes(np.array([0]), on_a, on_a)
    np.testing.assert_allclose(null, expected, rtol=1e-9)


def test_the_places_of_vehicles_are_even_and_that_of_an_effect_is_first(wells):
    values, plates = wells
    values[0] += np.random.default_rng(4).normal(0, 1, 400)
    measures, on_a = Measures.of(values, plates), CONTROLS[plates[CONTROLS] == "a"]
    null = measures.null_sizes(np.array([0]), on_a, on_a)
    places = sorted(place_in_null(size, null) for size in null)
    np.testing.assert_allclose(places, (1 + np.arange(1, len(null) + 1)) / (1 + len(null)))
    contrast = np.zeros(16)
    contrast[0], contrast[on_a] = 1, -1 / len(on_a)
    size = measures.sizes(contrast[None])[0] / np.linalg.norm(contrast)
    assert place_in_null(size, null) == pytest.approx(1 / (1 + len(on_a)))
    assert np.isnan(place_in_null(size, np.zeros(0)))


def test_draws_are_bounded_the_same_each_time_and_leave_half_of_a_plate():
    plates = np.array(["a"] * 43 + ["b"] * 5)
    treated, vehicles = np.array([0, 1, 2, 43, 44, 45]), np.r_[3:43, 46:48]
    draws = vehicle_draws(plates, treated, vehicles)
    assert len(draws) == MAX_DRAWS and all(np.isin(draw, vehicles).all() for draw in draws)
    assert all((plates[draw] == "a").sum() == 3 and (plates[draw] == "b").sum() == 1 for draw in draws)
    for first, again in zip(draws, vehicle_draws(plates, treated, vehicles[::-1]), strict=True):
        np.testing.assert_array_equal(first, again)
    assert vehicle_draws(plates, treated, vehicles[:1]) == []
