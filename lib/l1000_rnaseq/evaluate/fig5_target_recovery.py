"""Fig. 5 and 6 of Jeon et al. 2022: how high signatures rank the targets of a receptor."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate.drug_signatures import METHODS, DrugSignatures
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.signatures.bridge import permutation_band, random_sets, rank_genes, scaled_weights
from l1000_rnaseq.stats.correlation import spearman
from l1000_rnaseq.stats.enrichment import area, peak, running_sum
from l1000_rnaseq.stats.permutation import permutation_p

_BLOCK = 2_000_000  # genes × random sets in memory at once


def in_gene_set(genes: pd.Index, gene_set: set[str]) -> np.ndarray:
    """Mark the genes that are in a set (symbols in any case)."""
    return pd.Index(genes).str.upper().isin(gene_set)


@dataclass(frozen=True)
class Recovery:
    """How high signatures rank a gene set, on average.

    Attributes
    ----------
    walk : array, genes
        Mean of the running sums of the signatures.
    area, peak : float
        Of that walk.
    low, high : float
        Ends of the area of 95 % of random gene sets of the same size.
    area_p, peak_p : float
        Share of random gene sets that reach as much or more (one-sided, upwards; the set itself counts).
    n_genes, n_set : int
    """

    walk: np.ndarray
    area: float
    peak: float
    low: float
    high: float
    area_p: float
    peak_p: float
    n_genes: int
    n_set: int

    @property
    def numbers(self) -> dict[str, float]:
        """All attributes but the walk."""
        return {name: value for name, value in vars(self).items() if name != "walk"}


def recover(
    scores: np.ndarray,
    inside: np.ndarray,
    weighted: bool = False,
    n_permutations: int = 500,
    seed: int = 0,
    by_size: bool = True,
) -> Recovery:
    """Average the running sums of signatures over a gene set, and compare with random gene sets.

    Parameters
    ----------
    scores : array, signatures × genes (or genes)
        Characteristic direction, t, or log2 fold change.
    inside : array of bool, genes
    weighted : bool
        Weigh steps by the absolute score of each gene, scaled to 0…1 (Fig. 5 B, D).
    n_permutations, seed : int
        A random gene set is the same for all signatures, so their dependence is in the p-value.
    by_size : bool
        Rank by absolute score, since targets go up and down; else from the highest score to the lowest.
    """
    scores = np.atleast_2d(np.asarray(scores, float))
    order = rank_genes(scores, by_size)
    weights = np.take_along_axis(scaled_weights(scores), order, -1) if weighted else None
    walk = running_sum(np.asarray(inside, bool)[order], weights).mean(axis=0)
    rng, n_genes, n_set = np.random.default_rng(seed), scores.shape[1], int(np.sum(inside))
    areas, peaks, block = [], [], max(1, _BLOCK // n_genes)
    for start in range(0, n_permutations, block):
        sets = random_sets(rng, min(block, n_permutations - start), n_genes, n_set)
        mean = np.zeros(sets.shape)
        for number, ranking in enumerate(order):
            set_weights = None if weights is None else np.broadcast_to(weights[number], sets.shape)
            mean += running_sum(sets[:, ranking], set_weights)
        areas.append(area(mean / len(order)))
        peaks.append(peak(mean / len(order)))
    null = {"area": np.concatenate(areas), "peak": np.concatenate(peaks)}
    observed = {"area": float(area(walk)), "peak": float(peak(walk))}
    p = {f"{name}_p": float(permutation_p(observed[name], values)) for name, values in null.items()}
    low, high = np.quantile(null["area"], [0.025, 0.975])
    return Recovery(walk, **observed, low=float(low), high=float(high), **p, n_genes=n_genes, n_set=n_set)


@dataclass(frozen=True)
class RecoveryGrid:
    """How high a drug's signatures rank several gene sets, in several forms and by several methods.

    Attributes
    ----------
    table : DataFrame, (targets, genes ranked, form, method) × (area, random sets from, random sets to, p, …)
        area: 0 is chance, .5 perfect. random sets: what 95 % of random gene sets have. p: share of random
        gene sets that reach the area. p against other drugs: share of the random signatures that do, for the
        characteristic direction only. genes, targets among them: numbers.
    walks : dict, (targets, genes ranked, form, method) → array, genes
    others : dict, (targets, genes ranked, form) → array, random signatures × genes
    bands : dict, (targets, genes ranked) → (low, high), each an array, genes
        What 95 % of the walks of random gene sets stay within, unweighted.
    """

    table: pd.DataFrame
    walks: dict[tuple, np.ndarray]
    others: dict[tuple, np.ndarray]
    bands: dict[tuple, tuple]

    def panels(self, names: list[str], lines: str) -> tuple[dict, dict, dict]:
        """Arrange the walks for `plots.bridge`.

        Parameters
        ----------
        names : list of str
            Index levels that make a panel, for instance ["targets", "method"].
        lines : str
            The level that tells the lines of a panel apart.

        Returns
        -------
        panels, bands, others: dicts, panel → walks, band, and walks of random signatures
        """
        levels, drawn = list(self.table.index.names), ({}, {}, {})
        for key, walk in self.walks.items():
            panel = ", ".join(key[levels.index(name)] for name in names)
            drawn[0].setdefault(panel, {})[key[levels.index(lines)]] = walk
            drawn[1][panel] = self.bands[key[:2]]
            drawn[2].setdefault(panel, self.others[key[:3]])
        return drawn


def recover_grid(
    signatures: DrugSignatures,
    sets: dict[str, set[str]],
    spaces: dict[str, pd.Index],
    forms: dict[str, str],
    methods: tuple[str, ...] = ("cd",),
    weighted: bool = False,
    n_permutations: int = 300,
    seed: int = 0,
) -> RecoveryGrid:
    """Rank gene sets in the signatures of a drug: every form by every method (see `recover`).

    Parameters
    ----------
    signatures : DrugSignatures
    sets : dict, name → genes in upper case
        A set without a gene among those ranked is left out.
    spaces : dict, name → genes to rank
        A form that lacks some of the genes is left out there.
    forms : dict, form of `signatures` → name
    methods : tuple of str
        Keys of `METHODS`.
    weighted, n_permutations, seed
        As in `recover`.
    """
    rows, walks, others, bands = {}, {}, {}, {}
    for space, genes in spaces.items():
        complete = {form: name for form, name in forms.items() if genes.isin(signatures.genes[form]).all()}
        for set_name, targets in sets.items():
            in_set = in_gene_set(genes, targets)
            if not in_set.any():
                continue
            bands[set_name, space] = permutation_band(
                len(genes), int(in_set.sum()), n=n_permutations, seed=seed
            )
            for form, name in complete.items():
                of_others = [
                    recover(row, in_set, weighted, 1).walk for row in signatures.random_of(form, genes)
                ]
                others[set_name, space, name] = np.array(of_others)
                for method in methods:
                    got = recover(signatures.of(form, method, genes), in_set, weighted, n_permutations, seed)
                    key = set_name, space, name, METHODS[method]
                    walks[key] = got.walk
                    rows[key] = _row(got, others[set_name, space, name] if method == "cd" else None)
    table = table_of(rows, ["targets", "genes ranked", "form", "method"])
    return RecoveryGrid(table, walks, others, bands)


def recover_in_studies(
    tables: dict[str, pd.DataFrame], sets: dict[str, set[str]], n_permutations: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Rank gene sets in RNA-seq studies by |t|: what a signature could reach at most.

    Parameters
    ----------
    tables : dict, study → DataFrame, genes × (t, …)
    sets : dict, name → genes in upper case
    n_permutations, seed
        As in `recover`.

    Returns
    -------
    DataFrame, (study, targets) × (area, p, …), as in `RecoveryGrid`
    """
    rows = {}
    for study, table in tables.items():
        for name, targets in sets.items():
            in_set = in_gene_set(table.index, targets)
            got = recover(table["t"].to_numpy(), in_set, False, n_permutations, seed)
            rows[study, name] = _row(got, None)
    table = table_of(rows, ["study", "targets"])
    return table.drop(columns="p against other drugs")


