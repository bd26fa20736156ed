"""Figures of classes of perturbagens: confusion, accuracy by class, agreement with RNA-seq."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from l1000_rnaseq.plots.charts import metric_bars
from l1000_rnaseq.plots.style import PALETTE, finish, free_labels


def class_correlations(table: pd.DataFrame, title: str) -> go.Figure:
    """Draw how well a class's predicted changes agree with RNA-seq, beside chance and ceiling.

    Parameters
    ----------
    table : DataFrame, (study, genes compared) × (r, low, high, random classes, ceiling)
        As `evaluate.unmeasured_genes.compare_unmeasured` returns it, of one model.
    title : str
    """
    names = {
        "r": "the class, with 95 % interval over compounds",
        "random classes": "95 % of random classes are below",
        "ceiling": "ceiling: from the study's own landmarks",
    }
    labels = [f"{study}<br>{genes}" for study, genes in table.index]
    parts = [
        pd.DataFrame({"r": table[column].to_numpy(), "what": name}, labels) for column, name in names.items()
    ]
    for end in ("low", "high"):
        parts[0][end] = table[end].to_numpy()
    points = pd.concat(parts)
    figure = metric_bars(
        points, "r", title, "correlation of log2 changes over genes", "low", "high", "what", shift=0.0
    )
    return figure.update_layout(
        height=230 + 46 * len(table),
        legend={"orientation": "h", "y": -0.28, "yanchor": "top"},
        margin={"b": 110},
    )


def named_scatter(
    table: pd.DataFrame, x: str, y: str, title: str, x_title: str, y_title: str, labels: int = 12
) -> go.Figure:
    """Draw points with names: the highest and the lowest are written, as many as do not collide.

    Parameters
    ----------
    table : DataFrame, names × (x, y)
    x, y : str
        Its columns.
    title, x_title, y_title : str
    labels : int
        Names written at most; all are shown on hovering.
    """
    points = table.sort_values(y, kind="stable")
    figure = go.Figure(
        go.Scatter(
            x=points[x], y=points[y].round(4), text=list(points.index), mode="markers",
            marker={"size": 8, "color": PALETTE[0], "opacity": 0.75},
            hovertemplate="%{text}: %{x}, %{y}<extra></extra>",
        )
    )  # fmt: skip
    order = [k for pair in zip(range(len(points)), range(len(points))[::-1], strict=True) for k in pair]
    ordered = points.iloc[list(dict.fromkeys(order))]
    width, height = (share * float(np.ptp(points[name])) for share, name in ((0.22, x), (0.05, y)))
    for k in free_labels(ordered[x].to_numpy(), ordered[y].to_numpy(), labels, width, height):
        figure.add_annotation(
            x=ordered[x].iloc[k], y=ordered[y].iloc[k], text=escape(str(ordered.index[k]), quote=False),
            showarrow=False, yshift=11, font={"size": 10},
        )  # fmt: skip
    figure.update_xaxes(title_text=x_title).update_yaxes(title_text=y_title)
    return finish(figure, title, 460)


def confusion_matrix(shares: pd.DataFrame, title: str) -> go.Figure:
    """Draw what each class is taken for: rows are true classes, columns what was put first.

    Parameters
    ----------
    shares : DataFrame, true classes × named classes
        Shares of each row, as `classify.scores.confusion` returns them. Shares of 0.05 and more are written.
    title : str
    """
    values = shares.to_numpy()
    figure = go.Figure(
        go.Heatmap(
            z=values.round(3), x=list(shares.columns), y=list(shares.index),
            colorscale="Blues", zmin=0, zmax=1,
            text=np.where(values >= 0.05, np.char.mod("%.2f", values), ""), texttemplate="%{text}",
            textfont={"size": 10}, colorbar={"title": "share"}, xgap=1, ygap=1,
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", automargin=True, title_text="true class")
    figure.update_xaxes(tickangle=-45, automargin=True, title_text="put first")
    return finish(figure, title, 330 + 26 * len(shares))
