"""Training from prepared data, and a whole bundle from a folder with its card."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.evaluate.pairs import PairTest, predict
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.presets import PRESETS, RidgeSettings
from l1000_rnaseq.translate.training.train import file_hashes, fit_step1, fit_step2, train


def test_ridge_passes_through_the_mean_of_the_composition(few_landmarks):
    preset = replace(PRESETS["best"], step2=RidgeSettings(alphas=(1.0,), rank=50))
    model, targets, scores = fit_step2(few_landmarks, preset)
    marks = list(few_landmarks.landmarks)
    mean = few_landmarks.rnaseq_weights @ few_landmarks.rnaseq[marks].to_numpy(float)
    complete = [gene for gene in targets if few_landmarks.rnaseq[gene].notna().all()]
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


def test_unknown_names_are_told(few_landmarks, simulated_data):
    with pytest.raises(ValueError, match="unknown step 1 'nope'; expected one of mean, identity"):
        fit_step1(few_landmarks, "nope")
    with pytest.raises(ValueError, match="unknown preset 'nope'; expected one of as_published"):
        train(simulated_data, "nope")


def test_a_trained_bundle_comes_back_from_disk(ratio, simulated_data, tmp_path):
    ratio.save(tmp_path / "b.h5")
    loaded = Bundle.load(tmp_path / "b.h5")
    test = PairTest.of(simulated_data, loaded.normalization)
    np.testing.assert_allclose(predict(loaded, test), predict(ratio, test), atol=1e-2)


def test_the_card_says_what_was_done(ratio, few_landmarks, simulated_data):
    card = ratio.card
    assert (card["preset"], card["seed"], card["small_settings"]) == ("ratio", 4, False)
    assert card["held_out_lines"] == list(few_landmarks.held_out) and len(card["held_out_lines"]) == 9
    assert card["files"] == file_hashes(simulated_data) and len(card["files"]) == 5
    assert sum(card["rnaseq_sources"].values()) == card["rnaseq_samples"] == len(few_landmarks.rnaseq)
    expected = few_landmarks.l1000_weights @ few_landmarks.l1000.to_numpy(float)
    np.testing.assert_allclose(ratio.l1000_mean, expected)


def test_hashes_are_those_of_the_files(tmp_path):
    import hashlib

    (tmp_path / "l1000").mkdir()
    (tmp_path / "l1000" / "level3.gctx").write_bytes(b"abc")
    assert file_hashes(tmp_path) == {"l1000/level3.gctx": hashlib.sha256(b"abc").hexdigest()}
