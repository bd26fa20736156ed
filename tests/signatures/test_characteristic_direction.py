"""The characteristic direction against a literal implementation of its definition, and its invariants."""

import numpy as np
import pytest
from l1000_rnaseq.signatures import characteristic_direction
from l1000_rnaseq.signatures.characteristic_direction import (
    DirectionSettings,
    characteristic_directions,
    shrinkage_gamma,
)
from scipy import linalg


def literal(treated, controls, gamma=1.0, standardise="sample", min_explained=0.001):
    """Follow Clark et al. 2014 step by step: principal components, covariance, inverse, in gene space."""
    profiles = np.concatenate([treated, controls]).astype(float)
    if standardise == "sample":
        profiles = np.array([(row - row.mean()) / row.std() for row in profiles])
    if standardise == "gene":
        profiles = np.array([(gene - gene.mean()) / gene.std() for gene in profiles.T]).T
    centred = profiles - profiles.mean(axis=0)
    covariance = centred.T @ centred / (len(profiles) - 2)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1][: len(profiles) - 1], vectors[:, ::-1][:, : len(profiles) - 1]
    keep = values / values.sum() > min_explained
    values, vectors = values[keep], vectors[:, keep]
    scores = centred @ vectors
    scatter = scores.T @ scores / (len(profiles) - 2)
    shrunk = gamma * scatter + (1 - gamma) * np.mean(np.diag(scatter)) * np.eye(len(values))
    difference = profiles[: len(treated)].mean(axis=0) - profiles[len(treated) :].mean(axis=0)
    direction = vectors @ np.linalg.solve(shrunk, vectors.T @ difference)
    return direction / np.linalg.norm(direction)


@pytest.fixture
def plate():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(24, 5)) @ rng.normal(size=(5, 180))
    return rng.uniform(4, 12, 180) + factors + rng.normal(0, 0.5, (24, 180))


COMPARISONS = [
    (np.array([0, 1]), np.array([5, 6, 7, 8])),
    (np.array([2, 3, 4]), np.array([5, 6, 7, 8])),
    (np.array([9, 17]), np.arange(18, 24)),
]


@pytest.fixture
def double(monkeypatch):
    """The last product in float64 too: what is left is the algorithm."""
    monkeypatch.setattr(characteristic_direction, "PRECISION", np.float64)


