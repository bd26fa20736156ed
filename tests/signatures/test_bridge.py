"""Weights and orders of bridge plots, and the band of random gene sets."""

import numpy as np
from l1000_rnaseq.signatures.bridge import permutation_band, random_sets, rank_genes, scaled_weights
from l1000_rnaseq.stats.enrichment import running_sum


def test_weights_are_sizes_from_0_to_1():
    scores = np.array([[1.0, -3.0, 2.0], [5.0, 5.0, -5.0]])
    assert scaled_weights(scores).tolist() == [[0, 1, 0.5], [0, 0, 0]]


def test_signed_ranks_and_ties():
    assert list(rank_genes(np.array([1.0, -3.0, 2.0]))) == [1, 2, 0]
    assert list(rank_genes(np.array([1.0, -3.0, 2.0]), by_size=False)) == [2, 0, 1]
    assert list(rank_genes(np.zeros(4))) == [0, 1, 2, 3]


def test_random_sets_have_their_size():
    sets = random_sets(np.random.default_rng(0), 50, 30, 4)
    assert sets.shape == (50, 30) and (sets.sum(axis=1) == 4).all() and sets.any(axis=0).all()


def test_the_band_holds_what_it_says():
    walks = running_sum(random_sets(np.random.default_rng(1), 1000, 3000, 600))
    low, high = permutation_band(3000, 600, n=1000, seed=2)
    share = ((walks >= low) & (walks <= high)).mean(axis=0)[200:-200]
    assert 0.92 < share.min() and 0.94 < share.mean() < 0.97
