"""Splits: a group is never on both sides; weights by hand; cell lines in every spelling."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.splits import (
    balanced_weights,
    group_folds,
    same_line,
    source_folds,
    split_groups,
)


@pytest.fixture
def groups():
    sizes = np.random.default_rng(0).integers(1, 30, 25)
    names = np.repeat([f"series{i}" for i in range(25)], sizes)
    return pd.Series(np.random.default_rng(1).permutation(names))


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides(groups, fraction, seed):
    out = split_groups(groups, fraction, seed)
    assert not set(groups[out]) & set(groups[~out]) and 0 < out.sum() < len(groups)
    if fraction in (0.1, 0.5):
        assert abs(out.mean() - fraction) < 0.08


def test_splits_are_seeded_and_do_not_depend_on_the_order_of_samples(groups):
    out = split_groups(groups, 0.3, 4)
    np.testing.assert_array_equal(out, split_groups(groups, 0.3, 4))
    assert any((out != split_groups(groups, 0.3, seed)).any() for seed in range(5, 8))
    order = np.random.default_rng(2).permutation(len(groups))
    np.testing.assert_array_equal(split_groups(groups.iloc[order], 0.3, 4), out[order])


def test_one_group_cannot_be_split():
    with pytest.raises(ValueError, match="all 7 samples belong to one group"):
        split_groups(pd.Series(["a"] * 7), 0.5)


@pytest.mark.parametrize("n", [2, 5, 25])
def test_folds_are_whole_groups_of_about_equal_size(groups, n):
    fold = group_folds(groups, n)
    assert sorted(set(fold)) == list(range(n))
    assert (
        groups.groupby(groups).size()
        == [(fold[groups == g] == fold[groups == g][0]).sum() for g in sorted(set(groups))]
    ).all()
    if n < 25:
        loads = np.bincount(fold)
        assert loads.max() - loads.min() <= groups.value_counts().max()


def test_more_folds_than_groups_is_an_error(groups):
    with pytest.raises(ValueError, match="25 groups cannot make 26 folds"):
        group_folds(groups, 26)


def test_balanced_weights_by_hand():
    source = pd.Series(["P", "P", "P", "P", "Q"])
    series = pd.Series(["a", "a", "a", "b", "a"])  # Q's series happens to have the name of one of P's
    expected = [1 / 12, 1 / 12, 1 / 12, 1 / 4, 1 / 2]
    np.testing.assert_allclose(balanced_weights(source, series), expected)
    np.testing.assert_allclose(balanced_weights(source), [1 / 8] * 4 + [1 / 2])


def test_balanced_weights_of_groups_are_equal(groups):
    top = groups.str[-1]
    weights = pd.Series(balanced_weights(top, groups))
    assert weights.sum() == pytest.approx(1) and (weights > 0).all()
    np.testing.assert_allclose(weights.groupby(top).sum(), 1 / top.nunique())
    for _, within in weights.groupby(top):
        np.testing.assert_allclose(
            within.groupby(groups).sum(), within.sum() / groups[within.index].nunique()
        )


def test_same_line_whatever_the_spelling():
    names = ["U-2 OS", "u2os", "U2OS", "A549.311", "A549", "HL-60", "HL60", "PC-3", "PC3M", "MCF7", "HELA"]
    marked = same_line(names, ["U2OS", "a-549", "HL60", "PC3", "HeLa"])
    assert [n for n, m in zip(names, marked, strict=True) if not m] == ["PC3M", "MCF7"]
    assert not same_line(names, []).any()


def test_a_source_is_held_out_with_the_series_that_it_shares():
    source = pd.Series(["a"] * 20 + ["b"] * 20 + ["tiny"] * 3)
    own = [f"s{i // 4}" for i in range(20)]
    unit = pd.Series(own + ["s0"] * 4 + [f"t{i}" for i in range(16)] + ["u"] * 3)
    folds = source_folds(source, unit)
    assert list(folds) == ["a", "b"]
    train, test = folds["a"]
    assert test.sum() == 20 and not (train & test).any()
    assert not train[20:24].any() and train[24:].all()  # the tumours of s0 stand in both
    assert source_folds(pd.Series(["a"] * 30), pd.Series(range(30))) == {}
