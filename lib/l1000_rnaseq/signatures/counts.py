"""The signature of a two-group RNA-seq count table: limma-voom, with donors or batches as blocks."""

import numpy as np
import pandas as pd

from .moderated_t import fit_genes, moderated_t, two_group_design, voom


def voom_signature(
    counts: pd.DataFrame, treated: np.ndarray, block: np.ndarray | None = None, min_count: float = 10
) -> pd.DataFrame:
    """Compare treated with control samples of one study.

    Parameters
    ----------
    counts : DataFrame, samples × genes, linear counts
    treated : array of bool, samples
    block : array, samples, optional
        Donor of each sample (a paired design); one value for all is no block.
    min_count : float
        Genes with fewer reads than this in more samples than the larger group has are left out.

    Returns
    -------
    DataFrame, genes that are expressed × (log2fc, mean, t, p, fdr).

    Raises
    ------
    ValueError
        A group is empty, there are no residual degrees of freedom, or no gene is expressed.
    """
    treated = np.asarray(treated, bool)
    smaller = min(int(treated.sum()), int((~treated).sum()))
    values = counts.to_numpy(np.float64)
    kept = (values >= min_count).sum(axis=0) >= max(smaller, 1)
    if not kept.any():
        raise ValueError(f"no gene has {min_count:g} reads in {smaller} samples; are these linear counts?")
    matrix = two_group_design(treated, block)
    logged, weights = voom(values[:, kept], matrix, values.sum(axis=1))
    table = moderated_t(fit_genes(logged, matrix, weights))
    return table.set_axis(counts.columns[kept])
