"""From prepared data to a bundle: fit step 1 and step 2, score both on the training side."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.stats.variance import moments
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.presets import Preset, preset_of
from l1000_rnaseq.translate.settings import CalibratedSettings
from l1000_rnaseq.translate.training.calibrated import calibrate
from l1000_rnaseq.translate.training.fit_changes import fit_change_map
from l1000_rnaseq.translate.training.fit_steps import fit_step1, fit_step2
from l1000_rnaseq.translate.training.lineages import score_lineages
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.unseen_lines import (
    interval_scales,
    level_reliability,
    predict_held_out,
)


def fit_bundle(
    data: TrainingData,
    preset: Preset | str = "best",
    seed: int = 0,
    device: str = "auto",
    checkpoints: Path | None = None,
    progress: bool = True,
) -> Bundle:
    """Fit both steps on prepared data.

    Parameters
    ----------
    data : TrainingData
        See `prepare`.
    preset : Preset or str
        Its own, or the name of one of `PRESETS`.
    seed : int
    device : str
        "auto", "cpu" or "cuda".
    checkpoints : path, optional
        Folder in which the networks write checkpoints and from which an interrupted training resumes.
    progress : bool
        Show progress bars.

    Returns
    -------
    Bundle
        Its card says what was learned from and how well; `train` adds where the data came from.

    Raises
    ------
    ValueError
        Unknown preset.

    Examples
    --------
    >>> data = prepare("my_folder", PRESETS["best"])  # doctest: +SKIP
    >>> fit_bundle(data, "best").save("my_bundle.h5")  # doctest: +SKIP
    """
    preset = preset_of(preset)
    if checkpoints is not None:
        Path(checkpoints).mkdir(parents=True, exist_ok=True)
    paths = {name: checkpoints and Path(checkpoints) / f"{name}.pt" for name in ("step1", "step2")}
    options = {"seed": seed, "device": device, "progress": progress}
    step1 = fit_step1(data, preset.step1, checkpoint=paths["step1"], **options)
    step2, targets, scores = fit_step2(data, preset, checkpoint=paths["step2"], **options)
    if isinstance(preset.step1, CalibratedSettings):
        moved = calibrate(data, preset.step1, step1.step, step2.step, targets)
        step1, step2 = (replace(fit, step=step) for fit, step in zip((step1, step2), moved, strict=True))
    held_out = predict_held_out(data, preset, step1, targets, seed, progress)
    lineages = score_lineages(*(table[list(data.landmarks)] for table in held_out.lineages))
    n_lineages = len(lineages.pop("by_lineage"))
    error, factors, covered, level_r, bins = None, {}, {}, None, []
    if held_out.tables:
        error, factors, covered = interval_scales(data, scores, targets, held_out)
        level_r, bins = level_reliability(data, scores["by_gene"], targets, held_out)
    change, of_changes = fit_change_map(data, preset.changes, seed) if preset.changes else (None, None)
    histories = {"step1": step1.history, "step2": step2.history}
    bundle = Bundle(
        landmarks=data.landmarks,
        targets=tuple(targets),
        l1000_mean=data.l1000_weights @ data.l1000.to_numpy(np.float64),
        step1=step1.step,
        step2=step2.step,
        normalization=data.normalization,
        card={},
        step2_r=scores["by_gene"],
        level_r=level_r,
        change_r=None if of_changes is None else of_changes["r"].to_numpy(),
        change=change,
        gene_error=error,
        l1000_sd=moments(data.l1000.to_numpy(), data.l1000_weights)[1],
    )
    card = {
        "preset": preset.name,
        "settings": json.loads(json.dumps(asdict(preset))),
        "seed": seed,
        "library": __version__,
        "trained": datetime.now(UTC).strftime("%Y-%m-%d"),
        "l1000_profiles": len(data.l1000),
        "l1000_lines": int(data.l1000_info["line"].nunique()),
        "rnaseq_samples": len(data.rnaseq),
        "rnaseq_series": int(data.rnaseq_info["series"].nunique()),
        "rnaseq_sources": data.rnaseq_info["source"].value_counts().to_dict(),
        "held_out_lines": list(data.held_out),
        "paired_lines": [] if data.pairs is None else list(data.pairs.l1000.index),
        "ccle_lines": 0 if data.ccle is None else len(set(data.ccle.index.get_level_values("line"))),
        "scores": {
            "step1_lineages": {**lineages, "lineages": n_lineages, "held_out": held_out.unseen}
            if n_lineages
            else {},
            "paired_lines": held_out.line_scores,
            "step2": {key: value for key, value in scores.items() if isinstance(value, float | str)},
        },
        "interval_factors": factors,
        "interval_coverage": covered,
        "reliability_bins": bins,
        "contrasts": {part.name: len(part.changes) for part in data.contrasts} if change else {},
        "history": {name: table.round(5).to_dict("list") for name, table in histories.items() if len(table)},
        "usual_distance": round(float(np.quantile(bundle.distance(data.l1000.to_numpy()), 0.999)), 4),
    }
    if not preset.bounded:
        return replace(bundle, card=card)
    highest = (
        data.rnaseq.max() if data.partial is None else pd.concat([data.rnaseq.max(), data.partial.max()])
    )
    highest = highest[list(bundle.genes)].to_numpy(np.float32)
    return replace(bundle, card=card, ceiling=(highest + 1) * np.float32(np.log2(preset.log_base)))
