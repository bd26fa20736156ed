"""Mechanisms against random groups of compounds of the same cell lines, drawn once for all genes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from l1000_rnaseq.search.signature_facts import false_discovery_rate
from l1000_rnaseq.stats.permutation import permutation_p

MOST_KEPT = 10_000_000
"""Numbers drawn (80 MB) that are kept for the next values; more are drawn again each time."""


@dataclass(frozen=True)
class RandomGroups:
    """Random counterparts of groups of compounds.

    Attributes
    ----------
    pools : list of (lines, pool)
        For each set of cell lines that a member was seen in: bool array, lines; positions of the compounds
        that were seen in all of them.
    drawn : list of int array, members × draws
        For each group: positions in all pools, one after the other.
    is_free : bool array, groups
        Something else than the members themselves can be drawn.
    """

    pools: list[tuple[np.ndarray, np.ndarray]]
    drawn: list[np.ndarray]
    is_free: np.ndarray

    def means(self, by_line: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the means of the counterparts of each group, draws.

        Parameters
        ----------
        by_line : array, cell lines × compounds
        """
        parts = [by_line[np.ix_(lines, pool)].mean(axis=0) for lines, pool in self.pools]
        pooled = np.concatenate([*parts, np.zeros(0)])
        for drawn in self.drawn:
            yield np.take(pooled, drawn, mode="clip").sum(axis=0) / len(drawn)

    def tests(self, by_line: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of all counterparts of each group, and the two-sided p of its mean.

        Both are NaN where only the members themselves could be drawn.
        """
        null = np.array(list(self.means(by_line)))
        tails = [permutation_p(sign * means, sign * null.T) for sign in (1, -1)]
        p = np.minimum(1.0, 2 * np.minimum(*tails))
        return tuple(np.where(self.is_free, of, np.nan) for of in (null.mean(axis=1), p))


@dataclass(frozen=True)
class MechanismTests:
    """Mechanisms, their compounds and their random groups, for any values of these compounds.

    Attributes
    ----------
    by : {"mechanism", "target"}
    names : array of str, compounds
    members : dict, mechanism → positions of its compounds
    cell_lines : int array, mechanisms
        In how many their compounds were seen.
    random : RandomGroups, of the mechanisms
    """

    by: str
    names: np.ndarray
    members: dict[str, np.ndarray]
    cell_lines: np.ndarray
    random: RandomGroups

    @classmethod
    def of(
        cls,
        names: np.ndarray,
        groups: np.ndarray,
        is_seen: np.ndarray,
        by: str = "mechanism",
        min_compounds: int = 3,
        n_draws: int = 10_000,
        seed: int = 0,
    ) -> "MechanismTests":
        """Draw the random groups.

        Parameters
        ----------
        names, groups : array of str, compounds
            groups: mechanisms of each, separated by |.
        is_seen : bool array, compounds × cell lines
        by, min_compounds, n_draws, seed
            See `enriched_mechanisms`.

        Raises
        ------
        ValueError
            No mechanism has `min_compounds`.
        """
        members: dict[str, list[int]] = {}
        for position, text in enumerate(groups):
            for group in filter(None, text.split("|")):
                members.setdefault(group, []).append(position)
        large = {group: np.array(of) for group, of in sorted(members.items()) if len(of) >= min_compounds}
        if not large:
            largest = f"the largest has {max(map(len, members.values()))}" if members else ""
            raise ValueError(
                f"min_compounds={min_compounds} leaves no {by}; {largest or f'no compound has a {by}'}."
            )
        lines = np.array([is_seen[of].any(axis=0).sum() for of in large.values()])
        random = random_groups(is_seen, list(large.values()), n_draws, seed)
        return cls(by, names, large, lines, random)

    def table(self, values: np.ndarray) -> pd.DataFrame:
        """Test the values of compounds × cell lines, NaN where not seen (see `enriched_mechanisms`)."""
        of_compound = np.nansum(values, axis=1) / (~np.isnan(values)).sum(axis=1)
        of_members = [of_compound[of] for of in self.members.values()]
        mean = np.array([part.mean() for part in of_members])
        expected, p = self.random.tests(np.ascontiguousarray(values.T), mean)
        order = np.lexsort((-np.abs(mean - expected), p))  # those without come last
        names = [
            "|".join(self.names[of][np.argsort(-part, kind="stable")])
            for of, part in zip(self.members.values(), of_members, strict=True)
        ]
        columns = {
            "compounds": np.array(list(map(len, of_members))),
            "cell_lines": self.cell_lines,
            "mean": mean,
            "expected": expected,
            "p": p,
            "fdr": false_discovery_rate(p),
            "names": np.array(names, object),
        }
        index = pd.Index(np.array(list(self.members), object)[order], name=self.by)
        return pd.DataFrame({name: column[order] for name, column in columns.items()}, index)


def random_groups(
    is_seen: np.ndarray, members: Sequence[np.ndarray], n_draws: int, seed: int
) -> RandomGroups:
    """Draw random counterparts of groups of compounds.

    Each member has another compound that was seen in all of its lines. Members of the same lines are drawn
    without replacement.

    Parameters
    ----------
    is_seen : bool array, compounds × cell lines
    members : sequence of int array
        Positions of the compounds of each group.
    n_draws, seed : int

    Returns
    -------
    RandomGroups
    """
    key = np.packbits(is_seen).tobytes(), is_seen.shape, tuple(tuple(map(int, of)) for of in members)
    if n_draws * sum(map(len, members)) > MOST_KEPT:
        return _random_groups.__wrapped__(*key, n_draws, seed)
    return _random_groups(*key, n_draws, seed)


@lru_cache(maxsize=4)
def _random_groups(
    packed: bytes, shape: tuple[int, int], members: tuple[tuple[int, ...], ...], n_draws: int, seed: int
) -> RandomGroups:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1])
    is_seen = bits.reshape(shape).astype(bool)
    generator = np.random.default_rng(seed)
    pools: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
    starts, end, groups, is_free = {}, 0, [], []
    for of in members:
        sets, sizes = np.unique(is_seen[list(of)].T, axis=1, return_counts=True)
        parts, free = [], False
        for lines, size in zip(sets.T, sizes, strict=True):
            key = lines.tobytes()
            if key not in pools:
                pools[key] = lines, np.flatnonzero(is_seen[:, lines].all(axis=1))
                starts[key], end = end, end + len(pools[key][1])
            n_pool = len(pools[key][1])
            parts.append(starts[key] + different(n_pool, size, n_draws, generator).T)
            free = free or n_pool > size
        groups.append(np.concatenate(parts).astype(np.intp))
        is_free.append(free)
    return RandomGroups(list(pools.values()), groups, np.array(is_free))


def different(n_pool: int, size: int, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draw `size` different numbers below n_pool, n times: array n × size (Floyd's algorithm)."""
    drawn = np.empty((n, size), int)
    for place, last in enumerate(range(n_pool - size, n_pool)):
        number = generator.integers(last + 1, size=n)
        is_taken = (drawn[:, :place] == number[:, None]).any(axis=1)
        drawn[:, place] = np.where(is_taken, last, number)
    return drawn
