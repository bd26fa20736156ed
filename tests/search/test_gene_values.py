"""A gene read once has the values that the index gives for it, and their ranks."""

import numpy as np
import pytest
from l1000_rnaseq.search.gene_values import GeneValues
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.rank_knots import knot_ranks, rank_among
from l1000_rnaseq.search.relative_ranks import relative_ranks


@pytest.fixture(scope="module")
def index():
    return Index()


@pytest.mark.parametrize("gene", ["HMOX1", "SFRP2", "MMP12"])
def test_they_are_those_of_the_index(index, gene):
    values = GeneValues.read(index, gene)
    for what in ("log2fc", "cd", "rank"):
        np.testing.assert_array_equal(getattr(values, what), index.values(gene, what)[:, 0], what)
    rows = np.array([3, 600, 5000, 41])
    expected, found = relative_ranks(index, gene, rows), values.relative(rows)
    assert found.columns.tolist() == expected.columns.tolist()
    np.testing.assert_array_equal(found.to_numpy(float), expected.to_numpy(float))


def test_a_rank_is_found_among_the_knots_as_by_counting_them():
    generator, n_genes = np.random.default_rng(0), 900
    genes = np.round(generator.normal(size=(200, n_genes)), 1).astype(np.float16)  # many are equal
    knots = -np.sort(-genes, axis=1)[:, knot_ranks(n_genes) - 1]
    values = np.r_[genes[:150, 7], np.full(25, 99.0), np.full(25, -99.0)]
    above = (knots > values[:, None]).sum(axis=1)
    ranks = knot_ranks(n_genes)
    least = np.where(above > 0, ranks[np.maximum(above - 1, 0)] + 1, 1)
    most = np.where(above < len(ranks), ranks[np.minimum(above, len(ranks) - 1)], n_genes)
    found = rank_among(values, knots, n_genes)
    assert (found >= np.minimum(least, most)).all() and (found <= most).all()
    assert (found[150:175] == 1).all() and (found[175:] == n_genes).all()
