"""How long the papers' networks take to train, on this machine's processor or GPU; random profiles.

    python benchmarks/epoch.py [--device cpu] [--batches 20] [--network NAME]

Time does not depend on the values. A network is trained for one epoch and for three, of so many batches. The
difference is the time of two epochs, without the start. The table has the time of a batch, and that of an
epoch of the paper's data.
"""

import logging
import math
import os
import time
from dataclasses import replace

import click
import numpy as np
import pandas as pd
import torch
from l1000_rnaseq.classify.classifier import ClassifierSettings, fit_classifier
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.settings import (
    AS_CODED_CYCLEGAN,
    AS_CODED_NETWORK,
    CENTRED_CYCLEGAN,
    DGEX_RNASEQ,
    AnchoredSettings,
    CycleGANSettings,
    DGEXSettings,
    NetworkSettings,
)
from l1000_rnaseq.translate.step1.anchored import fit_anchored
from l1000_rnaseq.translate.step1.cyclegan import fit_cyclegan
from l1000_rnaseq.translate.step2.network import fit_network
from l1000_rnaseq.translate.training import on_gpu
from printed_table import show

LANDMARKS, GENES, CMAP = 978, 23_614, 9_520
"""Landmarks; genes of Jeon 2022; targets of D-GEX on the genes of L1000."""
STEPS_1 = {"as published": CycleGANSettings(), "as coded": AS_CODED_CYCLEGAN, "centred": CENTRED_CYCLEGAN}
STEPS_2 = {"as published": NetworkSettings(), "as coded": AS_CODED_NETWORK}
DGEX = {"9000 × 3": DGEXSettings(), "9000 × 2": DGEX_RNASEQ}


def profiles(n: int, n_genes: int) -> np.ndarray:
    """Random values, samples × genes, float32."""
    return np.random.default_rng(0).random((n, n_genes), np.float32)


def of_step1(settings: CycleGANSettings, n: int, device: str):
    x, y = profiles(n, LANDMARKS), profiles(n, LANDMARKS)
    return lambda epochs: fit_cyclegan(
        x, y, settings=replace(settings, epochs=epochs), device=device, progress=False
    )


def of_anchored(settings: AnchoredSettings, n: int, device: str):
    x, y = profiles(1000, LANDMARKS), profiles(1000, LANDMARKS)
    steps = n // settings.batch_size
    return lambda epochs: fit_anchored(
        x, y, settings=replace(settings, steps=steps * epochs), device=device, progress=False
    )


def of_step2(settings: NetworkSettings, n: int, device: str):
    x, y = profiles(n + 10, LANDMARKS), profiles(n + 10, GENES)
    valid = np.arange(n + 10) >= n
    return lambda epochs: fit_network(
        x, y, valid, replace(settings, max_epochs=epochs), device=device, progress=False
    )


def of_dgex(settings: DGEXSettings, n: int, device: str):
    x, y = profiles(n + 10, LANDMARKS), profiles(n + 10, CMAP)
    valid = np.arange(n + 10) >= n
    return lambda epochs: fit_dgex(
        x, y, valid, replace(settings, epochs=epochs, monitored=10), device=device, progress=False
    )


def of_classifier(settings: ClassifierSettings, n: int, device: str):
    x, labels = pd.DataFrame(profiles(n, LANDMARKS)), pd.Series(np.arange(n) % 4314).astype(str)
    return lambda epochs: fit_classifier(
        x, labels, replace(settings, epochs=epochs, members=1), device=device, progress=False
    )


NETWORKS = {
    **{f"CycleGAN, {name}": (of_step1, settings, 50_000) for name, settings in STEPS_1.items()},
    "anchored": (of_anchored, AnchoredSettings(), 500 * 256),
    **{f"network, {name}": (of_step2, settings, 50_000) for name, settings in STEPS_2.items()},
    **{f"D-GEX {name}": (of_dgex, settings, 88_807) for name, settings in DGEX.items()},
    "classifier, one of five": (of_classifier, ClassifierSettings(), 267_718),
}
"""How to train it, its settings, profiles of the paper's epoch (Chen 2.1; Liu: 80 % of 334,648)."""


def measure(name: str, batches: int, device: str) -> dict[str, str]:
    """Train a network twice; return the row of the table."""
    make, settings, n_paper = NETWORKS[name]
    train = make(settings, batches * settings.batch_size, device)
    train(1)  # the first use of a device loads its libraries
    times = []
    for epochs in (1, 3):
        begun = time.perf_counter()
        train(epochs)
        times.append(time.perf_counter() - begun)
    a_batch = (times[1] - times[0]) / 2 / batches
    epoch = a_batch * n_paper / settings.batch_size
    shown = f"{epoch / 60:.1f} min" if epoch > 100 else f"{epoch:.1f} s"
    return {
        "network": name,
        "profiles in a batch": settings.batch_size,
        "a batch, ms": f"{1000 * a_batch:.1f}" if a_batch < 0.1 else f"{1000 * a_batch:.0f}",
        "profiles in an epoch": n_paper,
        "an epoch": shown,
    }


@click.command()
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--batches", default=20, show_default=True, help="Batches of an epoch.")
@click.option("--plain", is_flag=True, help="Do not record the steps of a CycleGAN (GPU).")
@click.option("--network", "networks", multiple=True, type=click.Choice(list(NETWORKS)), default=NETWORKS)
def main(device, batches, plain, networks):
    """Print the table."""
    logging.disable()  # that random profiles cannot be translated is no news
    if plain:
        on_gpu.WARM_UP = math.inf
    where = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    click.echo(f"{where} of {os.cpu_count()} processors, torch {torch.__version__}\n")
    show([measure(name, batches, device) for name in networks])
    if device == "cuda":
        click.echo(f"\nAt most {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB of the GPU's memory.")


if __name__ == "__main__":
    main()
