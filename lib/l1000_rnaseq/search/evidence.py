"""What speaks for a hit and what against: cell lines, replicates, vehicles, doses, the gene itself."""

from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd

from l1000_rnaseq.search.control_levels import expressed
from l1000_rnaseq.search.gene_values import GeneValues
from l1000_rnaseq.search.grade import grades
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.relative_ranks import relative_ranks
from l1000_rnaseq.search.signature_facts import Siblings

COLUMNS = [
    "grade",
    "other_lines",
    "lines_agree",
    "vehicle_fdr",
    "strength_percentile",
    "doses",
    "dose_trend",
    "dose_p",
    "moved_percentile",
    "change_r",
    "control_level",
    "expressed",
]
"""Columns that `evidence` adds to hits."""
FEWEST_DOSES = 3
MOST_PERMUTED = 7  # doses of which every order is looked at; of more the t distribution is good


def evidence(index: Index, symbol: str, hits: pd.DataFrame, values: GeneValues | None = None) -> pd.DataFrame:
    """Gather what is known of the hits of a gene, over all signatures of the index, and grade them.

    Parameters
    ----------
    index : Index
    symbol : str
        The gene, as the index calls it.
    hits : DataFrame, row number in `Index.signatures` × (direction, concordant)
        direction: "up" or "down".
    values : GeneValues, optional
        Of the gene, where they are read already.

    Returns
    -------
    DataFrame, hits × COLUMNS
        grade: see `grade.grades`. other_lines: cell lines but its own in which the compound was measured.
        lines_agree: those in which the mean relative rank of the gene has the sign of the hit. vehicle_fdr:
        of p_vehicle, over the index. strength_percentile: share of the signatures of its source that are at
        most as strong. doses: how many different ones of this compound, line and time. dose_trend: Spearman
        correlation of log2 fold change and dose, times the sign of the hit. dose_p: one-sided, of all orders
        of the doses. moved_percentile, change_r: of the gene, as in `Index.genes`. control_level: of the gene
        in untreated cells of the line, log2(CPM+1). expressed: whether it is on or off there. Flagged
        signatures count in none of these.
    """
    rows, signs = hits.index.to_numpy(), np.where(hits["direction"] == "up", 1, -1)
    facts, siblings = index.signature_facts, index.siblings
    if values is None:
        related = siblings.rows(np.unique(siblings.compound[rows]))
        relative = relative_ranks(index, symbol, related)["relative_rank"].to_numpy()
    else:
        related = siblings.counted
        relative = values.relative(related)["relative_rank"].to_numpy()
    parts = same_way(
        siblings.compound[rows], siblings.line[rows], signs,
        siblings.compound[related], siblings.line[related], relative,
    )  # fmt: skip
    for name in ("vehicle_fdr", "strength_percentile"):
        parts[name] = facts[name].to_numpy()[rows]
    dosed, series, number = _doses_of(siblings, related, siblings.series[rows])
    change = index.values(symbol, "log2fc", dosed)[:, 0] if values is None else values.log2fc[dosed]
    parts |= _dose_trends(siblings, dosed, change, series, signs) | {"doses": number}
    of_gene = index.genes.loc[symbol]
    for name in ("moved_percentile", "change_r"):
        parts[name] = float(of_gene.get(name, np.nan))
    level = index.control_level(symbol, rows)[:, 0].astype(float)
    parts |= {"control_level": level, "expressed": expressed(level)}
    table = pd.DataFrame(parts, hits.index)[COLUMNS[1:]]
    known = {name: hits[name].to_numpy() for name in ("direction", "concordant")}
    known |= {name: index.signatures[name].to_numpy()[rows] for name in ("agreement", "p_vehicle")}
    known["flags"] = np.where(np.isin(rows, siblings.counted), "", "flagged")
    table.insert(0, "grade", grades(table.assign(**known)).to_numpy())
    return table


