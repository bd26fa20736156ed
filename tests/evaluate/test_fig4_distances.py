"""Distances of profiles and classifiers: by hand on small tables, and on a simulated folder."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import fig4_distances as module
from l1000_rnaseq.evaluate.fig4_distances import (
    STEP1_FITS,
    mean_moved,
    moved,
    paired_blocks,
    paired_distances,
    tissue_blocks,
    told_apart,
    well_blocks,
)
from l1000_rnaseq.evaluate.fig4_pca import L1000, RNASEQ, RNASEQ_LIKE
from l1000_rnaseq.evaluate.pairs import PairTest
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.prepare import prepare


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame(np.array(rows, float), columns=["A", "B"])


BLOCKS = {L1000: table((3, 4), (0, 2)), RNASEQ_LIKE: table((1, 1), (0, 0)), RNASEQ: table((0, 0), (0, 0))}


def test_distances_are_root_mean_squares_line_by_line():
    shown = paired_distances(BLOCKS, pd.Series({"B": 2.0, "A": 0.0, "C": 9.0}))
    np.testing.assert_allclose(shown["L1000 to its RNA-seq"], [np.sqrt(12.5), np.sqrt(2)])
    np.testing.assert_allclose(shown["RNA-seq-like to its RNA-seq"], [1, 0])
    np.testing.assert_allclose(shown["mean of other lines to its RNA-seq"], np.sqrt(2))


def test_groups_are_measured_from_the_mean_of_their_rna_seq():
    shown = moved({"one": BLOCKS, "two": BLOCKS | {RNASEQ: table((3, 4))}})
    assert list(shown["profiles"]) == [2, 2]
    assert shown.loc["one", "before"] == pytest.approx((np.sqrt(12.5) + np.sqrt(2)) / 2)
    assert shown.loc["one", "after / before"] == pytest.approx(0.5 / shown.loc["one", "before"])
    assert shown.loc["two", "before"] == pytest.approx(np.sqrt((9 + 4) / 2) / 2)
    mean = mean_moved(shown)
    assert mean["n"] == 2 and mean["moved closer"] == 0.5
    assert mean["low"] <= mean["after / before"] <= mean["high"]


def test_no_group_gives_an_empty_table():
    shown = moved({})
    assert list(shown.columns) == ["profiles", "before", "after", "after / before"] and shown.empty


@pytest.fixture(scope="module")
def folder(simulated_data, request):
    bundle = request.getfixturevalue("trained")["best"]
    return simulated_data, bundle, PairTest.of(simulated_data, bundle.normalization)


def test_pairs_and_wells_are_of_the_same_landmarks_and_lines(folder):
    data, bundle, test = folder
    pairs, wells = paired_blocks(test, bundle), well_blocks(data, bundle, test, most=5)
    genes = test.genes_of("landmarks", bundle.landmarks)
    assert all(list(block.columns) == genes and len(block) == len(test.truth) for block in pairs.values())
    assert wells
    for line, kinds in wells.items():
        assert 1 <= len(kinds[L1000]) <= 5 and list(kinds[L1000].index) == list(kinds[RNASEQ_LIKE].index)
        assert len(kinds[RNASEQ]) == 1 and kinds[RNASEQ].index[0].replace("-", "").upper() == line.upper()
    tissues = tissue_blocks(data, bundle)
    assert len(tissues) >= 2 and (moved(tissues)["profiles"] >= 2).all()


def test_a_folder_without_the_pairs_of_the_paper_has_no_tissue(tmp_path):
    assert tissue_blocks(tmp_path, None) == {}


def test_classifiers_are_asked_with_and_without_silent_genes(simulated_data, monkeypatch):
    asked = []

    def auc(data, fit, genes, seed, classifier=None):
        asked.append((fit(data)(data.l1000.to_numpy()).shape[1], len(genes), classifier))
        return {"auc": 0.5, "low": 0.4, "high": 0.6, "n": 22}

    monkeypatch.setattr(module, "held_out_auc", auc)
    data = prepare(simulated_data, PRESETS["best"])
    shown = told_apart(data, linear=("untranslated", "monge"), forest=("monge",))
    assert list(shown.index) == [
        ("untranslated", "linear"),
        ("monge", "linear"),
        ("monge", "forest"),
        ("monge", "forest, no silent genes"),
    ]
    assert all(columns == genes for columns, genes, _ in asked)
    assert asked[3][1] == asked[2][1] - len(module.silent_genes(data))
    assert set(STEP1_FITS) >= {"untranslated", "ratio", "default"}
