"""Maps of step 1 on held-out lineages: what is gained over a map that treats each gene by itself."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.stats.metrics import bootstrap_interval
from l1000_rnaseq.stats.variance import pooled_variance
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import AnchoredSettings
from l1000_rnaseq.translate.step1 import per_gene, transport
from l1000_rnaseq.translate.step1.anchored import fit_anchored
from l1000_rnaseq.translate.training.calibrated import calibrate_step1
from l1000_rnaseq.translate.training.fit_steps import fit_step1
from l1000_rnaseq.translate.training.lineages import held_out_lineages, score_lineages
from l1000_rnaseq.translate.training.prepare import TrainingData

DEFAULT, OLD, PER_GENE = "default", "Monge, shrink 0.9 (old default)", "mean and variance"
Fit = Callable[[TrainingData], Callable[[np.ndarray], np.ndarray]]


def plate_noise(data: TrainingData) -> np.ndarray:
    """Return each landmark's variance between the wells of one plate and line, log2²."""
    info = data.l1000_info
    wells = (info["source"] == "L1000 Level 3").to_numpy()
    groups = [info[column].to_numpy()[wells] for column in ("line", "series")]
    return pooled_variance(data.l1000.to_numpy(float)[wells], groups)


def step1_maps(noise: np.ndarray, fast: bool = False) -> dict[str, Fit]:
    """Return the maps that are compared: name → fit.

    Parameters
    ----------
    noise : array, landmarks
        See `plate_noise`; of the Wiener filter.
    fast : bool
        Fewer maps, and few steps of the network: a demonstration.
    """

    def denoised(x, y, wx, wy):
        first = transport.fit_wiener(x, y, wx, wy, noise=noise)
        return transport.chained(first, transport.fit_monge(first.transform(x), y, wx, wy))

    def blend(x, y, wx, wy):
        return transport.blended(*(fit(x, y, wx, wy) for fit in (transport.fit_monge, transport.fit_coral)))

    def default(part: TrainingData):
        settings = PRESETS["best"].step1
        return calibrate_step1(part, settings, fit_step1(part, settings).step).transform

    network = AnchoredSettings(steps=50 if fast else 500)
    maps = {
        PER_GENE: per_gene.fit_mean_variance,
        "quantiles": per_gene.fit_quantile_match,
        "Monge, shrink 0.8": partial(transport.fit_monge, shrink=0.8),
        "Monge, shrink 0.95": partial(transport.fit_monge, shrink=0.95),
        OLD: transport.fit_monge,
        "CORAL, shrink 0.9": transport.fit_coral,
        "mean of Monge and CORAL": blend,
        "Monge 0.9, deviation 0.8": partial(transport.fit_monge, deviation=0.8),
        "Wiener filter of wells, then Monge": denoised,
        "network at the Monge map": partial(fit_anchored, settings=network, progress=False),
    }
    if fast:
        maps = {name: maps[name] for name in (PER_GENE, OLD, "CORAL, shrink 0.9", "network at the Monge map")}
    fits = {name: lambda part, fit=fit: fit_step1(part, fit).transform for name, fit in maps.items()}
    return fits | {DEFAULT: default}


def compare_maps(data: TrainingData, fits: dict[str, Fit]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every map on lineages whose RNA-seq its fit has not seen.

    Returns
    -------
    table : DataFrame, map × (centred_pcc, gene_pcc, rmse), see `score_lineages`
    by_lineage : DataFrame, lineages × maps
        Centred correlation; empty where there are fewer than four lineages.
    """
    scored = {
        name: score_lineages(*held_out_lineages(data, fit, list(data.landmarks)))
        for name, fit in fits.items()
    }
    rows = {name: {k: v for k, v in s.items() if k != "by_lineage"} for name, s in scored.items()}
    return table_of(rows, ["map"]), pd.DataFrame({name: s["by_lineage"] for name, s in scored.items()})


def gains_over(by_lineage: pd.DataFrame, reference: str, seed: int = 0) -> pd.DataFrame:
    """Return each map's mean gain over one of them, with its 95 % interval over lineages.

    Returns
    -------
    DataFrame, other maps × (gain, low, high), the smallest gain first

    Examples
    --------
    >>> by_lineage = pd.DataFrame({"a": [0.25, 0.5], "b": [0.75, 1.0]})
    >>> gains_over(by_lineage, "a").loc["b"].tolist()
    [0.5, 0.5, 0.5]
    """
    rows = {}
    for name in by_lineage.columns.drop(reference):
        gain = (by_lineage[name] - by_lineage[reference]).to_numpy(float)
        low, high = bootstrap_interval(gain, seed=seed)
        rows[name] = {"gain": gain.mean() if len(gain) else np.nan, "low": low, "high": high}
    return table_of(rows, ["map"]).sort_values("gain", kind="stable")
