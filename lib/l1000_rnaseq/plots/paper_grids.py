"""Plotly figures of the paper's benchmarks: grids of violins, of PCA spaces, of scatters; bridge plots."""

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from l1000_rnaseq.plots.style import DASHES, PALETTE, finish, violin


def violin_grid(
    table: pd.DataFrame, rows: str, columns: str, by: str, value: str, title: str, axis_titles: dict[str, str]
) -> go.Figure:
    """Draw a violin for each group in a grid of panels, as Fig. 3 and its supplements.

    Parameters
    ----------
    table : DataFrame, values × (rows, columns, by, value)
    rows, columns, by, value : str
        Columns of the table: panels down, panels across, violins of a panel, the value.
    title : str
    axis_titles : dict, row → title of its vertical axis
    """
    down, across = list(axis_titles), list(dict.fromkeys(table[columns]))
    names = list(dict.fromkeys(table[by]))
    heads = ["<br>".join(wrap(str(name), max(110 // len(across), 10))) for name in across]
    figure = make_subplots(
        len(down), len(across), column_titles=heads, horizontal_spacing=0.05, vertical_spacing=0.04,
        shared_xaxes=True,
    )  # fmt: skip
    figure.update_annotations(font_size=13)
    for (row, column, name), part in table.groupby([rows, columns, by], sort=False):
        if row not in axis_titles:
            continue
        colour = PALETTE[names.index(name) % len(PALETTE)]
        trace = violin(part[value], name, colour, 300, x0=name, marker_size=4)
        figure.add_trace(trace, row=down.index(row) + 1, col=across.index(column) + 1)
    for number, row in enumerate(down, start=1):
        figure.update_yaxes(title_text=axis_titles[row], row=number, col=1)
    figure.update_xaxes(tickangle=-40, automargin=True, showticklabels=False)
    figure.update_xaxes(showticklabels=True, row=len(down))
    n_lines = max(head.count("<br>") for head in heads)
    return finish(figure, title, 140 + 190 * len(down) + 16 * n_lines, margin={"t": 90 + 16 * n_lines})


def scatter_grid(
    panels: dict[str, pd.DataFrame], title: str, x_title: str, y_title: str, columns: int = 4, size: int = 6
) -> go.Figure:
    """Draw small multiples of points: a panel for each table, a colour and a symbol for each group.

    Parameters
    ----------
    panels : dict, panel → DataFrame, points × (x, y, group)
        A column `name`, where there is one, is shown on hovering.
    title, x_title, y_title : str
    columns : int
        Panels across.
    size : int
        Of the points, pixels.
    """
    n_rows = -(-len(panels) // columns)
    figure = make_subplots(
        n_rows, columns, subplot_titles=list(panels), horizontal_spacing=0.05,
        vertical_spacing=min(0.25 / n_rows, 0.12),
    )  # fmt: skip
    figure.update_annotations(font_size=12)
    groups = list(dict.fromkeys(name for table in panels.values() for name in table["group"]))
    symbols, in_legend = ("circle", "diamond", "square", "cross"), set()
    for number, table in enumerate(panels.values()):
        for name, part in table.groupby("group", sort=False):
            kind = groups.index(name)
            marker = {"size": size, "opacity": 0.7, "symbol": symbols[kind % 4], "color": PALETTE[kind % 8]}
            points = go.Scatter(
                x=part["x"].round(3), y=part["y"].round(3), mode="markers", name=str(name), marker=marker,
                legendgroup=str(name), showlegend=name not in in_legend, text=part.get("name"),
            )  # fmt: skip
            in_legend.add(name)
            figure.add_trace(points, row=number // columns + 1, col=number % columns + 1)
    figure.update_xaxes(title_text=x_title, row=n_rows).update_yaxes(title_text=y_title, col=1)
    legend = {"orientation": "h", "y": -65 / (210 * n_rows), "yanchor": "top"}
    return finish(figure, title, 200 + 210 * n_rows, legend=legend, margin={"t": 90, "b": 110})


def bridge(
    panels: dict[str, dict[str, np.ndarray]],
    title: str,
    band: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
    grey: dict[str, np.ndarray] | None = None,
    columns: int = 2,
    colours: tuple[str, ...] = PALETTE,
) -> go.Figure:
    """Draw running walks over ranked genes, as Fig. 5 and 6: a panel for each gene set and weighting.

    Parameters
    ----------
    panels : dict, panel → dict, signature → walk (array, genes)
        Long walks are thinned to 250 points. In a name "form, method" the form sets the colour, the method
        the dashes.
    title : str
    band : dict, panel → (low, high), optional
        Permutation band: walks of random gene sets.
    grey : dict, panel → array, random signatures × genes, optional
    columns : int
        Panels across.
    colours : tuple of str
        Of the forms, in their order.
    """
    n_rows = -(-len(panels) // columns)
    figure = make_subplots(
        n_rows, columns, subplot_titles=list(panels), horizontal_spacing=0.08,
        vertical_spacing=min(0.3 / n_rows, 0.14),
    )  # fmt: skip
    figure.update_annotations(font_size=12 if columns < 4 else 10)
    names = list(dict.fromkeys(name for walks in panels.values() for name in walks))
    forms, methods = (list(dict.fromkeys(name.partition(", ")[part] for name in names)) for part in (0, 2))
    for number, (panel, walks) in enumerate(panels.items()):
        panel_at = {"row": number // columns + 1, "col": number % columns + 1}
        if band and panel in band:
            low, high = (_thin(end) for end in band[panel])
            x = np.r_[low[0], high[0][::-1]]
            figure.add_scatter(
                x=x, y=np.r_[low[1], high[1][::-1]], fill="toself", fillcolor="rgba(150,150,150,.3)",
                line={"width": 0}, name="95 % of random gene sets", showlegend=number == 0, hoverinfo="skip",
                **panel_at,
            )  # fmt: skip
        for k, walk in enumerate(grey[panel] if grey and panel in grey else ()):
            x, y = _thin(walk, 80)
            figure.add_scatter(
                x=x, y=y, line={"color": "#BBBBBB", "width": 0.7}, name="other compounds",
                legendgroup="random", showlegend=k == 0 and panel == next(iter(grey)), hoverinfo="skip",
                mode="lines", **panel_at,
            )  # fmt: skip
        for name, walk in walks.items():
            x, y = _thin(walk)
            form, _, method = name.partition(", ")
            line = {
                "color": colours[forms.index(form) % len(colours)],
                "dash": DASHES[methods.index(method) % 4],
                "width": 2,
            }
            figure.add_scatter(
                x=x, y=y, mode="lines", name=name, legendgroup=name, line=line,
                showlegend=not any(name in earlier for earlier in list(panels.values())[:number]), **panel_at,
            )  # fmt: skip
    figure.add_hline(y=0, line={"color": "#888888", "width": 1})
    figure.update_xaxes(title_text="rank of the gene", row=n_rows).update_yaxes(title_text="walk", col=1)
    return finish(
        figure,
        title,
        190 + 250 * n_rows,
        legend={"orientation": "h", "y": -75 / (250 * n_rows), "yanchor": "top"},
        margin={"t": 90},
    )


def _thin(walk: np.ndarray, points: int = 250) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks and values of a walk at `points` ranks."""
    positions = np.unique(np.linspace(0, len(walk) - 1, min(points, len(walk))).astype(int))
    return positions + 1, np.round(np.asarray(walk)[positions], 4)
