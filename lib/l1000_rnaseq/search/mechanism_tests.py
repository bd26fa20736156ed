"""Mechanisms against random groups of compounds of the same cell lines, drawn once for all genes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from l1000_rnaseq.search.signature_facts import false_discovery_rate
from l1000_rnaseq.stats.permutation import permutation_p

MOST_KEPT = 20_000_000
"""Numbers drawn (80 MB) that are kept for the next values; more are drawn again each time."""


@dataclass(frozen=True)
class RandomGroup:
    """Random counterparts of one group of compounds.

    Attributes
    ----------
    parts : list of (lines, pool, drawn)
        For each set of cell lines that members were seen in: bool array, lines; positions of the compounds
        that were seen in all of them; int array draws × members, positions in the pool.
    size : int
        Members.
    is_free : bool
        Something else than the members themselves can be drawn.
    """

    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    size: int
    is_free: bool

    def means(self, by_line: np.ndarray, pools: dict[bytes, np.ndarray]) -> np.ndarray | None:
        """Return the mean of each random group; None where nothing but the members could be drawn.

        Parameters
        ----------
        by_line : array, cell lines × compounds
        pools : dict
            Keeps, for each set of lines, the means of its pool: give the same one for all groups.
        """
        if not self.is_free:
            return None
        total = 0.0
        for lines, pool, drawn in self.parts:
            key = lines.tobytes()
            if key not in pools:
                pools[key] = by_line[np.ix_(lines, pool)].mean(axis=0)
            total = total + pools[key][drawn].sum(axis=1)
        return total / self.size


@dataclass(frozen=True)
class MechanismTests:
    """Mechanisms, their compounds and their random groups, for any values of these compounds.

    Attributes
    ----------
    by : {"mechanism", "target"}
    names : array of str, compounds
    members : dict, mechanism → positions of its compounds
    random : list of RandomGroup, mechanisms
    """

    by: str
    names: np.ndarray
    members: dict[str, np.ndarray]
    random: list[RandomGroup]

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
        return cls(by, names, large, random_groups(is_seen, list(large.values()), n_draws, seed))

    def table(self, values: np.ndarray) -> pd.DataFrame:
        """Test the values of compounds × cell lines, NaN where not seen (see `enriched_mechanisms`)."""
        is_seen = ~np.isnan(values)
        of_compound = np.nansum(values, axis=1) / is_seen.sum(axis=1)
        by_line, pools, rows = np.ascontiguousarray(values.T), {}, []
        for of, random in zip(self.members.values(), self.random, strict=True):
            means, null = of_compound[of], random.means(by_line, pools)
            tails = [] if null is None else [permutation_p(s * means.mean(), s * null) for s in (1, -1)]
            rows.append(
                {
                    "compounds": len(of),
                    "cell_lines": int(is_seen[of].any(axis=0).sum()),
                    "mean": means.mean(),
                    "expected": np.nan if null is None else null.mean(),
                    "p": min(1.0, 2 * min(tails)) if tails else np.nan,
                    "names": "|".join(self.names[of][np.argsort(-means, kind="stable")]),
                }
            )
        result = pd.DataFrame(rows, pd.Index(self.members, name=self.by))
        result.insert(5, "fdr", false_discovery_rate(result["p"]))
        size = (result["mean"] - result["expected"]).abs()
        return (
            result.assign(size=size).sort_values(["p", "size"], ascending=[True, False]).drop(columns="size")
        )


def random_groups(
    is_seen: np.ndarray, members: Sequence[np.ndarray], n_draws: int, seed: int
) -> list[RandomGroup]:
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
    list of RandomGroup, one for each group
    """
    key = np.packbits(is_seen).tobytes(), is_seen.shape, tuple(tuple(map(int, of)) for of in members)
    if n_draws * sum(map(len, members)) > MOST_KEPT:
        return _random_groups.__wrapped__(*key, n_draws, seed)
    return _random_groups(*key, n_draws, seed)


@lru_cache(maxsize=4)
def _random_groups(
    packed: bytes, shape: tuple[int, int], members: tuple[tuple[int, ...], ...], n_draws: int, seed: int
) -> list[RandomGroup]:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1])
    is_seen = bits.reshape(shape).astype(bool)
    generator, pools, groups = np.random.default_rng(seed), {}, []
    for of in members:
        sets, sizes = np.unique(is_seen[list(of)].T, axis=1, return_counts=True)
        parts = []
        for lines, size in zip(sets.T, sizes, strict=True):
            key = lines.tobytes()
            if key not in pools:
                pools[key] = np.flatnonzero(is_seen[:, lines].all(axis=1))
            drawn = different(len(pools[key]), size, n_draws, generator)
            parts.append((lines, pools[key], drawn.astype(np.int32)))
        is_free = any(len(pool) > drawn.shape[1] for _, pool, drawn in parts)
        groups.append(RandomGroup(parts, len(of), is_free))
    return groups


def different(n_pool: int, size: int, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draw `size` different numbers below n_pool, n times: array n × size (Floyd's algorithm)."""
    drawn = np.empty((n, size), int)
    for place, last in enumerate(range(n_pool - size, n_pool)):
        number = generator.integers(last + 1, size=n)
        is_taken = (drawn[:, :place] == number[:, None]).any(axis=1)
        drawn[:, place] = np.where(is_taken, last, number)
    return drawn