def evidence_of_compounds(
    signatures: pd.DataFrame, signs: pd.Series, known: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Gather what is known of compounds over their signatures, and grade them.

    Parameters
    ----------
    signatures : DataFrame, signatures × (compound, cell_id, value, and what is known of each)
        value: relative rank of a gene, or score of a list. agreement, p_vehicle, vehicle_fdr,
        strength_percentile, flags: any may be absent.
    signs : Series, compound → +1 or −1
        The direction that is graded.
    known : DataFrame, optional
        Further parts of the compounds (see `grade.PARTS`).

    Returns
    -------
    DataFrame, compounds × (grade, other_lines, lines_agree, …)
        other_lines: cell lines but one, the one that the others are to repeat. lines_agree: those whose mean
        value has the sign, but for that one. Of the measures of signatures, the median. flags: of any.
    """
    means = signatures.groupby(["compound", "cell_id"])["value"].mean()
    agrees = means * signs.reindex(means.index.get_level_values("compound")).to_numpy() > 0
    by_compound = agrees.groupby(level="compound")
    parts = pd.DataFrame(
        {"other_lines": by_compound.size() - 1.0, "lines_agree": (by_compound.sum() - 1.0).clip(lower=0)}
    ).reindex(signs.index)
    parts = parts.join(facts_of_compounds(signatures))
    parts = parts if known is None else parts.join(known)
    parts.insert(0, "grade", grades(parts))
    return parts


def facts_of_compounds(signatures: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of compounds whatever the gene: medians of measures, and flags of any signature.

    Parameters
    ----------
    signatures : DataFrame, signatures × (compound, and what is known of each)
        agreement, p_vehicle, vehicle_fdr, strength_percentile, flags: any may be absent.
    """
    grouped = signatures.groupby("compound")
    measures = ("agreement", "p_vehicle", "vehicle_fdr", "strength_percentile")
    parts = grouped[[name for name in measures if name in signatures]].median()
    if "flags" in signatures:
        flagged = signatures[signatures["flags"] != ""]
        parts["flags"] = flagged["flags"].astype(str).groupby(flagged["compound"]).first()
        parts["flags"] = parts["flags"].fillna("")
    return parts


def same_way(
    compound: np.ndarray,
    line: np.ndarray,
    signs: np.ndarray,
    all_compounds: np.ndarray,
    all_lines: np.ndarray,
    values: np.ndarray,
) -> dict[str, np.ndarray]:
    """Count in how many other cell lines of its compound the mean value has the sign of each hit.

    Parameters
    ----------
    compound, line, signs : int array, hits
    all_compounds, all_lines, values : array, signatures of these compounds
        Relative ranks of a gene, or scores.

    Returns
    -------
    dict of other_lines, lines_agree: float array, hits
    """
    width = max(all_lines.max(initial=0), line.max(initial=0)) + 1
    pairs, position = np.unique(all_compounds * width + all_lines, return_inverse=True)
    means = np.bincount(position, values, len(pairs)) / np.bincount(position, minlength=len(pairs))
    owner, n = pairs // width, max(compound.max(initial=0), all_compounds.max(initial=0)) + 1
    lines = np.bincount(owner, minlength=n)
    going = {sign: np.bincount(owner[sign * means > 0], minlength=n) for sign in (1, -1)}
    own = compound * width + line
    place = np.minimum(np.searchsorted(pairs, own), max(len(pairs) - 1, 0))
    is_there = pairs[place] == own if len(pairs) else np.zeros(len(own), bool)
    own_agrees = is_there & (signs * means[place] > 0) if len(pairs) else is_there
    agree = np.where(signs > 0, going[1][compound], going[-1][compound])
    return {
        "other_lines": (lines[compound] - is_there).astype(float),
        "lines_agree": (agree - own_agrees).astype(float),
    }


def _doses_of(
    siblings: Siblings, related: np.ndarray, series: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the signatures of the series of some hits that have doses enough for a trend.

    Returns
    -------
    int array, signatures: their row numbers
    int array, hits: the series of each, −1 where it has too few doses
    float array, hits: number of doses
    """
    rows = related[~np.isnan(siblings.dose[related])]
    rows = rows[np.isin(siblings.series[rows], series)]
    pairs = np.unique(np.stack([siblings.series[rows], siblings.dose[rows]]), axis=1)
    number = np.bincount(pairs[0].astype(int), minlength=series.max(initial=-1) + 1)
    is_enough = number >= FEWEST_DOSES
    return (
        rows[is_enough[siblings.series[rows]]],
        np.where(is_enough[series], series, -1),
        number[series] + 0.0,
    )


def _dose_trends(siblings: Siblings, rows, changes, series, signs) -> dict[str, np.ndarray]:
    """Return trend and p of each hit; `rows` and `changes` are of all signatures of their series."""
    trend, p = np.full(len(series), np.nan), np.full(len(series), np.nan)
    order = np.lexsort((siblings.dose[rows], siblings.series[rows]))
    of, dose = siblings.series[rows[order]], siblings.dose[rows[order]]
    is_new = np.r_[True, (np.diff(of) != 0) | (np.diff(dose) != 0)][: len(of)]
    pair = np.cumsum(is_new) - 1
    means = (np.bincount(pair, changes[order]) / np.bincount(pair)).astype(np.float32).astype(float)
    of = of[is_new]
    there = series >= 0
    for own, sign in set(zip(series[there].tolist(), signs[there].tolist(), strict=True)):
        here = (series == own) & (signs == sign)
        trend[here], p[here] = dose_trend(sign * means[of == own])
    return {"dose_trend": trend, "dose_p": p}


def dose_trend(changes: np.ndarray) -> tuple[float, float]:
    """Return the Spearman correlation of changes with their order, and its one-sided p.

    Parameters
    ----------
    changes : array
        One change per dose, the lowest dose first.

    Returns
    -------
    float, float
        p: share of all orders with a correlation at least as high; of more than seven doses by Student's t.
        NaN where all changes are equal.

    Examples
    --------
    >>> dose_trend(np.array([0.1, 0.4, 0.8, 2.0]))
    (1.0, 0.041666666666666664)
    """
    _, place, count = np.unique(changes, return_inverse=True, return_counts=True)
    ranked = (np.cumsum(count) - (count - 1) / 2)[place]  # equal changes share the mean of their ranks
    if np.ptp(ranked) == 0:
        return np.nan, np.nan
    if len(ranked) > MOST_PERMUTED:
        from scipy.stats import spearmanr  # slow to import

        tested = spearmanr(np.arange(len(ranked)), ranked, alternative="greater")
        return float(tested.statistic), float(tested.pvalue)
    centred = ranked - ranked.mean()
    orders = _orders(len(ranked))
    null = orders @ centred / np.sqrt((centred @ centred) * (orders[0] @ orders[0]))
    return float(null[0]), float((null >= null[0] - 1e-12).mean())


@cache
def _orders(n: int) -> np.ndarray:
    """Return all orders of n centred ranks, the rising one first: n! × n."""
    return np.array(list(permutations(np.arange(n) - (n - 1) / 2)))
