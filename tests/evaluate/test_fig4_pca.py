"""Joint PCA by its definition, distances, and a classifier that has to find or miss a shift."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import fig4_pca as spaces
from l1000_rnaseq.evaluate.fig4_pca import L1000, RNASEQ, RNASEQ_LIKE
from l1000_rnaseq.translate.training.fit_steps import fit_step1
from l1000_rnaseq.translate.training.lineages import lineage_table
from l1000_rnaseq.translate.training.prepare import TrainingData


def test_the_joint_pca_keeps_distances_and_the_order_of_kinds():
    rng = np.random.default_rng(0)
    blocks = {"a": rng.normal(size=(5, 30)), "b": rng.normal(3, 1, (7, 30))}
    scores = spaces.joint_pca(blocks, 11)
    assert [len(scores[kind]) for kind in blocks] == [5, 7]
    projected = np.concatenate(list(scores.values()))
    profiles = np.concatenate(list(blocks.values()))
    np.testing.assert_allclose(
        np.linalg.norm(projected[0] - projected[9]), np.linalg.norm(profiles[0] - profiles[9])
    )
    values, _ = np.linalg.eigh(np.cov(profiles.T))
    np.testing.assert_allclose(projected[:, 0].var(ddof=1), values[-1])
    table = spaces.pca_table(blocks)
    assert list(table["group"]) == ["a"] * 5 + ["b"] * 7
    np.testing.assert_allclose(table["x"], projected[:, 0])


def test_distances_are_root_mean_squares_to_the_mean_real_profile():
    real = np.array([[0.0, 2.0], [2.0, 4.0]])
    distances = spaces.distances(np.array([[1.0, 8.0]]), np.array([[1.0, 3.0]]), real)
    assert distances.loc[0, "before"] == pytest.approx(np.sqrt(25 / 2)) and distances.loc[0, "after"] == 0


def test_the_classifier_finds_a_shift_on_new_samples_and_is_at_chance_without():
    rng = np.random.default_rng(1)
    shift = np.r_[np.full(20, 1.0), np.zeros(180)]
    for size, low, high in ((1.0, 0.95, 1.0), (0.0, 0.35, 0.65)):
        classify = spaces.fit_domain_classifier(
            rng.normal(size=(60, 200)) + size * shift, rng.normal(size=(40, 200))
        )
        first, second = (classify(rng.normal(size=(200, 200)) + k * size * shift) for k in (1, 0))
        assert low <= (first[:, None] > second).mean() <= high


def test_the_classifier_is_ridge_regression_in_the_genes():
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(6, 9)), rng.normal(0.5, 1, (8, 9))
    x, side = np.concatenate([first, second]), np.repeat([1.0, -1.0], [6, 8])
    weight = np.repeat([0.5 / 6, 0.5 / 8], [6, 8])
    mean = weight @ x
    z = (x - mean) / (np.sqrt(weight @ (x - mean) ** 2) + 1e-9)
    direct = np.linalg.solve(z.T @ (weight[:, None] * z) + np.eye(9), z.T @ (weight * side))
    np.testing.assert_allclose(spaces.fit_domain_classifier(first, second)(x), z @ direct)


def test_a_forest_sees_a_shape_that_a_line_cannot_see():
    rng = np.random.default_rng(4)

    def smooth(n):
        return rng.normal(0, 1, (n, 40))

    def two_valued(n):
        return rng.choice([-1.0, 1.0], (n, 40))  # the same means and variances

    first, second, new = smooth(80), two_valued(60), np.concatenate([smooth(50), two_valued(50)])
    auc = {}
    for fit in (spaces.fit_domain_classifier, spaces.fit_domain_forest):
        scores = fit(first, second)(new)
        auc[fit] = (scores[:50, None] > scores[50:]).mean()
    assert auc[spaces.fit_domain_forest] > 0.95 and 0.25 < auc[spaces.fit_domain_classifier] < 0.75
    scores = [spaces.fit_domain_forest(first, second, seed=seed)(new) for seed in (1, 1)]
    np.testing.assert_array_equal(*scores)


@pytest.fixture(scope="module")
def data():
    """All lineages on both sides: L1000 is RNA-seq on another scale, two wells a line."""
    rng, names = np.random.default_rng(5), lineage_table()
    of = {
        side: [(line, k) for k, text in enumerate(names[side]) for line in text.split("|")] for side in names
    }
    lineage = rng.normal(0, 1.5, (len(names), 120)) + rng.normal(8, 2, 120)
    values = {
        side: lineage[[k for _, k in lines]] + rng.normal(0, 0.7, (len(lines), 120))
        for side, lines in of.items()
    }
    genes = [f"G{k}" for k in range(120)]
    rnaseq = pd.DataFrame(values["rnaseq"], [line for line, _ in of["rnaseq"]], genes)
    lines = np.repeat([line for line, _ in of["l1000"]], 2)
    wells = 4 + 0.5 * values["l1000"].repeat(2, axis=0) + rng.normal(0, 0.1, (len(lines), 120))
    l1000 = pd.DataFrame(wells, [f"w{k}" for k in range(len(lines))], genes)
    info = pd.DataFrame({"kind": "cell line", "source": "HPA"}, rnaseq.index)
    equal = [np.full(len(table), 1 / len(table)) for table in (l1000, rnaseq)]
    table = pd.DataFrame({"line": lines}, l1000.index)
    return TrainingData(l1000, table, equal[0], rnaseq, info, equal[1], None, ())


def test_held_out_lines_stand_by_rna_seq_and_leave_their_lineage_out(data):
    genes, lines_seen = list(data.l1000.columns), []

    def fit(part):
        lines_seen.append(set(part.rnaseq.index))
        return fit_step1(part, "monge").transform

    by_lineage = spaces.held_out_lines(data, fit, genes)
    assert len(by_lineage) == len(lineage_table())
    for kinds in by_lineage.values():
        assert set(kinds) == {L1000, RNASEQ_LIKE, RNASEQ} and list(kinds[RNASEQ_LIKE].columns) == genes
        assert any(not set(kinds[RNASEQ].index) & part for part in lines_seen)
        moved = spaces.distances(*(kinds[kind].to_numpy() for kind in (L1000, RNASEQ_LIKE, RNASEQ)))
        assert (moved["after"] < moved["before"]).all()


def test_as_measured_is_told_apart_and_matched_moments_are_not(data):
    genes = list(data.l1000.columns)
    raw = spaces.held_out_auc(data, lambda part: np.asarray, genes)
    matched = spaces.held_out_auc(data, lambda part: fit_step1(part, "mean_variance").transform, genes)
    assert raw["auc"] > 0.99 and 0.3 < matched["auc"] < 0.7 and raw["n"] == len(lineage_table())
    assert matched["low"] <= matched["auc"] <= matched["high"]


def test_silent_genes_are_those_below_the_limit_in_half_of_the_lines(data):
    rnaseq = data.rnaseq.copy() + 5
    rnaseq.iloc[: len(rnaseq) // 2 + 1, 0] = 0.2
    rnaseq.iloc[: len(rnaseq) // 3, 1] = 0.2
    info = data.rnaseq_info.copy()
    assert spaces.silent_genes(replace(data, rnaseq=rnaseq, rnaseq_info=info)) == ["G0"]


def test_the_classifier_of_held_out_lineages_can_be_a_forest(data):
    def fit(part):
        return fit_step1(part, "monge").transform

    genes, asked = list(data.l1000.columns), []

    def classifier(first, second):
        asked.append((len(first), len(second)))
        return spaces.fit_domain_forest(first, second, n_trees=20)

    scores = spaces.held_out_auc(data, fit, genes, classifier=classifier)
    assert len(asked) == 6 and 0 <= scores["low"] <= scores["auc"] <= scores["high"] <= 1
