"""Comparisons by donor: who is drawn, what is left out and why, and what a permutation keeps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.aging.comparisons import (
    AGING_PRESETS,
    AgingSettings,
    draw_samples,
    permute_ages,
    plan_comparisons,
)

SETTINGS = AgingSettings(older=("30-39", "60-69"))
OLD = "GTEx Skin 20-29 vs 60-69"


@pytest.fixture(scope="module")
def plan(small_info):
    return plan_comparisons(small_info, SETTINGS)


def skin(info):
    return info[info["SMTS"] == "Skin"]


def test_donors_are_counted_not_samples(plan, small_info):
    row = plan[0].loc[OLD]
    assert (row["donors_old"], row["donors_young"]) == (12, 8)
    assert row["samples_old"] == ((small_info["AGE"] == "60-69") & (small_info["SMTS"] == "Skin")).sum() > 12
    assert list(plan[0].index) == [f"GTEx {t} 20-29 vs {a}" for t in ("Lung", "Skin") for a in SETTINGS.older]
    reasons = plan[1]["reason"]
    assert list(reasons.index) == ["GTEx Eye 20-29 vs 30-39", "GTEx Eye 20-29 vs 60-69"]
    assert set(reasons) == {"donors: 0 of 20-29; at least 3 each"}


def test_the_minimum_and_both_sides_are_named(small_info):
    _, left_out = plan_comparisons(small_info, AgingSettings(min_donors=9))
    assert left_out.loc["GTEx Lung 20-29 vs 30-39", "reason"] == (
        "donors: 8 of 20-29 and 5 of 30-39; at least 9 each"
    )
    assert left_out.loc["GTEx Lung 20-29 vs 70-79", "donors_old"] == 0


def test_a_draw_takes_equally_many_donors_once_each(plan, small_info):
    part, drawn = skin(small_info), set()
    for number in range(30):
        old, young = draw_samples(part, plan[0].loc[OLD], number, SETTINGS)
        assert len(old) == len(young) == 8
        for ids, bracket in ((old, "60-69"), (young, "20-29")):
            assert set(part.loc[ids, "AGE"]) == {bracket} and part.loc[ids, "SUBJID"].is_unique
        drawn |= {*old, *young}
    assert drawn == set(part.index[part["AGE"].isin(["20-29", "60-69"])])  # every sample has its turn
    old, young = draw_samples(part, plan[0].loc[OLD], 0, replace(SETTINGS, equal_sizes=False))
    assert (len(old), len(young)) == (12, 8)


def test_a_draw_depends_on_the_seed_and_number_only(plan, small_info):
    row = plan[0].loc[OLD]
    draw = draw_samples(skin(small_info), row, 2, SETTINGS, seed=5)
    assert draw == draw_samples(skin(small_info).iloc[::-1], row, 2, SETTINGS, seed=5)
    assert draw != draw_samples(skin(small_info), row, 3, SETTINGS, seed=5)
    assert draw != draw_samples(skin(small_info), row, 2, SETTINGS, seed=6)


def test_permuted_ages_keep_sizes_and_donors(small_info):
    changed = 0
    for number in range(20):
        permuted = permute_ages(small_info, number=number)
        pd.testing.assert_frame_equal(permuted.drop(columns="AGE"), small_info.drop(columns="AGE"))
        for tissue, part in permuted.groupby("SMTS"):
            before = small_info.loc[part.index]
            donors, other_donors = (t.drop_duplicates("SUBJID")["AGE"] for t in (before, part))
            assert sorted(donors) == sorted(other_donors)
            assert len(part[["SUBJID", "AGE"]].drop_duplicates()) == part["SUBJID"].nunique()
            pd.testing.assert_series_equal(part["AGE"], permute_ages(before, number=number)["AGE"])
            changed += tissue == "Lung" and (before["AGE"] != part["AGE"]).mean() > 0.3
        ages = permuted[permuted["SMTS"] != "Eye"].groupby("SUBJID")["AGE"].nunique()
        assert (ages == 1).all()  # the same donors in both tissues: the same ages
    assert changed == 20
    assert permute_ages(small_info, seed=1)["AGE"].ne(permute_ages(small_info, seed=2)["AGE"]).any()


def test_every_donor_gets_every_age_as_often_as_it_is_there(small_info):
    part = small_info[small_info["SMTS"] == "Lung"]
    young = np.mean([permute_ages(part, number=n)["AGE"].to_numpy() == "20-29" for n in range(400)], axis=0)
    np.testing.assert_allclose(young, 8 / 25, atol=4.5 * np.sqrt(0.32 * 0.68 / 400))


def test_bad_settings_and_tables_are_refused(small_info):
    for bad, match in (
        ({"gene_filter": "none"}, "gene_filter is 'none'; expected one of published, edgeR"),
        ({"score": "p"}, "score is 'p'; expected one of cd, t"),
        ({"n_draws": 0}, "n_draws is 0; expected at least 1"),
        ({"min_donors": 1}, "min_donors is 1; expected at least 2"),
        ({"young": "30-39"}, "both the young bracket and one of the older"),
    ):
        with pytest.raises(ValueError, match=match):
            AgingSettings(**bad)
    with pytest.raises(ValueError, match="no column RIN; it has SMTS"):
        plan_comparisons(small_info, AgingSettings(covariates=("RIN",)))
    two = small_info.copy()
    two.iloc[0, two.columns.get_loc("AGE")] = "70-79"
    with pytest.raises(ValueError, match="1 donors have two ages, GTEX-"):
        plan_comparisons(two)
    assert AGING_PRESETS["as_published"].n_draws == 1 and AGING_PRESETS["as_published"].top == 250
