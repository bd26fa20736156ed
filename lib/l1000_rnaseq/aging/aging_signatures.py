"""Ageing signatures: each older bracket against the young, by CD and limma-voom, averaged over draws."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from l1000_rnaseq.aging.comparisons import AGING_PRESETS, AgingSettings, draw_samples, plan_comparisons
from l1000_rnaseq.aging.covariates import NotEstimable
from l1000_rnaseq.aging.tissue_profiles import MEASURES, TissueProfiles, compare_draw, prepared_tissues
from l1000_rnaseq.aging.tissues import TissueCounts
from l1000_rnaseq.stats.correlation import spearman_matrix
from l1000_rnaseq.stats.ranks import ranks


@dataclass(frozen=True)
class AgingSignatures:
    """Signatures of all comparisons.

    Attributes
    ----------
    table : DataFrame, sig_id × (tissue, older, young, donors_…, samples_…, n, draws, distinct, shared, genes,
        agreement_cd, agreement_t, overlap, covariates)
        n: samples of each group in a draw (old / young where not equal). draws: those that could be computed;
        distinct: different ones among them; shared: mean Jaccard index of the samples of two draws.
        agreement_…: mean Spearman correlation of two draws; overlap: mean share of top genes, up and down,
        that two draws have in common. Draws share donors: these measure the choice of donors, not how well
        a new cohort would agree. NaN with one distinct draw. covariates: those that entered the model.
    left_out : DataFrame, sig_id × (…, reason)
    genes : dict, sig_id → DataFrame, expressed genes × (log2fc, cd, t: means over the draws; …_sd: their
        standard deviations; p: of limma-voom, with several draws twice their median, at most 1; fdr; rank:
        of the mean score, 1 is the gene that rises most; rank_mean, rank_sd: over the draws)
    settings : AgingSettings
    seed : int
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    genes: dict[str, pd.DataFrame] = field(repr=False)
    settings: AgingSettings
    seed: int

    def matrix(self, column: str | None = None) -> pd.DataFrame:
        """Return one measure of all signatures: sig_id × genes, NaN where a gene was filtered out."""
        name = column or self.settings.score
        return pd.DataFrame({sig_id: table[name] for sig_id, table in self.genes.items()}).T


def aging_signatures(
    tissues: TissueCounts,
    settings: AgingSettings = AGING_PRESETS["as_published"],
    seed: int = 0,
    progress: bool = True,
) -> AgingSignatures:
    """Compute every ageing signature that the samples support, one tissue at a time.

    Expression for the characteristic direction is log2(CPM+1), quantile normalised among the samples of the
    comparison. limma-voom takes the counts, with TMM factors of the comparison. Covariates enter the model
    of limma-voom, and are regressed out before the characteristic direction. Memory is about four times the
    float32 counts of the largest tissue.

    Parameters
    ----------
    tissues : TissueCounts
        See `tissues.split_by_tissue`.
    settings : AgingSettings
    seed : int
        Of the draws.
    progress : bool

    Raises
    ------
    ValueError
        No comparison has enough donors.
    """
    if settings.tissue != tissues.column:
        raise ValueError(
            f"{tissues.path} is split by {tissues.column}, but the settings ask for {settings.tissue}; split "
            "it again with column= of the settings."
        )
    plan, left_out = plan_comparisons(tissues.info, settings)
    if plan.empty:
        raise ValueError(
            f"none of the {len(left_out)} comparisons has {settings.min_donors} donors on both sides; lower "
            "min_donors or use more samples."
        )
    rows, genes, failed = {}, {}, {}
    with tqdm(total=len(plan), unit="signature", disable=not progress) as bar:
        for part, profiles in prepared_tissues(tissues, plan, settings):
            for sig_id, comparison in part.iterrows():
                try:
                    rows[sig_id], genes[sig_id] = _over_draws(profiles, comparison, settings, seed)
                except NotEstimable as error:
                    failed[sig_id] = f"every draw: {error}"
                bar.update()
    if failed:
        without = plan.loc[list(failed)].assign(reason=pd.Series(failed, dtype=object))
        left_out = pd.concat([left_out, without]) if len(left_out) else without
    table = plan.loc[list(rows)].join(pd.DataFrame(list(rows.values()), index=pd.Index(rows, name="sig_id")))
    return AgingSignatures(table, left_out, genes, settings, seed)


