import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from l1000_rnaseq import plots

DRAW = np.random.default_rng(0)
SCORES = pd.DataFrame(
    {"r": [0.1, 0.5, 0.4], "low": [0.0, 0.4, 0.2], "high": [0.3, 0.6, 0.5], "space": ["a", "a", "b"]},
    index=["mean", "model", "model"],
)
PCA = pd.DataFrame({"PC1": [0.0, 1.0, 2.0], "PC2": [1.0, 0.0, 1.0], "group": ["L1000", "RNA-seq", "RNA-seq"]})
LOSSES = pd.DataFrame({"epoch": [1, 2, 3], "cycle": [3.0, 2.0, 1.5], "identity": [1.0, 0.5, 0.4]})
GRID = pd.DataFrame([[0.9, -0.2], [0.1, 0.4]], ["A549", "PC3"], ["A549", "PC3"])

FIGURES = {
    "loss_curves": lambda: plots.loss_curves({"a": LOSSES, "b": LOSSES}, "Losses fall"),
    "lines": lambda: plots.lines({"a": pd.Series([1.0, 2.0], [0.1, 1.0])}, "Up", "penalty", "MSE", True),
    "distributions": lambda: plots.distributions({"a": DRAW.normal(size=500)}, "Bell", "log2"),
    "violins": lambda: plots.violins({"p": {"a": DRAW.normal(size=5000), "b": np.zeros(9)}}, "Wide", "r"),
    "metric_bars": lambda: plots.metric_bars(SCORES, "r", "Model wins", "r", "low", "high", "space", 0),
    "gene_scatter": lambda: plots.gene_scatter({"g": (DRAW.normal(size=50),) * 2}, "Good", "x", "y"),
    "heatmap": lambda: plots.heatmap({"a": GRID, "b": GRID}, "Diagonal", "x", "y", "r"),
    "pca_scatter": lambda: plots.pca_scatter({"raw": PCA, "centred": PCA}, "Apart"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_template_title_and_axis_titles(name):
    figure = FIGURES[name]()
    assert isinstance(figure, go.Figure)
    assert figure.layout.template == plots.TEMPLATE
    assert figure.layout.title.text
    if name != "violins":  # the methods under a violin name themselves
        assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text or name == "metric_bars"  # names of methods stand there
    assert len(figure.to_json()) < 200_000


def test_metric_bars_draws_the_first_row_on_top_with_its_interval():
    figure = plots.metric_bars(SCORES.iloc[:2], "r", "Model wins", "r", "low", "high")
    (points,) = figure.data
    assert list(figure.layout.yaxis.ticktext) == ["model", "mean"]
    assert list(points.y) == [1, 0]
    np.testing.assert_allclose(points.error_x.array, [0.2, 0.1])
    np.testing.assert_allclose(points.error_x.arrayminus, [0.1, 0.1])


def test_distributions_are_densities_and_leave_out_missing_values():
    figure = plots.distributions({"a": np.array([0.0, 1.0, np.nan, 1.0])}, "Two values", "log2", bins=10)
    width = figure.data[0].x[1] - figure.data[0].x[0]
    assert sum(figure.data[0].y) * width == pytest.approx(1, rel=0.01)


def test_violins_thin_long_vectors_to_their_quantiles():
    values = DRAW.normal(size=20_000)
    drawn = plots.violins({"p": {"a": values}}, "Wide", "r").data[0].y
    assert len(drawn) == 800
    assert np.median(drawn) == pytest.approx(np.median(values), abs=0.01)
    assert max(drawn) == pytest.approx(values.max(), abs=1e-3)


def test_heatmaps_share_a_scale_centred_on_zero():
    axis = plots.heatmap({"a": GRID, "b": GRID * 0.5}, "Diagonal", "x", "y", "r").layout.coloraxis
    assert (axis.cmin, axis.cmax) == (-0.9, 0.9)


def test_a_set_keeps_its_colour_in_every_panel_of_distributions():
    values = DRAW.normal(size=200)
    figure = plots.distribution_panels(
        {"before": {"a": values, "b": values}, "after": {"c": values, "b": values}}, "Bell", "log2"
    )
    colours = {}
    for trace in figure.data:
        assert colours.setdefault(trace.name, trace.line.color) == trace.line.color
        assert np.sum(trace.y) * np.diff(trace.x).mean() == pytest.approx(1, rel=0.01)
    assert len(set(colours.values())) == 3
    assert [trace.name for trace in figure.data if trace.showlegend] == ["a", "b", "c"]


@pytest.mark.parametrize("ends", [(0.577, 0.61), (0.1, 40.0), (3.0, 3.02), (0.999, 1.3), (0.0, 2.0)])
def test_a_loss_that_hardly_moves_has_ticks_too(ends):
    history = pd.DataFrame({"cycle": np.linspace(*ends, 9)})
    axis = plots.loss_curves({"a": history}, "Losses").layout.yaxis
    inside = [tick for tick in axis.tickvals if 0.8 * ends[0] <= tick <= 1.25 * ends[1]]
    assert 2 <= len(inside) <= 12 and len(set(axis.ticktext)) == len(axis.ticktext)
