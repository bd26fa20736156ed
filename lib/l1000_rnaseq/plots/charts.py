"""Plain charts that many notebooks draw: lines, bars, violins, scatters, heat maps."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from l1000_rnaseq.plots.style import DASHES, PALETTE, finish, violin

LOG_TICKS = {  # plotly labels the ticks between decades by their first digit only
    "tickvals": [digit * 10.0**power for power in range(-5, 6) for digit in (1, 2, 5)],
    "ticktext": [f"{digit * 10.0**power:g}" for power in range(-5, 6) for digit in (1, 2, 5)],
}


def _log_ticks(values: np.ndarray) -> dict:
    """Return at least three ticks of a logarithmic axis over values, however near they are to each other."""
    values = values[values > 0]
    if not len(values):
        return LOG_TICKS
    low, high = values.min(), values.max()
    ticks = [tick for tick in LOG_TICKS["tickvals"] if low / 1.05 <= tick <= high * 1.05]
    if len(ticks) < 3:
        step = 10.0 ** np.floor(np.log10(max(high - low, 0.01 * high)))
        step *= next(factor for factor in (0.2, 0.5, 1, 2, 5, 10) if (high - low) / (factor * step) <= 6)
        ticks = list(np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step)
    return {"tickvals": ticks, "ticktext": [f"{tick:.6g}" for tick in ticks]}


def _style(number: int) -> dict:
    """Return colour and dash of the n-th series: where colours run out, the dash changes."""
    return {
        "color": PALETTE[number % len(PALETTE)],
        "dash": DASHES[number // len(PALETTE) % len(DASHES)],
        "width": 2,
    }


def _panels(names: list[str], **options) -> go.Figure:
    figure = make_subplots(rows=1, cols=len(names), subplot_titles=names, **options)
    return figure.update_annotations(font_size=13)


def loss_curves(histories: dict[str, pd.DataFrame], title: str, y_title: str = "loss") -> go.Figure:
    """Draw training histories: a panel for each loss, a line for each run.

    Parameters
    ----------
    histories : dict, run → DataFrame, epochs × losses
        A column `epoch` is the horizontal axis; without it, the row number.
    title, y_title : str
        The vertical axes are logarithmic.
    """
    losses = [name for name in next(iter(histories.values())).columns if name != "epoch"]
    figure = _panels(losses, horizontal_spacing=0.08)
    for number, (run, history) in enumerate(histories.items()):
        epochs = history["epoch"] if "epoch" in history else np.arange(1, len(history) + 1)
        for column, loss in enumerate(losses, start=1):
            line = go.Scatter(
                x=epochs, y=history[loss], name=run, line=_style(number), showlegend=column == 1
            )
            figure.add_trace(line, row=1, col=column)
    figure.update_xaxes(title_text="epoch").update_yaxes(type="log").update_yaxes(title_text=y_title, col=1)
    for column, loss in enumerate(losses, start=1):
        values = np.concatenate([history[loss].to_numpy(float) for history in histories.values()])
        figure.update_yaxes(**_log_ticks(values), col=column)
    return finish(figure, title, 380, legend={"orientation": "h", "y": -0.28})


def lines(
    curves: dict[str, pd.Series],
    title: str,
    x_title: str,
    y_title: str,
    log_x: bool = False,
    markers: bool = True,
    levels: dict[str, float] | None = None,
) -> go.Figure:
    """Draw one line for each series against its index; `levels` are named horizontal lines."""
    figure = go.Figure()
    for number, (name, curve) in enumerate(curves.items()):
        mode = "lines+markers" if markers else "lines"
        figure.add_scatter(x=curve.index, y=curve.to_numpy(), name=name, mode=mode, line=_style(number))
    for name, level in (levels or {}).items():
        figure.add_hline(
            y=level, line={"color": "#666666", "dash": "dash"}, annotation_text=name,
            annotation_position="top left",
        )  # fmt: skip
    figure.update_xaxes(title_text=x_title, **({"type": "log"} | LOG_TICKS if log_x else {}))
    figure.update_yaxes(title_text=y_title)
    return finish(figure, title, showlegend=True, legend={"orientation": "h", "y": -0.3})


def distributions(values: dict[str, np.ndarray], title: str, x_title: str, bins: int = 60) -> go.Figure:
    """Draw the densities of several sets of values over common bins."""
    return distribution_panels({"": values}, title, x_title, bins)


def distribution_panels(
    panels: dict[str, dict[str, np.ndarray]], title: str, x_title: str, bins: int = 60
) -> go.Figure:
    """Draw the densities of several sets of values: a panel for each stage, one colour for each set.

    Parameters
    ----------
    panels : dict, panel → dict, set → values
        A set keeps its colour in all panels. All panels have the same bins.
    title, x_title : str
    bins : int
    """
    finite = {
        panel: {name: np.asarray(v, float)[~np.isnan(np.asarray(v, float))] for name, v in values.items()}
        for panel, values in panels.items()
    }
    every = np.concatenate([v for values in finite.values() for v in values.values()])
    edges = np.histogram_bin_edges(every, bins)
    middle = ((edges[:-1] + edges[1:]) / 2).round(3)
    names = list(dict.fromkeys(name for values in panels.values() for name in values))
    figure, shown = _panels(list(panels), shared_yaxes=True, horizontal_spacing=0.05), set()
    for column, values in enumerate(finite.values(), start=1):
        for name, v in values.items():
            density = np.histogram(v, edges, density=True)[0].round(5)
            line = go.Scatter(
                x=middle, y=density, name=name, mode="lines", line=_style(names.index(name)),
                legendgroup=name, showlegend=name not in shown,
            )  # fmt: skip
            figure.add_trace(line, row=1, col=column)
            shown.add(name)
    figure.update_xaxes(title_text=x_title).update_yaxes(title_text="density", col=1)
    return finish(figure, title, 440, showlegend=True, legend={"orientation": "h", "y": -0.3})


def violins(panels: dict[str, dict[str, np.ndarray]], title: str, y_title: str) -> go.Figure:
    """Draw violins with their median: a panel for each group of methods × values.

    Parameters
    ----------
    panels : dict, panel → dict, method → values
    title, y_title : str
    """
    figure = _panels(list(panels), horizontal_spacing=0.09)
    for column, methods in enumerate(panels.values(), start=1):
        for number, (name, values) in enumerate(methods.items()):
            figure.add_trace(violin(values, name, PALETTE[number % len(PALETTE)], 800), row=1, col=column)
    figure.update_yaxes(title_text=y_title, col=1).update_xaxes(tickangle=-45, automargin=True)
    return finish(figure, title, 480)


def metric_bars(
    table: pd.DataFrame,
    value: str,
    title: str,
    x_title: str,
    low: str | None = None,
    high: str | None = None,
    group: str | None = None,
    reference: float | None = None,
    shift: float = 0.25,
) -> go.Figure:
    """Draw one metric for each method (the index) as points with intervals, the first row on top.

    Parameters
    ----------
    table : DataFrame, methods × metrics
    value, low, high : str
        Columns of the point and of the ends of its interval.
    title, x_title : str
    group : str, optional
        Column whose values are told apart by colour and shape.
    reference : float, optional
        Position of a vertical line.
    shift : float
        Distance between the groups of a row, in rows.
    """
    figure = go.Figure()
    order = list(dict.fromkeys(table.index))[::-1]
    parts = [("", table)] if group is None else list(table.groupby(group, sort=False))
    for number, (name, part) in enumerate(parts):
        up = (number - (len(parts) - 1) / 2) * -shift
        y = [order.index(method) + up for method in part.index]
        bars = None
        if low is not None and high is not None:
            plus, minus = part[high] - part[value], part[value] - part[low]
            bars = {"array": plus, "arrayminus": minus, "thickness": 1.4, "width": 4}
        style = {"color": PALETTE[number], "size": 10, "symbol": ("circle", "diamond", "square")[number % 3]}
        figure.add_scatter(x=part[value], y=y, mode="markers", name=str(name), error_x=bars, marker=style)
    if reference is not None:
        figure.add_vline(x=reference, line={"color": "#999999", "dash": "dash"})
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=order, automargin=True)
    figure.update_xaxes(title_text=x_title)
    return finish(figure, title, 150 + 32 * len(order), showlegend=group is not None)


def gene_scatter(
    panels: dict[str, tuple[np.ndarray, np.ndarray]], title: str, x_title: str, y_title: str
) -> go.Figure:
    """Draw measured against predicted values, coloured by local density: a panel for each gene.

    Parameters
    ----------
    panels : dict, panel → (measured, predicted)
    title, x_title, y_title : str
    """
    figure = _panels(list(panels), horizontal_spacing=0.07)
    for column, (x, y) in enumerate(panels.values(), start=1):
        counts, *edges = np.histogram2d(x, y, bins=25)
        cell = [np.clip(np.digitize(v, e) - 1, 0, 24) for v, e in zip((x, y), edges, strict=True)]
        density = np.log1p(counts[cell[0], cell[1]])
        marker = {"color": density, "colorscale": "Cividis", "size": 4}
        figure.add_trace(
            go.Scattergl(x=x, y=y, mode="markers", marker=marker, showlegend=False), row=1, col=column
        )
        ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
        diagonal = go.Scatter(
            x=ends, y=ends, mode="lines", line={"color": "#999999", "dash": "dash"}, showlegend=False
        )
        figure.add_trace(diagonal, row=1, col=column)
    figure.update_xaxes(title_text=x_title).update_yaxes(title_text=y_title, col=1)
    return finish(figure, title, 380)


def heatmap(
    tables: dict[str, pd.DataFrame], title: str, x_title: str, y_title: str, colour_title: str
) -> go.Figure:
    """Draw matrices side by side on one diverging scale around 0, blue above and red below."""
    figure = _panels(list(tables), shared_yaxes=True, horizontal_spacing=0.06)
    limit = max(float(np.nanmax(np.abs(table.to_numpy()))) for table in tables.values())
    scale = {"colorscale": "RdBu", "cmin": -limit, "cmax": limit, "colorbar": {"title": colour_title}}
    for column, table in enumerate(tables.values(), start=1):
        cells = go.Heatmap(
            z=table.to_numpy().round(3), x=list(table.columns), y=list(table.index), coloraxis="coloraxis"
        )
        figure.add_trace(cells, row=1, col=column)
    figure.update_yaxes(autorange="reversed", automargin=True).update_yaxes(title_text=y_title, col=1)
    figure.update_xaxes(title_text=x_title, tickangle=-45, automargin=True)
    return finish(figure, title, 500, coloraxis=scale)


def pca_scatter(panels: dict[str, pd.DataFrame], title: str) -> go.Figure:
    """Draw the first two principal components: a panel for each space, a colour for each group.

    Parameters
    ----------
    panels : dict, panel → DataFrame, samples × (PC1, PC2, group)
    title : str
    """
    figure = _panels(list(panels), horizontal_spacing=0.09)
    groups = list(dict.fromkeys(name for table in panels.values() for name in table["group"]))
    symbols = ("circle", "diamond", "square", "cross", "triangle-up", "x")
    for column, table in enumerate(panels.values(), start=1):
        for number, name in enumerate(groups):
            part = table[table["group"] == name]
            marker = {"size": 5, "opacity": 0.65, "symbol": symbols[number % 6], "color": PALETTE[number % 8]}
            points = go.Scatter(
                x=part["PC1"], y=part["PC2"], mode="markers", name=name, marker=marker, showlegend=column == 1
            )
            figure.add_trace(points, row=1, col=column)
    figure.update_xaxes(title_text="PC1, log2 units").update_yaxes(title_text="PC2, log2 units", col=1)
    return finish(figure, title, 450, legend={"orientation": "h", "y": -0.28})
