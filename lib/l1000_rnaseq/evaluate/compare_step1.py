"""Which step 1 to take: every candidate on lineages whose RNA-seq lines it has not seen."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.metrics import bootstrap_interval
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.networks import NetworkStep, build_network
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.step1.by_name import STEP1
from l1000_rnaseq.translate.training.fit_steps import fit_step1
from l1000_rnaseq.translate.training.lineages import held_out_lineages, lineage_means, score_lineages
from l1000_rnaseq.translate.training.prepare import TrainingData, prepare

COMPOSITIONS = ("balanced", "cell_lines")
NETWORK_AIM = "CycleGAN's own, balanced"


def compare_step1(
    folder: Path, networks: Mapping[str, Bundle], exclude_processing: str | None = None, seed: int = 0
) -> pd.DataFrame:
    """Correlate translated lineages with real ones, for every closed form and some trained networks.

    Each closed form is refitted without the RNA-seq lines of a sixth of the lineages at a time. The networks
    are not refitted: they have seen all lines, which is in their favour.

    Parameters
    ----------
    folder : path
        A data folder.
    networks : mapping, preset → Bundle
        Trained CycleGANs, under the names of their presets.
    exclude_processing : str, optional
        See `prepare`.
    seed : int

    Returns
    -------
    DataFrame, lineages × (step 1, composition)
        Centred r of each lineage. `composition` is what the RNA-seq side consists of: "balanced" (all
        sources), "cell_lines", or the networks' own. Empty where fewer than four lineages are on both sides.

    Examples
    --------
    >>> compare_step1("my_data", {}).mean().idxmax()  # doctest: +SKIP
    ('monge', 'cell_lines')
    """
    by_lineage = {}
    for composition in COMPOSITIONS:
        side = prepare(folder, replace(PRESETS["best"], composition=composition), exclude_processing, seed)
        for name in STEP1:
            by_lineage[name, composition] = _score_closed(side, name)
    for name, bundle in networks.items():
        side = prepare(folder, PRESETS[name], exclude_processing, seed)
        by_lineage[name, NETWORK_AIM] = _score_network(side, bundle)
    table = pd.DataFrame(by_lineage).astype(float)
    return table.rename_axis(columns=["step 1", "composition"]).rename_axis("lineage")


def _score_closed(side: TrainingData, name: str) -> pd.Series:
    fit = partial(fit_step1, step1=name)
    held_out = held_out_lineages(side, lambda part: fit(part).transform, list(side.landmarks))
    return score_lineages(*held_out)["by_lineage"]


def _score_network(side: TrainingData, bundle: Bundle) -> pd.Series:
    landmarks = list(side.landmarks)
    lines = side.rnaseq[(side.rnaseq_info["kind"] == "cell line").to_numpy()][landmarks]
    real = lineage_means(lines, pd.Series(lines.index), "rnaseq")
    values = pd.DataFrame(bundle.step1.transform(side.l1000.to_numpy()), columns=landmarks)
    return score_lineages(lineage_means(values, side.l1000_info["line"], "l1000"), real)["by_lineage"]


def means_over_lineages(by_lineage: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Average a table of `compare_step1` over its lineages, the best first.

    Returns
    -------
    DataFrame, (step 1, composition) × (centred r, low, high): 95 % bootstrap intervals over lineages.
    """
    return _with_intervals(by_lineage, "centred r", seed).sort_values("centred r", ascending=False)


def differences_from(by_lineage: pd.DataFrame, best: tuple[str, str], seed: int = 0) -> pd.DataFrame:
    """Subtract every candidate from one of them, lineage by lineage; the smallest difference first.

    A paired difference is sharper than two intervals side by side: lineages differ in how hard they are.

    Returns
    -------
    DataFrame, (step 1, composition) × (difference, low, high)
    """
    others = by_lineage.drop(columns=[best])
    differences = others.rsub(by_lineage[best], axis=0)
    return _with_intervals(differences, "difference", seed).sort_values("difference")


def _with_intervals(values: pd.DataFrame, name: str, seed: int) -> pd.DataFrame:
    table = values.mean().rename(name).to_frame()
    ends = [bootstrap_interval(values[key].to_numpy(), seed=seed) for key in values]
    table[["low", "high"]] = np.array(ends, float).reshape(-1, 2)
    return table


def dead_outputs(x: np.ndarray, networks: Mapping[str, Bundle], seed: int = 0) -> pd.DataFrame:
    """Count outputs of a CycleGAN's generator that never leave 0.

    A final ReLU gives 0 for every negative value, and passes no gradient there. An output that is 0 for all
    samples stays so. A network that was not trained is counted beside the trained ones.

    Parameters
    ----------
    x : array, wells × landmarks, log2 intensity
    networks : mapping, name → Bundle
    seed : int
        Of the network that is not trained.

    Returns
    -------
    DataFrame, network × (outputs that are 0 for every well, outputs that vary by less than 0.01, single
    values that are 0), shares from 0 to 1.
    """
    import torch

    spec = {"kind": "dense", "sizes": [x.shape[1], 512, x.shape[1]], "final_relu": True}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        untrained = NetworkStep(build_network(spec), spec)
    outputs = {"random start, untrained": untrained.transform(x)}
    outputs |= {name: bundle.step1.transform(x) for name, bundle in networks.items()}
    rows = {
        name: {
            "outputs that are 0 for every well": (values.max(axis=0) <= 0).mean(),
            "outputs that vary by less than 0.01": (values.std(axis=0) < 0.01).mean(),
            "single values that are 0": (values <= 0).mean(),
        }
        for name, values in outputs.items()
    }
    return pd.DataFrame(rows).T.rename_axis("network")
