"""Consensus signatures against a loop and cmapPy's weights."""

import numpy as np
import pandas as pd
import pytest
from cmapPy.math.agg_wt_avg import calculate_weights
from l1000_rnaseq.classify.modz import consensus_signatures, modz_weights
from scipy.stats import spearmanr


@pytest.fixture
def replicates():
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 2, 60)
    return np.stack([signal + rng.normal(0, noise, 60) for noise in (0.5, 1, 3)] + [-signal])


def test_weights_by_a_loop(replicates):
    raw = []
    for i in range(4):
        others = [max(spearmanr(replicates[i], replicates[j]).statistic, 0) for j in range(4) if j != i]
        raw.append(max(np.mean(others), 0.01))
    expected = np.array(raw) / sum(raw)
    np.testing.assert_allclose(modz_weights(replicates), expected, rtol=1e-10)
    assert expected[3] < 0.01  # the one that goes the other way is at the floor
    assert expected[0] > expected[2]


def test_weights_are_cmappys(replicates):
    table = pd.DataFrame(replicates.T).corr(method="spearman")
    theirs = calculate_weights(pd.DataFrame(table.to_numpy().copy()), 0.01)[1]
    np.testing.assert_allclose(modz_weights(replicates), theirs, atol=6e-5)  # cmapPy rounds to 4 digits


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_replicates_weigh_the_same(n):
    assert modz_weights(np.random.default_rng(n).normal(size=(n, 9))).tolist() == [1 / n] * n


def test_a_constant_replicate_weighs_the_least(replicates):
    weights = modz_weights(np.vstack([replicates[:3], np.zeros(60)]))
    assert np.isfinite(weights).all() and weights.sum() == pytest.approx(1) and weights[3] < 0.02


def test_groups_are_collapsed_one_by_one(replicates):
    rng = np.random.default_rng(1)
    values = np.vstack([replicates, rng.normal(size=(3, 60))])
    profiles = pd.DataFrame(values, [f"s{k}" for k in range(7)], [f"G{k}" for k in range(60)])
    keys = pd.DataFrame(
        {"cell": list("AABABAB"), "gene": ["X", "X", "X", "X", "Y", "Y", "Y"]}, profiles.index
    )
    signatures, table = consensus_signatures(profiles, keys)
    assert table[["cell", "gene", "replicates"]].to_numpy().tolist() == [
        ["A", "X", 3],
        ["A", "Y", 1],
        ["B", "X", 1],
        ["B", "Y", 2],
    ]
    rows = [0, 1, 3]
    np.testing.assert_allclose(signatures.iloc[0], modz_weights(values[rows]) @ values[rows], rtol=1e-5)
    np.testing.assert_allclose(signatures.iloc[3], values[[4, 6]].mean(axis=0), rtol=1e-5)
    pairs = [spearmanr(values[i], values[j]).statistic for i, j in ((0, 1), (0, 3), (1, 3))]
    assert table["agreement"].iloc[0] == pytest.approx(np.mean(pairs))
    assert table["agreement"].isna().tolist() == [False, True, True, False]


def test_replicates_are_compared_on_the_landmarks_only(replicates):
    profiles = pd.DataFrame(replicates, columns=[f"G{k}" for k in range(60)])
    landmarks = [f"G{k}" for k in range(20)]
    signatures, _ = consensus_signatures(profiles, pd.Series("x", profiles.index, name="all"), landmarks)
    expected = modz_weights(replicates[:, :20]) @ replicates
    np.testing.assert_allclose(signatures.iloc[0], expected, rtol=1e-5)
    assert not np.allclose(expected, modz_weights(replicates) @ replicates, rtol=1e-3)


def test_bad_input_is_told():
    profiles = pd.DataFrame(np.ones((3, 4)))
    with pytest.raises(ValueError, match="3 profiles and 2 groups; expected as many"):
        consensus_signatures(profiles, pd.Series(["a", "b"]))
    profiles.iloc[1, 1] = np.inf
    with pytest.raises(ValueError, match="profiles have NaN or infinite values"):
        consensus_signatures(profiles, pd.Series(["a", "b", "c"]))
