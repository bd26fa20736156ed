"""Maps on held-out lineages: what each fit sees, gains against numpy, noise against a loop."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import lineage_maps
from l1000_rnaseq.evaluate.lineage_maps import DEFAULT, OLD, PER_GENE
from l1000_rnaseq.translate.training.lineages import held_out_lineages, score_lineages


def test_gains_are_differences_by_lineage():
    rng = np.random.default_rng(0)
    by_lineage = pd.DataFrame(rng.normal(size=(12, 3)), columns=["a", "b", "c"])
    by_lineage["c"] = by_lineage["a"] + 1
    gains = lineage_maps.gains_over(by_lineage, "a")
    assert gains.loc["b", "gain"] == pytest.approx((by_lineage["b"] - by_lineage["a"]).mean())
    assert gains.loc["c", ["gain", "low", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert list(gains.index) == list(gains["gain"].sort_values().index)


def test_noise_is_the_variance_between_wells_of_a_plate(few_landmarks):
    info = few_landmarks.l1000_info
    wells = (info["source"] == "L1000 Level 3").to_numpy()
    values = few_landmarks.l1000.to_numpy(float)[wells]
    keys = list(zip(info["line"][wells], info["series"][wells], strict=True))
    squares, free = np.zeros(values.shape[1]), 0
    for key in set(keys):
        group = values[[k == key for k in keys]]
        squares += ((group - group.mean(axis=0)) ** 2).sum(axis=0)
        free += len(group) - 1
    np.testing.assert_allclose(lineage_maps.plate_noise(few_landmarks), squares / free, rtol=1e-6)


def test_every_map_fits_and_is_scored_on_unseen_lineages(few_landmarks):
    fits = lineage_maps.step1_maps(lineage_maps.plate_noise(few_landmarks), fast=True)
    assert {PER_GENE, OLD, DEFAULT} <= set(fits) and len(fits) == 5
    assert len(lineage_maps.step1_maps(lineage_maps.plate_noise(few_landmarks))) == 11
    chosen = {name: fits[name] for name in (PER_GENE, OLD)}
    table, by_lineage = lineage_maps.compare_maps(few_landmarks, chosen)
    alone = score_lineages(*held_out_lineages(few_landmarks, fits[OLD], list(few_landmarks.landmarks)))
    assert table.loc[OLD, "rmse"] == pytest.approx(alone["rmse"], nan_ok=True)
    assert list(by_lineage[OLD]) == pytest.approx(list(alone["by_lineage"]), nan_ok=True)
