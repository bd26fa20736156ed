"""The gene sets of ageing signatures, and the genes that are in most of them, against chance."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.aging.aging_signatures import AgingSignatures, top_masks
from l1000_rnaseq.aging.chance import Chance, all_genes
from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.stats.permutation import permutation_p

WAYS = ("up", "down")


def top_sets(signatures: AgingSignatures) -> dict[str, dict[str, list[str]]]:
    """Return the top genes of every signature, strongest first: sig_id → {"up": genes, "down": genes}."""
    sets = {}
    for sig_id, table in signatures.genes.items():
        ordered = table["rank"].sort_values(kind="stable").index
        top = min(signatures.settings.top, len(ordered) // 2)
        sets[sig_id] = {"up": list(ordered[:top]), "down": list(ordered[: -top - 1 : -1])}
    return sets


def write_gene_sets(path: Path, signatures: AgingSignatures) -> None:
    """Write the top genes as GMT: "GTEx Lung 20-29 vs 60-69 Up", what was compared, genes, strongest first.

    Parameters
    ----------
    path : path
        The folder must exist.
    signatures : AgingSignatures
    """
    lines = []
    for sig_id, sets in top_sets(signatures).items():
        row = signatures.table.loc[sig_id]
        description = (
            f"{row['older']} against {row['young']} years, {row['n']} samples each, {row['draws']} draws"
        )
        lines += ["\t".join([f"{sig_id} {way.capitalize()}", description, *sets[way]]) for way in WAYS]
    write_text(path, "\n".join(lines) + "\n")


def frequent_genes(signatures: AgingSignatures, chance: Chance | None = None, n: int = 100) -> pd.DataFrame:
    """Rank genes by the number of signatures that have them among their top genes.

    Parameters
    ----------
    signatures : AgingSignatures
    chance : Chance, optional
        See `chance.chance_counts`; without it the columns of chance are NaN.
    n : int
        Genes up and genes down (paper: 100). Genes of the same count are in order of `relative_rank`.

    Returns
    -------
    DataFrame, n up and n down × (direction, gene, count, tested, relative_rank, chance, p, p_family, fdr)
        tested: signatures in which the gene is expressed. relative_rank: mean over these of its rank, 0 the
        first in that direction, 1 the last. chance: mean count with permuted ages. p: share of permutations
        in which this gene reaches the count; p_family: in which any gene does. fdr: mean number of genes
        that reach the count in a permutation, divided by the number that do.

    Raises
    ------
    ValueError
        The permutations are of other signatures.
    """
    genes = all_genes(signatures)
    if chance is not None and not chance.up.columns.equals(genes):
        raise ValueError("chance has other genes than the signatures; count it for these signatures.")
    counts, tested, relative_rank = _counts(signatures, genes)
    tables = []
    for way in WAYS:
        table = pd.DataFrame({"direction": way, "gene": genes, "count": counts[way], "tested": tested})
        table["relative_rank"] = relative_rank if way == "up" else 1 - relative_rank
        null = None if chance is None else getattr(chance, way).to_numpy()
        for name, values in _chance_columns(counts[way], null).items():
            table[name] = values
        tables.append(
            table.sort_values(["count", "relative_rank"], ascending=[False, True], kind="stable").head(n)
        )
    return pd.concat(tables, ignore_index=True)


def count_curve(signatures: AgingSignatures, chance: Chance) -> pd.DataFrame:
    """Count the genes that are at the top of k signatures or more, and compare with permuted ages.

    Returns
    -------
    DataFrame, one row per direction and k × (direction, k, genes, chance, low, high, p)
        genes: those with a count of at least k; chance: mean over the permutations; low, high: their 5 % and
        95 % quantiles; p: share of permutations with at least as many genes.
    """
    counts, rows = _counts(signatures, all_genes(signatures))[0], []
    for way in WAYS:
        null = getattr(chance, way).to_numpy()
        for k in range(1, len(signatures.genes) + 1):
            n_genes, by_chance = int((counts[way] >= k).sum()), (null >= k).sum(axis=1)
            low, high = np.quantile(by_chance, [0.05, 0.95])
            rows.append((way, k, n_genes, by_chance.mean(), low, high, permutation_p(n_genes, by_chance)))
    return pd.DataFrame(rows, columns=["direction", "k", "genes", "chance", "low", "high", "p"])


def _counts(signatures: AgingSignatures, genes: pd.Index):
    """Count each gene's signatures, those with it at the top, and average its relative rank."""
    counts = {way: np.zeros(len(genes), int) for way in WAYS}
    tested, relative_rank = np.zeros(len(genes), int), np.zeros(len(genes))
    for table in signatures.genes.values():
        columns, rank = genes.get_indexer(table.index), table["rank"].to_numpy()
        up, down = top_masks(-rank[None].astype(float), signatures.settings.top)
        counts["up"][columns] += up[0]
        counts["down"][columns] += down[0]
        tested[columns] += 1
        relative_rank[columns] += (rank - 1) / (len(rank) - 1)
    return counts, tested, relative_rank / tested


def _chance_columns(counts: np.ndarray, null: np.ndarray | None) -> dict[str, np.ndarray]:
    if null is None:
        return dict.fromkeys(("chance", "p", "p_family", "fdr"), np.full(len(counts), np.nan))
    levels = np.arange(counts.max() + 1)
    family = permutation_p(levels, null.max(axis=1, keepdims=True))
    n_genes = np.array([(counts >= k).sum() for k in levels])
    by_chance = np.array([(null >= k).sum(axis=1).mean() for k in levels])
    fdr = np.minimum(1, np.minimum.accumulate(by_chance / n_genes))  # a higher count is never less certain
    return {
        "chance": null.mean(axis=0),
        "p": permutation_p(counts, null),
        "p_family": family[counts],
        "fdr": fdr[counts],
    }


def best_comparisons(signatures: AgingSignatures, genes: list[str], n: int = 2) -> pd.DataFrame:
    """Return the comparisons in which single genes change most surely.

    Parameters
    ----------
    signatures : AgingSignatures
    genes : list of str
        Genes that no comparison has are left out.
    n : int
        Comparisons per gene, the smallest fdr first.

    Returns
    -------
    DataFrame, (gene, comparison) × (log2 fold change, FDR, rank, of)
        rank: 1 is the gene that rises most, of so many genes.
    """
    names, rows = ["log2 fold change", "FDR", "rank", "of"], {}
    for gene in genes:
        for sig_id, genes_of in signatures.genes.items():
            if gene in genes_of.index:
                row = genes_of.loc[gene]
                rows[gene, sig_id] = (row["log2fc"], row["fdr"], int(row["rank"]), len(genes_of))
    index = pd.MultiIndex.from_tuples(rows, names=["gene", "comparison"])
    table = pd.DataFrame(list(rows.values()), index, names)
    return table.sort_values("FDR", kind="stable").groupby("gene", sort=False).head(n)
