"""Training matrices of the simulated folder: alignment, hold-out, composition."""

import logging

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import Cohort, load_counts, paired_lines
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.stats.splits import same_line
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training import prepare as module
from l1000_rnaseq.translate.training.prepare import compose, prepare


@pytest.fixture(scope="module")
def data(simulated_data):
    return prepare(simulated_data, PRESETS["as_published"])


def test_paired_lines_are_on_neither_side(data, simulated_data):
    lines = paired_lines(simulated_data)
    assert data.held_out == tuple(lines)
    assert not same_line(data.l1000_info["line"], lines).any()
    assert not same_line(data.rnaseq.index, lines).any()


def test_landmarks_are_in_l1000_order_and_complete_on_both_sides(data):
    order = [gene for gene in landmarks().index if gene in data.landmarks]
    assert list(data.landmarks) == order and len(order) == 977  # HDGFRP3 is absent from human_matrix.h5
    assert data.rnaseq[order].notna().all(axis=None) and np.isfinite(data.l1000.to_numpy()).all()
    assert list(data.genes) == list(data.rnaseq.columns)


def test_samples_info_and_weights_stand_side_by_side(data):
    for table, info, weights in (
        (data.l1000, data.l1000_info, data.l1000_weights),
        (data.rnaseq, data.rnaseq_info, data.rnaseq_weights),
    ):
        assert table.index.equals(info.index) and len(weights) == len(table)
        assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
    assert (data.rnaseq_info["source"][~data.count_based] == "HPA").all() and data.count_based.any()


def test_genes_pass_the_filter_or_are_landmarks(data, simulated_data):
    counts = load_counts(simulated_data).profiles
    for gene in counts.columns[counts.notna().all()]:
        reached = (counts[gene] >= 10).mean() >= 0.02
        assert (gene in data.genes) == (reached or gene in landmarks().index)


def test_composition():
    kinds = ["cell line"] * 24 + ["tissue"] * 8 + [""] * 8
    info = pd.DataFrame({"source": "S", "series": [f"s{i}" for i in range(40)], "line": "", "kind": kinds})
    cohort = Cohort(pd.DataFrame(np.ones((40, 2))), info)
    lines = compose(cohort, "cell_lines")
    np.testing.assert_allclose(lines, [1 / 24] * 24 + [0] * 16)
    np.testing.assert_allclose(compose(cohort, "balanced"), [1 / 72] * 24 + [1 / 24] * 16)
    with pytest.raises(ValueError, match="unknown composition 'x'; expected 'balanced' or 'cell_lines'"):
        compose(cohort, "x")


def test_too_few_cell_lines_fall_back_with_a_warning(caplog):
    info = pd.DataFrame({"source": "S", "series": list("abc"), "line": "", "kind": ["cell line", "", ""]})
    cohort = Cohort(pd.DataFrame(np.ones((3, 2))), info)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(compose(cohort, "cell_lines"), compose(cohort, "balanced"))
    assert "only 1 RNA-seq cell lines" in caplog.text


def test_foreign_gene_names_are_explained(simulated_data, monkeypatch):
    foreign = load_counts(simulated_data)
    foreign.profiles.columns = [f"ENSX{i}" for i in range(foreign.profiles.shape[1])]
    monkeypatch.setattr(module, "load_counts", lambda *a, **k: foreign)
    with pytest.raises(ValueError, match="0 of 978 landmarks are on both sides"):
        prepare(simulated_data, PRESETS["best"])


def test_pairs_that_are_learned_are_on_both_sides(simulated_data):
    data = prepare(simulated_data, PRESETS["best"], learn_pairs=True)
    lines = paired_lines(simulated_data)
    assert data.held_out == () and list(data.pairs.l1000.index) == lines
    assert same_line(data.l1000_info["line"], lines).any() and set(lines) <= set(data.rnaseq.index)
    in_training = data.rnaseq.loc[lines].to_numpy()
    np.testing.assert_allclose(data.pairs.rnaseq[data.rnaseq.columns].to_numpy(), in_training, atol=1e-6)
    without = data.without(lines)
    plain = prepare(simulated_data, PRESETS["best"])
    assert without.held_out == plain.held_out and len(without.pairs.l1000) == 0
    for side in ("l1000", "rnaseq"):
        pd.testing.assert_frame_equal(getattr(without, side), getattr(plain, side))
        assert getattr(without, f"{side}_weights").sum() == pytest.approx(1)
    np.testing.assert_allclose(without.l1000_weights, plain.l1000_weights)
    pd.testing.assert_frame_equal(without.ccle, plain.ccle)