def mean_score(
    profiles: TissueProfiles, info: pd.DataFrame, comparison: pd.Series, settings: AgingSettings, seed: int
) -> np.ndarray | None:
    """Return the score that genes are ranked by, averaged over the draws; None if no draw is estimable."""
    row = MEASURES.index(settings.score)
    draws = _draws(profiles, info, comparison, settings, seed, full=False)[0]
    return np.mean([values[row] for values, *_ in draws], axis=0) if draws else None


def _draws(
    profiles: TissueProfiles, info: pd.DataFrame, comparison, settings: AgingSettings, seed: int, full: bool
):
    """Compute every draw, equal ones once: [(values, (old, young), covariates)], and the last failure."""
    computed, draws, failure = {}, [], None
    for number in range(settings.n_draws):
        old, young = draw_samples(info, comparison, number, settings, seed)
        samples = (tuple(old), tuple(young))
        try:
            if samples not in computed:
                computed[samples] = compare_draw(profiles, old, young, settings, full)
            draws.append((computed[samples][0], samples, computed[samples][1]))
        except NotEstimable as reason:
            failure = reason
    return draws, failure


def _over_draws(profiles: TissueProfiles, comparison, settings: AgingSettings, seed: int):
    """Compute one comparison in every draw: a row of the table, and the genes with mean and spread."""
    draws, failure = _draws(profiles, profiles.info, comparison, settings, seed, full=True)
    if not draws:
        raise failure
    stack = np.stack([values for values, *_ in draws])
    samples = [groups for _, groups, _ in draws]
    covariates = [name for *_, names in draws for name in names]
    score = stack[:, MEASURES.index(settings.score)]
    ranks_by_draw = ranks(score)
    table = pd.DataFrame(index=profiles.genes)
    for number, name in enumerate(MEASURES[:3]):
        table[name] = stack[:, number].mean(axis=0)
        table[f"{name}_sd"] = stack[:, number].std(axis=0, ddof=1) if len(stack) > 1 else np.nan
    table["p"] = np.minimum(1, np.median(stack[:, 3], axis=0) * (2 if len(stack) > 1 else 1))
    table["fdr"] = stats.false_discovery_control(table["p"])
    table["rank"] = ranks(table[settings.score].to_numpy())
    table["rank_mean"] = ranks_by_draw.mean(axis=0)
    table["rank_sd"] = ranks_by_draw.std(axis=0, ddof=1) if len(stack) > 1 else np.nan
    row = {"n": _sizes(samples[0]), "draws": len(draws), **_agreement(stack, samples, settings)}
    row |= {"genes": len(table), "covariates": ", ".join(dict.fromkeys(covariates))}
    return row, table


def _sizes(groups: tuple[tuple, tuple]) -> str:
    old, young = map(len, groups)
    return str(old) if old == young else f"{old} / {young}"


def _agreement(stack: np.ndarray, samples: list, settings: AgingSettings) -> dict[str, float]:
    """Compare the distinct draws with each other."""
    sets = [frozenset([*old, *young]) for old, young in samples]
    first = [sets.index(samples_of_draw) for samples_of_draw in dict.fromkeys(sets)]
    row = dict.fromkeys(("shared", "agreement_cd", "agreement_t", "overlap"), np.nan) | {
        "distinct": len(first)
    }
    if len(first) < 2:
        return row
    pairs = np.triu_indices(len(first), 1)
    sample_pairs = [(sets[first[a]], sets[first[b]]) for a, b in zip(*pairs, strict=True)]
    row["shared"] = float(np.mean([len(a & b) / len(a | b) for a, b in sample_pairs]))
    for name in ("cd", "t"):
        row[f"agreement_{name}"] = float(spearman_matrix(stack[first, MEASURES.index(name)])[pairs].mean())
    scores = stack[first, MEASURES.index(settings.score)]
    row["overlap"] = float(np.mean(top_overlap(scores, settings.top)[:, pairs[0], pairs[1]]))
    return row


def top_masks(scores: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Mark the genes with the largest and those with the smallest scores: two arrays like `scores`."""
    gene_ranks, n_genes = ranks(scores), scores.shape[1]
    top = min(top, n_genes // 2)
    return gene_ranks <= top, gene_ranks > n_genes - top


def top_overlap(scores: np.ndarray, top: int) -> np.ndarray:
    """Return the share of top genes that signatures have in common: (up, down) × signatures × signatures."""
    ends = [mask.astype(np.float32) for mask in top_masks(scores, top)]
    return np.stack([end @ end.T / end[0].sum() for end in ends])
