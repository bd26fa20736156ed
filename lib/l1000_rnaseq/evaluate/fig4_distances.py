"""Fig. 4 of Jeon et al. 2022 measured: how far profiles move, and whether a classifier still sees it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import load_l1000, paired_lines
from l1000_rnaseq.data.gse92743 import has_gtex_pairs, load_gtex_pairs
from l1000_rnaseq.evaluate.fig4_pca import (
    L1000,
    RNASEQ,
    RNASEQ_LIKE,
    distances,
    fit_domain_forest,
    held_out_auc,
    silent_genes,
)
from l1000_rnaseq.evaluate.paired_samples import gtex_pair_test
from l1000_rnaseq.evaluate.pairs import PairTest, predict_step1
from l1000_rnaseq.stats.metrics import bootstrap_interval
from l1000_rnaseq.stats.splits import same_line
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.calibrated import calibrate_step1
from l1000_rnaseq.translate.training.fit_steps import fit_step1
from l1000_rnaseq.translate.training.lineages import Fit
from l1000_rnaseq.translate.training.prepare import TrainingData

Blocks = dict[str, pd.DataFrame]
"""Kind (L1000, RNA-seq-like, RNA-seq) → DataFrame, profiles × landmarks, log2."""


def _fit_default(data: TrainingData):
    settings = PRESETS["best"].step1
    calibrated = calibrate_step1(data, settings, fit_step1(data, settings).step)
    return lambda profiles: np.maximum(calibrated.transform(profiles), 0)


def _fit_closed(data: TrainingData, name: str):
    return fit_step1(data, name).transform


STEP1_FITS: dict[str, Fit] = {
    "untranslated": lambda data: np.asarray,
    **{name: partial(_fit_closed, name=name) for name in ("ratio", "mean_variance", "quantile", "monge")},
    "default": _fit_default,
}
"""Step 1 → its fit, as `lineages.held_out_lineages` takes it."""


def paired_blocks(test: PairTest, bundle: Bundle) -> Blocks:
    """Return the paired lines as measured, translated by step 1, and by RNA-seq."""
    genes = test.genes_of("landmarks", bundle.landmarks)
    like = predict_step1(bundle, test)[genes]
    return {L1000: test.l1000[genes], RNASEQ_LIKE: like, RNASEQ: test.truth[genes]}


def paired_distances(blocks: Blocks, constant: pd.Series) -> pd.DataFrame:
    """Measure how far each line is from its own RNA-seq profile.

    Parameters
    ----------
    blocks : Blocks
        Of `paired_blocks`: the same lines in all.
    constant : Series, genes
        Mean of other lines, which needs no input.

    Returns
    -------
    DataFrame, lines × (L1000 to its RNA-seq, RNA-seq-like to its RNA-seq, mean of other lines to its RNA-seq)
        Root mean square difference over the landmarks, log2 units.
    """
    real = blocks[RNASEQ]
    from_real = {
        "L1000 to its RNA-seq": blocks[L1000] - real,
        "RNA-seq-like to its RNA-seq": blocks[RNASEQ_LIKE] - real,
        "mean of other lines to its RNA-seq": real - constant[real.columns],
    }
    rms = {name: np.sqrt((table.to_numpy(float) ** 2).mean(axis=1)) for name, table in from_real.items()}
    return pd.DataFrame(rms, real.index)


def well_blocks(folder: Path, bundle: Bundle, test: PairTest, most: int = 60) -> dict[str, Blocks]:
    """Return the single wells of the paired lines, beside HPA's profile of the same line.

    Parameters
    ----------
    folder : path
        A data folder.
    bundle : Bundle
    test : PairTest
        On the bundle's normalisation.
    most : int
        Wells of a line.

    Returns
    -------
    dict, line → Blocks; lines of which the folder has no wells are left out.
    """
    wells, genes = load_l1000(folder), test.genes_of("landmarks", bundle.landmarks)
    landmarks, by_line = list(bundle.landmarks), {}
    is_well = (wells.info["source"] == "L1000 Level 3").to_numpy()
    chosen = wells.info[same_line(wells.info["line"], paired_lines(folder)) & is_well]
    for line, part in chosen.groupby("line"):
        raw = wells.profiles.loc[part.index[:most], landmarks]
        like = pd.DataFrame(bundle.landmarks_of(raw.to_numpy(np.float32)), raw.index, landmarks)
        truth = test.truth.loc[same_line(test.truth.index, [line]), genes]
        by_line[line] = {L1000: raw[genes], RNASEQ_LIKE: like[genes], RNASEQ: truth}
    return by_line


def tissue_blocks(folder: Path, bundle: Bundle) -> dict[str, Blocks]:
    """Return the GTEx samples of GSE92743 by tissue; an empty dict where the folder has none."""
    if not has_gtex_pairs(folder):
        return {}
    test = gtex_pair_test(folder, bundle.normalization)
    tissue = load_gtex_pairs(folder).info["tissue"].reindex(test.truth.index)
    blocks = paired_blocks(test, bundle)
    return {
        name: {kind: table.loc[part.index] for kind, table in blocks.items()}
        for name, part in tissue.groupby(tissue)
    }


def moved(blocks: Mapping[str, Blocks]) -> pd.DataFrame:
    """Measure how far groups of profiles are from their mean RNA-seq profile, before and after translation.

    Returns
    -------
    DataFrame, groups × (profiles, before, after, after / before): mean over the profiles, log2 units.
    """
    rows = {}
    for name, kinds in blocks.items():
        three = [kinds[kind].to_numpy(float) for kind in (L1000, RNASEQ_LIKE, RNASEQ)]
        mean = distances(*three).mean()
        rows[name] = {"profiles": len(three[0]), **mean, "after / before": mean["after"] / mean["before"]}
    columns = ["profiles", "before", "after", "after / before"]
    return pd.DataFrame(rows, index=columns).T.astype({"profiles": int})


def mean_moved(table: pd.DataFrame, seed: int = 0) -> pd.Series:
    """Average a table of `moved`; low and high are the 95 % interval of after / before."""
    ratio = table["after / before"]
    low, high = bootstrap_interval(ratio.to_numpy(), seed=seed)
    return pd.Series(
        {
            "n": len(table),
            **table[["before", "after", "after / before"]].mean(),
            "low": low,
            "high": high,
            "moved closer": (table["after"] < table["before"]).mean(),
        }
    )


def told_apart(
    data: TrainingData,
    linear: tuple[str, ...] = tuple(STEP1_FITS),
    forest: tuple[str, ...] = ("mean_variance", "monge", "default"),
    seed: int = 0,
) -> pd.DataFrame:
    """Ask classifiers whether a profile is translated or real, in lineages that no fit has seen.

    Parameters
    ----------
    data : TrainingData
    linear, forest : tuple of str
        Names of `STEP1_FITS` that ridge regression and a random forest are asked about. The forest is asked
        once more without the landmarks that are silent in RNA-seq (`fig4_pca.silent_genes`).
    seed : int

    Returns
    -------
    DataFrame, (step 1, classifier) × (auc, low, high, n)
        auc: .5 where translated and real profiles cannot be told apart, 1 where they always can.
    """
    genes, silent = list(data.landmarks), set(silent_genes(data))
    is_loud = np.array([gene not in silent for gene in genes])
    loud = [gene for gene in genes if gene not in silent]
    rows = {(name, "linear"): held_out_auc(data, STEP1_FITS[name], genes, seed) for name in linear}
    for name in forest:
        fit = STEP1_FITS[name]
        asked = {"forest": (fit, genes), "forest, no silent genes": (partial(_fit_some, fit, is_loud), loud)}
        for classifier, (its_fit, its_genes) in asked.items():
            row = held_out_auc(data, its_fit, its_genes, seed, fit_domain_forest)
            rows[name, classifier] = row
    return pd.DataFrame(rows).T.rename_axis(["step 1", "classifier"])


def _fit_some(fit: Fit, is_kept: np.ndarray, data: TrainingData):
    fitted = fit(data)
    return lambda profiles: fitted(profiles)[:, is_kept]
