"""A whole bundle from a folder, its card, and where it is kept."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from l1000_rnaseq.data.files.output import held
from l1000_rnaseq.evaluate.pairs import PairTest, predict
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.training import train as module
from l1000_rnaseq.translate.training.train import file_hashes, load_or_train, train


def test_an_unknown_preset_is_told(simulated_data):
    with pytest.raises(ValueError, match="unknown preset 'nope'; expected one of as_published"):
        train(simulated_data, "nope")


def test_a_bundle_is_trained_once_and_then_loaded(few_landmarks, simulated_data, tmp_path, monkeypatch):
    from l1000_rnaseq.translate.training import train as module

    monkeypatch.setattr(module, "prepare", lambda *args: few_landmarks)
    path = tmp_path / "bundles" / "ratio.h5"
    bundle = load_or_train(simulated_data, path, "ratio", 4, progress=False)
    assert [file.name for file in path.parent.iterdir()] == ["ratio.h5"]  # checkpoints are gone
    monkeypatch.setattr(module, "prepare", None)
    again = load_or_train(simulated_data, path, "ratio", 4)
    np.testing.assert_array_equal(again.step1.slope, bundle.step1.slope.astype(np.float32))
    with pytest.raises(ValueError, match="ratio.h5 differs from what was asked for in: seed; remove it"):
        load_or_train(simulated_data, path, "ratio", 5)


def test_a_trained_bundle_comes_back_from_disk(ratio, simulated_data, tmp_path):
    ratio.save(tmp_path / "b.h5")
    loaded = Bundle.load(tmp_path / "b.h5")
    test = PairTest.of(simulated_data, loaded.normalization)
    np.testing.assert_allclose(predict(loaded, test), predict(ratio, test), atol=1e-2)


def test_the_card_says_what_was_done(ratio, few_landmarks, simulated_data):
    card = ratio.card
    assert (card["preset"], card["seed"], card["small_settings"]) == ("ratio", 4, False)
    assert card["held_out_lines"] == list(few_landmarks.held_out) and len(card["held_out_lines"]) == 9
    assert card["files"] == file_hashes(simulated_data) and len(card["files"]) == 8
    assert sum(card["rnaseq_sources"].values()) == card["rnaseq_samples"] == len(few_landmarks.rnaseq)
    expected = few_landmarks.l1000_weights @ few_landmarks.l1000.to_numpy(float)
    np.testing.assert_allclose(ratio.l1000_mean, expected)


@pytest.mark.parametrize(
    "preset, calls", [("ratio", ["data", "fit"]), ("as_published", ["data", "kept", "fit"])]
)
def test_freed_memory_is_kept_for_networks_only_and_not_while_data_are_read(monkeypatch, preset, calls):
    seen = []
    monkeypatch.setattr(module, "prepare", lambda *args: seen.append("data"))
    monkeypatch.setattr(module, "keep_freed_memory", lambda: seen.append("kept"))
    monkeypatch.setattr(module, "fit_bundle", lambda *args: seen.append("fit"))
    with pytest.raises(AttributeError, match="card"):  # there is no bundle
        train("folder", preset)
    assert seen == calls


def test_hashes_are_those_of_the_files(tmp_path):
    import hashlib

    (tmp_path / "l1000").mkdir()
    (tmp_path / "l1000" / "level3.gctx").write_bytes(b"abc")
    assert file_hashes(tmp_path) == {"l1000/level3.gctx": hashlib.sha256(b"abc").hexdigest()}


def test_a_training_that_runs_already_is_waited_for(simulated_data, tmp_path, monkeypatch):
    path = tmp_path / "ratio.h5"
    with ThreadPoolExecutor() as threads:
        with held(path.with_name("ratio.h5.training"), ""):
            later = threads.submit(load_or_train, simulated_data, path, "ratio", 4)
            train(simulated_data, "ratio", 4, progress=False).save(path)
            monkeypatch.setattr(module, "train", lambda *args, **options: pytest.fail("was trained again"))
            assert not later.done()
        assert later.result(60).card["seed"] == 4
    assert [each.name for each in tmp_path.iterdir()] == ["ratio.h5"]
