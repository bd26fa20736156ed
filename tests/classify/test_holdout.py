"""Splits by well and by group: shares, disjoint sides, groups kept whole, unseen classes."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify.holdout import by_group, by_well


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    labels = pd.Series(np.repeat([f"c{k}" for k in range(20)], rng.integers(2, 60, 20)))
    return labels, pd.Series(rng.choice([f"plate{k}" for k in range(12)], len(labels)))


def test_by_well_takes_a_tenth_of_each_class(samples):
    labels, _ = samples
    split = by_well(labels, seed=3)
    assert (split.train.astype(int) + split.valid + split.test == 1).all() and split.unseen == 0
    for name, size in labels.value_counts().items():
        here = (labels == name).to_numpy()
        for side in (split.valid, split.test):
            assert abs(side[here].sum() - 0.1 * size) < 1
        assert split.train[here].any()
    assert split.test.mean() == pytest.approx(0.1, abs=0.02)


def test_small_classes_are_tested_as_often_as_large_ones():
    labels = pd.Series(["a", "a", "a", "b", "b"])
    out = np.mean([by_well(labels, 0.1, 0.1, seed).test for seed in range(2000)], axis=0)
    np.testing.assert_allclose(out, 0.1, atol=0.03)
    alone = by_well(pd.Series(["a", "b"]), 0.9, 0.9)
    assert alone.train.all()  # one of each class is always trained on


def test_by_group_keeps_groups_whole_and_classes_known(samples):
    labels, groups = samples
    split = by_group(labels, groups, seed=1)
    assert not (split.train & split.test).any() and not (split.train & split.valid).any()
    sides = [set(groups[side]) for side in (split.train, split.valid, split.test)]
    assert all(sides) and not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert split.test.mean() == pytest.approx(0.2, abs=0.08)
    assert set(labels[split.test]) <= set(labels[split.train])


def test_classes_that_only_a_held_out_group_has_are_counted():
    groups = pd.Series(np.repeat(["p1", "p2", "p3", "p4"], 10))
    labels = pd.Series(["x", "y"] * 20)
    labels[::10] = [f"only {k}" for k in range(4)]
    split = by_group(labels, groups, 0.25, 0.25)
    assert split.unseen == 2 and split.test.sum() == 9 and split.valid.sum() == 9 and split.train.sum() == 20


def test_other_seeds_hold_out_others(samples):
    labels, groups = samples
    for split in (lambda seed: by_well(labels, seed=seed), lambda seed: by_group(labels, groups, seed=seed)):
        assert np.array_equal(split(0).test, split(0).test)
        assert len({split(seed).test.tobytes() for seed in range(5)}) > 2


def test_impossible_splits_are_told():
    labels = pd.Series(list("abcabc"))
    with pytest.raises(ValueError, match="2 groups cannot make a training, validation and test side"):
        by_group(labels, pd.Series(list("xxxyyy")))
    with pytest.raises(ValueError, match="no held-out sample is of a class that is trained on"):
        by_group(labels[:3], pd.Series(list("xyz")), 0.3, 0.3)
