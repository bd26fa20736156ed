"""From the old default translator to the new one, step by step: what each change gives on paired lines."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.evaluate.pairs import PairTest, score
from l1000_rnaseq.stats.metrics import gene_metrics
from l1000_rnaseq.translate.presets import PRESETS, Preset
from l1000_rnaseq.translate.settings import CalibratedSettings, KernelSettings
from l1000_rnaseq.translate.training.fit_steps import fit_closed, solve_step2
from l1000_rnaseq.translate.training.leave_one_out import predict_with
from l1000_rnaseq.translate.training.prepare import TrainingData

NONE, OTHERS = "no paired line", "the other paired lines"
METRICS = ("pcc", "centred_pcc", "gene_pcc", "rmse", "r2")


def _changed(**settings) -> Preset:
    """Return the default with a changed step 1 and the old step 2."""
    return replace(PRESETS["best"], step1=CalibratedSettings(**settings), step2=KernelSettings())


STEPS = {
    "old default: Monge map, kernel": PRESETS["monge"],
    "+ CCLE among the target lines": _changed(noise=0, offset_prior=np.inf),
    "+ filter of noise": _changed(offset_prior=np.inf),
    "+ offset per gene": _changed(),
    "+ blend: the new default": PRESETS["best"],
}
"""Name → preset; each step keeps those before it."""


def score_steps(
    unseen: TrainingData,
    learned: TrainingData,
    test: PairTest,
    steps: dict[str, Preset] = STEPS,
    seed: int = 0,
    every: int = 1,
    progress: bool = True,
) -> pd.DataFrame:
    """Score presets on the paired lines: fitted without any of them, and on the other lines of the pairs.

    Parameters
    ----------
    unseen, learned : TrainingData
        Prepared without and with `learn_pairs`.
    test : PairTest
        On their normalisation.
    steps : dict, name → Preset
        Closed forms only.
    seed : int
    every : int
        Score the genome by every so many genes only, and leave the others out of step 2: a fraction of the
        time. All landmarks are input and scored.
    progress : bool

    Returns
    -------
    DataFrame, (fitted on, step, space) × (pcc, centred_pcc, gene_pcc, rmse, r2)
        "no paired line", or "the other paired lines" (nested: one fit per line). gene_pcc is the correlation
        over lines of a prediction less the level of its own fit. Nothing is shifted to HPA's scale.
    """
    lines, rows = list(test.l1000.index), {}
    genome = test.genes_of("genome", unseen.landmarks)[::every]
    landmarks = test.genes_of("landmarks", unseen.landmarks)
    predicted, deviation = {}, {}
    for line in tqdm([None, *lines], unit="fit", disable=not progress):
        data = unseen if line is None else learned.without([line])
        for name, fit in _fits(_of_genes(data, set(genome)), steps, seed):
            protocol = NONE if line is None else OTHERS
            for out in lines if line is None else [line]:
                profile = test.l1000.loc[out, list(unseen.landmarks)]
                parts = predict_with(fit, list(unseen.landmarks), profile)
                for table, part in zip((predicted, deviation), parts, strict=True):
                    table.setdefault((protocol, name), {})[out] = part
    for (protocol, name), table in predicted.items():
        level, differences = (pd.DataFrame(t).T.loc[lines] for t in (table, deviation[protocol, name]))
        for space, wanted in (("landmarks", landmarks), ("genome", genome)):
            genes = [gene for gene in wanted if gene in level.columns]
            scores = score(test, level, genes, seed)
            by_gene = gene_metrics(test.truth[genes].to_numpy(), differences[genes].to_numpy())
            row = {metric: scores[metric] for metric in METRICS} | {"gene_pcc": by_gene["pcc"].mean()}
            rows[protocol, name, space] = row
    table = pd.DataFrame(rows).T.rename_axis(["fitted on", "step", "space"])
    order = [key for protocol in (NONE, OTHERS) for key in table.index if key[0] == protocol]
    return table.loc[order]


def _of_genes(data: TrainingData, genes: set[str]) -> TrainingData:
    """Keep the landmarks and some genes; genes that only some sources measure are in no test, and go."""
    names = [gene for gene in data.genes if gene in genes or gene in data.l1000.columns]
    normalization = replace(data.normalization, genes=tuple(names))  # only its genes are asked from here on
    return replace(data, rnaseq=data.rnaseq[names], partial=None, normalization=normalization)


def _fits(data: TrainingData, steps: dict[str, Preset], seed: int) -> Iterator[tuple[str, tuple]]:
    """Fit every preset; those with the same step 2 share it."""
    shared = {}
    for name, preset in steps.items():
        if preset.step2 not in shared:
            shared[preset.step2] = solve_step2(data, preset, seed)
        yield name, fit_closed(data, preset, seed, shared[preset.step2])
