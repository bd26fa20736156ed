"""Predict every paired line by a fit that has seen the other lines of the pairs, and not that line."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.translate.presets import Preset
from l1000_rnaseq.translate.training.fit_steps import fit_closed
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.regression import targets_of


def leave_one_line_out(
    data: TrainingData, preset: Preset, seed: int = 0, progress: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Refit both steps once per paired line.

    Parameters
    ----------
    data : TrainingData
        With `pairs`: see `prepare(learn_pairs=True)`.
    preset : Preset
        Of a closed form (`fit_steps.is_closed`).
    seed : int
    progress : bool

    Returns
    -------
    predicted, real : DataFrame, lines × genes, log(CPM+1), predicted ≥ 0
    deviation : DataFrame, lines × genes
        The prediction less the level of its own fit. Correlate genes over the lines with this one: the level
        of a fit without a line is off in the other direction than that line.

    Raises
    ------
    ValueError
        The data have no pairs to learn from.
    """
    if data.pairs is None:
        raise ValueError("the data have no paired lines to learn from; prepare them with learn_pairs=True.")
    targets = targets_of(data, preset.step2)
    genes = [*data.landmarks, *targets]
    predicted, deviation = {}, {}
    for line in tqdm(data.pairs.l1000.index, unit="line", disable=not progress):
        first, second = fit_closed(data.without([line]), preset, seed)
        x = np.vstack([data.pairs.l1000.loc[line, list(data.landmarks)].to_numpy(), first.centre])
        landmarks = np.maximum(first.transform(x), 0)
        both = np.hstack([landmarks, second.transform(landmarks)])
        predicted[line], deviation[line] = np.maximum(both[0], 0), both[0] - both[1]
    real = data.pairs.rnaseq[genes]
    return pd.DataFrame(predicted, genes).T, real, pd.DataFrame(deviation, genes).T
