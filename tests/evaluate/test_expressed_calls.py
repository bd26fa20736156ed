"""Calls of on and off against RNA-seq: by a plain loop."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.expressed_calls import call_rates


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    lines, genes = [f"L{k}" for k in range(6)], [f"G{k}" for k in range(40)]
    truth = pd.DataFrame(rng.choice([0.0, 0.4, 1.6, 6.0], (6, 40)), lines, genes)
    truth.iloc[:, :5], truth.iloc[:, 5:10], truth.iloc[0, 12] = 9.0, 0.0, np.nan
    levels = (truth.fillna(0) + rng.normal(0, 1, truth.shape)).clip(lower=0)
    return levels[genes[:38]].iloc[::-1], truth, truth.mean() + rng.normal(0, 0.5, 40)


def test_shares_are_those_of_a_loop(tables):
    levels, truth, constant = tables
    counts = {name: [0, 0, 0, 0] for name in ("off", "unclear", "on", "one cut")}
    n = 0
    for gene in levels:
        known = truth[gene].dropna()
        varies = 0 < (known >= 1).sum() < len(known)
        for line, real in known.items():
            level, n = levels.loc[line, gene], n + 1
            word = "off" if level < 0.5 else "on" if level >= 2 else "unclear"
            is_right = real < 1 if word == "off" else real >= 1
            for name, right in ((word, is_right), ("one cut", (real >= 1) == (level >= 1))):
                for where, add in enumerate((1, right, varies, varies and right)):
                    counts[name][where] += int(add)
    rates = call_rates(levels, truth, constant)
    for name, (called, right, varying, right_varying) in counts.items():
        expected = [called / n, right / called, right_varying / varying]
        assert rates.loc[name].tolist() == pytest.approx(expected), name


def test_perfect_levels_are_right_and_calls_that_are_never_made_have_no_rate(tables):
    _, truth, constant = tables
    sharp = pd.DataFrame(np.where(truth >= 1, 8.0, 0.0), truth.index, truth.columns)
    rates = call_rates(sharp, truth, constant)
    assert rates.loc[["off", "on", "one cut"], "right"].eq(1).all()
    assert rates.loc["unclear", "share"] == 0 and np.isnan(rates.loc["unclear", "right"])
    assert rates.loc["one cut, mean of other lines", "right"] < 1
