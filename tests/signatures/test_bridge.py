"""Walks against a literal loop, the ROC curve, invariants and bad input."""

import numpy as np
import pytest
from l1000_rnaseq.signatures.bridge import (
    area,
    peak,
    permutation_band,
    random_walks,
    rank_genes,
    scaled_weights,
    walks,
)
from scipy.stats import mannwhitneyu


def literal_walk(scores, inside, weighted):
    """Step by step, as the caption of Fig. 5 says."""
    order = sorted(range(len(scores)), key=lambda gene: -abs(scores[gene]))
    sizes = [abs(score) for score in scores]
    weight = [(size - min(sizes)) / (max(sizes) - min(sizes)) if weighted else 1.0 for size in sizes]
    total = sum(weight[gene] for gene in order if inside[gene])
    misses = sum(not inside[gene] for gene in order)
    height, found = 0.0, []
    for gene in order:
        height += weight[gene] / total if inside[gene] else -1 / misses
        found.append(height)
    return np.array(found)


@pytest.fixture(params=[0, 1, 2])
def signature(request):
    rng = np.random.default_rng(request.param)
    return rng.normal(size=150), rng.random(150) < 0.2


@pytest.mark.parametrize("weighted", [False, True])
def test_a_walk_is_the_literal_loop(signature, weighted):
    scores, inside = signature
    order = rank_genes(scores)
    weights = scaled_weights(scores)[order] if weighted else None
    walk = walks(inside[order], weights)
    np.testing.assert_allclose(walk, literal_walk(scores, inside, weighted), atol=1e-12)
    assert walk[-1] == pytest.approx(0, abs=1e-12)
    assert peak(walk) == walk[np.abs(walk).argmax()]


def test_the_area_is_that_of_the_roc_curve(signature):
    scores, inside = signature
    size = np.abs(scores)
    auc = mannwhitneyu(size[inside], size[~inside]).statistic / (inside.sum() * (~inside).sum())
    assert area(walks(inside[rank_genes(scores)])) == pytest.approx(auc - 0.5, abs=1e-12)


def test_all_at_the_top_or_the_bottom_are_the_extremes():
    inside = np.arange(100) < 10
    assert peak(walks(inside)) == pytest.approx(1) and peak(walks(inside[::-1])) == pytest.approx(-1)
    assert area(walks(inside)) == pytest.approx(0.5) and area(walks(inside[::-1])) == pytest.approx(-0.5)


def test_many_at_once_are_those_one_by_one(signature):
    scores, inside = signature
    both = np.array([inside, inside[::-1]])
    np.testing.assert_allclose(walks(both), [walks(row) for row in both])
    assert walks(both).shape == both.shape


def test_signed_ranks_and_ties():
    assert list(rank_genes(np.array([1.0, -3.0, 2.0]))) == [1, 2, 0]
    assert list(rank_genes(np.array([1.0, -3.0, 2.0]), by_size=False)) == [2, 0, 1]
    assert list(rank_genes(np.zeros(4))) == [0, 1, 2, 3]
    inside = np.array([True, False, True])
    np.testing.assert_allclose(walks(inside, np.zeros(3)), walks(inside))  # no weight: unweighted


def test_the_band_holds_what_it_says():
    null = random_walks(3000, 600, n=1000, seed=1)
    low, high = permutation_band(3000, 600, n=1000, seed=2)
    share = ((null >= low) & (null <= high)).mean(axis=0)[200:-200]
    assert 0.92 < share.min() and 0.94 < share.mean() < 0.97


def test_a_set_without_genes_is_told():
    with pytest.raises(ValueError, match="0 to 0 of 5 ranked genes are in it"):
        walks(np.zeros(5, bool))
