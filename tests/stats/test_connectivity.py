"""Connectivity against a literal running sum and a case by hand; then lines, NCS, tau, bad input."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.connectivity import (
    Reference,
    best_over_lines,
    connectivity,
    normalised,
    query_sets,
    tau,
)


def running_sum(values: dict[str, float], members: set[str]) -> float:
    """The definition, gene by gene: the deviation from 0 that is largest on the way down the ranking."""
    ranked = sorted(values, key=lambda gene: -values[gene])
    total = sum(abs(values[gene]) for gene in members)
    walk, highest, lowest = 0.0, 0.0, 0.0
    for gene in ranked:
        if gene in members:
            walk += abs(values[gene]) / total
        else:
            walk -= 1 / (len(values) - len(members))
        highest, lowest = max(highest, walk), min(lowest, walk)
    return highest if highest >= -lowest else lowest


@pytest.fixture(scope="module")
def signatures():
    rng = np.random.default_rng(0)
    genes = [f"G{k}" for k in range(120)]
    return pd.DataFrame(rng.standard_t(4, (60, 120)), columns=genes), rng


def test_connectivity_is_the_running_sums_of_both_sides(signatures):
    table, rng = signatures
    reference = Reference.of(table.to_numpy(), table.columns)
    names = rng.choice(table.columns, 30, replace=False).tolist()
    expected = []
    for _, row in table.iterrows():
        up, down = (running_sum(row.to_dict(), set(part)) for part in (names[:15], names[15:]))
        expected.append((up - down) / 2 if np.sign(up) != np.sign(down) else 0.0)
    got = reference.connectivity(names[:15], names[15:])
    np.testing.assert_allclose(got, expected, atol=1e-12, rtol=0)
    assert (got == 0).any() and (got != 0).any()
    np.testing.assert_allclose(reference.connectivity(names[15:], names[:15]), -got, atol=1e-12)


def test_a_case_by_hand():
    reference = Reference.of(
        np.array([[4.0, 2.0, 1.0, -1.0, -3.0], [-3.0, -1.0, 1.0, 2.0, 4.0]]), list("ABCDE")
    )
    # A, C up: 4/5, then a miss of 1/3, then 1/5: 0.8, 0.467, 0.667 … the farthest is 0.8
    # turned round: -1/3, -2/3, then C 1/4: -0.417, B -0.75, A +3/4
    np.testing.assert_allclose(reference.enrichment(["A", "C"]), [0.8, -0.75])
    # D, E down: three misses to -1
    np.testing.assert_allclose(reference.enrichment(["E", "D"]), [-1.0, 1.0])
    np.testing.assert_allclose(reference.connectivity(["A", "C"], ["D", "E"]), [0.9, -0.875])
    np.testing.assert_allclose(reference.connectivity(["A", "C"]), [0.8, -0.75])
    np.testing.assert_allclose(reference.connectivity((), ["E", "D"]), [1.0, -1.0])


def test_opposite_and_agreeing_signs():
    up, down = np.array([0.5, 0.5, -0.4, 0.0]), np.array([-0.3, 0.3, 0.2, 0.6])
    np.testing.assert_allclose(connectivity(up, down), [0.4, 0, -0.3, -0.3])
    with pytest.raises(ValueError, match="a query needs genes that go up, or genes that go down"):
        connectivity(None, None)


def test_bad_signatures_and_queries_are_told():
    with pytest.raises(ValueError, match="signatures have NaN or infinite values"):
        Reference.of(np.array([[1.0, np.nan]]), ["A", "B"])
    with pytest.raises(ValueError, match="the gene A is in the signatures twice"):
        Reference.of(np.ones((2, 2)), ["A", "A"])
    reference = Reference.of(np.array([[2.0, 1.0, 0.5]]), list("ABC"))
    with pytest.raises(ValueError, match="2 query genes are unknown or given twice: X, A"):
        reference.enrichment(["X", "A", "A"])


def test_query_sets_are_the_ends_of_a_profile():
    profiles = pd.DataFrame([[5.0, 1, 4, -2, 0, 3]], columns=list("ABCDEF"))
    assert query_sets(profiles, 2) == [(["A", "C"], ["D", "E"])]


def test_the_best_line_of_each_perturbagen():
    scores = np.array([[0.1, 0.9, -0.5, -0.2], [0.0, -1.0, 0.3, 0.2]])
    best = best_over_lines(scores, ["drug", "drug", "other", "other"])
    assert best.to_numpy().tolist() == [[0.9, -0.2], [0.0, 0.3]] and list(best) == ["drug", "other"]
    assert best_over_lines(scores[0], ["a", "a", "b", "b"]).shape == (1, 2)


def test_normalised_scores_by_a_loop():
    rng = np.random.default_rng(2)
    scores, groups = rng.normal(size=30).round(1), np.array(["A", "B", "C"])[rng.integers(0, 3, 30)]
    groups[0], scores[1] = "alone", 0
    expected = np.zeros(30)
    for number, score in enumerate(scores):
        alike = (groups == groups[number]) & (np.sign(scores) == np.sign(score))
        expected[number] = score / abs(np.mean(scores[alike])) if score else 0
    np.testing.assert_allclose(normalised(scores, groups), expected)


def test_tau_by_a_loop():
    rng = np.random.default_rng(3)
    scores, background = rng.normal(size=(4, 6)).round(1), rng.normal(size=(50, 6)).round(1)
    expected = np.zeros(scores.shape)
    for q, s in np.ndindex(scores.shape):
        smaller = sum(abs(value) < abs(scores[q, s]) for value in background[:, s])
        expected[q, s] = np.sign(scores[q, s]) * 100 * smaller / 50
    np.testing.assert_allclose(tau(scores, background), expected)
    np.testing.assert_allclose(tau(scores[1], background), expected[1])
    assert np.abs(expected).max() > 80 > 30 > np.abs(expected).min()
    with pytest.raises(ValueError, match=r"background is \(6,\); expected queries × 6 signatures"):
        tau(scores, background[0])
