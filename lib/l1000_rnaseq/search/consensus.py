"""Consensus: which perturbagens move a gene again and again, over cell lines, doses, times and batches."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from l1000_rnaseq.search.by_gene import filter_signatures, resolve_gene
from l1000_rnaseq.search.index import Index

UNIT = ["pert_iname", "cell_id", "batch"]  # signatures that differ in dose or time only are not independent


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
    independent. The p-value is the share of random sets of as many units with a mean at least as far from 0;
    a single unit, and a group that is all units there are, have none.

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
        type, cell, time, dose, perturbagen, source of `query.search`.

    Returns
    -------
    DataFrame, groups × (signatures, units, cell_lines, place, log2fc, up, down, p, fdr), most consistent
    first. place: mean signed place; log2fc: mean over the stored signatures; up, down: signatures with the
    gene in the first or last hundredth of the ranks.
    """
    rows = filter_signatures(index, np.arange(len(index.signatures)), **filters)
    values = places(index, gene).iloc[rows]
    keys = list(dict.fromkeys([by, *UNIT]))
    table = index.signatures.iloc[rows][keys].astype(str).join(values)
    units = table.groupby(keys)["place"].mean()
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
    found.loc[(found["units"] == 1) | (found["units"] == len(units)), "p"] = np.nan
    tested = found["p"].notna()
    found["fdr"] = np.nan
    if tested.any():
        found.loc[tested, "fdr"] = stats.false_discovery_control(found.loc[tested, "p"])
    return (
        found.assign(size=found["place"].abs())
        .sort_values(["p", "size"], ascending=[True, False])
        .drop(columns="size")
    )


def places(index: Index, gene: str | Sequence[str]) -> pd.DataFrame:
    """Say how far every signature moves a gene, or several genes on average.

    Returns
    -------
    DataFrame, all signatures × (place, log2fc, up, down)
        place: +1 where the gene is first, −1 where it is last, 0 where the signature is not stored for it.
        log2fc: NaN where not stored. up, down: the gene is in the first or last hundredth of the ranks.
    """
    symbols = [resolve_gene(index, name) for name in ([gene] if isinstance(gene, str) else gene)]
    n, n_genes = len(index.signatures), len(index.genes)
    place, log2fc, extreme = np.zeros(n), np.full(n, np.nan), np.zeros(n, int)
    hundredth = max(n_genes // 100, 1)
    for symbol in symbols:
        entries = index.entries(symbol)
        rank = entries["rank"].to_numpy()
        place[entries.index] += 1 - 2 * (rank - 1) / (n_genes - 1)
        log2fc[entries.index] = np.nan_to_num(log2fc[entries.index]) + entries["log2fc"].to_numpy()
        extreme[entries.index] += (rank <= hundredth).astype(int) - (rank > n_genes - hundredth).astype(int)
    columns = {
        "place": place / len(symbols),
        "log2fc": log2fc / len(symbols),
        "up": extreme > 0,
        "down": extreme < 0,
    }
    return pd.DataFrame(columns, index=index.signatures.index)


def class_place(
    index: Index, gene: str | Sequence[str], members: np.ndarray, n_permutations: int = 10_000, seed: int = 0
) -> dict[str, float]:
    """Test whether a class of signatures moves a gene: glucocorticoids, the knock-outs of one gene, ….

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
    members : array of bool, signatures
        The class. It is held against signatures of the same sources.
    n_permutations, seed : int

    Returns
    -------
    dict with signatures, units, place, log2fc, best (highest place among the members, as a rank from 1),
    p (two-sided, over random sets of as many units).
    """
    members = np.asarray(members, bool)
    if not members.any():
        raise ValueError("The class holds no signature of this index.")
    source = index.signatures["source"].astype(str).to_numpy()
    against = np.isin(source, np.unique(source[members]))
    table = index.signatures[UNIT].astype(str).join(places(index, gene)).assign(member=members)[against]
    units = table.groupby([*UNIT, "member"])["place"].mean()
    own = units[units.index.get_level_values("member")]
    p = _permutation_p(units.to_numpy(), np.array([own.mean()]), np.array([len(own)]), n_permutations, seed)
    inside = table[table["member"]]
    best = 1 + (len(index.genes) - 1) * (1 - inside["place"].max()) / 2
    return {
        "signatures": len(inside),
        "units": len(own),
        "place": inside["place"].mean(),
        "log2fc": inside["log2fc"].mean(),
        "best rank": round(best),
        "p": float(p[0]),
    }


def _permutation_p(units: np.ndarray, means: np.ndarray, sizes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return the two-sided p of each mean against random sets of as many units."""
    generator, p = np.random.default_rng(seed), np.empty(len(means))
    for size in np.unique(sizes):
        if size == 1:
            null = units
        elif 20 * size < len(units):  # so few of so many that drawing one twice changes nothing
            null = units[generator.integers(len(units), size=(n, size))].mean(axis=1)
        else:
            null = np.array([generator.choice(units, size, replace=False).mean() for _ in range(n)])
        null = np.sort(np.abs(null))
        here = sizes == size
        reached = len(null) - np.searchsorted(null, np.abs(means[here]) - 1e-12)
        # with one unit the null is every unit, this one among them
        p[here] = reached / len(null) if size == 1 else (1 + reached) / (1 + len(null))
    return p
