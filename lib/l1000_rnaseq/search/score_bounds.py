"""The signatures that connect most with lists of genes, exactly, without reading every genome.

The running sum of a query rises at its genes and falls at others. Between two levels of a signature it is
bounded by the query's genes above them, whose values are known, and by the number of all genes above them,
which the sorted values in an index (`rank_knots`) bound. So each signature gets an upper bound of its score
from some hundred numbers. Only signatures whose bound reaches the last place of the answer are read whole.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.matrices import together
from l1000_rnaseq.search.rank_knots import knot_ranks

BLOCK = 4096  # signatures at a time: what a step makes stays in the cache
COARSE = 24
"""Levels of a signature at which the first bound is taken; the second takes all that the index has."""
SLACK = 1e-3
"""Added to every bound: the rank of 16 genes. Values that are computed anew differ in their last bit."""
AT_ONCE = 256  # signatures that are read whole before the next look at the answer


def upper_bounds(
    index: Index, up: tuple[str, ...], down: tuple[str, ...], rows: np.ndarray, n_levels: int = 10_000
) -> np.ndarray:
    """Return what the connectivity of signatures with lists of genes cannot exceed.

    Parameters
    ----------
    index : Index
    up, down : tuple of str
        Genes of the index; one may be empty. Characteristic directions rank and weigh them.
    rows : int array
        Signatures.
    n_levels : int
        Levels at which the running sum is bounded: more cost more and are tighter.

    Returns
    -------
    float64 array, 2 × signatures
        Of the score, and of the score with the sign turned.
    """
    bounds = np.empty((2, len(rows)))

    def bound(start: int) -> None:
        part = slice(start, start + BLOCK)
        levels, above = _levels(index, rows[part], n_levels)
        values = np.ascontiguousarray(index.values([*up, *down], "cd", rows[part]).T)
        sides = [
            _extremes(side, levels, above, len(index.genes))
            for side in (values[: len(up)], values[len(up) :])
            if len(side)
        ]
        if len(sides) == 1:
            (high, low), sign = sides[0], 1 if up else -1
            bounds[:, part] = (high, low)[::sign]
        else:
            (high_up, low_up), (high_down, low_down) = sides
            bounds[:, part] = (high_up + low_down) / 2, (low_up + high_down) / 2

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy computes without the interpreter's lock
        list(threads.map(bound, range(0, len(rows), BLOCK)))
    return bounds + SLACK


def _levels(index: Index, rows: np.ndarray, n_levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return levels of signatures, falling, and how many genes are above: at least, at most.

    Returns
    -------
    levels : float32 array, levels × signatures
    above : int array, 2 × (levels + 2) × signatures
        Above no gene, above the levels, and above all genes.
    """
    ranks = {name: knot_ranks(int(index.status_sizes[name])) for name in index.knots}
    chosen = {name: _thinned(ranks[name], n_levels) for name in ranks}
    asked = together(rows)
    knots = {name: values[asked].T[chosen[name]] for name, values in index.knots.items()}
    levels = knots[max(ranks, key=lambda name: index.status_sizes[name])]
    above, asked = np.zeros((2, len(levels) + 2, len(rows)), np.int32), _in_order(levels)
    for name, values in knots.items():
        there, ordered = ranks[name][chosen[name]], _in_order(values)
        at_least = np.r_[0, there].astype(np.int32)
        at_most = np.r_[there - 1, index.status_sizes[name]].astype(np.int32)
        for number, level in enumerate(asked, 1):
            above[0, number] += at_least[_count(ordered > level)]
            above[1, number] += at_most[_count(ordered >= level)]
    above[:, -1] = len(index.genes)
    return levels.astype(np.float32) * np.float32(1 / index.cd_unit), above


def _in_order(values: np.ndarray) -> np.ndarray:
    """Return whole numbers in the order of float16 values: they are compared much faster."""
    bits = np.ascontiguousarray(values).view(np.int16)
    return np.where(bits < 0, -(bits & 0x7FFF), bits)


def _count(is_so: np.ndarray) -> np.ndarray:
    """Count along the first axis, in the smallest type that is large enough."""
    return is_so.view(np.uint8).sum(axis=0, dtype=np.min_scalar_type(len(is_so)))


