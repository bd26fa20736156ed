"""Step 2 in blocks: the numbers are those of the whole matrices."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.stats.in_blocks import Rows
from l1000_rnaseq.stats.metrics import gene_metrics
from l1000_rnaseq.translate.settings import RidgeSettings
from l1000_rnaseq.translate.step2.linear import fit_linear
from l1000_rnaseq.translate.training import regression


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return rng.normal(6, 1, (40, 7)).astype(np.float32), rng.normal(3, 2, (40, 1203)).astype(np.float32)


def test_a_map_is_scored_like_its_predictions(samples):
    x, y = samples
    y[:, 5] = 2.0  # a gene that does not vary
    step, some = fit_linear(x, y, 0.1), np.arange(3, 33)
    whole, in_blocks = (
        regression.score_genes(y[some], step.transform(x[some])),
        regression.score_map(step, x[some], Rows(y, some)),
    )
    table = gene_metrics(y[some], step.transform(x[some]))
    for found in (whole, in_blocks):
        assert np.allclose(found["mse_by_gene"], table["mse"], rtol=1e-4)
        assert np.allclose(found["by_gene"], table["pcc"], rtol=1e-3, atol=1e-5, equal_nan=True)
        assert found["mse"] == pytest.approx(table["mse"].mean(), rel=1e-5)
    assert np.isnan(whole["by_gene"][5])


def test_a_map_of_some_rows_is_that_of_their_copy(samples):
    x, y = samples
    some = np.array([1, 5, 9, 30, 31, 39, 2, 0, 8, 7])
    lazy, copy = fit_linear(x[some], Rows(y, some), 0.3), fit_linear(x[some], y[some], 0.3)
    assert np.allclose(lazy.transform(x), copy.transform(x), rtol=1e-6)


def test_means_by_gene_are_those_of_a_loop(samples):
    _, y = samples
    y[:4, 2], y[:, 9], weights = np.nan, np.nan, np.r_[np.zeros(10), np.arange(30)]
    y[3, 9], table = 5.0, None
    table = pd.DataFrame(y, columns=[f"g{i}" for i in range(y.shape[1])])
    asked = list(table.columns[::-1][:1100])
    found = regression.weighted_mean(table, weights, asked)
    for value, gene in zip(found, asked, strict=True):
        there = table[gene].notna().to_numpy()
        w, values = weights[there], table[gene].to_numpy(np.float64)[there]
        expected = (w @ values / w.sum()) if w.sum() else values.mean()
        assert value == pytest.approx(expected, rel=1e-9)
    assert regression.weighted_mean(table[["g9"]], weights)[0] == 5.0
    assert len(regression.weighted_mean(table, weights, [])) == 0


def test_inputs_of_step_2_are_deviations_from_the_mean_of_each_group(samples):
    x, y = samples
    table = pd.DataFrame(np.hstack([x, y[:, :5]]), columns=[*"abcdefg", *"vwxyz"])
    table.loc[:9, "w"] = np.nan
    info = pd.DataFrame({"source": ["A"] * 10 + ["B"] * 30, "kind": ["line"] * 20 + ["tissue"] * 20})
    data = SimpleNamespace(rnaseq=table, rnaseq_info=info, landmarks=tuple("abcdefg"), count_based=None)
    before = table.copy()
    found_x, found_y, _ = regression.step2_inputs(data, RidgeSettings(), list("zw"))
    assert table.equals(before)  # what was prepared is not changed
    for rows in (slice(0, 10), slice(10, 20), slice(20, 40)):
        values = before.iloc[rows]
        assert np.allclose(found_x[rows], values[list("abcdefg")] - values[list("abcdefg")].mean(), atol=1e-5)
        expected = (values[["z", "w"]] - values[["z", "w"]].mean()).fillna(0)
        assert np.allclose(found_y[rows], expected, atol=1e-5)
    with pytest.raises(KeyError, match="absent"):
        regression.step2_inputs(data, RidgeSettings(), ["z", "absent"])
