"""A bundle from prepared data: its card, its parts, and a training that was killed."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.translate.card import card_text
from l1000_rnaseq.translate.presets import PRESETS, small
from l1000_rnaseq.translate.step2 import network
from l1000_rnaseq.translate.training.fit_bundle import fit_bundle


def test_the_card_says_what_was_learned_from(trained, few_landmarks):
    card = trained["as_published"].card
    assert (card["preset"], card["seed"]) == ("as_published", 0) and card["settings"]["log_base"] == 2
    assert card["l1000_profiles"] == len(few_landmarks.l1000)
    assert set(card["history"]) == {"step1", "step2"} and len(card["history"]["step1"]["epoch"]) == 30
    assert trained["best"].card["history"] == {} and trained["best"].card["scores"]["step2"]["mse"] > 0
    assert "as_published" in card_text(trained["as_published"])


def test_the_bundle_is_bounded_where_the_preset_says_so(trained, few_landmarks):
    best = trained["best"]
    highest = few_landmarks.rnaseq[list(best.genes)].max().to_numpy()
    np.testing.assert_allclose(best.ceiling, highest + 1, rtol=1e-6)
    assert trained["as_published"].ceiling is None


def test_all_but_one_in_a_thousand_training_profiles_are_usual(trained, few_landmarks):
    assert trained["best"].unusual(few_landmarks.l1000.to_numpy()).sum() == 1  # of 430


def test_a_killed_training_resumes_in_either_step(few_landmarks, trained, tmp_path, monkeypatch):
    preset, epoch, calls = small(PRESETS["as_published"]), network._epoch, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return epoch(*args)

    options = {"device": "cpu", "checkpoints": tmp_path, "progress": False}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(network, "_epoch", killed)
        fit_bundle(few_landmarks, preset, **options)
    assert (tmp_path / "step1.pt").is_file()  # finished, so that only step 2 is trained again
    monkeypatch.setattr("l1000_rnaseq.translate.step1.cyclegan._step", None)
    resumed = fit_bundle(few_landmarks, preset, **options)
    x = few_landmarks.l1000.to_numpy()[:20]
    np.testing.assert_array_equal(resumed.genome_of(x)[0], trained["as_published"].genome_of(x)[0])


def test_a_network_is_trained_where_no_rnaseq_is_of_cell_lines(few_landmarks):
    """As on ARCHS4 and GTEx alone: no lineage can be scored, which is no reason to stop."""
    tissues = few_landmarks.rnaseq_info.assign(kind="tissue")
    data = replace(few_landmarks, rnaseq_info=tissues)
    preset = small(PRESETS["as_published"])
    short = replace(preset, step1=replace(preset.step1, epochs=1), step2=replace(preset.step2, max_epochs=1))
    bundle = fit_bundle(data, short, device="cpu", progress=False)
    assert bundle.card["scores"]["step1_lineages"] == {}
    assert "step 1, lineages" not in card_text(bundle)


def test_an_unknown_preset_is_told(few_landmarks):
    with pytest.raises(ValueError, match="unknown preset 'nope'"):
        fit_bundle(few_landmarks, "nope")
