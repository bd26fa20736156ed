"""Train a bundle from a data folder: prepare, step 1, step 2, score on the training side, save."""

import logging
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.stats.splits import split_groups
from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.dgex.settings import DGEXSettings
from l1000_rnaseq.translate.intervals import conformal_factors, gene_errors
from l1000_rnaseq.translate.presets import PRESETS, Preset, small
from l1000_rnaseq.translate.step1.anchored import AnchoredSettings, fit_anchored
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.step1.cyclegan import CycleGANSettings, fit_cyclegan
from l1000_rnaseq.translate.step2.network import NetworkSettings, fit_network
from l1000_rnaseq.translate.training.held_out import held_out_lineages, score_lineages
from l1000_rnaseq.translate.training.lineages import lineage_means
from l1000_rnaseq.translate.training.prepare import TrainingData, prepare
from l1000_rnaseq.translate.training.regression import fit_ridge, score_genes, solve_ridge, targets_of
from l1000_rnaseq.translate.training.torch_loop import keep_freed_memory

log = logging.getLogger(__name__)
NETWORKS = (NetworkSettings, DGEXSettings)
DATA_FILES = (
    "l1000/level3.gctx",
    "l1000/baseline.gctx",
    "rnaseq/human_matrix.h5",
    "rnaseq/gtex_gene_reads.gct.gz",
    "rnaseq/hpa_cell_lines.tsv.gz",
)


def fit_step1(
    data: TrainingData, step1: CycleGANSettings | AnchoredSettings | str | Callable, seed: int = 0, **kwargs
):
    """Fit a step 1 on prepared data.

    Parameters
    ----------
    data : TrainingData
    step1 : CycleGANSettings, AnchoredSettings, str or callable
        A name of `closed_forms.STEP1`, a function like those, or the settings of a network.
    seed : int
        Used by the networks only.
    **kwargs
        `device`, `checkpoint`, `progress` of `fit_cyclegan`.

    Returns
    -------
    A closed form or a CycleGAN: each has `transform`.
    """
    arrays = (
        data.l1000.to_numpy(),
        data.rnaseq[list(data.landmarks)].to_numpy(),
        data.l1000_weights,
        data.rnaseq_weights,
    )
    if isinstance(step1, str):
        if step1 not in STEP1:
            raise ValueError(f"unknown step 1 {step1!r}; expected one of {', '.join(STEP1)}.")
        return STEP1[step1](*arrays)
    if callable(step1):
        return step1(*arrays)
    fit = fit_anchored if isinstance(step1, AnchoredSettings) else fit_cyclegan
    return fit(*arrays, settings=step1, seed=seed, **kwargs)


def fit_step2(data: TrainingData, preset: Preset, seed: int = 0, **kwargs):
    """Fit a step 2 on prepared data and score it on held-out samples.

    Returns
    -------
    step : Extrapolation, DGEX, LinearMap or KernelMap
    targets : list of str
        Genes it predicts, in order.
    scores : dict
        Held-out mean squared error and gene-wise Pearson correlation (mean, and `by_gene` of each target),
        with how samples were held out.
    """
    if not isinstance(preset.step2, NETWORKS):
        return fit_ridge(data, preset.step2, seed)
    targets = targets_of(data, preset.step2)
    rows = data.count_based
    x, y = (data.rnaseq.loc[rows, list(names)].to_numpy() for names in (data.landmarks, targets))
    if preset.valid_by == "series":
        valid = split_groups(data.rnaseq_info["unit"][rows], preset.valid_fraction, seed)
    else:
        drawn = np.random.default_rng(seed).choice(len(x), max(1, int(preset.valid_fraction * len(x))), False)
        valid = np.isin(np.arange(len(x)), drawn)
    fit = fit_dgex if isinstance(preset.step2, DGEXSettings) else fit_network
    step = fit(x, y, valid, preset.step2, seed, **kwargs)
    held = f"{valid.sum()} samples, by {preset.valid_by}; they also stopped the training"
    return step, targets, {**score_genes(y[valid], step.transform(x[valid])), "held_out": held}


def _lineages(data: TrainingData, preset: Preset, step1, targets: list[str], seed: int):
    """Predict lineages: by both steps refitted without them, or, of a network, landmarks that it has seen."""
    names = list(data.landmarks)
    if isinstance(preset.step1, str) and not isinstance(preset.step2, NETWORKS):

        def both(part: TrainingData):
            one, two = fit_step1(part, preset.step1), solve_ridge(part, preset.step2, seed)
            return lambda x: joined(one.transform(x), two)

        return *held_out_lineages(data, both, names + [gene for gene in targets if gene not in names]), True
    predicted = pd.DataFrame(step1.transform(data.l1000.to_numpy()), columns=names)
    lines = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    real = data.rnaseq.loc[lines, names]
    seen = lineage_means(predicted, data.l1000_info["line"], "l1000")
    return seen, lineage_means(real, pd.Series(real.index), "rnaseq"), False


def joined(first: np.ndarray, step2) -> np.ndarray:
    """Return translated landmarks with what step 2 makes of them (genes beyond the landmarks only)."""
    return np.hstack([first, step2.transform(np.maximum(first, 0))])


