"""The benchmark on pairs: what it may see, and planted truth that both presets must find."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import load_hpa, load_pairs, paired_lines
from l1000_rnaseq.evaluate import paired_samples, pairs
from l1000_rnaseq.evaluate.pairs import (
    PairTest,
    benchmark_bundles,
    join_steps,
    on_hpa_scale,
    predict,
    predict_without_input,
    score,
    score_spaces,
)
from l1000_rnaseq.stats.splits import same_line


@pytest.fixture
def test_pairs(simulated_data, few_landmarks):
    return PairTest.of(simulated_data, few_landmarks.normalization)


def test_the_centre_is_the_mean_of_lines_not_under_test(simulated_data, few_landmarks, test_pairs):
    hpa = load_hpa(simulated_data)
    lines = hpa.profiles[(hpa.info["kind"] == "cell line").to_numpy()]
    lines = lines[~same_line(lines.index, paired_lines(simulated_data))]
    expected = few_landmarks.normalization.transform(lines)[test_pairs.truth.columns].mean()
    pd.testing.assert_series_equal(test_pairs.constant, expected)


def test_the_centre_never_uses_a_paired_line(simulated_data, few_landmarks, test_pairs, monkeypatch):
    loaded = []
    monkeypatch.setattr(
        paired_samples, "load_hpa", lambda *a, **k: loaded.append(load_hpa(*a, **k)) or loaded[-1]
    )
    PairTest.of(simulated_data, few_landmarks.normalization)
    (cohort,) = loaded
    assert len(cohort.profiles) and not same_line(cohort.profiles.index, list(test_pairs.truth.index)).any()


def test_the_truth_is_the_normalised_profile_of_each_line(simulated_data, few_landmarks, test_pairs):
    real = load_pairs(simulated_data)
    assert list(test_pairs.truth.index) == list(real.l1000.index) == list(test_pairs.l1000.index)
    profile = few_landmarks.normalization.transform(real.rnaseq.iloc[[2]])[test_pairs.truth.columns]
    pd.testing.assert_frame_equal(test_pairs.truth.iloc[[2]], profile)


@pytest.mark.parametrize("name", ["best", "as_published"])
def test_planted_truth_is_found(trained, test_pairs, name):
    bundle = trained[name]
    genes = [g for g in test_pairs.genes_of("genome", bundle.landmarks) if g in bundle.genes]
    predicted = score(test_pairs, predict(bundle, test_pairs), genes)
    no_input_scores = {
        k: score(test_pairs, table, genes) for k, table in predict_without_input(test_pairs).items()
    }
    no_input, random_pair = no_input_scores.values()
    assert predicted["gene_pcc"] > max(no_input["gene_pcc"], random_pair["gene_pcc"]) + 0.1
    assert predicted["centred_pcc"] > random_pair["centred_pcc"] + 0.1
    assert predicted["percentile"] > 0.6


def test_an_anchor_does_not_change_gene_wise_correlation(trained, test_pairs):
    bundle = trained["best"]
    predicted = predict(bundle, test_pairs)
    moved = on_hpa_scale(bundle, test_pairs, predicted)
    genes = [g for g in test_pairs.truth.columns if g in predicted.columns]
    before, after = (score(test_pairs, table, genes) for table in (predicted, moved))
    assert after["gene_pcc"] == pytest.approx(before["gene_pcc"], abs=1e-4)
    assert after["sd_ratio"] == pytest.approx(before["sd_ratio"], abs=1e-4)
    offset = (moved - predicted)[genes]
    np.testing.assert_allclose(offset.std(), 0, atol=1e-4)  # one offset a gene
    assert (offset.drop(columns=list(bundle.landmarks), errors="ignore").abs() > 1e-3).any(axis=None)
    np.testing.assert_allclose(offset[[g for g in bundle.landmarks if g in genes]], 0, atol=1e-6)


def test_constants_see_no_input(test_pairs):
    mean, shuffled = predict_without_input(test_pairs).values()
    assert (mean == test_pairs.constant).all(axis=None)
    assert sorted(shuffled.iloc[:, 0]) == sorted(test_pairs.truth.iloc[:, 0])
    assert (shuffled != test_pairs.truth).any(axis=1).all()  # no line keeps its own truth
    flat = score(test_pairs, mean, list(test_pairs.truth.columns))
    assert flat["r2"] == pytest.approx(0, abs=1e-5) and flat["gene_pcc"] == pytest.approx(0, abs=1e-9)


def test_the_truth_itself_is_perfect(test_pairs):
    full = score(test_pairs, test_pairs.truth, list(test_pairs.truth.columns))
    for name in ("pcc", "scc", "centred_pcc", "gene_pcc", "r2", "top1", "percentile"):
        assert full[name] == pytest.approx(1)
    assert full["mse"] == full["mae"] == 0


def test_spaces(trained, test_pairs):
    marks = trained["best"].landmarks
    spaces = {space: test_pairs.genes_of(space, marks) for space in pairs.SPACES}
    assert set(spaces["landmarks"]) <= set(marks) and not set(spaces["newly inferred"]) & set(marks)
    assert spaces["genome"] == list(test_pairs.truth.columns)
    parts = [gene for space in pairs.SPACES if space != "genome" for gene in spaces[space]]
    assert len(set(parts)) == len(parts) and set(parts) <= set(spaces["genome"])
    assert all(spaces.values())


def test_step1_alone_is_the_landmark_part_of_the_whole(trained, test_pairs):
    bundle = trained["best"]
    alone, whole = pairs.predict_step1(bundle, test_pairs), pairs.predict(bundle, test_pairs)
    assert list(alone.columns) == list(bundle.landmarks)
    np.testing.assert_allclose(alone, whole[alone.columns], rtol=1e-5)


def test_the_table_has_a_row_for_each_method_and_space(simulated_data, trained):
    table = benchmark_bundles(simulated_data, trained)
    assert not table.duplicated(["method", "space"]).any()
    methods = list(table["method"].unique())
    assert {"best", "as_published", "random pair"} <= set(methods) and len(methods) == 5
    oracle = table[table["method"].str.contains("oracle")].set_index("space")
    rows = table[table["method"] == "best"].set_index("space")
    assert oracle.loc["genome", "gene_pcc"] > rows.loc["genome", "gene_pcc"]
    assert oracle.loc["landmarks", "mse"] == pytest.approx(0, abs=1e-9)


def test_a_row_of_the_table_holds_the_scores_of_each_space(simulated_data, ratio):
    test = PairTest.of(simulated_data, ratio.normalization)
    x = test.l1000[list(ratio.landmarks)].to_numpy(np.float32)
    predicted = join_steps(test, ratio.step1.transform(x), ratio.step2, ratio.landmarks, ratio.targets)
    pd.testing.assert_frame_equal(
        predicted[list(ratio.landmarks)], predict(ratio, test)[list(ratio.landmarks)], check_dtype=False
    )
    row = score_spaces(test, predicted, ratio.landmarks)
    alone = score(test, predicted, test.genes_of("genome", ratio.landmarks))
    assert row["genome", "centred_pcc"] == pytest.approx(alone["centred_pcc"])
    assert set(row.index.get_level_values(1)) == {"centred_pcc", "gene_pcc", "rmse"}


def test_three_lines_are_drawn_and_all_are_correlated(simulated_data, ratio):
    r, points = pairs.genome_scatter(simulated_data, ratio, n_genes=300)
    test = PairTest.of(simulated_data, ratio.normalization)
    predicted = on_hpa_scale(ratio, test, predict(ratio, test))
    genes = [gene for gene in test.truth.columns if gene in predicted.columns]
    for line, value in r.items():
        a, b = test.truth.loc[line, genes].to_numpy(float), predicted.loc[line, genes].to_numpy(float)
        assert value == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
    assert len(points) == 3 and all(len(a) == len(b) == min(300, len(genes)) for a, b in points.values())
    assert list(points)[0].startswith(r.idxmin()) and list(points)[-1].startswith(r.idxmax())
