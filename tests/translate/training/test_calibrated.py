"""Calibrated step 1: planted offsets and noise are found, what is held out is not looked at."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import Pairs
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import CalibratedSettings
from l1000_rnaseq.translate.step1.transport import fit_monge
from l1000_rnaseq.translate.step2.linear import LinearMap
from l1000_rnaseq.translate.training.calibrated import calibrate, fit_calibrated, shared_lines
from l1000_rnaseq.translate.training.leave_one_out import leave_one_line_out
from l1000_rnaseq.translate.training.prepare import TrainingData, prepare

N_GENES, N_LINES = 30, 60
MARKS = [f"G{k}" for k in range(N_GENES)]
NO_LINEAGES = CalibratedSettings(lineage_weight=0.0)


@pytest.fixture(scope="module")
def data():
    """Lines with a few programmes; L1000 is 2 x + 3 with noise, in three landmarks nothing but noise."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(N_LINES, 4)) @ rng.normal(size=(4, N_GENES)) + rng.normal(
        0, 0.3, (N_LINES, N_GENES)
    )
    truth = truth + 6
    measured = 2 * truth + 3 + rng.normal(0, 0.3, truth.shape)
    measured[:, :3] = rng.permutation(measured)[:, :3]
    measured[:, 10] += np.where(np.arange(N_LINES) < 40, 0, 4)  # an offset of the paired lines' platform
    names = [f"L{k}" for k in range(N_LINES)]
    x = pd.DataFrame(measured, names, MARKS)
    y = pd.DataFrame(np.hstack([truth, truth[:, :2] * 2 + 1]), names, [*MARKS, "A", "B"])
    lines = pd.DataFrame({"line": names, "series": names, "kind": "cell line", "source": "S"}, names)
    pairs = Pairs(x.iloc[40:], y.iloc[40:])
    return TrainingData(
        x,
        lines,
        np.full(N_LINES, 1 / N_LINES),
        y,
        lines,
        np.full(N_LINES, 1 / N_LINES),
        None,
        (),
        None,
        pairs,
    )


def test_without_noise_it_is_the_monge_map(data):
    step = fit_calibrated(data, replace(NO_LINEAGES, noise=0.0))
    monge = fit_monge(data.l1000.to_numpy(), data.rnaseq[MARKS].to_numpy(), shrink=0.9)
    np.testing.assert_allclose(step.weights, monge.weights, atol=1e-8)
    alone = fit_calibrated(replace(data, pairs=None), NO_LINEAGES)  # nothing tells the error
    np.testing.assert_allclose(alone.weights, monge.weights, atol=1e-8)


def test_a_landmark_of_noise_is_read_from_the_others(data):
    settings = replace(NO_LINEAGES, prior=(0.9, 0.0), error_prior=1.0, noise=1.0)
    truth = data.rnaseq[MARKS].to_numpy()[40:]
    errors = [
        ((fit_calibrated(data, s).transform(data.l1000.to_numpy()[40:]) - truth) ** 2).mean(axis=0)
        for s in (replace(settings, noise=0.0), settings)
    ]
    assert (errors[1][:3] < 0.5 * errors[0][:3]).all()


def test_offsets_are_the_shrunk_mean_errors(data):
    settings, n = replace(NO_LINEAGES, noise=0.0), N_GENES
    step1 = fit_calibrated(data, settings)
    step2 = LinearMap(
        np.eye(n, 2, dtype=np.float32), 2 * np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    )
    moved1, moved2 = calibrate(data, settings, step1, step2, ["A", "B"])
    first = step1.transform(data.pairs.l1000.to_numpy())
    both = np.hstack([first, step2.transform(np.maximum(first, 0))])
    offset = (data.pairs.rnaseq.to_numpy() - both).sum(axis=0) / (20 + settings.offset_prior)
    x = data.l1000.to_numpy()
    np.testing.assert_allclose(
        moved1.transform(x) - step1.transform(x), np.tile(offset[:n], (60, 1)), atol=1e-4
    )
    assert offset[10] < -0.5
    # step 2 goes through the moved mean, so that a landmark's offset is no change of the other genes
    np.testing.assert_allclose(
        moved2.transform(moved1.transform(x)), step2.transform(step1.transform(x)) + offset[n:], atol=1e-3
    )


def test_genes_that_a_line_lacks_do_not_count(data):
    settings, lacking = replace(NO_LINEAGES, noise=0.0), data.pairs.rnaseq.copy()
    lacking.iloc[5:, 3] = np.nan
    step1 = fit_calibrated(data, settings)
    step2 = LinearMap(
        np.eye(N_GENES, 2, dtype=np.float32), np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    )
    fewer = replace(data, pairs=Pairs(data.pairs.l1000, lacking))
    moved = calibrate(fewer, settings, step1, step2, ["A", "B"])[0]
    error = data.pairs.rnaseq["G3"].to_numpy()[:5] - step1.transform(data.pairs.l1000.to_numpy())[:5, 3]
    expected = error.sum() / (5 + settings.offset_prior)
    assert (moved.mean - step1.mean)[3] == pytest.approx(expected, abs=1e-4)


@pytest.fixture(scope="module")
def learned(simulated_data):
    """The simulated folder with two pairs to learn from, and 100 landmarks."""
    data = prepare(simulated_data, PRESETS["best"], learn_pairs=True)
    pairs = Pairs(data.pairs.l1000.iloc[:2], data.pairs.rnaseq.iloc[:2])
    return replace(data, l1000=data.l1000.iloc[:, :100], pairs=pairs)


def test_lineages_count_less_than_lines(learned):
    shared = shared_lines(learned, CalibratedSettings())
    assert set(shared.weights) == {1.0, 0.4} and (shared.weights == 1).sum() == 2
    assert len(shared.l1000) == len(shared.rnaseq) == len(shared.weights)


def test_a_line_left_out_is_not_looked_at(learned):
    line = learned.pairs.l1000.index[0]
    predicted, real, deviation = leave_one_line_out(learned, PRESETS["best"], progress=False)
    assert predicted.columns.equals(real.columns) and (predicted.to_numpy() >= 0).all()
    rnaseq, truth = learned.rnaseq.copy(), learned.pairs.rnaseq.copy()
    truth.loc[line] = truth.loc[line].to_numpy()[::-1]
    rnaseq.loc[line] = rnaseq.loc[line].to_numpy()[::-1]
    spoilt = replace(learned, rnaseq=rnaseq, pairs=Pairs(learned.pairs.l1000, truth))
    again = leave_one_line_out(spoilt, PRESETS["best"], progress=False)
    np.testing.assert_allclose(again[0].loc[line], predicted.loc[line], atol=1e-4)
    np.testing.assert_allclose(again[2].loc[line], deviation.loc[line], atol=1e-4)
    assert np.abs(again[0].iloc[1] - predicted.iloc[1]).max() > 1e-3  # the other line's fit has seen it


def test_without_pairs_there_is_nothing_to_leave_out(learned):
    with pytest.raises(ValueError, match="prepare them with learn_pairs=True"):
        leave_one_line_out(replace(learned, pairs=None), PRESETS["best"])
