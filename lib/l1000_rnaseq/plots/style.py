"""One template, one colour-blind-safe palette and one size for every figure; one kind of violin."""

import numpy as np
import plotly.graph_objects as go

# Okabe and Ito's palette, the order chosen so that neighbours differ in lightness too
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#999999")
WIDTH = 860
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "Arial, Helvetica, sans-serif", "size": 13, "color": "#222222"},
        "title": {"font": {"size": 16}, "x": 0.01, "xanchor": "left", "y": 0.97, "yanchor": "top"},
        "colorway": PALETTE,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 70, "r": 25, "t": 70, "b": 60},
        "xaxis": {"showline": True, "linecolor": "#666666", "gridcolor": "#e8e8e8", "zeroline": False},
        "yaxis": {"showline": True, "linecolor": "#666666", "gridcolor": "#e8e8e8", "zeroline": False},
    }
)
DASHES = ("solid", "dash", "dot", "dashdot")


def violin(values: np.ndarray, name: str, colour: str, n_quantiles: int, **options) -> go.Violin:
    """Draw values, those that are not NaN, as a violin; more than 30 with a box, fewer as points.

    More than `n_quantiles` values are replaced by so many quantiles: the file is small, the shape the same.
    """
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if len(values) > n_quantiles:
        values = np.quantile(values, np.linspace(0, 1, n_quantiles))
    is_small = len(values) <= 30
    return go.Violin(
        y=values.round(4),
        name=name,
        line_color=colour,
        points="all" if is_small else False,
        box_visible=not is_small,
        meanline_visible=is_small,
        spanmode="hard",
        scalemode="width",
        showlegend=False,
        **options,
    )


def finish(figure: go.Figure, title: str, height: int = 400, **layout) -> go.Figure:
    """Give a figure the house's template, title and size."""
    return figure.update_layout(template=TEMPLATE, title_text=title, width=WIDTH, height=height, **layout)


def free_labels(x: np.ndarray, y: np.ndarray, n: int, width: float, height: float) -> list[int]:
    """Choose points whose labels do not collide, the first points first.

    Parameters
    ----------
    x, y : array
        Points in the order of their importance.
    n : int
        Labels at most.
    width, height : float
        Of a label, in the units of x and y.

    Returns
    -------
    list of int, positions in x

    Examples
    --------
    >>> free_labels(np.array([0, 0.01, 1]), np.array([0, 0.01, 1]), 5, 0.1, 0.1)
    [0, 2]
    """
    chosen: list[int] = []
    for point in range(len(x)):
        is_free = all(abs(x[point] - x[k]) > width or abs(y[point] - y[k]) > height for k in chosen)
        if is_free and len(chosen) < n:
            chosen.append(point)
    return chosen
