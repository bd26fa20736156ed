"""Which perturbagens move a gene again and again, over cell lines, doses, times and batches."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.search.consensus_groups import GROUP, ConsensusGroups, p_of_means
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.relative_ranks import relative_ranks

log = logging.getLogger(__name__)


def consensus(
    index: Index,
    gene: str | Sequence[str],
    by: str = "compound",
    filters: Filters = EVERY,
    min_groups: int = 1,
    n_permutations: int = 10_000,
    seed: int = 0,
    with_flagged: bool = False,
) -> pd.DataFrame:
    """Rank perturbagens by how consistently they move a gene.

    Each signature has the relative rank of the gene among the genes of its status: +1 where it is first, −1
    where it is last. Every signature that passes the filters counts, whatever its size; flagged ones do not.
    Signatures of one perturbagen in one cell line and batch (doses, times) are not independent, so they are
    averaged to one group. The p-value is the share of random sets of as many groups with a mean at least as
    far from 0. It is missing where there is one group only, or where the set has all groups.

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
        The relative ranks of several genes are averaged.
    by : str
        Column of `Index.signatures` to summarise: "compound", or "cell_id", "type", …. Spellings of one
        compound are one row. A name of several types, such as a knock-down and an overexpression of one
        gene, has a row for each: "TP53 (shRNA)".
    filters : Filters
        Without thresholds: every signature counts.
    min_groups : int
        Perturbagens with fewer groups are left out.
    n_permutations, seed : int
    with_flagged : bool
        Count flagged signatures too, such as wells that are probably mislabelled. What is left out is told in
        the log.

    Returns
    -------
    DataFrame, perturbagens × (signatures, groups, cell_lines, relative_rank, log2fc, up, down, p, fdr, …)
        The most consistent first. relative_rank: mean over the groups. log2fc: mean over the signatures. up,
        down: signatures with the gene in the first or last hundredth of the genes of its status. fdr:
        Benjamini and Hochberg, over the whole table: all types together, unless a filter names some. By
        compound there are also grade, its parts (see `evidence.evidence_of_compounds`) and mechanism.

    Raises
    ------
    ValueError
        Unknown gene, no perturbagen has `min_groups`, or all signatures are flagged.
    FilterError
        A filter leaves nothing, or is a threshold.

    Examples
    --------
    >>> from l1000_rnaseq.search.index import Index
    >>> table = consensus(Index(), "HMOX1", filters=Filters(type="chemical"))
    >>> bool(table["relative_rank"].between(-1, 1).all())
    True
    """
    filters.refuse_thresholds("a consensus counts every signature")
    rows = filters.select(index.signatures, np.arange(len(index.signatures)))
    rows = rows if with_flagged else unflagged(index, rows)
    return consensus_of(index, gene, rows, by, min_groups, n_permutations, seed)


def consensus_of(
    index: Index,
    gene: str | Sequence[str],
    rows: np.ndarray,
    by: str = "compound",
    min_groups: int = 1,
    n_permutations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the consensus of some rows of `Index.signatures` (see `consensus`)."""
    groups = ConsensusGroups.of(index, rows, by)
    values = relative_ranks(index, gene, rows)
    return consensus_of_groups(index, gene, groups, values, min_groups, n_permutations, seed)


def consensus_of_groups(
    index: Index,
    gene: str | Sequence[str],
    groups: ConsensusGroups,
    values: pd.DataFrame,
    min_groups: int = 1,
    n_permutations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the consensus of signatures that are grouped already (see `consensus`).

    Parameters
    ----------
    index, gene, min_groups, n_permutations, seed
        See `consensus`.
    groups : ConsensusGroups
    values : DataFrame
        `relative_ranks` of its signatures.
    """
    symbols = index.names.resolve_all(gene)
    of_gene = index.genes.loc[symbols[0]] if len(symbols) == 1 else {}
    known = {name: float(of_gene[name]) for name in ("moved_percentile", "change_r") if name in of_gene}
    result = groups.table(values, known, min_groups, n_permutations, seed)
    return result.iloc[np.lexsort((-result["relative_rank"].abs(), result["p"]))]  # no p comes last


def unflagged(index: Index, rows: np.ndarray) -> np.ndarray:
    """Return the rows whose signatures are not flagged; how many are is told in the log.

    Raises
    ------
    ValueError
        All are flagged.
    """
    is_flagged = (index.signatures["flags"].iloc[rows] != "").to_numpy()
    if is_flagged.all():
        raise ValueError(
            f"All {len(rows)} signatures are flagged as doubtful; --with-flagged (with_flagged=True) keeps "
            "them."
        )
    if is_flagged.any():
        compounds = index.signatures["compound"].iloc[rows[is_flagged]].astype(str).unique()
        log.info("%d flagged signatures are left out: %s", is_flagged.sum(), first_five(compounds))
    return rows[~is_flagged]


def class_rank(
    index: Index, gene: str | Sequence[str], members: np.ndarray, n_permutations: int = 10_000, seed: int = 0
) -> dict[str, float]:
    """Test whether a class of signatures moves a gene: glucocorticoids, the knock-outs of one gene, ….

    Parameters
    ----------
    index : Index
    gene : str or sequence of str
    members : array of bool, signatures
        The class. It is compared with signatures of the same sources.
    n_permutations, seed : int

    Returns
    -------
    dict with signatures, groups, relative_rank, log2fc, best rank (1 is first), p
        p is two-sided, over random sets of as many groups.
    """
    members = np.asarray(members, bool)
    if not members.any():
        raise ValueError("The class has no signature of this index.")
    source = index.signatures["source"].astype(str).to_numpy()
    compared = np.isin(source, np.unique(source[members]))
    table = index.signatures[GROUP].astype(str).join(relative_ranks(index, gene))
    table = table.assign(member=members)[compared]
    groups = table.groupby([*GROUP, "member"])["relative_rank"].mean()
    of_class = groups[groups.index.get_level_values("member")]
    means, sizes = np.array([of_class.mean()]), np.array([len(of_class)])
    p = p_of_means(groups.to_numpy(), means, sizes, n_permutations, seed)
    inside = table[table["member"]]
    n_genes = index.status_sizes[index.genes.loc[index.names.resolve_all(gene)[0], "status"]]
    best = 1 + (n_genes - 1) * (1 - inside["relative_rank"].max()) / 2
    return {
        "signatures": len(inside),
        "groups": len(of_class),
        "relative_rank": inside["relative_rank"].mean(),
        "log2fc": inside["log2fc"].mean(),
        "best rank": round(best),
        "p": float(p[0]),
    }
