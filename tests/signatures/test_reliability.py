"""Reliability by planted noise, cross-fitting that never weighs a group by itself."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.signatures.reliability import (
    cross_fitted,
    plate_changes,
    replicate_filter,
    replicate_reliability,
)
from l1000_rnaseq.stats.correlation import pearson


@pytest.fixture
def replicates():
    rng = np.random.default_rng(0)
    noise = np.array([0.0, 0.5, 1.0, 2.0, 50.0])
    groups = np.repeat([f"drug{k}" for k in range(300)], 3)
    effect = np.repeat(rng.normal(0, 1, (300, 5)), 3, axis=0)
    return effect + rng.normal(0, 1, (900, 5)) * noise, groups, noise


def test_planted_reliability_comes_back(replicates):
    changes, groups, noise = replicates
    found = replicate_reliability(changes, groups)
    np.testing.assert_allclose(found, 1 / (1 + noise**2), atol=0.06)
    assert found[0] == pytest.approx(1)


def test_single_wells_alone_say_nothing(replicates):
    changes, groups, _ = replicates
    with pytest.raises(ValueError, match="none of the 300 groups has two members"):
        replicate_reliability(changes[::3], groups[::3])
    assert replicate_reliability(np.zeros((4, 2)), np.array(list("aabb"))).tolist() == [0, 0]


def test_no_group_weighs_itself(replicates):
    changes, groups, _ = replicates
    weighted = cross_fitted(changes, groups)
    marked = changes.copy()
    own = groups == "drug7"
    marked[own] *= 1000  # would make its genes look reliable
    again = cross_fitted(marked, groups)
    np.testing.assert_allclose(again[own], weighted[own] * 1000)


def test_plate_changes_by_loop():
    rng = np.random.default_rng(1)
    profiles = pd.DataFrame(rng.normal(8, 1, (14, 3)), [f"w{k}" for k in range(14)])
    plates = pd.Series(["a"] * 6 + ["b"] * 6 + ["c"] * 2, profiles.index)
    controls = np.array([1, 1, 1, 0, 0, 0] * 2 + [1, 0], bool)
    changes = plate_changes(profiles, plates, controls)
    assert list(changes.index) == [f"w{k}" for k in range(12)]
    np.testing.assert_allclose(
        changes.loc["w9"], profiles.loc["w9"] - profiles.loc[["w6", "w7", "w8"]].mean()
    )
    with pytest.raises(ValueError, match="No plate has three control wells"):
        plate_changes(profiles, plates, np.zeros(14, bool))


def test_the_filter_finds_programmes_under_noise():
    rng = np.random.default_rng(
        2
    )  # 3 programmes of 60 genes; each well has its own noise and a shared nuisance
    programmes, nuisance = rng.normal(size=(3, 60)), rng.normal(size=60)
    effects = rng.normal(size=(80, 3)) @ programmes
    groups = np.repeat([f"drug{k}" for k in range(80)], 2)
    truth = np.repeat(effects, 2, axis=0)
    changes = truth + rng.normal(0, 2, truth.shape) + np.outer(rng.normal(0, 3, 160), nuisance)
    filtered = cross_fitted(changes, groups, replicate_filter)
    weighted = cross_fitted(changes, groups)
    errors = [1 - np.mean(pearson(truth, table)) for table in (filtered, weighted, changes)]
    assert errors[0] < 0.5 * errors[1] and errors[1] <= errors[2] + 0.02


def test_a_fully_shrunk_filter_is_the_reliability(replicates):
    changes, groups, _ = replicates
    full = replicate_filter(changes, groups, shrink=1.0)
    np.testing.assert_allclose(np.diag(full), replicate_reliability(changes, groups), atol=1e-6)
    np.testing.assert_allclose(full, np.diag(np.diag(full)), atol=1e-9)
    with pytest.raises(ValueError, match="No group has replicates; a filter cannot"):
        replicate_filter(changes[::3], groups[::3])
