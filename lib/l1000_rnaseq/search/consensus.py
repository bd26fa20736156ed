"""Consensus: which perturbagens move a gene again and again, over cell lines, doses, times and batches."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from .query import filter_signatures, resolve_gene
from .store import Index


def consensus(
    index: Index,
    gene: str | Sequence[str],
    by: str = "pert_iname",
    min_units: int = 1,
    n_permutations: int = 10_000,
    seed: int = 0,
    **filters,
) -> pd.DataFrame:
    """Rank perturbagens by how consistently they move a gene.

    Each signature is given the signed place of the gene, +1 for its first gene, −1 for its last; a signature
    that is not stored for this gene moved it too little to be among the best, and counts as 0. Signatures of
    one perturbagen in one cell line and batch (doses, times) are averaged to a unit first, since they are not
    independent. The p-value is the share of random sets of as many units with a mean at least as far from 0.

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
        Several genes: their places are averaged.
    by : str
        Column of `Index.signatures` to summarise: "pert_iname", or "cell_id", "type", ….
    min_units : int
        Groups with fewer units are left out.
    n_permutations, seed : int
    **filters
        type, cell, time, dose, perturbagen of `query.search`.

    Returns
    -------
    DataFrame, groups × (signatures, units, cell_lines, place, log2fc, up, down, p, fdr), most consistent
    first. place: mean signed place; log2fc: mean over the stored signatures; up, down: signatures with the
    gene in the first or last hundredth of the ranks.
    """
    symbols = [resolve_gene(index, name) for name in ([gene] if isinstance(gene, str) else gene)]
    rows = filter_signatures(index, np.arange(len(index.signatures)), **filters)
    place, log2fc = np.zeros(len(index.signatures)), np.full(len(index.signatures), np.nan)
    extreme = np.zeros(len(index.signatures), int)
    for symbol in symbols:
        entries, n_genes = index.entries(symbol), len(index.genes)
        place[entries.index] += 1 - 2 * (entries["rank"].to_numpy() - 1) / (n_genes - 1)
        log2fc[entries.index] = np.nan_to_num(log2fc[entries.index]) + entries["log2fc"].to_numpy()
        hundredth = max(n_genes // 100, 1)
        extreme[entries.index] += (entries["rank"].to_numpy() <= hundredth).astype(int)
        extreme[entries.index] -= (entries["rank"].to_numpy() > n_genes - hundredth).astype(int)
    table = index.signatures.iloc[rows][[*dict.fromkeys([by, "pert_iname", "cell_id", "batch"])]].astype(str)
    table = table.assign(
        place=place[rows] / len(symbols),
        log2fc=log2fc[rows] / len(symbols),
        up=extreme[rows] > 0,
        down=extreme[rows] < 0,
    )
    units = table.groupby([*dict.fromkeys([by, "pert_iname", "cell_id", "batch"])])["place"].mean()
    grouped = units.groupby(by)
    found = pd.DataFrame(
        {
            "signatures": table.groupby(by).size(),
            "units": grouped.size(),
            "cell_lines": table.groupby(by)["cell_id"].nunique(),
            "place": grouped.mean(),
            "log2fc": table.groupby(by)["log2fc"].mean(),
            "up": table.groupby(by)["up"].sum(),
            "down": table.groupby(by)["down"].sum(),
        }
    )
    found = found[found["units"] >= min_units]
    if found.empty:
        raise ValueError(
            f"The filter min_units={min_units} leaves no {by}; the largest has {grouped.size().max()} units."
        )
    found["p"] = _permutation_p(
        units.to_numpy(), found["place"].to_numpy(), found["units"].to_numpy(), n_permutations, seed
    )
    found["fdr"] = stats.false_discovery_control(found["p"])
    return (
        found.assign(size=found["place"].abs())
        .sort_values(["p", "size"], ascending=[True, False])
        .drop(columns="size")
    )


def _permutation_p(units: np.ndarray, means: np.ndarray, sizes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return the two-sided p of each mean against random sets of as many units, drawn without replacement."""
    generator, p = np.random.default_rng(seed), np.empty(len(means))
    for size in np.unique(sizes):
        if size == 1:
            null = units
        else:
            draws = np.argpartition(generator.random((n, len(units)), np.float32), size - 1, axis=1)[:, :size]
            null = units[draws].mean(axis=1)
        null = np.sort(np.abs(null))
        here = sizes == size
        reached = len(null) - np.searchsorted(null, np.abs(means[here]) - 1e-12)
        # with one unit the null is every unit, this one among them
        p[here] = reached / len(null) if size == 1 else (1 + reached) / (1 + len(null))
    return p
