"""Fit one step on prepared data, by whatever its settings name: a network, a regression, a closed form."""

from collections.abc import Callable

import numpy as np

from l1000_rnaseq.stats.splits import split_groups
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.presets import Preset
from l1000_rnaseq.translate.settings import (
    AnchoredSettings,
    CalibratedSettings,
    CycleGANSettings,
    DGEXSettings,
    NetworkSettings,
)
from l1000_rnaseq.translate.step1.anchored import fit_anchored
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.step1.cyclegan import fit_cyclegan
from l1000_rnaseq.translate.step2.network import fit_network
from l1000_rnaseq.translate.training.calibrated import calibrate, fit_calibrated
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.regression import (
    fit_ridge,
    score_genes,
    solve_ridge,
    step2_inputs,
    targets_of,
    with_further_genes,
)
from l1000_rnaseq.translate.training.torch_loop import Trained

NETWORKS = (NetworkSettings, DGEXSettings)


def fit_step1(
    data: TrainingData,
    step1: CalibratedSettings | CycleGANSettings | AnchoredSettings | str | Callable,
    seed: int = 0,
    **kwargs,
) -> Trained:
    """Fit a step 1 on prepared data.

    Parameters
    ----------
    data : TrainingData
    step1 : CalibratedSettings, CycleGANSettings, AnchoredSettings, str or callable
        Settings, a name of `by_name.STEP1`, or a function like those.
    seed : int
        Used by the networks only.
    **kwargs
        `device`, `checkpoint`, `progress` of `fit_cyclegan`.

    Raises
    ------
    ValueError
        Unknown name.
    """
    if isinstance(step1, CalibratedSettings):
        return Trained(fit_calibrated(data, step1))
    arrays = (
        np.ascontiguousarray(data.l1000.to_numpy()),  # sums round alike, however the file was read
        data.rnaseq[list(data.landmarks)].to_numpy(),
        data.l1000_weights,
        data.rnaseq_weights,
    )
    if isinstance(step1, CycleGANSettings):
        return fit_cyclegan(*arrays, settings=step1, seed=seed, **kwargs)
    if isinstance(step1, AnchoredSettings):
        return fit_anchored(*arrays, settings=step1, seed=seed, **kwargs)
    if isinstance(step1, str) and step1 not in STEP1:
        raise ValueError(f"unknown step 1 {step1!r}; expected one of {', '.join(STEP1)}.")
    fitted = (STEP1[step1] if isinstance(step1, str) else step1)(*arrays)
    return fitted if isinstance(fitted, Trained) else Trained(fitted)


def fit_step2(data: TrainingData, preset: Preset, seed: int = 0, **kwargs) -> tuple[Trained, list[str], dict]:
    """Fit a step 2 on prepared data and score it on held-out samples.

    Parameters
    ----------
    data : TrainingData
    preset : Preset
    seed : int
        Of the held-out samples and the fit.
    **kwargs
        `device`, `checkpoint`, `progress` of `fit_network`.

    Returns
    -------
    fitted : Trained
    targets : list of str
        Genes it predicts, in order.
    scores : dict
        Held-out mean squared error and gene-wise Pearson correlation (mean, and `by_gene` of each target),
        with how samples were held out.
    """
    if not isinstance(preset.step2, NETWORKS):
        step, targets, scores = fit_ridge(data, preset.step2, seed)
        return Trained(step), targets, scores
    targets = targets_of(data, preset.step2)
    x, y, info = step2_inputs(data, preset.step2, targets)
    if preset.valid_by == "series":
        valid = split_groups(info["group"], preset.valid_fraction, seed)
    else:
        drawn = np.random.default_rng(seed).choice(len(x), max(1, int(preset.valid_fraction * len(x))), False)
        valid = np.isin(np.arange(len(x)), drawn)
    fit = fit_dgex if isinstance(preset.step2, DGEXSettings) else fit_network
    fitted = fit(x, y, valid, preset.step2, seed, **kwargs)
    held_out = f"{valid.sum()} samples, by {preset.valid_by}; they also stopped the training"
    return fitted, targets, {**score_genes(y[valid], fitted.transform(x[valid])), "held_out": held_out}


def is_closed(preset: Preset) -> bool:
    """Tell whether both steps are solved in closed form, so that they can be fitted again and again."""
    iterated = (CycleGANSettings, AnchoredSettings, *NETWORKS)
    return not isinstance(preset.step1, iterated) and not isinstance(preset.step2, iterated)


def fit_closed(data: TrainingData, preset: Preset, seed: int = 0, step2: tuple | None = None) -> tuple:
    """Fit both steps of a closed form without scoring them.

    Parameters
    ----------
    data : TrainingData
    preset : Preset
    seed : int
    step2 : (step, targets), optional
        A result of `solve_step2` on the same data, where several presets share it.

    Returns
    -------
    step1, step2
        Calibrated, where the preset says so.
    targets : list of str
        Genes of step 2, in order.
    """
    step1 = fit_step1(data, preset.step1, seed).step
    second, targets = step2 or solve_step2(data, preset, seed)
    if isinstance(preset.step1, CalibratedSettings):
        step1, second = calibrate(data, preset.step1, step1, second, targets)
    return step1, second, targets


def solve_step2(data: TrainingData, preset: Preset, seed: int = 0) -> tuple:
    """Fit a step 2 of a closed form, before any calibration; return it and its genes, in order."""
    step = solve_ridge(data, preset.step2, seed)
    step, targets, _ = with_further_genes(data, preset.step2, step, targets_of(data, preset.step2))
    return step, targets
