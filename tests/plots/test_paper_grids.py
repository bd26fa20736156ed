"""Figures of the paper's benchmarks: what is drawn where, in which colour, how much of it."""

import numpy as np
import pandas as pd
from l1000_rnaseq import plots
from l1000_rnaseq.plots.style import PALETTE


def test_every_violin_stands_in_the_panel_of_its_row_and_column():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        [
            (metric, space, name, value)
            for metric in ("pcc", "rmse", "mse")
            for space in ("landmarks", "genome")
            for name in ("model", "baseline")
            for value in rng.normal(size=500)
        ],
        columns=["metric", "space", "comparison", "value"],
    )
    units = {"pcc": "r", "rmse": "log2"}
    figure = plots.violin_grid(table, "metric", "space", "comparison", "value", "t", units)
    assert len(figure.data) == 8  # the metric without a unit is not drawn
    first = figure.data[0]
    part = table[
        (table["metric"] == "pcc") & (table["space"] == "landmarks") & (table["comparison"] == "model")
    ]
    assert len(first.y) == 300 and np.isclose(np.max(first.y), part["value"].max(), atol=1e-4)
    assert first.line.color == PALETTE[0] and figure.data[1].line.color == PALETTE[1]
    assert {trace.xaxis for trace in figure.data} == {"x", "x2", "x3", "x4"}
    assert [a.text for a in figure.layout.annotations] == ["landmarks", "genome"]


def test_long_titles_of_panels_are_broken_so_that_they_do_not_collide():
    names = [f"a source of RNA-seq with a long name {k}" for k in range(5)]
    table = pd.DataFrame({"m": "pcc", "space": names, "by": "model", "value": 0.5})
    figure = plots.violin_grid(table, "m", "space", "by", "value", "t", {"pcc": "r"})
    lines = [line for note in figure.layout.annotations for line in note.text.split("<br>")]
    assert max(map(len, lines)) * 5 <= 110 and len(lines) >= 10
    assert figure.layout.margin.t >= 90 + 16 * (len(lines) // 5 - 1)


def test_scatters_share_colours_and_one_legend_over_the_panels():
    panel = pd.DataFrame({"x": [1.0, 2], "y": [0.0, 1], "group": ["L1000", "RNA-seq"], "name": ["a", "b"]})
    two = pd.DataFrame({"x": [3.0], "y": [4.0], "group": ["RNA-seq"]})
    figure = plots.scatter_grid({"A": panel, "B": two}, "t", "PC1", "PC2", columns=2)
    assert [trace.name for trace in figure.data] == ["L1000", "RNA-seq", "RNA-seq"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False]
    assert figure.data[1].marker.color == figure.data[2].marker.color == PALETTE[1]
    assert figure.data[2].xaxis == "x2" and list(figure.data[0].text) == ["a"]


def test_a_bridge_plot_has_band_grey_walks_and_colour_by_form_dash_by_method():
    walk = np.r_[np.linspace(0, 0.3, 500), np.linspace(0.3, 0, 500)]
    walks = {"L1000, limma": walk, "L1000, fold change": walk / 2, "model, limma": -walk}
    panels = {"ChEA": walks, "ENCODE": {"model, limma": walk}}
    figure = plots.bridge(panels, "t", {"ChEA": (walk - 1, walk + 1)}, {"ENCODE": np.array([walk, walk])})
    band, a, b, c, grey, _, last = figure.data
    assert band.fill == "toself" and len(band.x) == 500 and band.name.startswith("95 %")
    assert a.line.color == b.line.color != c.line.color and a.line.dash != b.line.dash
    assert a.line.dash == c.line.dash and len(a.x) == 250 and a.x[0] == 1 and a.x[-1] == 1000
    assert grey.line.color == "#BBBBBB" and grey.showlegend and last.showlegend is False
    assert np.isclose(max(a.y), 0.3, atol=0.01)
