"""Training-side evidence for step 1: whether translated lines resemble RNA-seq lines of their lineage.

The real pairs may not choose the model. Lines of the same lineage (melanoma, plasma cell, …) stand on both
sides of the training data without being the same line: how well their means agree says which translator to
ship. The table of lineages, `assets/lineages.tsv`, was written for this from the lines' tissues of origin.
"""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd


@cache
def _table() -> pd.DataFrame:
    path = resources.files("l1000_rnaseq") / "assets" / "lineages.tsv"
    with resources.as_file(path) as file:
        return pd.read_csv(file, sep="\t", index_col="lineage")


def all_lineages() -> list[str]:
    """Return the names of the lineages, in the order of the table."""
    return list(_table().index)


def lineage_means(profiles: pd.DataFrame, lines: pd.Series, side: str) -> pd.DataFrame:
    """Average the samples of each line, then the lines of each lineage.

    Parameters
    ----------
    profiles : DataFrame, samples × genes
    lines : Series, samples
        Cell line of each sample.
    side : {"l1000", "rnaseq"}
        Whose names of cell lines these are.

    Returns
    -------
    DataFrame, lineages × genes; lineages without a line are left out.
    """
    by_line = profiles.groupby(lines.to_numpy()).mean()
    means = {}
    for lineage, names in _table()[side].items():
        present = [name for name in names.split("|") if name in by_line.index]
        if present:
            means[lineage] = by_line.loc[present].mean()
    return pd.DataFrame(means).T


def lineages_of(lines: pd.Series, side: str) -> np.ndarray:
    """Return the lineage of each cell line, '' where it has none; `side` as in `lineage_means`."""
    known = {name: lineage for lineage, names in _table()[side].items() for name in names.split("|")}
    return np.array([known.get(str(line), "") for line in lines], object)
