"""The paper's own test material, GTEx samples of GSE92743, as a `PairTest`."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.gse92743 import load_gtex_pairs
from l1000_rnaseq.evaluate.pairs import PairTest, benchmark_bundles, with_reference_of
from l1000_rnaseq.stats.splits import split_groups
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.normalize import Normalization

SHARE_APART = 0.2  # share of the donors that only gives the constant


def gtex_pair_test(
    folder: Path, normalization: Normalization, transductive: bool = False, seed: int = 0
) -> PairTest:
    """Load the GTEx pairs of a folder onto a training reference.

    A fifth of the donors is never scored. Their mean is the no-input prediction and the centre of centred
    metrics; `pairs.on_hpa_scale` learns the offset between RPKM and CPM from it.

    Parameters
    ----------
    folder : path
    normalization : Normalization
    transductive : bool
        Take the quantile reference from the test samples themselves, as the paper's benchmark did.
    seed : int
        Of the donors set apart.
    """
    pairs = load_gtex_pairs(folder)
    is_apart = split_groups(pairs.info["donor"], SHARE_APART, seed)
    if transductive:
        normalization = with_reference_of(normalization, pairs.rnaseq[~is_apart])
    values = normalization.transform(pairs.rnaseq).dropna(axis=1) * np.float32(
        np.log2(normalization.log_base)
    )
    return PairTest(
        pairs.l1000[~is_apart],
        values[~is_apart],
        pd.Series(values[is_apart].mean(), values.columns),
        pairs.info["donor"].to_numpy(str)[~is_apart],
        "mean of other donors (no input)",
    )


def benchmark_on_gtex(folder: Path, bundles: dict[str, Bundle]) -> pd.DataFrame:
    """Measure bundles on the GTEx pairs of a folder, without an offset learned from them.

    Returns
    -------
    DataFrame
        As that of `pairs.benchmark_bundles`. Its lines are donors.
    """
    return benchmark_bundles(folder, bundles, calibrate=False, material=gtex_pair_test)
