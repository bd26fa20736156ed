"""Reading factors: bits of a float16, rows that follow one another, blocks."""

import numpy as np
import pytest
from l1000_rnaseq.search import matrices
from l1000_rnaseq.search.matrices import Factored, as_float32, together


def test_every_finite_float16_is_the_same_number_as_float32():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)]
    found = as_float32(every)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, every.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(every))  # −0 too


@pytest.mark.parametrize("rows", [[3, 4, 5], [0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]])
def test_rows_that_follow_one_another_are_a_slice(rows):
    found = together(np.array(rows))
    assert isinstance(found, slice)
    np.testing.assert_array_equal(np.arange(10)[found], rows)


@pytest.mark.parametrize("rows", [[], [5, 4, 3], [1, 3], [1, 3, 2, 4], [2, 2, 3], [0, 2, 1, 3]])
def test_other_rows_stay_as_they_are(rows):
    rows = np.array(rows, int)
    assert together(rows) is rows


@pytest.mark.parametrize("rows", [slice(None), slice(2, 40), np.arange(5, 33), np.array([7, 3, 3, 49, 0])])
def test_some_genes_of_some_rows_are_those_of_the_product(monkeypatch, rows):
    """Landmarks and inferred genes mixed, in blocks of a few rows and at once."""
    rng = np.random.default_rng(0)
    first, hidden = rng.normal(size=(4, 50)).astype("f2"), rng.normal(size=(50, 3)).astype("f2")
    basis = rng.normal(size=(3, 6)).astype("f4")
    matrix, genes = Factored(first, hidden, basis), np.array([9, 0, 4, 3])
    wanted = np.hstack([first.T.astype(float), hidden.astype(float) @ basis])[rows][:, genes]
    for block in (7, 1024):
        monkeypatch.setattr(matrices, "BLOCK", block)
        np.testing.assert_allclose(matrix.by_gene(genes, rows), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(matrix.whole(rows)[:, genes], wanted, rtol=1e-5, atol=1e-5)
