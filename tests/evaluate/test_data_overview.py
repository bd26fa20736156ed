"""Counts, shares and distances of a data folder, recomputed by plain loops."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.cohorts import load_counts, load_l1000
from l1000_rnaseq.evaluate import data_overview as overview
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.prepare import prepare


@pytest.fixture(scope="module")
def data(simulated_data):
    return prepare(simulated_data, PRESETS["best"])


def test_every_well_is_counted_once(simulated_data):
    table = overview.count_wells(simulated_data)
    wells = pd.read_csv(simulated_data / "l1000" / "inst_info.txt", sep="\t", dtype=str)
    assert table["wells"].sum() == len(wells) and table["wells"].is_monotonic_decreasing
    pd.testing.assert_series_equal(
        table.drop(columns=["wells", "plates"]).sum(axis=1), table["wells"], check_names=False
    )
    line = table.index[0]
    part = wells[wells["cell_id"] == line]
    assert table.loc[line, "plates"] == len(set(part["rna_plate"]))
    assert table.loc[line, "vehicle control"] == (part["pert_type"] == "ctl_vehicle").sum()


def test_intensities_are_those_of_the_wells_of_a_line(simulated_data):
    l1000 = load_l1000(simulated_data)
    line = overview.count_wells(simulated_data).index[1]
    rows = [
        k
        for k, row in enumerate(l1000.info.itertuples())
        if (row.line, row.source) == (line, "L1000 Level 3")
    ]
    values = overview.intensities(simulated_data, [line])[line]
    np.testing.assert_array_equal(values, l1000.profiles.to_numpy()[rows].ravel())


def test_samples_are_counted_by_source(simulated_data):
    cohort = load_counts(simulated_data)
    table = overview.count_samples(cohort, "D2H2")
    assert table["samples"].sum() == len(cohort.profiles)
    for source, row in table.iterrows():
        part = cohort.keep((cohort.info["source"] == source).to_numpy())
        assert row["series"] == len(set(part.info["series"]))
        assert row["genes measured"] == (part.profiles.notna().sum() > 0).sum()
        assert row["trained on"] == ("D2H2" not in source)


def test_values_of_a_source_are_of_its_samples_only():
    source = np.repeat(["b", "a"], [50, 3])
    values = np.where(source == "a", 1.0, 2.0)[:, None] + np.zeros((53, 4))
    chosen = overview.values_by_source(values, source, n_samples=10)
    assert {name: (len(v), set(v)) for name, v in chosen.items()} == {"a": (12, {1.0}), "b": (40, {2.0})}
    assert list(chosen) == ["a", "b"] and overview.spread_of_means(chosen) == 1


def test_shares_add_up_and_lines_are_made_equal(simulated_data):
    shares = overview.line_shares(simulated_data)
    np.testing.assert_allclose(shares.sum(), 1)
    np.testing.assert_allclose(shares["every line equal"], 1 / len(shares))
    lines = load_l1000(simulated_data).info["line"]
    np.testing.assert_allclose(
        shares["every well equal"], lines.value_counts(normalize=True).loc[shares.index]
    )


def test_source_weights_add_up(data):
    table = overview.source_weights(data)
    assert table["samples"].sum() == len(data.rnaseq)
    np.testing.assert_allclose(table[["share of samples", "weight in step 1"]].sum(), 1)


def test_technologies_are_apart_until_their_means_are_removed(data):
    panels = overview.technologies_pca(data, 60)
    gaps = [overview.gap_on_first_component(points) for points in panels.values()]
    assert gaps[0] > 1 and gaps[1] < 1e-2 * gaps[0]
    assert set(panels["as measured"]["group"]) >= {"L1000, cell line"}


def test_the_gap_is_counted_in_standard_deviations():
    points = pd.DataFrame({"PC1": [0.0, 0.0, 4.0, 4.0], "group": ["L1000, x"] * 2 + ["RNA-seq, y"] * 2})
    assert overview.gap_on_first_component(points) == pytest.approx(4 / points["PC1"].std())


def test_no_more_wells_are_drawn_than_have_weight(data):
    few = np.zeros(len(data.l1000))
    few[:5] = 0.2
    points = overview.technologies_pca(replace(data, l1000_weights=few), 60)["as measured"]
    assert (points["group"] == "L1000, cell line").sum() == 5
