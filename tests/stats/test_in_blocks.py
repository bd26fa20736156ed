"""Blocks: every row once, and the sums of a whole matrix."""

import tracemalloc

import numpy as np
import pandas as pd
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


def test_rows_less_group_means_are_those_of_pandas():
    rng = np.random.default_rng(2)
    values = rng.normal(5, 2, (2500, 2100)).astype(np.float32)
    values[rng.random(values.shape) < 0.01] = np.nan
    index, columns = rng.permutation(2500)[:2300], rng.permutation(2100)[:1200]
    names = rng.choice(["GTEx", "HPA", "ARCHS4"], len(index))
    values[np.ix_(index[names == "HPA"], columns[3:5])] = np.nan  # genes that a whole group lacks
    table, before = pd.DataFrame(values[np.ix_(index, columns)]), values.copy()
    expected = (table - table.groupby(names).transform("mean")).fillna(0).to_numpy()
    rows = Rows(values, index, columns).less_group_means(names)
    assert rows.shape == expected.shape and np.array_equal(rows[:], expected)
    some = names != "GTEx"
    assert np.array_equal(rows.of(some)[10:1500], expected[some][10:1500])
    assert np.array_equal(rows.of(some).genes(slice(700, 900)), expected[some][:, 700:900])
    assert np.array_equal(values, before, equal_nan=True)
    with pytest.raises(ValueError, match="subtracted already"):
        rows.less_group_means(names)


def test_rows_copy_what_is_asked_for_and_nothing_else():
    values = np.ones((4000, 3000), np.float32)
    rows = Rows(values, np.arange(3900), np.arange(1000)).less_group_means(np.repeat(["a", "b"], 1950))
    tracemalloc.start()
    found = rows[:]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (3900, 1000) and peak < 1.5 * found.nbytes  # and the means of 1,000 rows


def test_moments_are_those_of_numpy_also_where_float32_sums_fail():
    values = (1000 + np.random.default_rng(1).normal(0, 0.01, (3000, 4))).astype(np.float32)
    exact = values.astype(np.float64)
    for given in (values, Rows(values, np.arange(3000))):
        mean, sd = mean_and_sd(given)
        assert np.allclose(mean, exact.mean(axis=0), rtol=1e-12)
        assert np.allclose(sd, exact.std(axis=0), rtol=1e-6)