def _intervals(data: TrainingData, scores: dict, targets: list[str], predicted, real) -> dict:
    """Return `gene_error` and `interval_factors` of a bundle; empty where too few lineages are named."""
    if not len(real):
        return {"gene_error": None, "interval_factors": {}}
    names, kinds = list(data.landmarks), (data.rnaseq_info["source"] + data.rnaseq_info["kind"]).to_numpy()
    error = gene_errors(data.rnaseq, kinds, names, pd.Series(scores["error_by_gene"], targets))
    parts = {"landmarks": slice(0, len(names)), "others": slice(len(names), None)}
    factors = {
        kind: conformal_factors(real.to_numpy()[:, part], predicted.to_numpy()[:, part], error[part])
        for kind, part in parts.items()
    }
    return {"gene_error": error, "interval_factors": factors}


def train(
    folder: Path,
    preset: str = "best",
    seed: int = 0,
    exclude_processing: str | None = None,
    small_settings: bool = False,
    device: str = "auto",
    checkpoints: Path | None = None,
    progress: bool = True,
) -> Bundle:
    """Train both steps on a data folder.

    Parameters
    ----------
    folder : path
        A data folder; its paired lines are left out on both sides.
    preset : str
        One of `PRESETS`.
    seed : int
    exclude_processing : str, optional
        See `prepare`.
    small_settings : bool
        Narrow networks and few epochs (a demonstration, not a result).
    device : str
        "auto", "cpu" or "cuda".
    checkpoints : path, optional
        Folder in which the networks write checkpoints and from which an interrupted training resumes.
    progress : bool

    Returns
    -------
    Bundle
    """
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; expected one of {', '.join(PRESETS)}.")
    chosen = small(PRESETS[preset]) if small_settings else PRESETS[preset]
    keep_freed_memory()
    data = prepare(folder, chosen, exclude_processing, seed)
    if checkpoints is not None:
        Path(checkpoints).mkdir(parents=True, exist_ok=True)
    common = {"device": device, "progress": progress}
    step1 = fit_step1(data, chosen.step1, seed, checkpoint=_in(checkpoints, "step1.pt"), **common)
    step2, targets, step2_scores = fit_step2(
        data, chosen, seed, checkpoint=_in(checkpoints, "step2.pt"), **common
    )
    predicted, real, held_out = _lineages(data, chosen, step1, targets, seed)
    lineages = score_lineages(predicted[list(data.landmarks)], real[list(data.landmarks)])
    n = len(lineages.pop("by_lineage"))
    found = {"gene_error": None, "interval_factors": {}}
    if held_out:
        found = _intervals(data, step2_scores, targets, predicted, real)
    kept = {key: value for key, value in step2_scores.items() if isinstance(value, float | str)}
    history = {
        name: step.history.round(5).to_dict("list")
        for name, step in (("step1", step1), ("step2", step2))
        if hasattr(step, "history")
    }
    card = {
        "preset": preset,
        "small_settings": small_settings,
        "settings": _plain(asdict(chosen)),
        "seed": seed,
        "library": __version__,
        "trained": datetime.now(UTC).strftime("%Y-%m-%d"),
        "l1000_profiles": len(data.l1000),
        "l1000_lines": int(data.l1000_info["line"].nunique()),
        "rnaseq_samples": len(data.rnaseq),
        "rnaseq_series": int(data.rnaseq_info["series"].nunique()),
        "rnaseq_sources": data.rnaseq_info["source"].value_counts().to_dict(),
        "excluded_processing": exclude_processing,
        "held_out_lines": list(data.held_out),
        "files": file_hashes(folder),
        "scores": {
            "step1_lineages": {**lineages, "lineages": n, "held_out": held_out} if n else {},
            "step2": kept,
        },
        "interval_factors": found["interval_factors"],
        "history": history,
    }
    bundle = Bundle(
        landmarks=data.landmarks,
        targets=tuple(targets),
        l1000_mean=data.l1000_weights @ data.l1000.to_numpy(np.float64),
        step1=getattr(step1, "forward", step1),
        step2=getattr(step2, "step", step2),
        normalization=data.normalization,
        card=card,
        reliability=step2_scores["by_gene"],
        gene_error=found["gene_error"],
        l1000_sd=moments(data.l1000.to_numpy(), data.l1000_weights)[1],
    )
    distance = np.quantile(bundle.distance(data.l1000.to_numpy()), 0.999)
    bundle = replace(bundle, card={**card, "usual_distance": round(float(distance), 4)})
    if not chosen.bounded:
        return bundle
    highest = data.rnaseq[list(bundle.genes)].max().to_numpy(np.float32)
    return replace(bundle, ceiling=(highest + 1) * np.float32(np.log2(chosen.log_base)))


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of each training file of a data folder."""
    found = {}
    for name in DATA_FILES:
        path = Path(folder) / name
        if path.is_file():
            found[name] = file_hash(path)
    return found


def _in(folder: Path | None, name: str) -> Path | None:
    return Path(folder) / name if folder is not None else None


def _plain(value):
    """Turn tuples and settings into what JSON holds."""
    if is_dataclass(value):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