def top_genes(tables: dict[str, pd.DataFrame], n: int = 250) -> dict[str, set[str]]:
    """Return the n genes of largest |t| of each study, in upper case."""
    return {name: set(table["t"].abs().nlargest(n).index.str.upper()) for name, table in tables.items()}


def correlate_with_studies(
    signatures: DrugSignatures,
    tables: dict[str, pd.DataFrame],
    spaces: dict[str, pd.Index],
    forms: dict[str, str],
) -> pd.DataFrame:
    """Correlate the mean signature of a drug (characteristic direction) with the t of RNA-seq studies.

    Parameters
    ----------
    signatures, spaces, forms
        As in `recover_grid`.
    tables : dict, study → DataFrame, genes × (t, …)

    Returns
    -------
    DataFrame, (study, genes compared, form) × (Spearman correlation, other drugs)
        other drugs: mean absolute correlation of the random signatures.
    """
    rows = {}
    for study, table in tables.items():
        for space, genes in spaces.items():
            shared = genes[genes.isin(table.index)]
            t = table.loc[shared, "t"].to_numpy()[None]
            for form, name in forms.items():
                if len(shared) < 3 or not shared.isin(signatures.genes[form]).all():
                    continue
                random = signatures.random_of(form, shared)
                of_random = spearman(np.repeat(t, len(random), 0), random)
                mean = signatures.of(form, "cd", shared).mean(axis=0)[None]
                rows[study, space, name] = {
                    "Spearman correlation": float(spearman(t, mean)[0]),
                    "other drugs": float(np.abs(of_random).mean()),
                }
    return table_of(rows, ["study", "genes compared", "form"])


def _row(got: Recovery, others: np.ndarray | None) -> dict[str, float]:
    p = np.nan if others is None or not len(others) else float(permutation_p(got.area, area(others)))
    sets = {"random sets from": got.low, "random sets to": got.high}
    row = {"area": got.area, **sets, "p": got.area_p, "p against other drugs": p}
    return row | {"genes": got.n_genes, "targets among them": got.n_set}
