"""The level map that the model of changes starts from (`change.fit`)."""

import numpy as np

from l1000_rnaseq.stats.in_blocks import Rows
from l1000_rnaseq.translate.settings import RidgeSettings
from l1000_rnaseq.translate.step2.linear import fit_linear
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.regression import step2_inputs, targets_of

WITHIN_SOURCES, WITHIN_SERIES = 1.0, 2.0
"""Penalties of the two ridge regressions (`Gram.solve`)."""


def level_map(data: TrainingData) -> tuple[list[str], np.ndarray]:
    """Fit how the other genes depend on the landmarks, for use on changes.

    The result is the mean of two ridge regressions. One is on deviations from the mean of each source, which
    show tissues and cell lines. One is on deviations from the mean of each series, which show conditions.

    Parameters
    ----------
    data : TrainingData

    Returns
    -------
    genes : list of str
        The other genes, in order.
    slopes : float32 array, landmarks × genes
        Per unit of log(CPM+1) on both sides.
    """
    settings = RidgeSettings(rank=None)
    genes = targets_of(data, settings)
    x, y, info = step2_inputs(data, settings, genes)
    series = (info["series"].astype(str) + info["source"] + info["kind"]).to_numpy()
    within = [fit_linear(x, y, WITHIN_SOURCES)]
    x, y = (Rows(values, np.arange(len(values))).less_group_means(series) for values in (x, y))
    within.append(fit_linear(x[:], y, WITHIN_SERIES))
    return genes, np.mean([step.left @ step.right for step in within], axis=0, dtype=np.float32)


def landmark_spread(data: TrainingData) -> np.ndarray:
    """Return the spread of each landmark between the RNA-seq samples of one source, in log(CPM+1)."""
    x, _, _ = step2_inputs(data, RidgeSettings(), [])
    return x.std(axis=0)
