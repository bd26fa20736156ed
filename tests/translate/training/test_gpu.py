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

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA GPU")
RNG = np.random.default_rng(0)
X = RNG.normal(8, 1, (60, 12)).astype(np.float32)
Y = (X @ RNG.normal(0, 0.3, (12, 20)) + 4).clip(0).astype(np.float32)
VALID = np.arange(60) % 5 == 0


def step1(settings):
    settings = replace(settings, epochs=2, batch_size=20, low_precision=False)
    return lambda device: fit_cyclegan(X, Y[:, :12], settings=settings, device=device, progress=False).step


def step2(fit, settings):
    return lambda device: fit(X, Y, VALID, settings, device=device, progress=False).step


NETWORK = NetworkSettings(hidden=(16, 32), max_epochs=2, batch_size=10, low_precision=False)
TRAININGS = {
    "CycleGAN as published": step1(CycleGANSettings()),
    "CycleGAN as coded": step1(AS_CODED_CYCLEGAN),
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
