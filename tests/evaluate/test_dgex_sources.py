"""D-GEX on sources held out: no sample on two sides, errors by hand, figures from their tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import dgex_figures, dgex_tables
from l1000_rnaseq.evaluate.dgex_sources import MODERN, PAPER, STRICT, WITHIN, SourceData, compare_sources
from l1000_rnaseq.stats.splits import source_folds
from l1000_rnaseq.translate.settings import DGEX_MODERN


@pytest.fixture(scope="module")
def data() -> SourceData:
    """Three sources of 80 samples, each shifted; 30 targets are linear in 10 landmarks."""
    rng = np.random.default_rng(0)
    source = np.repeat(["GTEx", "A", "B"], 80)
    x = rng.normal(size=(240, 10)).astype(np.float32)
    y = (x @ rng.normal(size=(10, 30)) + rng.normal(0, 0.3, (240, 30))).astype(np.float32)
    shift = {name: rng.normal(0, 3, 30) for name in ("GTEx", "A", "B")}
    y += np.array([shift[name] for name in source], np.float32)
    samples = pd.DataFrame({"source": source, "group": [f"d{k // 2}" for k in range(240)]})
    folds = source_folds(samples["source"], samples["group"])
    return SourceData(x, y, samples, [f"M{k}" for k in range(10)], [f"T{k}" for k in range(30)], folds, 0)


@pytest.fixture(scope="module")
def compared(data):
    small = replace(DGEX_MODERN, units=16, epochs=3)
    return compare_sources(data, {PAPER: small, MODERN: small})


def test_parts_are_disjoint_and_groups_whole(data):
    parts = data.parts("A")
    assert (parts.learn.astype(int) + parts.valid + parts.out == 1).all()
    groups = data.samples["group"]
    assert not set(groups[parts.learn]) & set(groups[parts.valid])
    assert set(data.samples["source"][parts.out]) == {"A"}
    assert np.abs(parts.y[parts.out].mean(axis=0)).max() < 1e-5  # by its own mean
    assert np.abs(data.parts("A", within=False).y[parts.out].mean(axis=0)).max() > 0.5  # its offset stays
    assert data.asked == "GTEx"
    assert data.sizes().loc["A"].to_dict() == {"held out": 80, "to learn from": 160}


def test_errors_are_those_of_the_held_out_samples(data, compared):
    parts = data.parts("B")
    mean = np.abs(parts.y[parts.out]).mean(axis=0)
    np.testing.assert_allclose(compared.by_gene["B", WITHIN]["mean"], mean, rtol=1e-5)
    row = compared.table.loc[("B", WITHIN, "LR-L2")]
    errors = compared.by_gene["B", WITHIN]
    assert row["mean error"] == pytest.approx(errors["LR-L2"].mean())
    assert row["better than LR"] == (errors["LR-L2"] < errors["LR"]).mean()
    assert row["mean error"] < 0.2 < compared.table.loc[("B", STRICT, "LR-L2"), "mean error"]
    assert PAPER not in compared.by_gene["B", STRICT] and MODERN in compared.by_gene["B", STRICT]
    means = compared.means()
    assert means.loc["mean", WITHIN] == pytest.approx(
        np.mean([compared.by_gene[s, WITHIN]["mean"].mean() for s in data.folds])
    )


def test_the_paper_is_beside_ours(compared):
    table = compared.beside_published("GTEx")
    assert list(table.index) == list(dgex_tables.PUBLISHED_MAE.index)
    assert table.loc["D-GEX", "mean error, GTEx here"] == compared.by_gene["GTEx", WITHIN][PAPER].mean()
    assert table.loc["LR", "GTEx, published"] == 0.4702


def test_sizes_and_dropout_make_curves(data):
    grid = dgex_figures.size_grid(data, 0.25, divisor=1000, epochs=2)
    assert grid.loc[(2, 9000), "published"] == 0.4393 and np.isfinite(grid["here"]).all()
    curves = dgex_figures.by_layers(grid)
    assert curves["LR-L2"].tolist() == [0.25] * 3
    assert curves["3,000 units as published"].tolist() == grid["here"].xs(3000, level="units").tolist()
    watched = dgex_figures.watch_dropout(data, units=8, epochs=3)
    assert watched.shape == (3, 3) and np.isfinite(watched).all().all()


def test_hubs_are_counted_and_hidden_units_judged(data, compared):
    net = compared.networks["GTEx", MODERN]
    table, counts = dgex_figures.hub_table(net, data.landmarks, data.targets)
    assert (table["units"] == 16).all() and len(counts) == 16 and counts.is_monotonic_decreasing
    assert counts.sum() == table["target weights"].iloc[-1]
    even = dgex_figures.without_structure(pd.Series([4.0] * 5000))
    assert even.is_monotonic_decreasing and even.mean() == pytest.approx(4, abs=0.15)
    beyond, free = dgex_figures.beyond_a_line(data, net)
    learn = data.parts("GTEx").learn.sum()
    assert free == learn - 16 - 1 and len(beyond) == 2
    assert beyond.iloc[1]["landmarks"] == pytest.approx(compared.by_gene["GTEx", WITHIN]["LR-L2"].mean())
