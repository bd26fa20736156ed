"""The table of signatures beside a Level 5 file, under the names that the releases give it; what it says."""

import pandas as pd
import pytest
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.search.sig_table import sig_info_beside
from l1000_rnaseq.search.sources import Level5Source


@pytest.mark.parametrize(
    ("profiles", "table"),
    [
        ("level5.gctx", "sig_info.txt"),
        ("gse106127_level5.gctx", "gse106127_sig_info.txt"),
        ("level5_beta_trt_cp_n720216x12328.gctx", "siginfo_beta.txt"),
        ("GSE92742_Broad_LINCS_Level5_COMPZ.MODZ_n9x9.gctx", "GSE92742_Broad_LINCS_sig_info.txt.gz"),
        ("mine.gct", "my_sig_info.csv"),
    ],
)
def test_the_table_beside_a_file(tmp_path, profiles, table):
    assert sig_info_beside(tmp_path / profiles) is None
    (tmp_path / table).touch()
    assert sig_info_beside(tmp_path / profiles) == tmp_path / table
    if table != "my_sig_info.csv":
        (tmp_path / "other_sig_info.txt").touch()
        assert sig_info_beside(tmp_path / profiles) == tmp_path / table


def test_several_tables_are_refused(tmp_path):
    for name in ("a_sig_info.txt", "b_sig_info.txt"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"several tables beside it: a_sig_info.txt, b_sig_info.txt"):
        sig_info_beside(tmp_path / "level5.gctx")


def test_names_for_what_has_none(tmp_path):
    """Metadata in the file itself; a name, else the id, else the signature's own id."""
    genes = cmap_genes().index[:30]
    z = pd.DataFrame(0.5, [f"s{n}" for n in range(4)], genes)
    columns = {
        "pert_id": ["BRD-1", "BRD-2", "NA", "-666"],
        "cmap_name": ["dex", "#N/A", "x", "NA"],
        "pert_idose": ["1e-3 uM", "2,5 uM", "-666", "100 ng/ml"],
        "cell_iname": "A549",
        "pert_type": "TRT_CP",
    }
    info = pd.DataFrame(columns, z.index)
    write_gctx(tmp_path / "level5.gctx", z, sample_metadata=info)
    table = Level5Source.of(tmp_path / "level5.gctx").table
    assert table["pert_iname"].tolist() == ["dex", "BRD-2", "x", "s3"] and set(table["type"]) == {"chemical"}
    doses = table[["dose", "dose_unit"]].agg(" ".join, axis=1).tolist()
    assert doses == ["0.001 uM", "2.5 uM", " ", "100 ng/ml"]
