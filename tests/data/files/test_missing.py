"""What counts as missing, in texts and in numbers."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.missing import as_missing, as_text, is_missing

SPELLINGS = [
    "-666",
    "-666.0",
    "NA",
    "na",
    "N/A",
    "#N/A",
    "nan",
    "NaN",
    "<NA>",
    "null",
    "NULL",
    "None",
    "---",
    "",
    " ",
]


@pytest.mark.parametrize("missing", [*SPELLINGS, None, np.nan, pd.NA])
def test_every_spelling_in_a_column_of_text(missing):
    column = pd.Series(["none", missing, "NANOG", missing, "0"], dtype=object)
    assert is_missing(column).tolist() == [False, True, False, True, False]
    table = pd.DataFrame({"a": column})
    assert as_text(table)["a"].tolist() == ["none", "", "NANOG", "", "0"]
    assert as_missing(table)["a"].isna().tolist() == [False, True, False, True, False]
    assert is_missing(column.astype("category")).sum() == 2


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "float64"])
def test_numbers(dtype):
    column = pd.Series([1, -666, 3], dtype=dtype)
    assert is_missing(column).tolist() == [False, True, False]
    clean = as_missing(pd.DataFrame({"a": column}))["a"]
    assert clean.isna().tolist() == [False, True, False] and clean.dropna().tolist() == [1, 3]
    assert clean.dtype == ("Int64" if "nt64" in dtype else dtype)  # whole numbers stay whole


def test_flags_and_whole_columns_are_left_alone():
    table = pd.DataFrame({"flag": [True, False], "n": [1, 2], "text": ["a", "b"]})
    pd.testing.assert_frame_equal(as_missing(table), table)
    flags = pd.DataFrame({"flag": pd.array([True, None], "boolean")})
    assert is_missing(flags["flag"]).tolist() == [False, True] and as_text(flags)["flag"].tolist() == [
        "True",
        "",
    ]
    assert as_missing(table.iloc[:0]).shape == (0, 3) and is_missing([]).shape == (0,)
