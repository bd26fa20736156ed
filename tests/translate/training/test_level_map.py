"""The level map: the mean of two plain ridge regressions."""

import numpy as np
import pandas as pd
from l1000_rnaseq.translate.settings import RidgeSettings
from l1000_rnaseq.translate.training.level_map import landmark_spread, level_map
from l1000_rnaseq.translate.training.regression import step2_inputs


def test_it_is_the_mean_of_two_ridge_regressions(few_landmarks):
    genes, slopes = level_map(few_landmarks)
    x, y, info = step2_inputs(few_landmarks, RidgeSettings(), genes)
    assert slopes.shape == (x.shape[1], len(genes)) and slopes.dtype == np.float32
    np.testing.assert_allclose(landmark_spread(few_landmarks), x.std(axis=0))

    def ridge(x, y, alpha):
        z = (x - x.mean(0)) / x.std(0)
        within = np.linalg.solve(
            z.T @ z / len(z) + alpha * np.eye(z.shape[1]), z.T @ (y - y.mean(0)) / len(z)
        )
        return within / x.std(0)[:, None]

    keys = [info[name].astype(str).to_numpy() for name in ("series", "source", "kind")]
    centred = [
        (table - table.groupby(keys).transform("mean")).to_numpy() for table in map(pd.DataFrame, (x, y))
    ]
    expected = (ridge(x, y, 1.0) + ridge(*centred, 2.0)) / 2
    np.testing.assert_allclose(slopes, expected, atol=1e-4)
