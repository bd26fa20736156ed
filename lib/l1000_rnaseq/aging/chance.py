"""Ageing signatures of permuted ages: what gene counts and the search would show by chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.aging.aging_signatures import AgingSignatures, mean_score, top_masks
from l1000_rnaseq.aging.comparisons import permute_ages
from l1000_rnaseq.aging.tissue_profiles import prepared_tissues
from l1000_rnaseq.aging.tissues import TissueCounts


def permuted_scores(
    tissues: TissueCounts,
    signatures: AgingSignatures,
    n_permutations: int = 100,
    seed: int = 0,
    sig_ids: Sequence[str] | None = None,
    progress: bool = True,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Compute signatures again with the ages of the donors permuted, and all else the same.

    The genes kept, the draws and their number, the method and the covariates are those of `signatures`; see
    `comparisons.permute_ages` for what is exchanged.

    Parameters
    ----------
    tissues : TissueCounts
    signatures : AgingSignatures
    n_permutations : int
    seed : int
    sig_ids : sequence of str, optional
        Only these signatures; by default all.
    progress : bool

    Yields
    ------
    sig_id : str
    scores : DataFrame, permutations × genes
        The mean score that genes are ranked by. A permutation whose model cannot be estimated is left out.

    Raises
    ------
    ValueError
        A signature is not in the table.
    """
    unknown = sorted(set(sig_ids or ()) - set(signatures.table.index))
    if unknown:
        raise ValueError(
            f"no signature {unknown[0]!r}; there are {', '.join(signatures.table.index[:5])}, …."
        )
    settings = signatures.settings
    plan = signatures.table if sig_ids is None else signatures.table.loc[list(sig_ids)]
    with tqdm(total=len(plan) * n_permutations, unit="permutation", disable=not progress) as bar:
        for part, profiles in prepared_tissues(tissues, plan, settings):
            scores = {sig_id: [] for sig_id in part.index}
            for number in range(n_permutations):
                info = permute_ages(profiles.info, settings.tissue, number, seed)
                for sig_id, comparison in part.iterrows():
                    score = mean_score(profiles, info, comparison, settings, signatures.seed)
                    if score is not None:
                        scores[sig_id].append(score.astype(np.float32))
                    bar.update()
            for sig_id, sig_scores in scores.items():
                yield (
                    sig_id,
                    pd.DataFrame(np.reshape(sig_scores, (-1, len(profiles.genes))), columns=profiles.genes),
                )


@dataclass(frozen=True)
class Chance:
    """How often each gene is at the top when ages mean nothing.

    Attributes
    ----------
    up, down : DataFrame, permutations × genes
        In how many of the signatures the gene is among the `top` that rise, or fall.
    """

    up: pd.DataFrame
    down: pd.DataFrame


def chance_counts(
    tissues: TissueCounts,
    signatures: AgingSignatures,
    n_permutations: int = 100,
    seed: int = 0,
    progress: bool = True,
) -> Chance:
    """Count the top genes over all signatures, in every permutation of the ages.

    Parameters
    ----------
    tissues : TissueCounts
    signatures : AgingSignatures
    n_permutations : int
        The smallest p it can give is 1 / (1 + n_permutations).
    seed : int
    progress : bool

    Returns
    -------
    Chance

    Raises
    ------
    ValueError
        Fewer than one permutation.
    """
    if n_permutations < 1:
        raise ValueError(f"n_permutations is {n_permutations}; expected at least 1.")
    genes = all_genes(signatures)
    counts = {way: np.zeros((n_permutations, len(genes)), np.int16) for way in ("up", "down")}
    for _, scores in permuted_scores(tissues, signatures, n_permutations, seed, progress=progress):
        columns = genes.get_indexer(scores.columns)
        up, down = top_masks(scores.to_numpy(), signatures.settings.top)
        counts["up"][: len(up), columns] += up
        counts["down"][: len(down), columns] += down
    return Chance(**{way: pd.DataFrame(values, columns=genes) for way, values in counts.items()})


def all_genes(signatures: AgingSignatures) -> pd.Index:
    """Return the genes of all signatures together, sorted."""
    return pd.Index(sorted(set().union(*(table.index for table in signatures.genes.values()))), dtype=object)
