"""Figures of the ageing case study: samples, one comparison, frequent genes, what reverses ageing."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from l1000_rnaseq.plots.style import PALETTE, finish, free_labels
from l1000_rnaseq.plots.volcano import DISCORDANT, DOWN, UP

CHANCE = "#999999"
MAX_POINTS = 1500  # of the genes that are not significant: the cloud looks the same, the file is small


def samples_heatmap(
    info: pd.DataFrame, title: str, tissue: str = "SMTS", counted: str = "SUBJID", least: int = 3
) -> go.Figure:
    """Draw how many donors (or samples) each tissue has in each age bracket.

    Parameters
    ----------
    info : DataFrame, samples × (AGE, the tissue column, the column `counted`)
    title : str
    tissue : str
    counted : str
        Column whose different values are counted: SUBJID counts donors; "" counts samples.
    least : int
        Numbers below it are red: too few to compare.
    """
    rows = info if not counted else info.drop_duplicates([tissue, "AGE", counted])
    table = pd.crosstab(rows[tissue], rows["AGE"])
    table = table.loc[table.sum(axis=1).sort_values(kind="stable").index]
    counted_name = "samples" if not counted else "donors" if counted == "SUBJID" else counted
    figure = go.Figure(
        go.Heatmap(
            z=np.log10(table.to_numpy() + 1).round(4),
            x=list(table.columns),
            y=list(table.index),
            customdata=table.to_numpy(),
            hovertemplate="%{y}, %{x} years: %{customdata} " + counted_name + "<extra></extra>",
            colorscale="Blues",
            showscale=False,
        )
    )
    dark = np.log10(table.to_numpy().max() + 1) * 0.6
    for (row, column), count in np.ndenumerate(table.to_numpy()):
        shade = "white" if np.log10(count + 1) > dark else "#222222"
        figure.add_annotation(
            x=table.columns[column],
            y=table.index[row],
            text=str(count),
            showarrow=False,
            font={"color": "#C0392B" if count < least else shade, "size": 12},
        )
    figure.update_xaxes(title_text=f"age bracket, years (numbers: {counted_name})", type="category")
    figure.update_yaxes(title={"text": "tissue", "standoff": 12}, type="category", automargin=True)
    return finish(figure, title, 170 + 24 * len(table))


def comparison_volcano(
    genes: pd.DataFrame, title: str, fdr: float = 0.05, labels: int = 8, seed: int = 0
) -> go.Figure:
    """Draw one comparison: log2 fold change against −log10 p of limma-voom.

    Parameters
    ----------
    genes : DataFrame, genes × (log2fc, p, fdr, cd)
        One of `AgingSignatures.genes`.
    title : str
    fdr : float
        Genes below it are coloured, up and down.
    labels : int
        Number of genes named on each side, those of the largest |characteristic direction| whose names do not
        collide.
    seed : int
        Of the sample of grey points that is drawn.
    """
    table = genes.assign(y=-np.log10(genes["p"].clip(lower=1e-300)))
    is_significant = table["fdr"] < fdr
    parts = {
        "up": (table[is_significant & (table["log2fc"] > 0)], UP, "triangle-up"),
        "down": (table[is_significant & (table["log2fc"] <= 0)], DOWN, "triangle-down"),
    }
    grey = table[~is_significant]
    name = f"FDR ≥ {fdr:g} ({len(grey):,}{', a sample' if len(grey) > MAX_POINTS else ''})"
    if len(grey) > MAX_POINTS:
        grey = grey.iloc[np.sort(np.random.default_rng(seed).choice(len(grey), MAX_POINTS, replace=False))]
    figure = go.Figure()
    for label, (part, colour, symbol) in {name: (grey, DISCORDANT, "circle"), **parts}.items():
        figure.add_scattergl(
            x=part["log2fc"].round(3),
            y=part["y"].round(3),
            mode="markers",
            name=label if label == name else f"{label} ({len(part):,})",
            marker={"color": colour, "symbol": symbol, "size": 5},
            text=list(part.index),
            hovertemplate="%{text}: log2 fold change %{x}, −log10 p %{y}<extra></extra>",
        )
    strongest = table.assign(size=table["cd"].abs()).sort_values("size", ascending=False, kind="stable")
    size = 0.13 * np.ptp(table["log2fc"]), 0.045 * table["y"].max()
    named = [
        side.iloc[free_labels(side["log2fc"].to_numpy(), side["y"].to_numpy(), labels, *size)]
        for side in (strongest[strongest["log2fc"] > 0].head(40), strongest[strongest["log2fc"] < 0].head(40))
    ]
    for gene, row in pd.concat(named).iterrows():
        figure.add_annotation(
            x=row["log2fc"], y=row["y"], text=str(gene), showarrow=False, yshift=9, font={"size": 10}
        )
    figure.update_xaxes(title_text="log2 fold change, older − young")
    figure.update_yaxes(title_text="−log10 p, limma-voom", rangemode="tozero")
    return finish(figure, title, 460, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom"})


def frequent_bars(table: pd.DataFrame, title: str, n: int = 20) -> go.Figure:
    """Draw the most frequent genes, up and down, with their count under permuted ages.

    Parameters
    ----------
    table : DataFrame
        As `frequent_genes.frequent_genes` returns it; without chance, bars only.
    title : str
    n : int
        Genes of each direction, the first on top.
    """
    figure = make_subplots(
        rows=1, cols=2, subplot_titles=["rises with age", "falls with age"], horizontal_spacing=0.16
    )
    for column, (way, colour) in enumerate((("up", UP), ("down", DOWN)), start=1):
        part = table[table["direction"] == way].head(n).iloc[::-1]
        bars = go.Bar(x=part["count"], y=part["gene"], orientation="h", name="counted", marker_color=colour)
        figure.add_trace(bars.update(showlegend=False), row=1, col=column)
        if part["chance"].notna().any():
            points = go.Scatter(
                x=part["chance"].round(3), y=part["gene"], mode="markers", name="mean with permuted ages",
                marker={"symbol": "line-ns", "size": 12, "line": {"width": 3, "color": "#222222"}},
                showlegend=column == 1,
            )  # fmt: skip
            figure.add_trace(points, row=1, col=column)
    figure.update_xaxes(title_text="signatures with the gene among the top", rangemode="tozero")
    figure.update_yaxes(type="category", automargin=True, tickfont={"size": 11})
    figure.update_annotations(font_size=13)
    legend = {"orientation": "h", "y": -80 / (19 * n), "yanchor": "top"}
    return finish(figure, title, 190 + 19 * n, legend=legend, margin={"b": 95})


def count_curves(curve: pd.DataFrame, title: str) -> go.Figure:
    """Draw how many genes are at the top of k signatures or more, against permuted ages (mean, 5 to 95 %).

    Parameters
    ----------
    curve : DataFrame
        As `frequent_genes.count_curve` returns it. 0 genes are drawn at 0.5.
    title : str
    """
    figure = make_subplots(rows=1, cols=2, subplot_titles=["rises with age", "falls with age"])
    for column, (way, colour) in enumerate((("up", UP), ("down", DOWN)), start=1):
        part = curve[curve["direction"] == way]
        band = {name: part[name].clip(lower=0.5) for name in ("genes", "chance", "low", "high")}
        shade = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        dashed = {"color": CHANCE, "dash": "dash"}
        traces = [
            go.Scatter(x=part["k"], y=band["high"], **shade),
            go.Scatter(x=part["k"], y=band["low"], **shade, fill="tonexty", fillcolor="rgba(153,153,153,.3)"),
            go.Scatter(x=part["k"], y=band["chance"], name="permuted ages", line=dashed),
            go.Scatter(x=part["k"], y=band["genes"], name=f"counted, {way}", line={"color": colour}),
        ]  # fmt: skip
        for trace in traces:
            if column == 2 and trace.name == "permuted ages":
                trace.showlegend = False
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title_text="signatures, at least")
    figure.update_yaxes(type="log", dtick=1).update_yaxes(title_text="genes among the top", col=1)
    figure.update_annotations(font_size=13)
    legend = {"orientation": "h", "y": -0.3, "yanchor": "top"}
    return finish(figure, title, 400, legend=legend, margin={"b": 100})


def reversal_scatter(
    matched: pd.DataFrame, title: str, name: str = "pert_iname", labels: int = 8
) -> go.Figure:
    """Draw every reference signature by its cosine and its connectivity score with an ageing signature.

    Parameters
    ----------
    matched : DataFrame
        As `search.by_signature.match_signatures` returns it.
    title : str
    name : str
        Column written beside the `labels` most reversing and most mimicking signatures.
    labels : int
    """
    figure = go.Figure()
    strong = matched["cosine_p_family"] < 0.05
    kinds = {
        "matches no better than chance": (~strong, DISCORDANT, "circle"),
        "reverses ageing": (strong & (matched["cosine"] < 0), PALETTE[2], "triangle-left"),
        "mimics ageing": (strong & (matched["cosine"] >= 0), PALETTE[1], "triangle-right"),
    }
    for label, (rows, colour, symbol) in kinds.items():
        part = matched[rows]
        figure.add_scattergl(
            x=part["cosine"].round(4),
            y=part["connectivity"].round(4),
            mode="markers",
            name=f"{label} ({len(part):,})",
            marker={"color": colour, "symbol": symbol, "size": 6},
            text=list(part[name].astype(str)),
            hovertemplate="%{text}: cosine %{x}, connectivity %{y}<extra></extra>",
        )
    ordered = matched.sort_values("cosine", kind="stable")
    size = 0.13 * np.ptp(matched["cosine"]), 0.045 * np.ptp(matched["connectivity"])
    named = [
        end.iloc[free_labels(end["cosine"].to_numpy(), end["connectivity"].to_numpy(), labels, *size)]
        for end in (ordered.head(20), ordered.tail(20)[::-1])
    ]
    for _, row in pd.concat(named).iterrows():
        text = escape(str(row[name]), quote=False)  # plotly reads some HTML
        figure.add_annotation(
            x=row["cosine"], y=row["connectivity"], text=text, showarrow=False, yshift=9, font={"size": 10}
        )
    figure.update_xaxes(title_text="cosine with the ageing signature: negative reverses it")
    figure.update_yaxes(title_text="weighted connectivity score")
    return finish(figure, title, 460, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom"})
