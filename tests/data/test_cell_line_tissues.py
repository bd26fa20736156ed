"""Tissues of cell lines: as in GSE92742's own table where it has one, derivatives, and the unknown."""

import os
from pathlib import Path

import pandas as pd
import pytest
from l1000_rnaseq.data.cell_line_tissues import tissues_of

# what we call the sites of that table
WORDS = {
    "large intestine": "colon",
    "haematopoietic and lymphoid tissue": "blood",
    "vascular system": "blood vessel",
    "autonomic ganglia": "nerve",
    "central nervous system": "nerve",
    "endometrium": "uterus",
    "adipose": "fat",
}
OURS = {"HELA": "cervix", "HS27A": "bone marrow", "CD34": "bone marrow", "FIBRNPC": "nerve"}


def test_names_derivatives_and_the_unknown():
    assert tissues_of(["HT115", "ht115", "A549.311", "XC.L10", "nosuch"]) == [
        "colon",
        "colon",
        "lung",
        "",
        "",
    ]


@pytest.mark.real
def test_they_agree_with_the_table_of_the_lines():
    folder = Path(os.environ.get("L1000_RNASEQ_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not (folder / "l1000" / "cell_info.txt").is_file():
        pytest.skip("the small real data folder is not here")
    lines = pd.read_csv(folder / "l1000" / "cell_info.txt", sep="\t").set_index("cell_id")["primary_site"]
    lines = lines[lines != "-666"]
    expected = [OURS.get(name.split(".")[0], WORDS.get(site, site)) for name, site in lines.items()]
    assert len(lines) > 80 and tissues_of(lines.index) == expected
