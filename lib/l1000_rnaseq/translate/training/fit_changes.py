"""Fit a bundle's model of changes: slopes of levels first, then what real perturbations correct in them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.data.contrasts import Contrasts, tell_genes
from l1000_rnaseq.stats.variance import from_plate_medians, plate_spread
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.change_reliability import CHECKED as FEWEST_CONTRASTS
from l1000_rnaseq.translate.change.change_reliability import change_reliability
from l1000_rnaseq.translate.change.fit import fit_change
from l1000_rnaseq.translate.change.held_out import held_out_files
from l1000_rnaseq.translate.change.landmark_scale import landmark_scale
from l1000_rnaseq.translate.settings import ChangeSettings, RidgeSettings
from l1000_rnaseq.translate.training.level_map import WITHIN_SOURCES, landmark_spread, level_map
from l1000_rnaseq.translate.training.partial_genes import ridge_where_measured
from l1000_rnaseq.translate.training.prepare import TrainingData
from l1000_rnaseq.translate.training.regression import step2_inputs


def fit_change_map(
    data: TrainingData, settings: ChangeSettings, seed: int = 0
) -> tuple[ChangeMap, pd.DataFrame | None]:
    """Fit both parts of a model of changes, and measure how well it follows each gene.

    Parameters
    ----------
    data : TrainingData
        Its `contrasts` may be empty: the slopes of levels are all there is then.
    settings : ChangeSettings
    seed : int
        Of the noise in `reliability`.

    Returns
    -------
    change : ChangeMap
        Of `targets_of` the data, then of the genes that only some sources measure.
    reliability : DataFrame, genes × (r, low, high, n), or None where no file of contrasts can tell
        See `change_reliability`: landmarks, then the other genes.
    """
    genes, slopes = level_map(data)
    if data.partial is not None:
        genes, slopes = genes + list(data.partial.columns), np.hstack([slopes, _slopes_of_partial(data)])
    tell_genes(data.contrasts, [*data.landmarks, *genes])
    fitted = fit_change(data.landmarks, genes, slopes, data.contrasts, settings)
    wells = (data.l1000_info["source"] == "L1000 Level 3").to_numpy()
    profiles, plates = data.l1000[wells], data.l1000_info["series"][wells]
    spread = plate_spread(profiles, plates)
    scale = landmark_scale(landmark_spread(data), spread.to_numpy())
    change = ChangeMap(scale.astype(np.float32), fitted.left, fitted.right)
    if not can_tell(data.contrasts):
        return change, None
    noise = well_noise(profiles, plates, data.l1000_info["control"][wells].to_numpy(bool)) * change.scale
    files = list(
        held_out_files(data.landmarks, genes, slopes, data.contrasts, settings, noise=noise, seed=seed)
    )
    return change, change_reliability(files, [*data.landmarks, *genes], len(data.landmarks))


def can_tell(contrasts: Sequence[Contrasts]) -> bool:
    """Say whether contrasts can tell how well changes are followed: two files, one of them large."""
    return len(contrasts) > 1 and any(file.is_clear.sum() >= FEWEST_CONTRASTS for file in contrasts)


def well_noise(profiles: pd.DataFrame, plates: pd.Series, is_control: np.ndarray) -> np.ndarray:
    """Return how control wells differ from the median of their plate: wells × landmarks, log2 intensity.

    Parameters
    ----------
    profiles : DataFrame, wells × landmarks
    plates : Series, wells
    is_control : bool array, wells
        All wells count where none is a control.
    """
    used = is_control if is_control.any() else np.ones(len(profiles), bool)
    deviations = np.zeros(profiles.shape, np.float32)
    for rows, values in from_plate_medians(profiles, plates):
        deviations[rows] = values
    return deviations[used]


def _slopes_of_partial(data: TrainingData) -> np.ndarray:
    """Regress the genes of `data.partial` on the landmarks within sources; landmarks × genes."""
    groups = (data.rnaseq_info["source"] + data.rnaseq_info["kind"]).to_numpy()
    x, _, _ = step2_inputs(data, RidgeSettings(), [])
    scale = np.maximum(x.std(axis=0), 1e-6)
    y = (data.partial - data.partial.groupby(groups).transform("mean")).to_numpy(np.float64)
    return ridge_where_measured(x / scale, y, WITHIN_SOURCES) / scale[:, None]
