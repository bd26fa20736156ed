"""Connectivity against a literal running sum, gseapy's figures and a case by hand; then lines, tau, NCS."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.connectivity import (
    Reference,
    best_over_lines,
    connectivity,
    normalised,
    query_sets,
    softmax,
    tau,
)
from l1000_rnaseq.stats.enrichment import enrichment_once

GOLDEN = Path(__file__).parent / "golden" / "enrichment.tsv"


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


@pytest.mark.parametrize("size", [1, 2, 10, 60, 119])
def test_enrichment_is_the_running_sum(signatures, size):
    table, rng = signatures
    reference = Reference.of(table.to_numpy(), table.columns)
    members = rng.choice(table.columns, size, replace=False).tolist()
    expected = [running_sum(row.to_dict(), set(members)) for _, row in table.iterrows()]
    np.testing.assert_allclose(reference.enrichment(members), expected, atol=1e-12, rtol=0)
    assert min(expected) < 0 < max(expected) or size == 119


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


def test_ties_and_clipped_values_are_ranked_by_the_order_of_genes():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        np.clip(rng.normal(0, 9, (40, 50)), -10, 10).round(), columns=[f"G{k}" for k in range(50)]
    )
    members = [f"G{k}" for k in range(0, 50, 7)]
    expected = [running_sum(row.to_dict(), set(members)) for _, row in table.iterrows()]
    got = Reference.of(table.to_numpy(np.float32), table.columns).enrichment(members)
    np.testing.assert_allclose(got, expected, atol=1e-12, rtol=0)
    once = enrichment_once(table.to_numpy(np.float32), table.columns, members, members[::-1][:3])
    assert np.array_equal(once[0], got)
    few = [running_sum(row.to_dict(), set(members[::-1][:3])) for _, row in table.iterrows()]
    np.testing.assert_allclose(once[1], few, atol=1e-12, rtol=0)


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


def test_enrichment_is_gseapys():
    golden = pd.read_csv(GOLDEN, sep="\t", comment="#", index_col="number")["score"]
    assert len(golden) == 40
    for number, expected in golden.items():
        rng = np.random.default_rng(number)
        n_genes, n_set = int(rng.integers(20, 978)), int(rng.integers(1, 15))
        values = np.sort(rng.standard_t(4, n_genes))[::-1]
        members = rng.choice(n_genes, n_set, replace=False)
        got = Reference.of(values[None], np.arange(n_genes)).enrichment(members)
        assert got.item() == pytest.approx(expected, abs=1e-9)


def test_opposite_and_agreeing_signs():
    up, down = np.array([0.5, 0.5, -0.4, 0.0]), np.array([-0.3, 0.3, 0.2, 0.6])
    np.testing.assert_allclose(connectivity(up, down), [0.4, 0, -0.3, -0.3])
    with pytest.raises(ValueError, match="a query needs genes that go up, or genes that go down"):
        connectivity(None, None)


def test_hits_without_weight_count_the_same():
    got = Reference.of(np.array([[3.0, 0.0, 0.0, -2.0, -4.0]]), list("ABCDE")).enrichment(["B", "C"])
    assert got.item() == pytest.approx(1 - 1 / 3)  # one miss, then two hits of a half


def test_bad_signatures_and_queries_are_told():
    with pytest.raises(ValueError, match="signatures hold NaN or infinite values"):
        Reference.of(np.array([[1.0, np.nan]]), ["A", "B"])
    with pytest.raises(ValueError, match="the gene A stands twice in the signatures"):
        Reference.of(np.ones((2, 2)), ["A", "A"])
    reference = Reference.of(np.array([[2.0, 1.0, 0.5]]), list("ABC"))
    with pytest.raises(ValueError, match="2 query genes are unknown or stand twice: X, A"):
        reference.enrichment(["X", "A", "A"])
    with pytest.raises(
        ValueError, match="a gene set of 3 among 3 genes; expected at least one gene in and out"
    ):
        reference.enrichment(["A", "B", "C"])


def test_query_sets_are_the_ends_of_a_profile():
    profiles = pd.DataFrame([[5.0, 1, 4, -2, 0, 3]], columns=list("ABCDEF"))
    assert query_sets(profiles, 2) == [(["A", "C"], ["D", "E"])]
    with pytest.raises(ValueError, match="6 genes cannot give 4 up and 4 down"):
        query_sets(profiles, 4)


def test_the_best_line_of_each_perturbagen_and_probabilities():
    scores = np.array([[0.1, 0.9, -0.5, -0.2], [0.0, -1.0, 0.3, 0.2]])
    best = best_over_lines(scores, ["drug", "drug", "other", "other"])
    assert best.to_numpy().tolist() == [[0.9, -0.2], [0.0, 0.3]] and list(best) == ["drug", "other"]
    shares = softmax(best)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares["drug"] / shares["other"], np.exp(best["drug"] - best["other"]))
    assert best_over_lines(scores[0], ["a", "a", "b", "b"]).shape == (1, 2)


@pytest.mark.parametrize("rows", [0, slice(None)])
def test_normalised_scores_by_a_loop(rows):
    rng = np.random.default_rng(2)
    scores, groups = rng.normal(size=(5, 30)).round(1), np.array(["A", "B", "C"])[rng.integers(0, 3, 30)]
    groups[0] = "alone"
    expected = np.zeros(scores.shape)
    for q, s in np.ndindex(scores.shape):
        same = [
            v
            for v, g in zip(scores[q], groups, strict=True)
            if g == groups[s] and np.sign(v) == np.sign(scores[q, s])
        ]
        expected[q, s] = scores[q, s] / abs(np.mean(same)) if scores[q, s] else 0
    np.testing.assert_allclose(normalised(scores[rows], groups), expected[rows])


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
