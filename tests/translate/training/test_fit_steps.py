"""Each step from prepared data: regression against closed forms, networks and closed forms alike."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import AnchoredSettings, CycleGANSettings, RidgeSettings
from l1000_rnaseq.translate.step1.transport import fit_monge
from l1000_rnaseq.translate.training.fit_steps import fit_step1, fit_step2

QUIET = {"device": "cpu", "progress": False}


def test_ridge_passes_through_the_mean_of_the_composition(few_landmarks):
    preset = replace(PRESETS["monge"], step2=RidgeSettings(alphas=(1.0,), rank=50))
    model, targets, scores = fit_step2(few_landmarks, preset)
    marks = list(few_landmarks.landmarks)
    mean = few_landmarks.rnaseq_weights @ few_landmarks.rnaseq[marks].to_numpy(float)
    own = [gene for gene in targets if gene in few_landmarks.rnaseq]
    complete = [gene for gene in own if few_landmarks.rnaseq[gene].notna().all()]
    expected = few_landmarks.rnaseq_weights @ few_landmarks.rnaseq[complete].to_numpy(float)
    got = model.transform(mean[None])[0][[targets.index(gene) for gene in complete]]
    np.testing.assert_allclose(got, expected, atol=2e-2)
    assert "sources, each held out in turn" in scores["held_out"] and scores["gene_pcc"] > 0.3


def test_the_papers_linear_regression_uses_counts_only(few_landmarks):
    preset = PRESETS["ratio"]
    model, targets, _ = fit_step2(few_landmarks, preset)
    rows = few_landmarks.rnaseq[few_landmarks.count_based]
    x, y = rows[list(few_landmarks.landmarks)].to_numpy(float), rows[targets].to_numpy(float)
    solution, *_ = np.linalg.lstsq(x - x.mean(0), y - y.mean(0), rcond=None)
    fitted = (x - x.mean(0)) @ solution + y.mean(0)
    assert np.sqrt(np.mean((model.transform(x) - fitted) ** 2)) < 0.05


@pytest.mark.parametrize(
    "step1, epochs",
    [("monge", 0), (fit_monge, 0), (AnchoredSettings(steps=2), 2), (CycleGANSettings(epochs=1), 1)],
)
def test_every_kind_of_step_one_is_trained_alike(few_landmarks, step1, epochs):
    options = QUIET if epochs else {}
    fitted = fit_step1(few_landmarks, step1, **options)
    x = few_landmarks.l1000.to_numpy()[:5]
    np.testing.assert_array_equal(fitted.transform(x), fitted.step.transform(x))
    assert fitted.transform(x).shape == x.shape and len(fitted.history) == epochs


def test_an_unknown_step_one_is_told(few_landmarks):
    with pytest.raises(ValueError, match="unknown step 1 'nope'; expected one of mean, identity"):
        fit_step1(few_landmarks, "nope")
