"""The running sum and its farthest value: literal loops, gseapy's figures, the ROC curve, cases by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.connectivity import Reference
from l1000_rnaseq.stats.enrichment import area, enrichment, enrichment_once, peak, running_sum
from l1000_rnaseq.stats.ranks import descending, ranks
from scipy.stats import mannwhitneyu

GOLDEN = Path(__file__).parent / "golden" / "enrichment.tsv"


def literal_walk(values, members, weights=None) -> list[float]:
    """The definition, gene by gene: up at a gene of the set, down at any other."""
    weights = np.abs(values) if weights is None else weights
    total, height, walk = sum(weights[gene] for gene in members), 0.0, []
    for gene in sorted(range(len(values)), key=lambda gene: -values[gene]):
        height += weights[gene] / total if gene in members else -1 / (len(values) - len(members))
        walk.append(height)
    return walk


def farthest(walk) -> float:
    return max(walk) if max(walk) >= -min(walk) - 1e-12 else min(walk)


@pytest.fixture(scope="module")
def signatures():
    return np.random.default_rng(0).standard_t(4, (60, 120))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_running_sum_is_the_literal_walk(signatures, weighted):
    members = set(range(0, 120, 7))
    for values in signatures[:10]:
        order = descending(values)
        weights = np.abs(values) if weighted else np.ones(120)
        walk = running_sum(np.isin(order, list(members)), weights[order] if weighted else None)
        expected = literal_walk(values, members, weights)
        np.testing.assert_allclose(walk, expected, atol=1e-12)
        assert walk[-1] == pytest.approx(0, abs=1e-12) and peak(walk) == pytest.approx(farthest(expected))


@pytest.mark.parametrize("size", [1, 2, 10, 60, 119])
@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_enrichment_is_the_peak_of_the_running_sum(signatures, size, power):
    members = np.random.default_rng(size).choice(120, size, replace=False)
    weights, order = np.abs(signatures) ** power, descending(signatures)
    got = enrichment(ranks(signatures)[:, members], weights[:, members], 120)
    walks = running_sum(np.isin(order, members), np.take_along_axis(weights, order, 1))
    np.testing.assert_allclose(got, peak(walks), atol=1e-12)
    literal = [
        farthest(literal_walk(values, set(members), row))
        for values, row in zip(signatures, weights, strict=True)
    ]
    np.testing.assert_allclose(got, literal, atol=1e-12)
    assert got.min() < 0 < got.max() or size == 119


def test_ties_and_clipped_values_are_ranked_by_the_order_of_genes():
    rng = np.random.default_rng(1)
    values = np.clip(rng.normal(0, 9, (40, 50)), -10, 10).round().astype(np.float32)
    genes, sets = np.arange(50), (np.arange(0, 50, 7), np.array([49, 42, 35]))
    for members, once in zip(sets, enrichment_once(values, genes, *sets), strict=True):
        expected = [farthest(literal_walk(row, set(members))) for row in values.astype(float)]
        np.testing.assert_allclose(once, expected, atol=1e-12)
        assert np.array_equal(once, Reference.of(values, genes).enrichment(members))


def test_of_two_values_as_far_from_0_the_highest_counts():
    up_and_down = np.array([True, False, False, True])  # 1/2, 0, -1/2, 0
    assert peak(running_sum(up_and_down)) == 0.5
    assert enrichment(np.array([[1, 4]]), np.ones((1, 2)), 4).item() == 0.5


def test_enrichment_is_gseapys():
    golden = pd.read_csv(GOLDEN, sep="\t", comment="#", index_col="number")["score"]
    assert len(golden) == 40
    for number, expected in golden.items():
        rng = np.random.default_rng(number)
        n_genes, n_set = int(rng.integers(20, 978)), int(rng.integers(1, 15))
        values = np.sort(rng.standard_t(4, n_genes))[::-1]
        members = rng.choice(n_genes, n_set, replace=False)
        got = enrichment(1 + members[None], np.abs(values[members])[None], n_genes)
        assert got.item() == pytest.approx(expected, abs=1e-9)


def test_the_area_is_that_of_the_roc_curve(signatures):
    inside = np.random.default_rng(2).random(120) < 0.2
    for values in signatures[:10]:
        auc = mannwhitneyu(values[inside], values[~inside]).statistic / (inside.sum() * (~inside).sum())
        assert area(running_sum(inside[descending(values)])) == pytest.approx(auc - 0.5, abs=1e-12)


def test_sets_at_the_top_or_the_bottom_are_the_extremes():
    inside = np.arange(100) < 10
    for members, sign in ((inside, 1), (inside[::-1], -1)):
        walk = running_sum(members)
        assert peak(walk) == pytest.approx(sign) and area(walk) == pytest.approx(sign / 2)
    both = np.array([inside, inside[::-1]])
    np.testing.assert_array_equal(running_sum(both), [running_sum(members) for members in both])


def test_hits_without_weight_count_the_same():
    members = np.array([False, True, True, False, False])
    np.testing.assert_array_equal(running_sum(members, np.zeros(5)), running_sum(members))
    got = Reference.of(np.array([[3.0, 0.0, 0.0, -2.0, -4.0]]), list("ABCDE")).enrichment(["B", "C"])
    assert got.item() == pytest.approx(1 - 1 / 3)  # one miss, then two hits of a half


def test_sets_without_genes_or_without_others_are_told():
    for members, size in ((np.zeros(5, bool), 0), (np.ones(5, bool), 5)):
        with pytest.raises(ValueError, match=f"{size} to {size} of 5 ranked genes are in it"):
            running_sum(members)
    with pytest.raises(ValueError, match="a gene set of 3 among 3 genes; expected at least one gene in and"):
        enrichment(np.array([[1, 2, 3]]), np.ones((1, 3)), 3)
