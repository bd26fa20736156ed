"""Blocks: every row once, and the sums of a whole matrix."""

import numpy as np
import pytest
from l1000_rnaseq.stats.in_blocks import Rows, blocks, mean_and_sd


@pytest.mark.parametrize(("n", "size"), [(0, 3), (1, 3), (3, 3), (10, 3), (10, 100)])
def test_blocks_cover_everything_once(n, size):
    covered = np.concatenate([np.arange(n)[part] for part in blocks(n, size)])
    assert np.array_equal(covered, np.arange(n))
    assert all(part.stop - part.start <= size for part in blocks(n, size))


def test_rows_are_those_of_the_copy_that_they_save():
    values, index = np.random.default_rng(0).normal(size=(20, 5)), np.array([7, 3, 3, 19, 0])
    rows, copy = Rows(values, index), values[index]
    assert rows.shape == copy.shape and len(rows) == 5
    for asked in (slice(1, 4), slice(None), np.array([True, False, True, False, False])):
        assert np.array_equal(rows[asked], copy[asked])


def test_moments_are_those_of_numpy_also_where_float32_sums_fail():
    values = (1000 + np.random.default_rng(1).normal(0, 0.01, (3000, 4))).astype(np.float32)
    exact = values.astype(np.float64)
    for given in (values, Rows(values, np.arange(3000))):
        mean, sd = mean_and_sd(given)
        assert np.allclose(mean, exact.mean(axis=0), rtol=1e-12)
        assert np.allclose(sd, exact.std(axis=0), rtol=1e-6)
