"""Predict every paired line by a fit that has seen the other lines of the pairs, and not that line."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.translate.presets import Preset
from l1000_rnaseq.translate.training.fit_steps import fit_closed
from l1000_rnaseq.translate.training.prepare import TrainingData


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
    predicted, deviation = {}, {}
    for line in tqdm(data.pairs.l1000.index, unit="line", disable=not progress):
        fit, names = fit_closed(data.without([line]), preset, seed), list(data.landmarks)
        predicted[line], deviation[line] = predict_with(fit, names, data.pairs.l1000.loc[line, names])
    predicted, deviation = pd.DataFrame(predicted).T, pd.DataFrame(deviation).T
    return predicted, data.pairs.rnaseq[list(predicted)], deviation


def predict_with(fit: tuple, landmarks: list[str], profile: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Predict a profile (landmarks, log2 intensity) by a `fit_closed`; return its level and deviation."""
    first, second, targets = fit
    x = np.vstack([profile.to_numpy(), first.centre])
    translated = np.maximum(first.transform(x), 0)
    both = np.hstack([translated, second.transform(translated)])
    genes = [*landmarks, *targets]
    return pd.Series(np.maximum(both[0], 0), genes), pd.Series(both[0] - both[1], genes)
