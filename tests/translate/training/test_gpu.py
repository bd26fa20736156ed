"""Training on a GPU: a few steps lead where they lead on the processor. Skipped where there is no GPU."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from l1000_rnaseq.classify.classifier import ClassifierSettings, fit_classifier
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.settings import (
    AS_CODED_CYCLEGAN,
    CENTRED_CYCLEGAN,
    AnchoredSettings,
    CycleGANSettings,
    DGEXSettings,
    NetworkSettings,
)
from l1000_rnaseq.translate.step1.anchored import fit_anchored
from l1000_rnaseq.translate.step1.cyclegan import fit_cyclegan
from l1000_rnaseq.translate.step2.network import fit_network
from l1000_rnaseq.translate.training import on_gpu

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA GPU")
RNG = np.random.default_rng(0)
X = RNG.normal(8, 1, (60, 12)).astype(np.float32)
Y = (X @ RNG.normal(0, 0.3, (12, 20)) + 4).clip(0).astype(np.float32)
VALID = np.arange(60) % 5 == 0


def step1(settings):
    settings = replace(settings, epochs=4, batch_size=20, low_precision=False)
    return lambda device: fit_cyclegan(X, Y[:, :12], settings=settings, device=device, progress=False).step


def step2(fit, settings):
    return lambda device: fit(X, Y, VALID, settings, device=device, progress=False).step


NETWORK = NetworkSettings(hidden=(16, 32), max_epochs=2, batch_size=10, low_precision=False)
TRAININGS = {  # not the code's CycleGAN: it starts at random, and the last digit decides where it goes
    "CycleGAN as published": step1(CycleGANSettings()),
    "CycleGAN centred": step1(CENTRED_CYCLEGAN),
    "anchored": lambda device: (
        fit_anchored(
            X, Y[:, :12], settings=AnchoredSettings(steps=3, batch_size=20), device=device, progress=False
        ).step
    ),
    "network": step2(fit_network, NETWORK),
    "D-GEX": step2(fit_dgex, DGEXSettings(layers=1, units=16, epochs=2, batch_size=10, dropout=0.0)),
}


@pytest.mark.parametrize("name", TRAININGS)
def test_a_gpu_leads_to_the_same_translation(name):
    there, here = (TRAININGS[name](device).transform(X) for device in (DEVICE, "cpu"))
    assert np.isfinite(there).all()
    np.testing.assert_allclose(there, here, atol=0.05 * here.std())


@pytest.mark.parametrize("settings", [CycleGANSettings(), AS_CODED_CYCLEGAN, CENTRED_CYCLEGAN])
def test_a_recorded_step_trains_as_the_step_itself(settings, monkeypatch):
    settings = replace(settings, epochs=6, batch_size=20, lr_step=3)

    def history():
        fitted = fit_cyclegan(X, Y[:, :12], settings=settings, device=DEVICE, progress=False)
        return fitted.history

    recorded = history()
    monkeypatch.setattr(on_gpu, "WARM_UP", 10**9)
    pd.testing.assert_frame_equal(recorded, history(), rtol=0.01)


def test_profiles_that_do_not_fit_stay_on_the_host(monkeypatch):
    device = torch.device(DEVICE)
    (there,) = on_gpu.place(X, device=device)
    monkeypatch.setattr(on_gpu, "SHARE_OF_MEMORY", 0.0)
    (here,) = on_gpu.place(X, device=device)
    assert there.device.type == DEVICE and here is X
    for values in (there, here):
        assert torch.equal(on_gpu.batch(values, np.array([5, 2]), device).cpu(), torch.from_numpy(X[[5, 2]]))


def test_a_gpu_leads_to_the_same_classes():
    profiles = pd.DataFrame(X, columns=[f"g{i}" for i in range(12)])
    labels = pd.Series(np.where(X[:, 0] > 8, "a", "b"))
    settings = ClassifierSettings(epochs=3)
    there, here = (
        fit_classifier(profiles, labels, settings, device=device, progress=False).predict(profiles)
        for device in (DEVICE, "cpu")
    )
    np.testing.assert_allclose(there, here, atol=0.05)


def test_half_precision_on_a_gpu_stays_near_full():
    half = fit_cyclegan(X, Y[:, :12], settings=CycleGANSettings(epochs=2), device=DEVICE, progress=False)
    full = TRAININGS["CycleGAN as published"]("cpu")
    assert np.corrcoef(half.step.transform(X).ravel(), full.transform(X).ravel())[0, 1] > 0.9
