"""How signatures group into perturbagens, whatever the gene: the part of a consensus that genes share."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from l1000_rnaseq.search.evidence import facts_of_compounds
from l1000_rnaseq.search.grade import grades
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.signature_facts import false_discovery_rate
from l1000_rnaseq.stats.permutation import ROUNDING

GROUP = ["compound", "cell_id", "batch"]  # signatures that differ in dose or time only are not independent
MOST_KEPT = 10_000_000
"""Numbers drawn (80 MB) that are kept for the next gene; more are drawn again each time."""

FEW = 20
"""Means for which counting is sooner done than sorting."""


@dataclass(frozen=True)
class ConsensusGroups:
    """Signatures, their groups and their perturbagens.

    Attributes
    ----------
    counts : DataFrame, perturbagens × (signatures, groups, cell_lines)
    facts : DataFrame or None, compounds × (agreement, p_vehicle, …, flags, mechanism)
        What is known of them whatever the gene; None where signatures are not summarised by compound.
    of_signature, group : int array, signatures
        Perturbagen and group of each.
    of_group : int array, groups
        Perturbagen of each.
    pair : int array, signatures
        Number of its perturbagen and cell line.
    of_pair : int array, pairs
        Perturbagen of each.
    """

    counts: pd.DataFrame
    facts: pd.DataFrame | None
    of_signature: np.ndarray
    group: np.ndarray
    of_group: np.ndarray
    pair: np.ndarray
    of_pair: np.ndarray

    @classmethod
    def of(cls, index: Index, rows: np.ndarray, by: str = "compound") -> "ConsensusGroups":
        """Group some rows of `Index.signatures` by a column (see `consensus`)."""
        columns = list(dict.fromkeys([by, *GROUP, "type"]))
        table = index.signatures.iloc[rows][columns].astype(str)
        if by == "compound":
            table[by] = of_one_type(table[by], table["type"])
        owner, names = pd.factorize(table[by], sort=True)
        others = [pd.factorize(table[name], sort=True) for name in GROUP if name != by]
        codes = owner.astype(np.int64)
        for code, values in others:
            codes = codes * len(values) + code
        groups, group = np.unique(codes, return_inverse=True)
        of_group = np.zeros(len(groups), int)
        of_group[group] = owner
        line, lines = pd.factorize(table["cell_id"])
        pairs, pair = np.unique(owner * len(lines) + line, return_inverse=True)
        n = len(names)
        counts = pd.DataFrame(
            {
                "signatures": np.bincount(owner, minlength=n),
                "groups": np.bincount(of_group, minlength=n),
                "cell_lines": np.bincount(pairs // len(lines), minlength=n),
            },
            pd.Index(names, name=by),
        )
        facts = _facts(index, rows, table[by]) if by == "compound" else None
        return cls(counts, facts, owner, group, of_group, pair, pairs // len(lines))

    def table(
        self, values: pd.DataFrame, known: dict[str, float], min_groups: int, n_permutations: int, seed: int
    ) -> pd.DataFrame:
        """Summarise a gene.

        Parameters
        ----------
        values : DataFrame
            `relative_ranks` of the signatures.
        known : dict
            Parts of the grade that are the same for all hits of the gene.
        min_groups, n_permutations, seed : int

        Returns
        -------
        DataFrame, perturbagens × (see `consensus`), in the order of their names

        Raises
        ------
        ValueError
            No perturbagen has `min_groups`.
        """
        n, rank = len(self.counts), values["relative_rank"].to_numpy()
        of_groups = np.bincount(self.group, rank) / np.bincount(self.group)
        mean = np.bincount(self.of_group, of_groups, n) / self.counts["groups"].to_numpy()
        change, up, down = (
            np.bincount(self.of_signature, values[name].to_numpy(float), n)
            for name in ("log2fc", "up", "down")
        )
        change /= self.counts["signatures"].to_numpy()
        sizes = self.counts["groups"].to_numpy()
        large = sizes >= min_groups
        if not large.any():
            raise ValueError(
                f"min_groups={min_groups} leaves no {self.counts.index.name}; the largest has {sizes.max()} "
                "groups."
            )
        p = np.full(n, np.nan)
        p[large] = p_of_means(of_groups, mean[large], sizes[large], n_permutations, seed)
        p[(sizes == 1) | (sizes == len(of_groups))] = np.nan
        columns = {name: self.counts[name].to_numpy() for name in self.counts} | {
            "relative_rank": mean, "log2fc": change, "up": up.astype(int), "down": down.astype(int), "p": p,
            "fdr": false_discovery_rate(p),
        }  # fmt: skip
        if self.facts is None:
            return pd.DataFrame(columns, self.counts.index)[large]
        of_pairs = np.bincount(self.pair, rank) / np.bincount(self.pair)
        agrees = of_pairs * np.sign(mean)[self.of_pair] > 0
        agree = np.bincount(self.of_pair, agrees, n)
        columns |= {
            "grade": "",
            "other_lines": self.counts["cell_lines"].to_numpy() - 1.0,
            "lines_agree": np.maximum(agree - 1.0, 0),
        }
        columns |= {name: self.facts[name].to_numpy() for name in self.facts}
        result = pd.DataFrame(columns | known, self.counts.index)
        result["grade"] = grades(result)
        return result if large.all() else result[large]


def _facts(index: Index, rows: np.ndarray, compounds: pd.Series) -> pd.DataFrame:
    of_signature = index.signatures[["agreement", "p_vehicle", "flags", "mechanism"]].iloc[rows]
    facts = pd.concat([of_signature, index.signature_facts.iloc[rows].set_axis(of_signature.index)], axis=1)
    mechanism = facts["mechanism"].astype(str).groupby(compounds).first()
    return facts_of_compounds(facts.assign(compound=compounds)).assign(mechanism=mechanism)


def of_one_type(names: pd.Series, types: pd.Series) -> pd.Series:
    """Return names with the type after those that several types have."""
    pairs = pd.DataFrame({"name": names, "type": types}).drop_duplicates()
    shared = pairs["name"][pairs["name"].duplicated()]
    return names.where(~names.isin(shared), names + " (" + types + ")")


def p_of_means(groups: np.ndarray, means: np.ndarray, sizes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return the two-sided p of each mean against random sets of as many groups.

    For one group the random sets are all the groups. The observed mean counts as one of the sets, and a tie
    reaches it (see `permutation_p`).

    Parameters
    ----------
    groups : array
        Values of all groups.
    means, sizes : array
        Means, and over how many groups each is.
    n, seed : int
        Random sets of each size.
    """
    p = np.empty(len(means))
    sets = random_sets(len(groups), np.unique(sizes), n, seed)
    for size in np.unique(sizes):
        null = groups if size == 1 else np.take(groups, sets[size], mode="clip").sum(axis=0) / size
        here, null = sizes == size, np.abs(null)
        least = np.abs(means[here]) - ROUNDING
        if len(least) > FEW:
            reached = len(null) - np.searchsorted(np.sort(null), least)
        else:
            reached = np.array([np.count_nonzero(null >= mean) for mean in least])
        p[here] = (1 + reached) / (1 + len(null))
        if size == 1:  # a group is in its own null already: do not count it twice
            p[here] -= (1 - p[here]) / len(groups)
    return p


def random_sets(n_groups: int, sizes: np.ndarray, n: int, seed: int) -> dict[int, np.ndarray]:
    """Draw n sets of each size above 1, of groups by number: size → size × n."""
    drawn = tuple(int(size) for size in sizes if size > 1)
    if n * sum(drawn) > MOST_KEPT:
        return _random_sets.__wrapped__(n_groups, drawn, n, seed)
    return _random_sets(n_groups, drawn, n, seed)


@lru_cache(maxsize=4)
def _random_sets(n_groups: int, sizes: tuple[int, ...], n: int, seed: int) -> dict[int, np.ndarray]:
    generator, sets = np.random.default_rng(seed), {}
    for size in sizes:
        if 20 * size < n_groups:  # so few of so many that drawing one twice changes nothing
            drawn = generator.integers(n_groups, size=(n, size))
        else:
            drawn = np.array([generator.choice(n_groups, size, replace=False) for _ in range(n)])
        sets[size] = np.ascontiguousarray(drawn.T, np.intp)
    return sets
