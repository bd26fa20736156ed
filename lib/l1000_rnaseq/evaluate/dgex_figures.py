"""D-GEX's size, dropout, hubs and hidden units: Figures 1, 5, S2 and S3 of Chen et al. 2016."""

from dataclasses import replace

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate import dgex_tables
from l1000_rnaseq.evaluate.dgex_sources import SourceData
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.translate.dgex.weight_map import activations, nonlinearity, weight_map
from l1000_rnaseq.translate.settings import DGEX_MODERN, DGEXSettings

HUB_THRESHOLDS = {"the paper's 4 and 5 sd": (4, 5), "3 and 3.5 sd": (3, 3.5)}


def size_grid(data: SourceData, ridge: float, divisor: int = 9, epochs: int = 40) -> pd.DataFrame:
    """Train the architectures of Table 2 (dropout 25 %), so many times narrower, on one source held out.

    Returns
    -------
    DataFrame, (layers, units) × (published, here, LR-L2 here)
        Mean absolute error; units as published. Published is of GTEx.
    """
    parts, rows = data.parts(data.asked), {}
    for layers, units in dgex_tables.PUBLISHED_MAE_BY_SIZE.index:
        size = {"layers": layers, "units": units // divisor, "dropout": 0.25, "epochs": epochs}
        fitted = parts.fit(replace(DGEX_MODERN, **size), data.seed)
        published = dgex_tables.PUBLISHED_MAE_BY_SIZE.loc[(layers, units), "GTEx, 25 %"]
        rows[layers, units] = {
            "published": published,
            "here": parts.errors(fitted).mean(),
            "LR-L2 here": ridge,
        }
    return table_of(rows, ["layers", "units"])


def by_layers(grid: pd.DataFrame) -> dict[str, pd.Series]:
    """Return a curve over the layers for each width of a `size_grid`, and ridge regression beside them."""
    curves = {
        f"{units:,} units as published": part["here"].droplevel("units")
        for units, part in grid.groupby("units")
    }
    ridge = grid["LR-L2 here"].groupby("layers").first()
    curves = {name: curve.set_axis([f"{n}" for n in curve.index]) for name, curve in curves.items()}
    return curves | {"LR-L2": ridge.set_axis([f"{n}" for n in ridge.index])}


def without_structure(counts: pd.Series, seed: int = 0) -> pd.Series:
    """Draw Poisson numbers of the same mean, sorted like the connections of `hub_table`."""
    drawn = np.random.default_rng(seed).poisson(counts.mean(), len(counts))
    return pd.Series(np.sort(drawn)[::-1], counts.index)


def watch_dropout(data: SourceData, units: int = 600, epochs: int = 100) -> pd.DataFrame:
    """Follow the error on a source held out over the paper's training (Fig. 5): epochs × dropout.

    The error is looked at only; it chooses nothing.
    """
    parts, watched = data.parts(data.asked), {}
    for label, dropout in {"no dropout": 0.0, "dropout 10 %": 0.1, "dropout 25 %": 0.25}.items():
        settings = DGEXSettings(layers=2, units=units, dropout=dropout, epochs=epochs)
        history = parts.fit(settings, data.seed, watch=parts.out).history
        watched[label] = history.set_index("epoch")["valid"]
    return pd.DataFrame(watched)


def hub_table(net, landmarks: list[str], targets: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Count the major weights of a network and the units in which they meet (Fig. S3).

    Returns
    -------
    table : DataFrame, threshold × numbers
    counts : Series, units, most connections first
        Major output weights of each unit, at the looser threshold.
    """
    rows = {}
    for label, least in HUB_THRESHOLDS.items():
        found = weight_map(net, landmarks, targets, *least)
        rows[label] = {
            "landmark weights": len(found.inputs),
            "target weights": len(found.outputs),
            "expected, if normal": round(found.expected),
            "units": len(found.units),
            "units with half of the target weights": int(found.units["hub"].sum()),
            "most in one unit": int(found.units["outputs"].max()),
        }
    counts = found.units["outputs"].to_numpy()
    return table_of(rows, ["a weight is major beyond"]), pd.Series(counts, np.arange(1, len(counts) + 1))


def beyond_a_line(data: SourceData, net) -> tuple[pd.DataFrame, int]:
    """Ask whether hidden units carry more than landmarks do (Fig. S2).

    Parameters
    ----------
    data : SourceData
    net
        A network that has not seen `data.asked`.

    Returns
    -------
    DataFrame, question × (landmarks, hidden units, genes better by hidden units)
        adjusted R², training samples: of least squares (larger is better). error, source held out: of ridge
        regression (smaller is better).
    int
        Degrees of freedom left to the adjusted R²; with fewer than 2 it is left out.
    """
    parts, rows = data.parts(data.asked), {}
    hidden, free = activations(net, parts.x), 0
    free = int(parts.learn.sum()) - max(hidden.shape[1], parts.x.shape[1]) - 1
    if free > 1:
        fits = nonlinearity(net, parts.x[parts.learn], parts.y[parts.learn], data.targets)
        better = (fits["activations"] > fits["landmarks"]).mean()
        means = fits[["landmarks", "activations"]].mean()
        rows["adjusted R², training samples"] = (*means, better)
    over = [
        dgex_tables.compare_methods(
            *((values[rows_], parts.y[rows_]) for rows_ in (parts.learn, parts.valid, parts.out)),
            None, lasso=False, progress=False,
        ).by_gene["LR-L2"]
        for values in (parts.x, hidden)
    ]  # fmt: skip
    better = dgex_tables.share_better(over[1], over[0])
    rows[f"error, {data.asked} held out"] = (over[0].mean(), over[1].mean(), better)
    names = ["landmarks", "hidden units", "genes better by hidden units"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    return table.rename_axis("fit over"), free