def _thinned(ranks: np.ndarray, n: int) -> np.ndarray:
    """Return positions of some ranks: even in the rank, and some near both ends."""
    if len(ranks) <= n:
        return np.arange(len(ranks))
    near = np.array([16, 100, 300])
    wanted = np.r_[np.linspace(1, ranks[-1], max(n - 2 * len(near), 2)), near, ranks[-1] + 1 - near]
    return np.unique(ranks.searchsorted(np.clip(wanted, 1, ranks[-1])))


def _extremes(
    values: np.ndarray, levels: np.ndarray, above: np.ndarray, n_genes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Bound the highest value of running sums, and the lowest with its sign turned.

    Parameters
    ----------
    values : array, genes of the query × signatures
    levels, above
        Of `_levels`.
    n_genes : int
    """
    n_query, n = values.shape
    weights = np.abs(values)
    total = weights.sum(axis=0)
    weights = np.where(total > 0, weights / np.where(total > 0, total, 1), 1 / n_query)
    step = np.zeros(values.shape, np.min_scalar_type(len(levels)))  # levels that are not below the value
    for level in levels:
        step += (values <= level).view(np.uint8)
    step = (step * np.intp(n) + np.arange(n)).ravel()
    mass_of, count_of = (
        np.bincount(step, part, (len(levels) + 1) * n).reshape(-1, n) for part in (weights.ravel(), None)
    )
    at_least, at_most = above
    (high, low, passed), counted = np.zeros((3, n)), np.zeros(n, np.int64)
    for number, (mass, count) in enumerate(zip(mass_of, count_of, strict=True)):
        others = np.maximum(at_least[number] - counted, 0) / (n_genes - n_query)
        high = np.maximum(high, passed + mass - others)
        counted = counted + count
        others = np.maximum(at_most[number + 1] - counted, 0) / (n_genes - n_query)
        low = np.maximum(low, others - passed)
        passed = passed + mass
    return np.clip(high, 0, 1), np.clip(low, 0, 1)


def best_rows(
    index: Index,
    up: tuple[str, ...],
    down: tuple[str, ...],
    rows: np.ndarray,
    groups: np.ndarray,
    n: int,
    score: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return all signatures of the groups that connect most, and of those that are reversed most.

    A group is as good as its best signature. Nothing is approximate: a signature that is not read whole has a
    bound that is worse than the n-th best group's score.

    Parameters
    ----------
    index, up, down, rows
        As in `upper_bounds`.
    groups : int array, signatures
        The group of each, such as its perturbagen.
    n : int
        Groups each way.
    score : callable
        From positions in `rows` to exact scores.

    Returns
    -------
    int array
        Positions in `rows`, sorted: those of the groups, and what else was read whole.
    """
    exact, chosen = np.full(len(rows), np.nan), np.zeros(len(rows), bool)
    coarse = upper_bounds(index, up, down, rows, COARSE)
    for side, (sign, bounds) in enumerate(zip((1, -1), coarse, strict=True)):
        cut, is_tight = 0.0, np.zeros(len(rows), bool)
        while True:
            found = ~np.isnan(exact)
            if found.any():
                best = _best_of_groups(sign * exact[found], groups[found])
                cut = max(best[n - 1], 0.0) if len(best) >= n else 0.0
            waiting = np.flatnonzero(~found & (bounds >= cut))
            if not len(waiting):
                break
            if len(waiting) > 8 * AT_ONCE:
                waiting = waiting[np.argpartition(-bounds[waiting], 8 * AT_ONCE)[: 8 * AT_ONCE]]
            waiting = waiting[np.argsort(-bounds[waiting], kind="stable")]
            if not is_tight[waiting[:AT_ONCE]].all():
                loose = waiting[~is_tight[waiting]]
                tight = upper_bounds(index, up, down, rows[loose])[side]
                bounds[loose], is_tight[loose] = np.minimum(bounds[loose], tight), True
                continue
            exact[waiting[:AT_ONCE]] = score(waiting[:AT_ONCE])
        found = sign * np.nan_to_num(exact) >= cut
        chosen |= np.isin(groups, np.unique(groups[found & ~np.isnan(exact)]))
    return np.flatnonzero(chosen | ~np.isnan(exact))


def _best_of_groups(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the best score of each group, the largest first."""
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(groups[order], return_index=True)
    return np.sort(scores[order][first])[::-1]
