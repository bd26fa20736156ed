"""Which perturbations reverse a signature: cosine and connectivity score against a source of signatures."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy
from tqdm import tqdm

from l1000_rnaseq.search.sources import Source, read_one, tell_missing
from l1000_rnaseq.stats.connectivity import connectivity, normalised
from l1000_rnaseq.stats.enrichment import enrichment
from l1000_rnaseq.stats.permutation import permutation_p
from l1000_rnaseq.stats.ranks import ends, ranks

SCORES = ("cosine", "connectivity")


def match_signatures(
    query: pd.Series,
    source: Source,
    null: pd.DataFrame | None = None,
    top: int = 250,
    weight: float = 1.0,
    n_permutations: int = 100,
    seed: int = 0,
    chunk: int = 200,
    progress: bool = True,
) -> pd.DataFrame:
    """Compare a whole signature with every reference signature, those that reverse it first.

    Parameters
    ----------
    query : Series, gene → score
        Characteristic direction, or any score with the sign of the change; NaN is left out.
    source : Source
        Its scores are compared; a chunk of signatures is in memory at a time.
    null : DataFrame, permutations × genes, optional
        Signatures of permuted labels (`chance.permuted_scores`). The p-values then say how often labels
        without meaning match as well, with genes as correlated as they are. Without it, the genes of the
        query are permuted `n_permutations` times. That treats genes as independent, so p is too small.
    top : int
        Genes up and down in the sets of the connectivity score.
    weight : float
        Power of the reference's |score| in the running sum; 0 is the plain Kolmogorov-Smirnov statistic.
    n_permutations, seed : int
        Of the genes.
    chunk : int
    progress : bool

    Returns
    -------
    DataFrame, sig_id × (metadata of the source, cosine, connectivity, and of both …_p and …_p_family)
        Sorted by cosine, the most negative first. Cosine over the common genes. connectivity: half the
        difference of the weighted enrichment scores of the up and the down set, 0 where both have one sign
        (Subramanian 2017). _p: two-sided share of null queries that match this reference as far from 0;
        _p_family: that match any reference as far in this direction.

    Raises
    ------
    ValueError
        Fewer than a tenth of the source's genes, or than 2 × top, are in the query; or it is 0 throughout.
    """
    query = query.dropna().astype(np.float64)
    genes = pd.Index(source.genes)
    if query.index.has_duplicates or genes.has_duplicates:
        raise ValueError("genes of the query or of the source are there more than once; expected each once.")
    common = genes[genes.isin(query.index)]
    if len(common) < max(len(genes) / 10, 2 * top):
        raise ValueError(
            f"{len(common)} of the {len(genes)} genes of the source are in the query; expected at least "
            f"{max(-(-len(genes) // 10), 2 * top)}. Use symbols of data.genes in both, or a smaller top."
        )
    values = query.loc[common].to_numpy()[None]
    if null is None:
        rng = np.random.default_rng(seed)
        others = np.stack([rng.permutation(values[0]) for _ in range(n_permutations)])
    else:
        others = null.reindex(columns=common).to_numpy(np.float64)
        if not np.isfinite(others).all() or not len(others):
            raise ValueError("the null signatures lack genes of the query; compute them for this signature.")
    queries = np.concatenate([values, others])
    length = np.linalg.norm(queries, axis=1, keepdims=True)
    if not length[0]:
        raise ValueError("the query is 0 for every gene that the source has; nothing can be compared.")
    queries /= np.where(length > 0, length, 1)
    sets = ends(queries, top)
    columns, compared = genes.get_indexer(common), {name: [] for name in SCORES}
    for scores in _chunks(source, columns, chunk, progress):
        norms = np.linalg.norm(scores, axis=1, keepdims=True)
        compared["cosine"].append(scores @ queries.T / np.where(norms > 0, norms, 1))
        compared["connectivity"].append(_connectivity(scores, sets, weight))
    tell_missing(source)
    table = source.table.copy()
    for name in SCORES:
        for column, result in _significance(np.concatenate(compared[name])).items():
            table[name + column] = result
    return table.sort_values("cosine", kind="stable")


def _chunks(source: Source, columns: np.ndarray, chunk: int, progress: bool) -> Iterator[np.ndarray]:
    n = len(source.table)
    with tqdm(total=n, unit="signature", disable=not progress) as bar:
        for start in range(0, n, chunk):
            stop = min(start + chunk, n)
            yield np.asarray(source.read(start, stop)[1], np.float64)[:, columns]
            bar.update(stop - start)


def _connectivity(scores: np.ndarray, sets: tuple[np.ndarray, np.ndarray], weight: float) -> np.ndarray:
    """Return the connectivity score of references × queries; sets: columns of the genes up and down."""
    rank, size, n_genes = ranks(scores), np.abs(scores) ** weight, scores.shape[1]
    result = np.empty((len(scores), len(sets[0])))
    for row in range(len(scores)):
        result[row] = connectivity(*(enrichment(rank[row][side], size[row][side], n_genes) for side in sets))
    return result


def _significance(values: np.ndarray) -> dict[str, np.ndarray]:
    """Compare column 0 of references × (query, null queries) with the others."""
    observed, null = values[:, 0], values[:, 1:]
    p = permutation_p(np.abs(observed), np.abs(null).T)
    lowest, highest = null.min(axis=0)[:, None], null.max(axis=0)[:, None]
    family = np.where(observed < 0, permutation_p(-observed, -lowest), permutation_p(observed, highest))
    return {"": observed, "_p": p, "_p_family": family}


def class_enrichment(
    table: pd.DataFrame,
    column: str,
    by: str = "cosine",
    min_size: int = 3,
    n_permutations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Say which classes of perturbagens (by mechanism, by target) are at the low, reversing end of a score.

    Signatures of one perturbagen are alike, and so are those of one cell line. So the median of its line is
    taken off each score, and each perturbagen then counts once, with its mean.

    Parameters
    ----------
    table : DataFrame, signatures × (`column`, `by`, pert_id, cell_id)
        For example what `match_signatures` returns.
    column : str
        The class; rows with "" are in no class, but are compared with.
    by : str
        Score to rank by.
    min_size : int
        Classes of fewer perturbagens are left out.
    n_permutations, seed : int
        Random sets of as many perturbagens.

    Returns
    -------
    DataFrame, classes × (signatures, perturbagens, median, auc, p, fdr), lowest first
        median: of the perturbagens, over the median of their lines. auc: probability that a perturbagen of
        the class is lower than one outside it. p: two-sided, share of random sets whose mean rank is as far
        from the middle; at least 1 / (1 + n_permutations).

    Raises
    ------
    ValueError
        A column is missing, or no class is large enough.

    Examples
    --------
    >>> rows = [("p1", "HDAC", -3.0), ("p2", "HDAC", -2.0), ("p3", "", 0.0), ("p4", "", 1.0)]
    >>> table = pd.DataFrame(rows, columns=["pert_id", "moa", "cosine"]).assign(cell_id="MCF7")
    >>> class_enrichment(table, "moa", min_size=2)["auc"].to_dict()
    {'HDAC': 1.0}
    """
    lacking = [name for name in (column, by, "pert_id", "cell_id") if name not in table]
    if lacking:
        raise ValueError(
            f"no column {', '.join(lacking)}; there are {', '.join(map(str, table.columns))}. Name the class "
            "and the score, and keep pert_id and cell_id."
        )
    labels = table[column].astype(str)
    over_line = table[by] - table.groupby("cell_id", observed=True)[by].transform("median")
    by_perturbagen = over_line.groupby([labels, table["pert_id"].astype(str)], observed=True).agg(
        ["mean", "size"]
    )
    labels = by_perturbagen.index.get_level_values(0).to_numpy()
    values = by_perturbagen["mean"].to_numpy()
    sizes = pd.Series(labels[labels != ""]).value_counts()
    sizes = sizes[(sizes >= min_size) & (sizes < len(labels))]
    if sizes.empty:
        raise ValueError(
            f"no value of {column} has {min_size} perturbagens or more beside others; lower min_size."
        )
    rank, rng, middle = scipy.stats.rankdata(values), np.random.default_rng(seed), (len(values) + 1) / 2
    null = (
        np.array([np.cumsum(rng.permutation(rank))[sizes - 1] for _ in range(n_permutations)]) / sizes.array
    )
    rows = {}
    for number, (name, size) in enumerate(sizes.items()):
        inside = labels == name
        mean_rank = rank[inside].mean()
        rows[name] = {
            "signatures": int(by_perturbagen["size"].to_numpy()[inside].sum()),
            "perturbagens": int(size),
            "median": float(np.median(values[inside])),
            "auc": 0.5 + (middle - mean_rank) / (len(values) - size),
            "p": float(permutation_p(abs(mean_rank - middle), np.abs(null[:, number] - middle))),
        }
    classes = pd.DataFrame.from_dict(rows, orient="index")
    classes["fdr"] = scipy.stats.false_discovery_control(classes["p"])
    return classes.rename_axis(column).sort_values("auc", ascending=False, kind="stable")


