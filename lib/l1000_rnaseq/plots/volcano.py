"""Figures of the gene search: volcano plots and consensus bars."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from l1000_rnaseq.plots.style import PALETTE, finish

UP, DOWN, DISCORDANT = PALETTE[5], PALETTE[0], "#BDBDBD"
HOVER = (
    "<b>%{customdata[0]}</b> · %{customdata[1]}<br>%{customdata[2]} %{customdata[3]} · %{customdata[4]} h<br>"
    "log2 fold change %{x:.2f} · |CD| %{y:.4f} · rank %{customdata[5]}<br>"
    "%{customdata[6]:.0f} replicates, agreement %{customdata[7]:.2f}<extra></extra>"
)


def volcano(signatures: pd.DataFrame, title: str, labels: int = 6) -> go.Figure:
    """Draw signatures of one gene: log2 fold change against the size of the characteristic direction.

    Signatures that move the gene up and down have a colour and a symbol each. Discordant ones, where fold
    change and characteristic direction disagree in sign, are grey, as in the paper's Fig. 8.

    Parameters
    ----------
    signatures : DataFrame
        As `search.by_gene.search` returns it, direction "both".
    title : str
    labels : int
        Number of signatures named on each side, the most extreme.
    """
    figure = go.Figure()
    kinds = {
        "discordant": (~signatures["concordant"], DISCORDANT, "circle-open"),
        "up": (signatures["concordant"] & (signatures["log2fc"] > 0), UP, "triangle-up"),
        "down": (signatures["concordant"] & (signatures["log2fc"] <= 0), DOWN, "triangle-down"),
    }
    hover_columns = ["pert_iname", "cell_id", "dose", "dose_unit", "time", "rank", "n_treated", "agreement"]
    for name, (rows, colour, symbol) in kinds.items():
        part = signatures[rows].drop_duplicates("sig_id")
        shown = part[hover_columns].astype(object).where(part[hover_columns].notna(), "")
        marker = {"color": colour, "symbol": symbol, "size": 9, "line": {"width": 1, "color": colour}}
        figure.add_scatter(
            x=part["log2fc"].round(3),
            y=part["cd"].abs().round(5),
            mode="markers",
            name=f"{name} ({len(part)})",
            marker=marker,
            customdata=shown.to_numpy(),
            hovertemplate=HOVER,
        )
    for row in _extremes(signatures[signatures["concordant"]], labels).itertuples():
        text = escape(f"{row.pert_iname} {row.cell_id}", quote=False)  # plotly reads some HTML
        anchor, shift = ("left", 8) if row.log2fc > 0 else ("right", -8)
        figure.add_annotation(
            x=row.log2fc, y=abs(row.cd), text=text, showarrow=False, xanchor=anchor, xshift=shift,
            font={"size": 11},
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": "#999999", "width": 1})
    widest = 1.45 * float(signatures["log2fc"].abs().max())  # room for the labels
    figure.update_xaxes(title_text="log2 fold change", range=[-widest, widest])
    figure.update_yaxes(title_text="|characteristic direction|", rangemode="tozero")
    return finish(figure, title, 460, legend={"orientation": "h", "y": 1.01, "yanchor": "bottom"})


def _extremes(signatures: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the n most extreme signatures up and down whose labels do not collide."""
    size = (signatures["log2fc"] / signatures["log2fc"].abs().max()).abs() + (
        signatures["cd"] / signatures["cd"].abs().max()
    ).abs()
    named, label_spots = [], []
    height, width = signatures["cd"].abs().max() * 0.045, signatures["log2fc"].abs().max() * 0.5
    for row_name in size.sort_values(ascending=False).index:
        row = signatures.loc[row_name]
        spot = (row["log2fc"], abs(row["cd"]))
        if any(abs(spot[0] - x) < width and abs(spot[1] - y) < height for x, y in label_spots):
            continue
        if sum((x > 0) == (spot[0] > 0) for x, _ in label_spots) < n:
            named.append(row_name)
            label_spots.append(spot)
    return signatures.loc[named]


def consensus_bars(perturbagens: pd.DataFrame, title: str, n: int = 15) -> go.Figure:
    """Draw the perturbagens that move a gene most consistently, with their number of groups and p-value.

    Parameters
    ----------
    perturbagens : DataFrame
        As `search.consensus.consensus` returns it.
    title : str
    n : int
        Number of rows shown, from the first.
    """
    table = perturbagens.head(n).iloc[::-1]
    colours = np.where(table["relative_rank"] > 0, UP, DOWN)
    text = [
        f"n {groups:.0f}, p {p:.2g}" if np.isfinite(p) else ("once" if groups == 1 else f"n {groups:.0f}")
        for groups, p in zip(table["groups"], table["p"], strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=table["relative_rank"].round(4),
            y=[escape(str(name), quote=False) for name in table.index],
            orientation="h",
            marker_color=colours,
            text=text,
            textposition="outside",
            cliponaxis=False,
        )
    )
    figure.update_xaxes(
        title_text="mean relative rank of the gene: +1 first, −1 last of its signatures", range=[-1.5, 1.5]
    )
    figure.update_yaxes(type="category", automargin=True)
    return finish(figure, title, 140 + 26 * len(table))