@pytest.mark.parametrize("standardise", ["sample", "gene", "none"])
@pytest.mark.parametrize("gamma", [1.0, 0.5, 0.0])
def test_it_equals_the_definition(plate, double, standardise, gamma):
    ours = characteristic_directions(plate, COMPARISONS, DirectionSettings(gamma, standardise))
    for row, (treated, controls) in zip(ours, COMPARISONS, strict=True):
        expected = literal(plate[treated], plate[controls], gamma, standardise)
        np.testing.assert_allclose(row, expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("standardise", ["sample", "none"])
def test_single_precision_adds_only_rounding(plate, standardise):
    settings = DirectionSettings(standardise=standardise)
    ours = characteristic_directions(plate, COMPARISONS, settings)
    z = characteristic_direction.standardised(plate, standardise)
    weights = characteristic_direction.combinations(z @ z.T, COMPARISONS, settings, np.zeros(len(z)))
    exact = weights @ z
    terms = np.abs(weights) @ np.abs(z)  # the sums cancel: their rounding is that of their terms
    length = np.linalg.norm(exact, axis=1, keepdims=True)
    bound = len(plate) * np.finfo(np.float32).eps * terms.max(axis=1, keepdims=True) / length
    assert ours.dtype == np.float32 and (np.abs(ours - exact / length) < bound).all() and bound.max() < 1e-3


def test_all_others_share_one_decomposition(plate, double, monkeypatch):
    pairs = [(np.array([i, i + 1]), np.setdiff1d(np.arange(24), [i, i + 1])) for i in range(0, 24, 2)]
    calls, eigh = [], linalg.eigh
    with monkeypatch.context() as patch:
        patch.setattr(linalg, "eigh", lambda *a, **options: calls.append(1) or eigh(*a, **options))
        ours = characteristic_directions(plate, pairs)
    assert len(calls) == 1
    for row, (treated, controls) in zip(ours, pairs, strict=True):
        np.testing.assert_allclose(row, literal(plate[treated], plate[controls]), atol=1e-10, rtol=0)


def test_invariants(plate, double):
    (treated, controls), rng = COMPARISONS[1], np.random.default_rng(1)
    [direction] = characteristic_directions(plate, [(treated, controls)])
    assert np.linalg.norm(direction) == pytest.approx(1, abs=1e-10)
    [back] = characteristic_directions(plate, [(controls, treated)])
    np.testing.assert_allclose(back, -direction, atol=1e-10)
    order, genes = rng.permutation(24), rng.permutation(180)
    where = np.argsort(order)
    [shuffled] = characteristic_directions(plate[order][:, genes], [(where[treated], where[controls])])
    np.testing.assert_allclose(shuffled, direction[genes], atol=1e-10)
    [scaled] = characteristic_directions(3 * plate + 2, [(treated, controls)])
    np.testing.assert_allclose(scaled, direction, atol=1e-10)


def test_planted_genes_lead():
    rng = np.random.default_rng(2)
    profiles = rng.normal(8, 0.3, (12, 500)) + rng.uniform(0, 4, 500)
    profiles[:3, :10] += 3
    [direction] = characteristic_directions(profiles, [(np.arange(3), np.arange(3, 12))])
    assert set(np.argsort(-direction)[:10]) == set(range(10))


def test_bad_input(plate):
    with pytest.raises(ValueError, match="at least 3"):
        characteristic_directions(plate, [(np.array([0]), np.array([1]))])
    with pytest.raises(ValueError, match="missing or infinite"):
        characteristic_directions(np.where(plate > 15, np.nan, plate), COMPARISONS)
    plate[3] = 0
    with pytest.raises(ValueError, match=r"1 profiles are constant \(first: row 3\)"):
        characteristic_directions(plate, COMPARISONS)
    with pytest.raises(ValueError, match="expected sample, gene or none"):
        DirectionSettings(standardise="plate")
    with pytest.raises(ValueError, match="gamma is 2"):
        DirectionSettings(gamma=2)


def test_equal_groups_have_no_direction():
    profiles = np.tile(np.random.default_rng(4).normal(size=(1, 50)), (5, 1))
    assert not characteristic_directions(profiles, [(np.array([0, 1]), np.array([2, 3, 4]))]).any()


def test_the_estimated_gamma_is_that_of_ledoit_and_wolf():
    rng = np.random.default_rng(0)
    profiles = rng.normal(size=(12, 30)) @ rng.normal(size=(30, 30))
    x = profiles - profiles.mean(axis=0)
    covariance = x.T @ x / len(x)
    mean = np.trace(covariance) / 30
    distance = ((covariance - mean * np.eye(30)) ** 2).sum()
    error = sum(((np.outer(row, row) - covariance) ** 2).sum() for row in x) / len(x) ** 2
    assert shrinkage_gamma(profiles) == pytest.approx(1 - min(error, distance) / distance)


@pytest.mark.parametrize("standardise", ["sample", "gene", "none"])
def test_what_shifts_a_whole_plate_is_in_no_direction(plate, double, standardise):
    """The shift is added to z-scores where those are what the method takes, so that they stay z-scores."""
    plates = np.array(list("ab") * 12)
    groups = [(np.array([0, 1]), np.array([4, 5, 6, 7])), (np.array([2]), np.arange(4, 24, 2), np.array([0]))]
    settings = DirectionSettings(0.5, standardise)
    z = characteristic_direction.standardised(plate, standardise)
    shifted = z.copy()
    shifted[plates == "b"] += np.random.default_rng(5).normal(0, 3, 180)
    if standardise == "sample":
        settings = DirectionSettings(0.5, "none")
    ours = characteristic_directions(plate, groups, DirectionSettings(0.5, standardise), plates)
    np.testing.assert_allclose(
        characteristic_directions(shifted, groups, settings, plates), ours, atol=1e-9, rtol=0
    )


def test_several_plates_equal_the_definition_on_profiles_without_their_plates_mean(plate, double):
    """Two treated and three controls on each plate: the pooled difference is the mean of those within."""
    plates, treated, controls = np.repeat(list("ab"), 5), np.array([0, 1, 5, 6]), np.array([2, 3, 4, 7, 8, 9])
    values = plate[:10].copy()
    values[plates == "b"] += np.random.default_rng(6).normal(0, 2, 180)
    settings = DirectionSettings(0.3, "none")
    [ours] = characteristic_directions(values, [(treated, controls)], settings, plates)
    for name in "ab":
        values[plates == name] -= values[plates == name].mean(axis=0)
    expected = literal(values[treated], values[controls], 0.3, "none")
    np.testing.assert_allclose(ours, expected, atol=1e-9, rtol=0)


def test_a_plate_without_controls_is_refused(plate):
    with pytest.raises(ValueError, match=r"1 treated wells are on plates without control wells \(b\)"):
        characteristic_directions(plate, [(np.array([0, 1]), np.array([2, 4, 6]))], plates=list("ab" * 12))
