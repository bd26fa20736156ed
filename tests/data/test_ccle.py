"""CCLE's tables: what is read, lines left out in any spelling, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.ccle import load_ccle


def write(folder, name, table):
    (folder / "rnaseq").mkdir(exist_ok=True)
    table.to_csv(folder / "rnaseq" / f"ccle_{name}.tsv.gz", sep="\t")


TABLE = pd.DataFrame({"U2OS": [1.0, 2], "NCIH23": [3.0, 4]}, ["DDR1", "PAX8"])


def test_tables_keep_their_file_and_lack_what_they_lack(tmp_path):
    assert load_ccle(tmp_path) is None
    write(tmp_path, "nci60_subset", TABLE)
    write(tmp_path, "l1000_lines", TABLE.iloc[:1])
    ccle = load_ccle(tmp_path)
    assert list(ccle.index) == [(f, x) for f in ("l1000_lines", "nci60_subset") for x in ("U2OS", "NCIH23")]
    assert ccle.loc[("nci60_subset", "NCIH23"), "PAX8"] == 4
    assert np.isnan(ccle.loc[("l1000_lines", "U2OS"), "PAX8"]) and ccle.shape[1] == 978
    assert set(load_ccle(tmp_path, ["U-2 OS"]).index.get_level_values("line")) == {"NCIH23"}


@pytest.mark.parametrize(
    "table, message",
    [
        (TABLE.set_axis(["DDR1", "DDR1"]), "the gene DDR1 twice"),
        (TABLE.set_axis(["U-2 OS", "U2OS"], axis=1), "the line U2OS twice"),
        (TABLE.set_axis(["A", "B"]), "no landmark among its 2 genes"),
        (TABLE * 1000, r"values outside 0 to 25, or none; expected log2\(TPM\+1\)"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path, table, message):
    write(tmp_path, "l1000_lines", table)
    with pytest.raises(ValueError, match=message):
        load_ccle(tmp_path)


def test_the_real_tables(real_data):
    ccle = load_ccle(real_data)
    assert ccle.groupby(level="file").size().to_dict() == {
        "l1000_lines": 10,
        "landmarks_transcript": 138,
        "nci60_subset": 40,
    }
    assert ccle.loc[[("l1000_lines", "A549"), ("nci60_subset", "A549")]].T.corr().iloc[0, 1] > 0.9