def score_changes(
    query: pd.Series, source: Source, by: str = "cd", block: int = 256, progress: bool = True
) -> pd.DataFrame:
    """Say how much each signature is like a change, or its opposite: the cosine over the genes of both.

    Parameters
    ----------
    query : Series, gene → log2 fold change, or any score with the sign of the change
    source : Source
    by : {"cd", "log2fc"}
        What the signatures are compared by.
    block : int
        Signatures in memory at a time.
    progress : bool

    Returns
    -------
    DataFrame, signatures × (metadata, score, ncs, genes), as of `by_gene_list.score_signatures`
        score: cosine, −1 (the opposite) to 1. genes: how many genes both have.

    Raises
    ------
    ValueError
        Fewer than ten genes in common, or the query is 0 for all of them.
    """
    genes = pd.Index(source.genes)
    common = genes[genes.isin(query.dropna().index)]
    values = query.reindex(common).to_numpy(np.float64)
    if len(common) < 10 or not values.any():
        raise ValueError(
            f"the change and the signatures have {len(common)} genes in common, of which "
            f"{np.count_nonzero(values)} change; expected at least 10. Are both sides gene symbols?"
        )
    values, columns = values / np.linalg.norm(values), genes.get_indexer(common)
    n = len(source.table)
    cosine = np.empty(n)
    with tqdm(total=n, unit="signature", disable=not progress) as bar:
        for start in range(0, n, block):
            stop = min(start + block, n)
            part = read_one(source, by, start, stop)[:, columns].astype(np.float64)
            length = np.linalg.norm(part, axis=1)
            cosine[start:stop] = part @ values / np.where(length > 0, length, 1)
            bar.update(stop - start)
    tell_missing(source)
    table = source.table if "sig_id" in source.table else source.table.rename_axis("sig_id").reset_index()
    groups = table["type"].astype(str) + " " + table["cell_id"].astype(str)
    return table.assign(score=cosine, ncs=normalised(cosine, groups), genes=len(common))
