"""The training loop: resumption, best epoch, early stop, checkpoints; devices and seeds."""

import errno

import numpy as np
import pandas as pd
import pytest
import torch
from l1000_rnaseq.translate.training.torch_loop import (
    choose_device,
    fingerprint_of,
    load_checkpoint,
    low_precision,
    run_epochs,
    save_checkpoint,
    seeded,
    seeded_initialisation,
)


def test_devices():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ValueError, match="unknown device 'tpuu'; expected auto, cpu or cuda"):
        choose_device("tpuu")


def test_cuda_where_there_is_none_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no CUDA GPU; pass auto or cpu"):
        choose_device("cuda")


def test_seeds_never_touch_the_global_state():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = torch.rand(2, generator=seeded(5))
    with seeded_initialisation(5):
        layer = torch.nn.Linear(3, 2).weight.detach()
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(torch.rand(2, generator=seeded(5)), first)
    with seeded_initialisation(5):
        assert torch.equal(torch.nn.Linear(3, 2).weight.detach(), layer)
    with seeded_initialisation(6):
        assert not torch.equal(torch.nn.Linear(3, 2).weight.detach(), layer)


def test_precision_is_full_when_asked_for():
    with low_precision(torch.device("cpu"), False):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32


def test_a_checkpoint_comes_back_and_leaves_no_part(tmp_path):
    path = tmp_path / "step.pt"
    state = {"fingerprint": "a", "weights": torch.arange(5.0), "history": [{"loss": 0.5}]}
    save_checkpoint(path, state)
    assert [p.name for p in tmp_path.iterdir()] == ["step.pt"]
    loaded = load_checkpoint(path, "a")
    assert torch.equal(loaded["weights"], state["weights"]) and loaded["history"] == state["history"]


def test_no_checkpoint_or_that_of_another_run_is_none(tmp_path):
    assert load_checkpoint(None, "a") is None
    assert load_checkpoint(tmp_path / "absent.pt", "a") is None
    save_checkpoint(tmp_path / "step.pt", {"fingerprint": "a"})
    assert load_checkpoint(tmp_path / "step.pt", "b") is None


def test_a_failed_write_keeps_the_earlier_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "step.pt"
    save_checkpoint(path, {"fingerprint": "a", "epoch": 1})

    def fail(state, part):
        part.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="the disk is full"):
        save_checkpoint(path, {"fingerprint": "a", "epoch": 2})
    assert load_checkpoint(path, "a")["epoch"] == 1


@pytest.mark.parametrize("keep", [0, 100])
def test_a_damaged_checkpoint_is_left_aside_with_a_warning(tmp_path, caplog, keep):
    path = tmp_path / "step.pt"
    save_checkpoint(path, {"fingerprint": "a", "weights": torch.ones(500)})
    path.write_bytes(path.read_bytes()[:keep])
    assert load_checkpoint(path, "a") is None
    assert "cannot be read" in caplog.text and "beginning anew" in caplog.text


def test_the_fingerprint_sees_every_value_of_settings_and_data():
    x = np.random.default_rng(0).normal(size=(2500, 3)).astype(np.float32)
    base = fingerprint_of([{"epochs": 3}, 0], x, None)
    late = x.copy()
    late[2400, 1] += 1e-3
    others = [
        fingerprint_of([{"epochs": 4}, 0], x, None),
        fingerprint_of([{"epochs": 3}, 1], x, None),
        fingerprint_of([{"epochs": 3}, 0], late, None),
        fingerprint_of([{"epochs": 3}, 0], x, np.ones(2500)),
        fingerprint_of([{"epochs": 3}, 0], x[:2400], None),
    ]
    assert base == fingerprint_of([{"epochs": 3}, 0], np.asfortranarray(x), None)
    assert len({base, *others}) == 6


class Walk:
    """A training whose weight after epoch n is n, and whose losses are planned."""

    def __init__(self, losses, kill_at=None):
        self.net, self.losses, self.kill_at, self.ran = torch.nn.Linear(1, 1), losses, kill_at, []
        self.optimiser = torch.optim.Adam(self.net.parameters())
        self.draw = seeded(0)
        torch.nn.init.zeros_(self.net.weight)

    def epoch(self, history):
        if len(history) == self.kill_at:
            raise KeyboardInterrupt
        self.ran.append(len(history))
        with torch.no_grad():
            self.net.weight += 1
        return {"valid": self.losses[len(history)], "drawn": torch.rand((), generator=self.draw).item()}

    def run(self, path=None, best=True, **options):
        options = {"best_of": self.net if best else None, "draw": self.draw, "progress": False, **options}
        parts, identity = [self.net, self.optimiser], ([self.losses],)
        return run_epochs(
            self.epoch, parts, len(self.losses), "walk", checkpoint=path, identity=identity, **options
        )


LOSSES = [5.0, 3.0, 4.0, 2.0, 6.0, 2.0]


@pytest.mark.parametrize("best, weight", [(True, 4), (False, 6)])
def test_the_weights_are_those_of_the_best_epoch_or_the_last(best, weight):
    walk = Walk(LOSSES)
    history = walk.run(best=best)
    assert walk.net.weight.item() == weight  # of the two best epochs the first
    assert list(history.columns) == ["epoch", "valid", "drawn"]
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6] and history["valid"].tolist() == LOSSES


def test_a_stop_is_asked_before_each_epoch():
    walk = Walk(LOSSES)
    assert len(walk.run(stop=lambda history: len(history) == 3)) == 3 and walk.net.weight.item() == 2


@pytest.mark.parametrize("kill_at", [0, 3, 5])
def test_a_killed_run_resumes_where_it_stopped(tmp_path, checkpoint_each_epoch, kill_at):
    whole, killed, resumed = Walk(LOSSES), Walk(LOSSES, kill_at), Walk(LOSSES)
    expected = whole.run()
    with pytest.raises(KeyboardInterrupt):
        killed.run(tmp_path / "walk.pt")
    pd.testing.assert_frame_equal(resumed.run(tmp_path / "walk.pt"), expected)
    assert resumed.ran == list(range(kill_at, 6)) and resumed.net.weight.item() == 4
    assert torch.equal(resumed.draw.get_state(), whole.draw.get_state())


def test_a_finished_run_is_not_run_again_and_keeps_no_optimiser(tmp_path):
    walk, again, path = Walk(LOSSES), Walk(LOSSES), tmp_path / "walk.pt"
    expected = walk.run(path)
    net, optimiser = torch.load(path, weights_only=True)["states"]
    assert net["weight"].item() == 4 and optimiser is None
    pd.testing.assert_frame_equal(again.run(path), expected)
    assert again.ran == [] and again.net.weight.item() == 4
    other = Walk(LOSSES[::-1])
    other.run(path)  # another run
    assert len(other.ran) == 6


def test_a_checkpoint_waits_until_its_time_has_come(tmp_path):
    killed = Walk(LOSSES, kill_at=4)
    with pytest.raises(KeyboardInterrupt):
        killed.run(tmp_path / "walk.pt")
    assert list(tmp_path.iterdir()) == []
