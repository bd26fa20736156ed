"""Cohorts of a data folder: what is left out, how samples weigh, what a wrong folder is told."""

import shutil

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import load_counts, load_hpa, load_l1000, load_pairs, paired_lines
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.stats.splits import same_line


@pytest.fixture
def copy(simulated_data, tmp_path):
    shutil.copytree(simulated_data / "l1000", tmp_path / "l1000")
    return tmp_path


def test_wells_are_those_of_the_file_in_its_order(simulated_data):
    cohort, file = load_l1000(simulated_data), open_gctx(simulated_data / "l1000" / "level3.gctx")
    n = file.shape[0]
    assert list(cohort.profiles.index[:n]) == list(file.sample_ids)
    np.testing.assert_array_equal(cohort.profiles.to_numpy()[:n], file.read())
    assert (cohort.info["source"][n:] == "L1000 baseline").all() and len(cohort.info) > n


def test_excluded_lines_are_absent_on_both_sides(simulated_data):
    lines = paired_lines(simulated_data)
    assert len(lines) == 9
    everything, rest = load_l1000(simulated_data), load_l1000(simulated_data, exclude_lines=lines)
    assert same_line(everything.info["line"], lines).any() and not same_line(rest.info["line"], lines).any()
    kept = everything.profiles[~same_line(everything.info["line"], lines)]
    pd.testing.assert_frame_equal(rest.profiles, kept)
    assert not same_line(load_hpa(simulated_data, lines).profiles.index, lines).any()


def test_a_draw_of_wells_is_seeded(simulated_data):
    first, again, other = (load_l1000(simulated_data, max_wells=50, seed=s).profiles.index for s in (0, 0, 1))
    assert first.equals(again) and not first.equals(other)


def test_each_cell_line_weighs_the_same(simulated_data):
    cohort = load_l1000(simulated_data)
    by_line = pd.Series(cohort.weights(), cohort.info.index).groupby(cohort.info["line"]).sum()
    np.testing.assert_allclose(by_line, 1 / len(by_line))


def test_wells_that_inst_info_does_not_list_are_named(copy):
    path = copy / "l1000" / "inst_info.txt"
    table = pd.read_csv(path, sep="\t", dtype=str)
    gone = open_gctx(copy / "l1000" / "level3.gctx").sample_ids[:2]
    table[~table["inst_id"].isin(gone)].to_csv(path, sep="\t", index=False)
    with pytest.raises(
        ValueError, match=f"2 of .* samples of .*level3.gctx are not in .*inst_info.txt: {gone[0]}"
    ):
        load_l1000(copy)


def test_samples_of_a_processing_can_be_left_out(simulated_data):
    everything, rest = load_counts(simulated_data), load_counts(simulated_data, exclude_processing="D2H2")
    out = everything.info["source"].str.contains("D2H2")
    assert out.any() and not rest.info["source"].str.contains("D2H2").any()
    pd.testing.assert_frame_equal(rest.profiles, everything.profiles[~out.to_numpy()])


def test_a_folder_without_optional_files(copy):
    (copy / "l1000" / "baseline.gctx").unlink()
    assert (load_l1000(copy).info["source"] == "L1000 Level 3").all()
    assert load_hpa(copy) is None and paired_lines(copy) == []


def test_pairs_of_different_lines_are_named(simulated_data, tmp_path):
    shutil.copytree(simulated_data / "paired", tmp_path / "paired")
    path = tmp_path / "paired" / "hpa_rnaseq.tsv.gz"
    table = pd.read_csv(path, sep="\t", dtype=str)
    sides = load_pairs(simulated_data)
    assert list(sides.l1000.index) == list(sides.rnaseq.index)
    table = table.replace("A549", "OTHER").rename(columns=lambda name: name.replace("A549", "OTHER"))
    table.to_csv(path, sep="\t", index=False)
    with pytest.raises(ValueError, match="expected the same lines in the same order"):
        load_pairs(tmp_path)


def test_a_machine_with_too_little_memory_is_told_before_it_runs_out(simulated_data, monkeypatch, caplog):
    counts = load_counts(simulated_data).profiles
    assert "GiB of memory" not in caplog.text
    monkeypatch.setattr("l1000_rnaseq.data.cohorts.physical_memory", lambda: 1.5 * 2**30)
    again = load_counts(simulated_data).profiles
    pd.testing.assert_frame_equal(counts, again)
    assert "may need 2 GiB of memory, and this machine has 2: --max-samples takes fewer" in caplog.text
