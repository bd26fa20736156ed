"""GSE92743 in its own formats: both matrices, donors, what training leaves out, the benchmark."""

import shutil

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data import gse92743 as gtex_pairs
from l1000_rnaseq.data.cohorts import load_counts
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.data.gse92743 import has_gtex_pairs, load_gtex_pairs
from l1000_rnaseq.evaluate.paired_samples import gtex_pair_test
from l1000_rnaseq.evaluate.pairs import PairTest, benchmark_bundles, mean_by_group


@pytest.fixture(scope="module")
def pairs(simulated_data):
    return load_gtex_pairs(simulated_data)


@pytest.fixture
def folder(simulated_data, tmp_path):
    (tmp_path / "paired").mkdir()
    for name in (gtex_pairs.L1000, gtex_pairs.RNASEQ, gtex_pairs.INFO):
        shutil.copy(simulated_data / name, tmp_path / name)
    return tmp_path


def test_the_two_sides_are_the_same_samples(pairs, simulated_data):
    assert list(pairs.l1000.index) == list(pairs.rnaseq.index) == list(pairs.info.index)
    stored = open_gctx(simulated_data / gtex_pairs.RNASEQ)
    one = stored.read(0, 1)[0]
    np.testing.assert_allclose(np.log2(pairs.rnaseq.iloc[0] + 1), one, atol=1e-4)
    assert pairs.l1000.shape[1] == 978 and pairs.rnaseq.columns.is_unique
    assert pairs.info["donor"].str.fullmatch(r"GTEX-[PQ]\d+").all() and pairs.info["tissue"].nunique() == 4


def test_a_donor_gives_two_tissues_and_stands_on_one_side_only(pairs, simulated_data, few_landmarks):
    assert pairs.info["donor"].duplicated().any()
    test = gtex_pair_test(simulated_data, few_landmarks.normalization)
    apart = set(pairs.info["donor"]) - set(test.group)
    assert apart and len(test.truth) == (~pairs.info["donor"].isin(apart)).sum()
    assert len(mean_by_group(test, np.arange(len(test.truth)))) == len(set(test.group))
    norm = few_landmarks.normalization
    held = norm.transform(pairs.rnaseq[pairs.info["donor"].isin(apart)])[test.truth.columns].mean()
    pd.testing.assert_series_equal(test.constant, held, check_names=False, rtol=1e-5)


def test_training_leaves_gtex_out_where_its_pairs_are_there(simulated_data, tmp_path):
    assert has_gtex_pairs(simulated_data)
    assert "GTEx" not in set(load_counts(simulated_data).info["source"])
    shutil.copytree(simulated_data / "rnaseq", tmp_path / "rnaseq")
    assert "GTEx" in set(load_counts(tmp_path).info["source"])


def test_the_benchmark_runs_on_them_and_the_model_beats_the_baseline(simulated_data, trained, ratio):
    rows = benchmark_bundles(
        simulated_data, {"model": trained["best"], "ratio": ratio}, calibrate=False, material=gtex_pair_test
    )
    table = rows.set_index(["method", "space"])
    assert set(table.index.get_level_values("method")) >= {
        "model",
        "ratio",
        "mean of other donors (no input)",
    }
    assert table.loc[("model", "landmarks"), "gene_pcc"] > 0.3
    assert table.loc[("model", "genome"), "rmse"] < table.loc[("ratio", "genome"), "rmse"]


def test_without_the_table_donors_come_from_the_ids(folder, pairs):
    (folder / gtex_pairs.INFO).unlink()
    alone = load_gtex_pairs(folder)
    assert list(alone.info["donor"]) == list(pairs.info["donor"]) and (alone.info["tissue"] == "").all()


def test_ids_without_a_donor_count_each_on_its_own(folder, caplog):
    (folder / gtex_pairs.INFO).unlink()
    for name in (gtex_pairs.L1000, gtex_pairs.RNASEQ):
        file = open_gctx(folder / name)
        table = pd.DataFrame(file.read(), [f"s{k}" for k in range(len(file.sample_ids))], file.row_ids)
        (folder / name).unlink()
        write_gctx(folder / name, table)
    alone = load_gtex_pairs(folder)
    assert alone.info["donor"].is_unique and "each sample counts as its own" in caplog.text


def test_what_is_not_there_or_does_not_match_is_told(folder, tmp_path):
    with pytest.raises(ValueError, match="fetch gse92743_l1000"):
        load_gtex_pairs(tmp_path / "nowhere")
    file = open_gctx(folder / gtex_pairs.RNASEQ)
    table = pd.DataFrame(file.read(), [f"other{k}" for k in range(len(file.sample_ids))], file.row_ids)
    (folder / gtex_pairs.RNASEQ).unlink()
    write_gctx(folder / gtex_pairs.RNASEQ, table)
    with pytest.raises(ValueError, match="share no sample; their ids begin with 'GTEX"):
        load_gtex_pairs(folder)


def test_they_are_the_pairs_of_a_folder_without_paired_lines(simulated_data, few_landmarks, tmp_path):
    (tmp_path / "paired").mkdir()
    for path in (simulated_data / "paired").glob("gse92743_*"):
        (tmp_path / "paired" / path.name).symlink_to(path)
    norm = few_landmarks.normalization
    test, expected = PairTest.of(tmp_path, norm), gtex_pair_test(simulated_data, norm)
    pd.testing.assert_frame_equal(test.truth, expected.truth)
    assert test.constant_name == expected.constant_name
    assert "HPA" in PairTest.of(simulated_data, norm).constant_name  # which come first
