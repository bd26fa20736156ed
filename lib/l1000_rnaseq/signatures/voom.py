"""The signature of a two-group RNA-seq count table: limma-voom, with donors or batches as blocks."""

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.edger import filter_by_expression, tmm_factors
from l1000_rnaseq.signatures.limma import fit_genes, moderated_t, two_group_design, voom


def voom_signature(
    counts: pd.DataFrame, treated: np.ndarray, block: np.ndarray | None = None
) -> pd.DataFrame:
    """Compare treated with control samples of one study: edgeR's gene filter and TMM factors, limma-voom.

    Parameters
    ----------
    counts : DataFrame, samples × genes, linear counts
    treated : array of bool, samples
    block : array, samples, optional
        Donor of each sample (a paired design); one value for all is no block.

    Returns
    -------
    DataFrame, genes that are expressed × (log2fc, mean, t, p, fdr).

    Raises
    ------
    ValueError
        A group is empty, there are no residual degrees of freedom, or no gene is expressed.
    """
    treated = np.asarray(treated, bool)
    values = counts.to_numpy(np.float64)
    kept = filter_by_expression(values, treated)
    if not kept.any():
        raise ValueError("no gene is expressed in the smaller group; are these linear counts?")
    matrix = two_group_design(treated, block)
    sizes = values[:, kept].sum(axis=1)
    logged, weights = voom(values[:, kept], matrix, sizes * tmm_factors(values[:, kept]))
    table = moderated_t(fit_genes(logged, matrix, weights))
    return table.set_axis(counts.columns[kept])
