"""Each filter against plain pandas; what leaves nothing, is no filter, or does not apply is named."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search.by_gene import search, values_of
from l1000_rnaseq.search.filters import EVERY, FilterError, Filters, told


def number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({"type": "SHRNA"}, lambda t: t["type"] == "shRNA"),
        ({"cell": "b"}, lambda t: t["cell_id"] == "B"),
        ({"cell": ["A", "c"]}, lambda t: t["cell_id"].isin(["A", "C"])),
        ({"time": 24}, lambda t: t["time"] == "24"),
        ({"time": (6.0, 48.0)}, lambda t: t["time"] == "6"),
        ({"dose": 2}, lambda t: t["dose"] == "2"),
        ({"dose": 1.995}, lambda t: t["dose"] == "2"),
        ({"dose": (2, None)}, lambda t: number(t["dose"]) >= 2),
        ({"dose": (None, 2)}, lambda t: number(t["dose"]) <= 2),
        ({"dose": (1.5, 2.5)}, lambda t: t["dose"] == "2"),
        ({"dose": "2000 nM"}, lambda t: t["dose"] == "2"),
        ({"dose": ("1500nM", "0.0025 mM")}, lambda t: t["dose"] == "2"),
        ({"dose": ("1500nM", None)}, lambda t: number(t["dose"]) >= 2),
        ({"time": ["1 day", "360 min"]}, lambda t: t["time"] != ""),
        ({"time": "24h"}, lambda t: t["time"] == "24"),
        ({"perturbagen": "p1"}, lambda t: t["pert_iname"].str.startswith("P1")),
        ({"perturbagen": "brd-003"}, lambda t: t["pert_id"] == "BRD-003"),
        ({"type": "shRNA", "cell": "A"}, lambda t: (t["type"] == "shRNA") & (t["cell_id"] == "A")),
        ({"perturbagen": ["brd-003", "(P4"]}, lambda t: t["pert_id"] == "BRD-003"),
        ({"source": "wells"}, lambda t: t["source"] == "wells"),
        ({"min_treated": 3}, lambda t: t["n_treated"] >= 3),
        ({"min_agreement": 0.6}, lambda t: t["agreement"] >= 0.6),
        ({}, lambda t: t["type"] != ""),
        ({"cell": (), "perturbagen": "", "time": None}, lambda t: t["type"] != ""),
    ],
)  # fmt: skip
def test_signatures_that_pass(source, index, filters, passes):
    rows = np.arange(3, 240)
    wanted = rows[passes(source.table.iloc[rows]).to_numpy()]
    np.testing.assert_array_equal(Filters(**filters).select(index.signatures, rows), wanted)


def test_thresholds(index):
    entries = values_of(index, "FKBP5", np.arange(240))
    change, direction = entries["log2fc"], entries["cd"]
    for filters, passed in (
        ({"min_abs_log2fc": 0.5}, change.abs() >= 0.5),
        ({"min_abs_cd": 0.05}, direction.abs() >= 0.05),
        ({"concordant": True}, change * direction > 0),
        ({"min_abs_log2fc": 0.5, "concordant": True}, (change.abs() >= 0.5) & (change * direction > 0)),
    ):
        pd.testing.assert_frame_equal(Filters(**filters).select_entries(entries), entries[passed])


@pytest.mark.parametrize(
    ("filters", "match"),
    [
        ({"cell": "HELA"}, r"filter cell=HELA leaves no signature; before it there are: A, B, C\."),
        ({"type": "shRNA", "dose": (1, 3)}, "filter dose=1 to 3 leaves no signature"),
        (
            {"dose": (None, 0.5)},
            "filter dose=any to 0.5 leaves no signature; before it there are: 1 uM, 2 uM, 3 uM",
        ),
        ({"dose": 5}, "filter dose=5 leaves no signature"),
        ({"dose": (3, 1)}, "filter dose=3 to 1 has no dose in it; exchange its ends"),
        ({"time": 48}, "filter time=48 leaves no signature; before it there are: 6 h, 24 h"),
        ({"time": [1, 2]}, "filter time=1, 2 leaves no signature"),
        ({"perturbagen": "dexa"}, "filter perturbagen=dexa leaves no signature"),
        ({"dose": "2 ng/ml"}, "filter dose=2 ng/ml leaves no signature"),
        ({"dose": "ten"}, "filter dose=ten is no dose; expected one such as 10, 10 uM or 100 nM"),
        ({"dose": "1,000 nM"}, "filter dose=1,000 nM has two readings"),
        ({"dose": ("1 uM", "2 ng/ml")}, "has two units; give both ends in one"),
        ({"dose": (1, 2, 3)}, "is no range; expected the lowest and the highest"),
        ({"time": "24 fortnights"}, "filter time=24 fortnights is no time; expected one such as 24, 24 h"),
        ({"min_treated": 9}, "filter min_treated=9 leaves no signature; before it there are: 3 to 3"),
        ({"min_agreement": 2}, "filter min_agreement=2 leaves no signature; before it there are: 0"),
        ({"min_abs_log2fc": 99}, "filter min_abs_log2fc=99 leaves no signature of"),
        ({"min_abs_cd": 2}, "filter min_abs_cd=2 leaves no signature of"),
        ({"min_abs_cd": float("nan")}, "filter min_abs_cd=nan is no threshold; expected a number from 0"),
    ],
)
def test_a_filter_that_leaves_nothing_is_named(index, filters, match):
    with pytest.raises(FilterError, match=match) as refused:
        search(index, "FKBP5", filters=Filters(**filters))
    assert refused.value.field == list(filters)[-1]


def test_a_dose_of_another_unit_is_another_dose(index):
    """2 of the index are µM; as ng/ml they are found under that unit only, and 2 nM are 0.002 µM."""
    rows = np.arange(240)
    for unit, asked in (("ng/ml", "2 ng/mL"), ("nM", 0.002), ("", 2), ("um", "2 µM")):
        table = index.signatures.assign(dose_unit=unit)
        wanted = (table["dose"].astype(str) == "2").to_numpy()
        np.testing.assert_array_equal(Filters(dose=asked).select(table, rows), rows[wanted])
    with pytest.raises(FilterError, match="leaves no signature; before it there are: 1 ng/ml, 2 ng/ml"):
        Filters(dose=2).select(index.signatures.assign(dose_unit="ng/ml"), rows)


def test_what_is_set():
    filters = Filters(cell=["A"], dose=2, min_abs_cd=0.1)
    assert filters.chosen == {"cell": ["A"], "dose": 2, "min_abs_cd": 0.1}
    assert repr(filters) == "Filters(cell=['A'], dose=2, min_abs_cd=0.1)"
    assert filters.without_thresholds() == Filters(cell=["A"], dose=2)
    assert EVERY.chosen == {} and repr(EVERY) == "Filters()"


def test_what_filters_leave_is_counted(index):
    filters = Filters(type="chemical", cell=["A", "B"], dose=2)
    counts = filters.counts(index.signatures)
    assert counts == {"all": 240, "type": 180, "cell": 120, "dose": 30}
    assert told(counts) == "Filters leave 30 of 240 signatures (type: 180; cell: 120; dose: 30)."
    assert told(EVERY.counts(index.signatures)) == ""


def test_replicates_that_are_not_known_do_not_pass(index):
    unknown = index.signatures.assign(agreement=np.where(np.arange(240) < 5, 0.9, np.nan), n_treated=np.nan)
    np.testing.assert_array_equal(Filters(min_agreement=0.5).select(unknown, np.arange(240)), np.arange(5))
    with pytest.raises(FilterError, match="min_treated=1 leaves no signature; before it there are: none"):
        Filters(min_treated=1).select(unknown, np.arange(240))
