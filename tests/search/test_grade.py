"""The grade by a slow reading of its rule, its parts in words, and what is not known."""

import doctest
from itertools import product

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search import grade as module
from l1000_rnaseq.search.grade import GRADES, RULE, explain, grades


def slow(hit: dict) -> str:
    """Read the rule sentence by sentence."""

    def known(name):
        return name in hit and not pd.isna(hit[name])

    lines = 0
    if known("other_lines") and hit["other_lines"] > 0:
        n, share = hit["other_lines"], hit["lines_agree"] / hit["other_lines"]
        if share == 1:
            lines = 2 if n >= 3 else 1
        elif share >= 0.75 and n >= 3:
            lines = 1
        else:
            lines = -1 if share >= 0.5 else -2
    signature = 0
    if known("agreement"):
        signature += (hit["agreement"] >= 0.3) - (hit["agreement"] < 0)
    if known("vehicle_fdr"):
        signature += hit["vehicle_fdr"] <= 0.05
    if known("p_vehicle"):
        signature -= hit["p_vehicle"] > 0.5
    if known("strength_percentile"):
        signature -= hit["strength_percentile"] < 0.75
    doses = 0
    if known("dose_trend"):
        doses = int(hit["dose_trend"] > 0 and hit["dose_p"] <= 0.05) - (hit["dose_trend"] <= -0.5)
    points = lines + max(-1, min(1, signature)) + doses
    grade = 0 if points >= 2 else 1 if points == 1 else 2 if points >= -1 else 3
    if (known("change_r") and hit["change_r"] < 0.4) or (known("fdr") and hit["fdr"] > 0.05):
        grade = max(grade, 1)
    if (known("change_r") and hit["change_r"] < 0.2) or hit.get("concordant") is False:
        grade = max(grade, 2)
    if hit.get("flags") or (hit.get("expressed") == "off" and hit.get("direction") == "down"):
        grade = 3
    return GRADES[grade]


def random_hits(n=3000, seed=0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    others = rng.integers(0, 6, n)
    hits = pd.DataFrame(
        {
            "other_lines": others.astype(float),
            "lines_agree": np.floor(rng.uniform(0, others + 1)),
            "agreement": rng.uniform(-0.4, 1, n),
            "vehicle_fdr": rng.uniform(0, 0.1, n),
            "p_vehicle": rng.uniform(0, 1, n),
            "strength_percentile": rng.uniform(0.4, 1, n),
            "dose_trend": rng.uniform(-1, 1, n),
            "dose_p": rng.uniform(0, 0.1, n),
            "change_r": rng.uniform(0, 1.5, n),
            "fdr": rng.uniform(0, 0.07, n),
        }
    )
    hits = hits.mask(rng.random(hits.shape) < 0.4)
    hits["lines_agree"] = hits["lines_agree"].where(hits["other_lines"].notna())
    hits.loc[hits["lines_agree"].isna(), "other_lines"] = np.nan
    hits["concordant"] = rng.random(n) < 0.9
    hits["flags"] = np.where(rng.random(n) < 0.05, "a spill", "")
    hits["expressed"] = rng.choice(["on", "off", "unclear", "not known"], n)
    hits["direction"] = rng.choice(["up", "down"], n)
    return hits


def test_the_examples_hold():
    assert doctest.testmod(module).failed == 0


def test_grades_are_the_rule_read_slowly():
    hits = random_hits()
    wanted = [slow(hit) for hit in hits.to_dict("records")]
    assert grades(hits).tolist() == wanted and set(wanted) == set(GRADES)
    some = ["other_lines", "lines_agree", "agreement"]
    assert grades(hits[some]).tolist() == [slow(hit) for hit in hits[some].to_dict("records")]


def test_what_is_not_known_counts_for_nothing():
    unknown = pd.DataFrame({name: [np.nan] for name in random_hits(1).select_dtypes("number")})
    assert grades(unknown).tolist() == grades(pd.DataFrame(index=[0])).tolist() == ["weak"]
    for name in ("agreement", "strength_percentile", "vehicle_fdr"):
        hits = random_hits(300, 1).assign(**{name: np.nan})
        assert grades(hits).tolist() == grades(hits.drop(columns=name)).tolist()


def test_more_lines_that_agree_never_lower_the_grade():
    for others, change in product(range(1, 8), (0.9, 0.3, 0.1)):
        part = pd.DataFrame({"other_lines": others, "lines_agree": range(others + 1), "change_r": change})
        order = [GRADES.index(grade) for grade in grades(part)]
        assert order == sorted(order, reverse=True)


def test_the_rule_is_in_the_docstring_and_in_the_help():
    from click.testing import CliRunner
    from l1000_rnaseq.cli import main

    shown = " ".join(CliRunner().invoke(main, ["search", "--help"]).output.split())
    for sentence in " ".join(RULE.split()).split(". "):
        assert sentence in " ".join(grades.__doc__.split()) and sentence in shown.replace("( ", "(")


@pytest.mark.parametrize(
    ("hit", "name", "value", "words"),
    [
        ({"other_lines": 1, "lines_agree": 0}, "lines", "0 of 1", "same way in 0 of 1 other cell line of"),
        ({"other_lines": 0, "lines_agree": 0}, "lines", None, "measured in no other cell line"),
        ({"n_treated": 1, "agreement": np.nan}, "replicates", None, "one treated well only"),
        ({"n_treated": 3, "agreement": 0.42}, "replicates", 0.42, "Replicates of 3 wells agree with a corr"),
        ({"vehicle_fdr": 0.5}, "vehicles", 0.5, "is not clearly unlike vehicle wells (FDR 0.5)"),
        ({"vehicle_fdr": np.nan}, "vehicles", None, "Not known: there is no comparison"),
        ({"strength_percentile": 0.9}, "strength", 0.9, "at least as strong as 90% of"),
        ({"doses": 4, "dose_trend": -1.0, "dose_p": 1.0}, "doses", -1.0, "shrinks with the dose"),
        ({"doses": 1, "dose_trend": np.nan, "dose_p": np.nan}, "doses", None, "fewer than three doses"),
        (
            {"control_level": 0.2, "expressed": "off", "direction": "down"},
            "level without treatment",
            0.2,
            "0.2 log2(CPM+1), off. What is off cannot fall.",
        ),
        ({"fdr": 0.02}, "consensus", 0.02, "0.02 are expected to have them by chance (FDR)"),
        ({"fdr": np.nan}, "consensus", None, "Not known."),
        (
            {"assays": 4, "assays_agree": 3, "assays_base_rate": 0.55},
            "other assays",
            "3 of 4",
            "in 3 of 4 contrasts of other assays (of any: 55%). This does not count.",
        ),
        (
            {"assays": 0, "assays_agree": 0, "assays_base_rate": np.nan},
            "other assays",
            None,
            "did not test this perturbagen",
        ),
        ({"concordant": False}, "sign", "differs", "differ in sign"),
        ({"flags": "a spill"}, "flag", "a spill", "Doubtful: a spill."),
    ],
)
def test_parts_are_told_in_words(hit, name, value, words):
    (told,) = explain(hit)
    assert told[0] == name and told[1] == value and words in told[2]
    assert explain(pd.Series(hit, dtype=object)) == [told]


def test_nothing_is_told_of_what_is_fine():
    assert explain({"flags": "", "concordant": True, "direction": "up"}) == []
