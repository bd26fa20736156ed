"""Ranks and ends against scipy and sorted lists, with ties."""

import numpy as np
import pytest
from l1000_rnaseq.stats.ranks import descending, ends, ranks
from scipy.stats import rankdata


@pytest.fixture(params=[np.float32, np.float64])
def scores(request):
    return np.random.default_rng(0).normal(size=(7, 40)).round(1).astype(request.param)  # with ties


def test_ranks_are_scipys_and_ties_keep_the_order_of_the_genes(scores):
    assert len(np.unique(scores[0])) < 40
    np.testing.assert_array_equal(ranks(scores), rankdata(-scores, "ordinal", axis=1))
    np.testing.assert_array_equal(ranks(scores[0]), ranks(scores)[0])
    assert ranks(np.zeros(4)).tolist() == [1, 2, 3, 4]
    assert ranks(np.array([-0.0, 0.0, -0.0])).tolist() == [1, 2, 3]


def test_the_order_is_that_of_sorted(scores):
    for row, order in zip(scores, descending(scores), strict=True):
        assert order.tolist() == sorted(range(40), key=lambda gene: -row[gene])


def test_ends_are_the_most_extreme_genes_first(scores):
    up, down = ends(scores, 5)
    for row, largest, smallest in zip(scores, up, down, strict=True):
        ordered = sorted(range(40), key=lambda gene: -row[gene])
        assert largest.tolist() == ordered[:5] and smallest.tolist() == ordered[::-1][:5]
    with pytest.raises(ValueError, match="40 genes cannot give 21 up and 21 down"):
        ends(scores, 21)
