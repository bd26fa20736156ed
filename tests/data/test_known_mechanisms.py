"""Mechanisms come from the table of signatures, else from that of compounds, else from the one that ships."""

import pandas as pd
import pytest
from l1000_rnaseq.data.known_mechanisms import with_mechanisms


@pytest.fixture
def info():
    names = ["dexamethasone", "vorinostat", "compound-7"]
    return pd.DataFrame({"pert_id": ["BRD-K54377972", "BRD-K81418486", "BRD-K00000007"], "pert_iname": names})


def test_a_column_that_is_there_stays(info, tmp_path):
    both = info.assign(moa="x", target="y")
    assert with_mechanisms(both, tmp_path) is both
    filled = with_mechanisms(info.assign(moa="x"), tmp_path)
    assert set(filled["moa"]) == {"x"} and filled["target"].iloc[0] == "NR3C1"


def test_the_folders_table_comes_before_the_one_that_ships(info, tmp_path):
    shipped = with_mechanisms(info, tmp_path)
    assert shipped["moa"].tolist()[1:] == ["HDAC inhibitor", ""]
    (tmp_path / "l1000").mkdir()
    lines = ["pert_id\tcmap_name\ttarget\tmoa", "BRD-K00000007\tcompound-7\tEGFR\tEGFR inhibitor"]
    (tmp_path / "l1000" / "compoundinfo_beta.txt").write_text("\n".join(lines))
    own = with_mechanisms(info, tmp_path)
    assert own["moa"].tolist() == ["", "", "EGFR inhibitor"]
    assert own["target"].tolist() == ["", "", "EGFR"]
    assert list(own.columns) == ["pert_id", "pert_iname", "moa", "target"]


def test_signatures_of_an_official_folder_have_their_mechanisms(official_data):
    read = {"sep": "\t", "dtype": str, "keep_default_na": False}
    compounds = pd.read_csv(official_data / "l1000" / "compoundinfo_beta.txt", **read)
    signatures = pd.read_csv(official_data / "l1000" / "sig_info.txt", **read)
    known = with_mechanisms(signatures, official_data)
    told = signatures["pert_id"].map(compounds.set_index("pert_id")["moa"]).fillna("").replace("-666", "")
    assert (known["moa"] != "").any() and (known["moa"] == told).all()
