"""How robust ageing signatures are: to another design, and between halves of the donors."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.aging.aging_signatures import AgingSignatures, top_overlap
from l1000_rnaseq.aging.comparisons import draw_samples, permute_ages
from l1000_rnaseq.aging.covariates import NotEstimable
from l1000_rnaseq.aging.tissue_profiles import MEASURES, compare_draw, prepared_tissues
from l1000_rnaseq.aging.tissues import TissueCounts
from l1000_rnaseq.stats.correlation import spearman_matrix
from l1000_rnaseq.stats.permutation import permutation_p

MIN_HALF = 3  # samples of each age in a half


def significant_genes(signatures: AgingSignatures, one_draw: AgingSignatures) -> pd.DataFrame:
    """Count the genes that change with age in each comparison, over the draws and in a single draw.

    Parameters
    ----------
    signatures, one_draw : AgingSignatures
        Of the same comparisons, with several draws and with one.

    Returns
    -------
    DataFrame, sig_id × (older donors, young donors, drawn from each, different draws, agreement of draws,
        genes at FDR 5 %, in a single draw)
        agreement of draws: mean rank correlation of two draws. They share donors.
    """
    table = signatures.table
    found, single = (
        pd.Series({sig_id: int((genes["fdr"] < 0.05).sum()) for sig_id, genes in each.genes.items()})
        for each in (signatures, one_draw)
    )
    columns = {
        "older donors": table["donors_old"],
        "young donors": table["donors_young"],
        "drawn from each": table["n"],
        "different draws": table["distinct"],
        "agreement of draws": table["agreement_cd"],
        "genes at FDR 5 %": found.reindex(table.index),
        "in a single draw": single.reindex(table.index),
    }
    return pd.DataFrame(columns).rename_axis("comparison")


def compare_designs(
    first: AgingSignatures, second: AgingSignatures, column: str | None = None, top: int | None = None
) -> pd.DataFrame:
    """Say what changes between two sets of signatures of the same comparisons (with and without covariates).

    Parameters
    ----------
    first, second : AgingSignatures
    column : str, optional
        Measure compared: "cd", "t" or "log2fc"; by default what `first` ranks by.
    top : int, optional
        Top genes up and down; by default as in `first`.

    Returns
    -------
    DataFrame, sig_id × (genes, correlation, overlap_up, overlap_down, chance, found_first, found_second)
        Over the genes that both have. correlation: Spearman. overlap_…: share of top genes in common;
        chance: what random genes would share. found_…: genes of fdr < 0.05 in either.

    Raises
    ------
    ValueError
        They have no signature in common.
    """
    column, top = column or first.settings.score, top or first.settings.top
    rows = {}
    for sig_id in [name for name in first.genes if name in second.genes]:
        first_genes, second_genes = first.genes[sig_id], second.genes[sig_id]
        genes = first_genes.index.intersection(second_genes.index)
        scores = np.stack([first_genes.loc[genes, column], second_genes.loc[genes, column]])
        up, down = top_overlap(scores, top)[:, 0, 1]
        rows[sig_id] = {
            "genes": len(genes),
            "correlation": spearman_matrix(scores)[0, 1],
            "overlap_up": float(up),
            "overlap_down": float(down),
            "chance": min(top, len(genes) // 2) / len(genes),
            "found_first": int((first_genes["fdr"] < 0.05).sum()),
            "found_second": int((second_genes["fdr"] < 0.05).sum()),
        }
    if not rows:
        raise ValueError(
            f"the two sets have no signature in common: {', '.join(list(first.genes)[:2])}… and "
            f"{', '.join(list(second.genes)[:2])}…; compute both from the same samples."
        )
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sig_id")


def split_halves(
    tissues: TissueCounts,
    signatures: AgingSignatures,
    n: int = 10,
    n_permutations: int = 0,
    seed: int = 0,
    progress: bool = True,
) -> pd.DataFrame:
    """Compute each signature in two halves of its donors, and compare the halves.

    The draws of `AgingSignatures` share donors; halves do not. So their agreement measures how well a
    signature of half the size repeats in other donors of the same cohort.

    Parameters
    ----------
    tissues : TissueCounts
    signatures : AgingSignatures
    n : int
        Splits of each comparison.
    n_permutations : int
        Permutations of the ages (`comparisons.permute_ages`) to compare the mean correlation with.
    seed : int
    progress : bool

    Returns
    -------
    DataFrame, sig_id × (n_half, splits, correlation, correlation_sd, overlap, chance, p)
        n_half: samples of each age in a half; below 3 the comparison is not split and the rest is NaN.
        correlation: mean Spearman correlation of the scores of two halves, and its standard deviation over
        splits. overlap: mean share of top genes, up and down, in common; chance: of random genes. p: share
        of permutations whose mean correlation is at least as large; NaN without permutations.
    """
    settings, rows = signatures.settings, {}
    with tqdm(
        total=len(signatures.table) * (1 + n_permutations), unit="split set", disable=not progress
    ) as bar:
        for part, profiles in prepared_tissues(tissues, signatures.table, settings):
            for sig_id, comparison in part.iterrows():
                pairs, size = _splits(profiles, profiles.info, comparison, settings, n, seed)
                row = {"n_half": size, "splits": len(pairs)} | _half_agreement(pairs, settings.top)
                bar.update()
                null = []
                for number in range(n_permutations if pairs else 0):
                    info = permute_ages(profiles.info, settings.tissue, number, seed)
                    permuted_pairs = _splits(profiles, info, comparison, settings, n, seed)[0]
                    if permuted_pairs:
                        null.append(np.mean([spearman_matrix(pair)[0, 1] for pair in permuted_pairs]))
                    bar.update()
                rows[sig_id] = row | {"p": permutation_p(row["correlation"], null) if null else np.nan}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sig_id")


def _splits(profiles, info, comparison, settings, n: int, seed: int) -> tuple[list[np.ndarray], int]:
    """Return the scores of both halves of every split (2 × genes each), and the size of a half."""
    pairs, size = [], 0
    for number in range(n):
        groups = draw_samples(info, comparison, number, settings, seed)
        rng = np.random.default_rng([seed, number, 2])
        groups = [list(rng.permutation(group)) for group in groups]
        size = min(map(len, groups)) // 2
        if size >= MIN_HALF:
            scores = _halves(profiles, groups, settings)
            pairs += [] if scores is None else [scores]
    return pairs, size


def _halves(profiles, groups: list[list[str]], settings) -> np.ndarray | None:
    row, scores = MEASURES.index(settings.score), []
    for half in (0, 1):
        old, young = (sorted(group[half::2]) for group in groups)
        try:
            scores.append(compare_draw(profiles, old, young, settings, full=False)[0][row])
        except NotEstimable:
            return None
    return np.stack(scores)


def _half_agreement(pairs: list[np.ndarray], top: int) -> dict[str, float]:
    if not pairs:
        return dict.fromkeys(("correlation", "correlation_sd", "overlap", "chance"), np.nan)
    correlations = [spearman_matrix(pair)[0, 1] for pair in pairs]
    overlap = [top_overlap(pair, top)[:, 0, 1].mean() for pair in pairs]
    n_genes = pairs[0].shape[1]
    return {
        "correlation": float(np.mean(correlations)),
        "correlation_sd": float(np.std(correlations, ddof=1)) if len(correlations) > 1 else np.nan,
        "overlap": float(np.mean(overlap)),
        "chance": min(top, n_genes // 2) / n_genes,
    }
