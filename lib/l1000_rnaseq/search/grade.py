"""How far to believe a hit: one grade from independent parts, by one rule, and its parts in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

GRADES = ("strong", "fair", "weak", "doubtful")
RULE = """\
What is not known does not count.

Other cell lines of the same compound in which the gene, or the list, goes the same way: all of three or
more, 2 points. All of one or two, or three quarters of three or more, 1 point. Half to three quarters, -1.
Fewer than half, -2.

The signature, together 1 point at most and -1 at least: replicates agree (.3 or more), 1; they disagree
(below 0), -1. Unlike vehicle wells (FDR of 5 % or less), 1; like them (p above .5), -1. Among the weaker
three quarters of its source, -1.

Doses: the change grows with the dose (p of 5 % or less), 1 point. It shrinks (trend of -.5 or less), -1.

Strong is 2 points or more, fair is 1, weak is 0 or -1, doubtful is less.

A flagged signature is doubtful. So is a fall of a gene that is off in that line. The grade is weak at best
where fold change and characteristic direction differ in sign, or where the gene's changes are not followed.
It is fair at best where the gene is followed weakly, or where a consensus has an FDR above 5 %."""
REPEATED, MOSTLY = 3, 0.75
AGREE, UNLIKE_VEHICLES, LIKE_VEHICLES = 0.3, 0.05, 0.5
STRONG_FROM, TREND_P, AGAINST_TREND = 0.75, 0.05, -0.5
NOT_FOLLOWED, FOLLOWED_WEAKLY = 0.2, 0.4  # of change_r, as in translate.gene_reliability
PARTS = [
    "other_lines",
    "lines_agree",
    "n_treated",
    "agreement",
    "p_vehicle",
    "vehicle_fdr",
    "strength_percentile",
    "doses",
    "dose_trend",
    "dose_p",
    "moved_percentile",
    "change_r",
    "control_level",
    "expressed",
    "direction",
    "concordant",
    "fdr",
    "assays",
    "assays_agree",
    "assays_base_rate",
    "flags",
]
"""Columns that the rule reads, or that are shown beside it; any may be absent."""


def grades(parts: pd.DataFrame) -> pd.Series:
    """Grade hits: strong, fair, weak or doubtful.

    {RULE}

    The points for cell lines and strength follow how often hits of the demo index repeat in a cell line that
    was not used for the grade; `benchmarks/evidence.py` measures it. The points for replicates, vehicles and
    doses are a judgement: too few compounds of the demo index have them and another line. How often a gene
    moves is shown and does not count: hits of such genes repeat as often as others. How well a gene is
    followed caps the grade, although hits of badly followed genes repeat as often: a wrong prediction repeats
    too.

    Parameters
    ----------
    parts : DataFrame, hits × some of `PARTS`
        NaN, or an absent column, is not known.

    Returns
    -------
    Series of str, hits

    Examples
    --------
    >>> hits = pd.DataFrame({{"other_lines": [4, 0], "lines_agree": [4, 0], "flags": ""}})
    >>> grades(hits).tolist()
    ['strong', 'weak']
    """
    points = _of_lines(parts) + _of_signature(parts) + _of_doses(parts)
    grade = np.select([points >= 2, points == 1, points >= -1], [0, 1, 2], 3)
    change_r = _column(parts, "change_r")
    for at_best, is_capped in (
        (1, (change_r < FOLLOWED_WEAKLY) | (_column(parts, "fdr") > UNLIKE_VEHICLES)),
        (2, (change_r < NOT_FOLLOWED) | (_column(parts, "concordant") == 0)),
        (3, _is_fall_of_what_is_off(parts) | _is_flagged(parts)),
    ):
        grade = np.where(is_capped, np.maximum(grade, at_best), grade)
    return pd.Series(np.array(GRADES, object)[grade], parts.index, name="grade")


grades.__doc__ = grades.__doc__.format(RULE=RULE.replace("\n", "\n    "))


def _column(parts: pd.DataFrame, name: str) -> np.ndarray:
    return parts[name].to_numpy(float) if name in parts else np.full(len(parts), np.nan)


def _is_fall_of_what_is_off(parts: pd.DataFrame) -> np.ndarray:
    if "expressed" not in parts or "direction" not in parts:
        return np.zeros(len(parts), bool)
    return ((parts["expressed"] == "off") & (parts["direction"] == "down")).to_numpy()


def _is_flagged(parts: pd.DataFrame) -> np.ndarray:
    return (parts["flags"].astype(str) != "").to_numpy() if "flags" in parts else np.zeros(len(parts), bool)


def _of_lines(parts: pd.DataFrame) -> np.ndarray:
    others, agree = _column(parts, "other_lines"), _column(parts, "lines_agree")
    share = agree / np.where(others > 0, others, np.nan)
    several = others >= REPEATED
    conditions = [(share == 1) & several, (share >= MOSTLY) & (several | (share == 1)), share >= 0.5]
    return np.select([*conditions, share < 0.5], [2, 1, -1, -2], 0)


def _of_signature(parts: pd.DataFrame) -> np.ndarray:
    agreement, p = _column(parts, "agreement"), _column(parts, "p_vehicle")
    points = (agreement >= AGREE).astype(int) - (agreement < 0)
    points += (_column(parts, "vehicle_fdr") <= UNLIKE_VEHICLES).astype(int) - (p > LIKE_VEHICLES)
    return np.clip(points - (_column(parts, "strength_percentile") < STRONG_FROM), -1, 1)


def _of_doses(parts: pd.DataFrame) -> np.ndarray:
    trend, p = _column(parts, "dose_trend"), _column(parts, "dose_p")
    return ((p <= TREND_P) & (trend > 0)).astype(int) - (trend <= AGAINST_TREND)


def explain(hit: Mapping | pd.Series) -> list[tuple[str, object, str]]:
    """Say in plain words what is known of a hit, part by part: what a page opens behind the grade.

    Parameters
    ----------
    hit : mapping or Series
        A row of `search`, `consensus` or `perturbagens`.

    Returns
    -------
    list of (name, value, words)
        In a fixed order. What is not known has the value None. What does not apply is left out.

    Examples
    --------
    >>> explain({"other_lines": 4, "lines_agree": 3, "flags": ""})[0]
    ('lines', '3 of 4', 'The gene goes the same way in 3 of 4 other cell lines of this compound.')
    """
    value = {name: None if pd.isna(hit[name]) else hit[name] for name in PARTS if name in hit}
    told = []
    if "other_lines" in value:
        told.append(_lines(value["other_lines"], value["lines_agree"]))
    if "agreement" in value:
        told.append(_replicates(value.get("n_treated"), value["agreement"]))
    if "vehicle_fdr" in value:
        told.append(_vehicles(value["vehicle_fdr"]))
    if "strength_percentile" in value:
        told.append(_strength(value["strength_percentile"]))
    if "dose_trend" in value:
        told.append(_doses(value["doses"], value["dose_trend"], value["dose_p"]))
    if "moved_percentile" in value:
        words = "The gene moves more often than {:.0%} of the genes of its status. This does not count."
        told.append(_told("how often the gene moves", value["moved_percentile"], words))
    if "change_r" in value:
        words = "Expected correlation of the gene's changes with RNA-seq: {:.2f}."
        told.append(_told("how well the gene is followed", value["change_r"], words))
    if "control_level" in value:
        words = f"Level in untreated cells of this line: {{:.1f}} log2(CPM+1), {value['expressed']}."
        if value["expressed"] == "off" and value.get("direction") == "down":
            words += " What is off cannot fall."
        told.append(_told("level without treatment", value["control_level"], words))
    if "fdr" in value:
        words = "Of compounds with as consistent ranks, {:.2g} are expected to have them by chance (FDR)."
        told.append(_told("consensus", value["fdr"], words))
    if "assays" in value:
        told.append(_assays(value["assays"], value["assays_agree"], value["assays_base_rate"]))
    if value.get("concordant") is not None and not value["concordant"]:
        words = "Fold change and characteristic direction differ in sign."
        told.append(("sign", "differs", words))
    if value.get("flags"):
        told.append(("flag", value["flags"], f"Doubtful: {value['flags']}."))
    return told


def _told(name: str, value, words: str) -> tuple[str, object, str]:
    return (name, None, "Not known.") if value is None else (name, value, words.format(value))


def _lines(others, agree) -> tuple[str, object, str]:
    if not others:
        return ("lines", None, "Not known: this compound was measured in no other cell line.")
    lines = "line" if others == 1 else "lines"
    told = f"{agree:.0f} of {others:.0f}"
    return ("lines", told, f"The gene goes the same way in {told} other cell {lines} of this compound.")


def _replicates(n_treated, agreement) -> tuple[str, object, str]:
    if agreement is None:
        why = "one treated well only" if n_treated == 1 else "the replicates are not in the index"
        return ("replicates", None, f"Not known: {why}.")
    wells = "" if n_treated is None else f" of {n_treated:g} wells"
    return ("replicates", agreement, f"Replicates{wells} agree with a correlation of {agreement:.2f}.")


def _vehicles(fdr) -> tuple[str, object, str]:
    if fdr is None:
        return ("vehicles", None, "Not known: there is no comparison with vehicle wells.")
    unlike = "is unlike" if fdr <= UNLIKE_VEHICLES else "is not clearly unlike"
    return ("vehicles", fdr, f"The signature {unlike} vehicle wells (FDR {fdr:.2g}).")


def _strength(percentile) -> tuple[str, object, str]:
    words = "The signature is at least as strong as {:.0%} of the signatures of its source."
    return _told("strength", percentile, words)


def _assays(n, agree, base_rate) -> tuple[str, object, str]:
    if not n:
        return ("other assays", None, "Not known: the other assays did not test this perturbagen.")
    told, beside = f"{agree:.0f} of {n:.0f}", "" if base_rate is None else f" (of any: {base_rate:.0%})"
    words = f"The gene goes the same way in {told} contrasts of other assays{beside}. This does not count."
    return ("other assays", told, words)


def _doses(doses, trend, p) -> tuple[str, object, str]:
    if trend is None:
        return ("doses", None, "Not known: fewer than three doses of this compound, line and time.")
    way = "grows" if trend > 0 else "shrinks" if trend < 0 else "neither grows nor shrinks"
    words = f"The change {way} with the dose (Spearman {trend:+.2f} over {doses:.0f} doses, p {p:.2g})."
    return ("doses", trend, words)
