"""False discovery rates against scipy, strength against a slow count, siblings against a slow loop."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search.signature_facts import Siblings, false_discovery_rate, strength_percentile
from scipy.stats import false_discovery_control


@pytest.mark.parametrize("n", [1, 2, 500])
def test_false_discovery_rate_is_that_of_scipy(n):
    rng = np.random.default_rng(n)
    p = rng.uniform(0, 1, n) ** 3
    p[: n // 4] = p[-1]  # ties
    np.testing.assert_allclose(false_discovery_rate(p), false_discovery_control(p), rtol=1e-12)


def test_what_was_not_tested_has_no_rate_and_does_not_count():
    p = np.array([0.2, np.nan, 0.001, 1.0, np.nan, 0.03])
    found = false_discovery_rate(p)
    assert np.isnan(found[[1, 4]]).all()
    np.testing.assert_allclose(found[[0, 2, 3, 5]], false_discovery_control(p[[0, 2, 3, 5]]))
    assert np.isnan(false_discovery_rate(np.full(3, np.nan))).all()
    assert false_discovery_rate(np.array([])).shape == (0,)


def test_strength_is_compared_within_one_source_and_one_measure():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"strength": rng.integers(0, 6, 60).astype(float), "source": rng.choice(["wells", "Level 5"], 60)}
    )
    table.loc[rng.choice(60, 20, replace=False), "strength"] = np.nan
    lengths = np.where(table["strength"].isna(), rng.integers(0, 6, 60), np.nan)
    lengths[np.flatnonzero(table["strength"].isna())[:3]] = np.nan
    found = strength_percentile(table, lengths)
    for k in range(60):
        own, is_length = table["strength"].iloc[k], np.isnan(table["strength"].iloc[k])
        own = lengths[k] if is_length else own
        if np.isnan(own):
            assert np.isnan(found[k])
            continue
        like = (table["source"] == table["source"].iloc[k]) & (table["strength"].isna() == is_length)
        others = np.where(like, lengths if is_length else table["strength"], np.nan)
        below, equal = (others < own).sum(), (others == own).sum()
        assert found[k] == pytest.approx((below + (equal + 1) / 2) / (~np.isnan(others)).sum())


def test_siblings_are_those_of_one_compound_and_type_but_for_flagged_ones():
    rng = np.random.default_rng(0)
    names = {"compound": list("ab"), "type": ["chemical", "shRNA"], "cell_id": list("XY"), "time": list("69")}
    table = pd.DataFrame({name: rng.choice(values, 40) for name, values in names.items()})
    table = table.assign(time_unit="h", dose_unit="um", dose=rng.choice(["1", "", "0.5"], 40))
    table["flags"] = np.where(rng.uniform(size=40) < 0.2, "doubtful", "")
    found = Siblings.of(table)
    for k in range(40):
        same = (table["compound"] == table["compound"][k]) & (table["type"] == table["type"][k])
        wanted = np.flatnonzero(same & (table["flags"] == ""))
        assert sorted(found.rows(found.compound[[k]])) == list(wanted)
        series = same & (table[["cell_id", "time"]] == table[["cell_id", "time"]].iloc[k]).all(axis=1)
        np.testing.assert_array_equal(found.series == found.series[k], series)
    np.testing.assert_array_equal(np.isnan(found.dose), table["dose"] == "")
