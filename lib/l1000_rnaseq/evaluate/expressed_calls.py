"""How often genes that are called on or off by translated levels are so by RNA-seq."""

import numpy as np
import pandas as pd

from l1000_rnaseq.search.control_levels import EXPRESSED, expressed


def call_rates(levels: pd.DataFrame, truth: pd.DataFrame, constant: pd.Series) -> pd.DataFrame:
    """Count calls and how many of them are right.

    Parameters
    ----------
    levels : DataFrame, lines × genes, log2(CPM+1), translated
    truth : DataFrame, lines × genes, the same unit or log2(TPM+1), measured
    constant : Series, genes
        Mean of other lines by RNA-seq: calls without any input.

    Returns
    -------
    DataFrame, calls × (share, right, right_varying)
        Calls are off, unclear, on, and those of one cut at `EXPRESSED`, by the levels and by `constant`.
        share: of all lines × genes that both have. right: of these so by RNA-seq. right_varying: the same
        for genes that are on in some of the lines and off in others. "unclear" is right where the gene is on.
    """
    genes = truth.columns.intersection(levels.columns).intersection(constant.index)
    real = truth[genes].to_numpy(float)
    is_on, guess = real >= EXPRESSED, levels.loc[truth.index, genes].to_numpy(float)
    usual = np.tile(constant[genes].to_numpy(float), (len(real), 1))
    known = np.isfinite(real) & np.isfinite(guess) & np.isfinite(usual)
    varying = (is_on.any(axis=0) & ~is_on.all(axis=0))[None] & known
    words = expressed(guess)
    calls = {word: (words == word, is_on == (word != "off")) for word in ("off", "unclear", "on")}
    calls["one cut"] = np.ones_like(known), is_on == (guess >= EXPRESSED)
    calls["one cut, mean of other lines"] = np.ones_like(known), is_on == (usual >= EXPRESSED)
    rows = {
        name: {
            "share": called[known].mean(),
            "right": right[called & known].mean() if (called & known).any() else np.nan,
            "right_varying": right[called & varying].mean() if (called & varying).any() else np.nan,
        }
        for name, (called, right) in calls.items()
    }
    return pd.DataFrame(rows).T
