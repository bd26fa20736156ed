"""Doses and times as people write them."""

import numpy as np
import pytest
from l1000_rnaseq.data.quantities import parse_quantities, parse_quantity


@pytest.mark.parametrize(
    "text, value, unit",
    [
        ("10 uM", 10.0, "uM"),
        ("10 µM", 10.0, "uM"),
        ("10um", 10.0, "uM"),
        ("1e-3 uM", 0.001, "uM"),
        ("2,5 uM", 2.5, "uM"),
        ("0,125 nM", 0.000125, "uM"),
        ("500 nM", 0.5, "uM"),
        ("3.33", 3.33, ""),
        ("1 mM", 1000.0, "uM"),
        ("100 ng/ml", 100.0, "ng/ml"),
        (".04 uM", 0.04, "uM"),
    ],
)
def test_doses(text, value, unit):
    assert parse_quantity(text, "dose") == (value, unit)


@pytest.mark.parametrize(
    "text, hours", [("24 h", 24.0), ("24H", 24.0), ("30 min", 0.5), ("2 d", 48.0), ("6 hours", 6.0)]
)
def test_times(text, hours):
    assert parse_quantity(text, "time") == (hours, "h")


@pytest.mark.parametrize(
    "text", ["-666", "-666.0", "-666 -666", "NA", "", "#N/A", "5-10 uM", "3 uM|10 uM", "1/2"]
)
def test_what_is_not_one_number_is_missing(text):
    value, unit = parse_quantity(text, "dose")
    assert np.isnan(value) and unit == ""


def test_what_can_be_read_in_two_ways_is_refused():
    with pytest.raises(ValueError, match="'1,000 nM' can be 1000 or 1.000; write it without a comma"):
        parse_quantity("1,000 nM", "dose")


def test_a_column_takes_its_units_from_the_column_beside_it():
    table = parse_quantities(["10", "10", "-666", "1 mM"], "dose", ["um", "nM", "-666", "um"])
    assert table["value"].round(6).tolist()[:2] == [10.0, 0.01] and np.isnan(table["value"][2])
    assert table["value"][3] == 1000 and table["unit"].tolist() == ["uM", "uM", "", "uM"]
