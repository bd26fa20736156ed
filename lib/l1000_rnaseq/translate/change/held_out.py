"""The model of changes without each file in turn, and what it predicts of that file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.contrasts import Contrasts
from l1000_rnaseq.translate.change.fit import DEFAULTS, fit_change
from l1000_rnaseq.translate.settings import ChangeSettings

GROUPS = ("target", "compound")
"""Columns of metadata that name what several contrasts share, so that they do not count as independent."""


@dataclass(frozen=True)
class HeldOut:
    """One file that the model has not seen: its clear contrasts, true and predicted.

    Attributes
    ----------
    name : str
        Of the file.
    true, predicted : float32 array, contrasts × (landmarks, then genes)
        log2 change; `true` is NaN where not measured. Predicted landmarks are the input.
    group : array of str, contrasts
        Perturbed gene or compound where the file says it, else the contrast itself.
    """

    name: str
    true: np.ndarray
    predicted: np.ndarray
    group: np.ndarray


def held_out_files(
    landmarks: Sequence[str],
    genes: Sequence[str],
    level_map: np.ndarray,
    contrasts: Sequence[Contrasts],
    settings: ChangeSettings = DEFAULTS,
    noise: np.ndarray | None = None,
    replicates: int = 3,
    seed: int = 0,
) -> Iterator[HeldOut]:
    """Fit without each file in turn and predict it; only contrasts that changed something.

    Parameters
    ----------
    landmarks, genes, level_map, contrasts, settings
        As in `fit_change`.
    noise : array, wells × landmarks, optional
        Changes of untreated wells from the median of their plate, times `landmark_scale`. The mean of some,
        drawn at random, is added to the landmarks of each contrast: as noisy as L1000 would measure them.
    replicates : int
        Wells in such a mean.
    seed : int

    Yields
    ------
    HeldOut
        In the order of `contrasts`. Landmarks of ranks have no size. They are scaled to the median size of
        the other contrasts before noise is added.
    """
    rng = np.random.default_rng(seed)
    inputs = {file.name: np.nan_to_num(file.of_genes(landmarks)[file.is_clear]) for file in contrasts}
    sizes = [_sizes(inputs[file.name]) for file in contrasts if not file.ranks_only]
    usual = np.median(np.concatenate(sizes)) if sizes else 1.0
    for file in contrasts:
        others = [other for other in contrasts if other.name != file.name]
        step = fit_change(landmarks, genes, level_map, others, settings)
        x = inputs[file.name]
        if file.ranks_only:
            x = x * np.float32(usual / np.median(_sizes(x)))
        if noise is not None:
            drawn = rng.integers(len(noise), size=(len(x), replicates))
            x = x + noise[drawn].mean(axis=1, dtype=np.float32)
        meta = file.meta[file.is_clear]
        group = next((meta[name] for name in GROUPS if name in meta), pd.Series(meta.index))
        yield HeldOut(
            file.name,
            file.of_genes([*landmarks, *genes])[file.is_clear],
            np.hstack([x, step.transform(x)]),
            group.to_numpy(str),
        )


def _sizes(x: np.ndarray) -> np.ndarray:
    return np.sqrt((x**2).mean(axis=1))
