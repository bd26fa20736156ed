"""Levels of untreated cells: against a plain loop over control wells, which table wins, what is not known."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.search import control_levels
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.build_from_folder import index_folder
from l1000_rnaseq.search.control_levels import ControlLevels, expressed, joined
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import sources_of

ROUNDING = {"rtol": 1e-3, "atol": 1e-3}  # float16


@pytest.fixture(scope="module")
def made(simulated_data, trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("levels") / "i.h5"
    index_folder(simulated_data, path, trained["best"], progress=False)
    return Index(path)


def level_by_hand(folder, bundle, cell, is_wanted=lambda kind: kind.startswith("ctl")):
    """Translate the mean of the wells of one line, well by well."""
    info = read_metadata(folder / "l1000" / "inst_info.txt")
    file = open_profiles(folder / "l1000" / "level3.gctx")
    total, n = 0.0, 0
    for well, row in info.iterrows():
        if row["cell_id"] == cell and is_wanted(row["pert_type"]):
            profile = file.frame([well]).iloc[0]
            total, n = total + profile[list(bundle.landmarks)].to_numpy(float), n + 1
    return pd.Series(bundle.genome_of((total / n)[None].astype(np.float32))[0][0], list(bundle.genes)), n


def test_a_level_is_the_translated_mean_of_the_control_wells_of_a_line(made, simulated_data, trained):
    lines = made.known_levels.lines
    from_wells = lines.index[lines["level_from"] == "control wells"]
    assert len(from_wells) > 1
    genes = list(made.genes.index)
    for cell in from_wells[:3]:
        expected, n = level_by_hand(simulated_data, trained["best"], cell)
        np.testing.assert_allclose(made.levels(genes).loc[cell], expected[genes], **ROUNDING)
        assert lines.loc[cell, "n_profiles"] == n


def test_a_line_of_level_5_alone_has_its_baseline(made, simulated_data, trained):
    lines, bundle = made.known_levels.lines, trained["best"]
    cells = lines.index[lines["level_from"] == "baseline"]
    baselines = open_profiles(simulated_data / "l1000" / "baseline.gctx").frame()
    signatures = made.signatures.astype({"cell_id": str, "source": str})
    of_wells = set(signatures.loc[signatures["source"] == "wells", "cell_id"])
    others = set(signatures["cell_id"]) - of_wells
    assert set(cells) == others & set(baselines.index)
    for cell in cells[:3]:
        profile = baselines.loc[cell, list(bundle.landmarks)].to_numpy(np.float32)
        expected = pd.Series(bundle.genome_of(profile[None])[0][0], list(bundle.genes))
        np.testing.assert_allclose(made.levels("GATA3").loc[cell], expected["GATA3"], **ROUNDING)


def test_the_level_of_a_signature_is_that_of_its_line(made):
    genes, levels = ["FKBP5", "GATA3"], made.levels(["FKBP5", "GATA3"])
    rows = np.array([5, 0, len(made.signatures) - 1])
    some, every = made.control_level(genes, rows), made.control_level(genes)
    assert every.shape == (len(made.signatures), 2) and every.dtype == np.float32
    np.testing.assert_array_equal(some, every[rows])
    for cell, level in zip(made.signatures["cell_id"].astype(str), every, strict=True):
        expected = levels.loc[cell] if cell in levels.index else [np.nan, np.nan]
        np.testing.assert_array_equal(level, expected)


def test_an_index_without_levels_answers_not_known(index):
    assert index.known_levels is None and index.levels("FKBP5").shape == (0, 1)
    level = index.control_level(["FKBP5", "GATA3"])
    assert level.shape == (240, 2) and np.isnan(level).all()
    assert set(expressed(level).ravel()) == {"not known"}


def test_a_merged_index_keeps_the_levels(made, index_path, tmp_path):
    build_index([*sources_of(made.path), *sources_of(index_path)], tmp_path / "both.h5", progress=False)
    both = Index(tmp_path / "both.h5")
    pd.testing.assert_frame_equal(both.known_levels.lines, made.known_levels.lines, check_dtype=False)
    genes = list(both.genes.index)
    np.testing.assert_array_equal(both.levels(genes), made.levels(genes))
    of_others = both.signatures["cell_id"].isin(list("ABC")).to_numpy()
    assert np.isnan(both.control_level("FKBP5")[of_others]).all() and of_others.sum() == 240


def table(kinds, n, values, genes=("G1", "G2")):
    lines = pd.DataFrame({"level_from": list(kinds.values()), "n_profiles": n}, list(kinds))
    return ControlLevels(lines, pd.Index(genes), np.array(values, np.float32))


def test_control_wells_come_before_a_baseline_and_more_wells_before_fewer():
    first = table({"A": "baseline", "B": "control wells", "C": "all wells"}, [9, 3, 9], np.eye(3, 2))
    second = table({"A": "control wells", "B": "control wells", "C": "baseline"}, [1, 4, 1], 5 + np.eye(3, 2))
    third = table({"D": "baseline"}, [1], [[7]], ["G2"])
    chosen = joined([None, first, second, third], ["A", "B", "C", "D"], ["G2", "G1"])
    assert chosen.lines["n_profiles"].tolist() == [1, 4, 1, 1]
    np.testing.assert_array_equal(chosen.values, [[5, 6], [6, 5], [5, 5], [7, np.nan]])
    assert joined([first], ["Z"], ["G1"]) is None and joined([None], ["A"], ["G1"]) is None
    assert list(joined([first, second], ["B"], ["G1"]).lines.index) == ["B"]


def test_a_line_without_controls_has_the_mean_of_the_wells_it_is_compared_with(
    simulated_data, trained, tmp_path
):
    info = read_metadata(simulated_data / "l1000" / "inst_info.txt")
    cell = info.loc[info["pert_type"] == "trt_cp", "cell_id"].mode()[0]
    kept = info[(info["cell_id"] != cell) | ~info["pert_type"].str.startswith("ctl")]
    (tmp_path / "l1000").mkdir()
    kept.to_csv(tmp_path / "l1000" / "inst_info.txt", sep="\t", index_label="inst_id")
    profiles = open_profiles(simulated_data / "l1000" / "level3.gctx").frame(kept.index)
    write_gctx(tmp_path / "l1000" / "level3.gctx", profiles)
    index_folder(tmp_path, tmp_path / "i.h5", trained["best"], progress=False)
    without = Index(tmp_path / "i.h5")
    expected, n = level_by_hand(tmp_path, trained["best"], cell, lambda kind: True)
    assert without.known_levels.lines.loc[cell].tolist() == ["all wells", n]
    np.testing.assert_allclose(without.levels("GATA3").loc[cell], expected["GATA3"], **ROUNDING)
    others = without.known_levels.lines.drop(index=cell)
    assert len(others) and (others["level_from"] == "control wells").all()


def test_of_many_wells_some_are_read_evenly_over_the_plates(simulated_data, trained, made, monkeypatch):
    from l1000_rnaseq.search.wells_source import WellsSource

    monkeypatch.setattr(control_levels, "MOST_WELLS", 4)
    folder = simulated_data / "l1000"
    source = WellsSource.of(folder / "level3.gctx", folder / "inst_info.txt", trained["best"])
    info, cell = read_metadata(folder / "inst_info.txt"), source.levels.lines.index[0]
    assert (source.levels.lines["n_profiles"] == 4).all()
    wells = sorted(info.index[(info["cell_id"] == cell) & info["pert_type"].str.startswith("ctl")])
    chosen = [wells[round(k * (len(wells) - 1) / 3)] for k in range(4)]
    mean = open_profiles(folder / "level3.gctx").frame(chosen)[list(trained["best"].landmarks)].mean()
    expected = trained["best"].genome_of(mean.to_numpy(np.float32)[None])[0][0]
    np.testing.assert_allclose(source.levels.values[0], expected, rtol=1e-4, atol=1e-4)


def test_a_level_near_one_read_in_a_million_is_unclear():
    levels = [0, 0.49, 0.5, control_levels.EXPRESSED, 1.99, 2, 14, np.nan]
    words = ["off", "off", "unclear", "unclear", "unclear", "on", "on", "not known"]
    assert expressed(levels).tolist() == words


def test_the_demo_index_knows_markers_of_its_lines():
    on = {"MCF7": ["GATA3", "KRT18"], "JURKAT": ["CD3E", "PTPRC"], "THP1": ["PTPRC"], "HFL1": ["VIM"]}
    off = {"MCF7": ["PTPRC", "CD3E"], "HFL1": ["PTPRC", "KLK3"], "A549": ["PTPRC", "CD3E"], "PC3": ["PTPRC"]}
    demo = Index()
    for word, lines in (("on", on), ("off", off)):
        for cell, genes in lines.items():
            said = expressed(demo.levels(genes).loc[cell])
            assert (said == word).all(), (cell, dict(zip(genes, said, strict=True)))
    unknown = np.isnan(demo.control_level("GATA3")[:, 0])
    assert set(demo.signatures["cell_id"][unknown].astype(str)) == {"HEK293"}  # no control, no baseline
