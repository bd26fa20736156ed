"""The steps from the old default to the new one: the same predictions as fits one by one, shared or not."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.data.cohorts import Pairs
from l1000_rnaseq.evaluate.default_steps import NONE, OTHERS, STEPS, score_steps
from l1000_rnaseq.evaluate.pairs import PairTest, score
from l1000_rnaseq.stats.metrics import gene_metrics
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import RidgeSettings
from l1000_rnaseq.translate.training.calibrated import calibrate, calibrate_step1
from l1000_rnaseq.translate.training.fit_steps import fit_closed, fit_step1, solve_step2
from l1000_rnaseq.translate.training.leave_one_out import leave_one_line_out
from l1000_rnaseq.translate.training.prepare import prepare

LIGHT = replace(PRESETS["best"], step2=RidgeSettings(alphas=(1.0,), rank=4), partial_genes=False)


FEW = 4
"""Paired lines: one fit for each, several times over."""


@pytest.fixture(scope="module")
def sides(simulated_data):
    unseen, learned = (prepare(simulated_data, LIGHT, learn_pairs=learn) for learn in (False, True))
    pairs = Pairs(learned.pairs.l1000[:FEW], learned.pairs.rnaseq[:FEW])
    return unseen, replace(learned, pairs=pairs)


@pytest.fixture(scope="module")
def few_lines(sides, simulated_data):
    whole, lines = PairTest.of(simulated_data, sides[0].normalization), sides[1].pairs.l1000.index
    return replace(whole, l1000=whole.l1000.loc[lines], truth=whole.truth.loc[lines])


def test_the_last_step_is_the_default_and_the_first_the_old_one():
    presets = list(STEPS.values())
    assert presets[0] == PRESETS["monge"] and presets[-1] == PRESETS["best"]


def test_scores_are_those_of_fits_one_by_one(sides, few_lines):
    unseen, learned = sides
    monge = replace(LIGHT, step1="monge")
    table = score_steps(unseen, learned, few_lines, {"monge": monge, "light": LIGHT}, progress=False)
    assert list(table.index.unique("fitted on")) == [NONE, OTHERS]
    predicted, _, deviation = leave_one_line_out(learned, LIGHT, progress=False)
    order = list(few_lines.truth.index)
    for space in ("landmarks", "genome"):
        genes = [g for g in few_lines.genes_of(space, unseen.landmarks) if g in predicted.columns]
        expected = score(few_lines, predicted.loc[order], genes)
        by_gene = gene_metrics(few_lines.truth[genes].to_numpy(), deviation.loc[order, genes].to_numpy())[
            "pcc"
        ]
        row = table.loc[(OTHERS, "light", space)]
        for metric in ("pcc", "centred_pcc", "rmse", "r2"):
            assert row[metric] == pytest.approx(expected[metric], abs=1e-4)
        assert row["gene_pcc"] == pytest.approx(by_gene.mean(), abs=1e-4)
    first = fit_closed(unseen, monge)[0]
    marks = few_lines.genes_of("landmarks", unseen.landmarks)
    made = np.maximum(first.transform(few_lines.l1000[list(unseen.landmarks)].to_numpy()), 0)
    made = few_lines.truth[marks].copy() * 0 + made[:, [unseen.landmarks.index(gene) for gene in marks]]
    assert table.loc[(NONE, "monge", "landmarks"), "rmse"] == pytest.approx(
        score(few_lines, made, marks)["rmse"], abs=1e-4
    )


def test_a_part_of_the_genes_is_scored_as_if_all_were_fitted(sides, few_lines):
    unseen, learned = sides
    whole_rank = replace(LIGHT, step2=RidgeSettings(alphas=(1.0,), rank=None))
    table = score_steps(unseen, learned, few_lines, {"light": whole_rank}, every=3, progress=False)
    predicted, _, _ = leave_one_line_out(learned, whole_rank, progress=False)
    genes = [g for g in few_lines.genes_of("genome", unseen.landmarks)[::3] if g in predicted.columns]
    expected = score(few_lines, predicted.loc[list(few_lines.truth.index)], genes)
    row = table.loc[(OTHERS, "light", "genome")]
    assert row["rmse"] == pytest.approx(expected["rmse"], abs=1e-4)
    assert row["centred_pcc"] == pytest.approx(expected["centred_pcc"], abs=1e-4)


def test_a_shared_step_2_gives_the_same_fit_as_one_of_its_own(sides):
    data = sides[1]
    alone, shared = fit_closed(data, LIGHT), fit_closed(data, LIGHT, step2=solve_step2(data, LIGHT))
    x = data.l1000.to_numpy()[:5]
    for one, other in zip(alone[:2], shared[:2], strict=True):
        y = one.transform(x)
        np.testing.assert_allclose(y, other.transform(x), rtol=1e-5, atol=1e-5 * np.abs(y).max())


def test_step_1_alone_is_moved_as_with_step_2_and_an_infinite_prior_moves_nothing(sides):
    data, settings = sides[1], LIGHT.step1
    step1 = fit_step1(data, settings).step
    together, _ = calibrate(data, settings, step1, *solve_step2(data, LIGHT))
    np.testing.assert_allclose(calibrate_step1(data, settings, step1).mean, together.mean, rtol=1e-6)
    assert np.abs(together.mean - step1.mean).max() > 0.01
    still = calibrate_step1(data, replace(settings, offset_prior=np.inf), step1)
    np.testing.assert_array_equal(still.mean, step1.mean)
