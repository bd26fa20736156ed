"""Every format holds the same profiles; pandas and anndata as oracles."""

import logging

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from l1000_rnaseq.data.files.formats import READABLE, WRITABLE, open_profiles, open_writer
from l1000_rnaseq.data.genes import landmarks

GENES = [*landmarks().index[:30], "NEW1"]
SAMPLES = [f"s{i}" for i in range(17)]


@pytest.fixture
def profiles():
    return pd.DataFrame(np.random.default_rng(0).random((17, 31), np.float32), SAMPLES, GENES)


def write(path, profiles, block=5, **more):
    with open_writer(path, profiles.columns, profiles.index, **more) as out:
        for start in range(out.done, len(profiles), block):
            out.write(start, profiles.to_numpy()[start : start + block])


@pytest.mark.parametrize("suffix", WRITABLE)
@pytest.mark.parametrize("block", [5, 17])
def test_round_trip(tmp_path, profiles, suffix, block):
    path = tmp_path / f"a{suffix}"
    write(path, profiles, block)
    file = open_profiles(path)
    assert file.shape == (17, 31)
    assert (list(file.sample_ids), list(file.row_ids)) == (SAMPLES, GENES)
    assert (file.read() == profiles.to_numpy()).all()
    assert (file.read(3, 9, ["NEW1", GENES[0]]) == profiles.iloc[3:9, [30, 0]].to_numpy()).all()
    pd.testing.assert_frame_equal(file.read_samples(["s5", "s2"]), profiles.loc[["s5", "s2"]])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_anndata_and_pandas_read_what_is_written(tmp_path, profiles):
    cells = pd.DataFrame({"cell": ["MCF7"] * 16 + [None], "dose": np.arange(17.0)}, index=SAMPLES)
    write(tmp_path / "a.h5ad", profiles, sample_metadata=cells, attrs={"unit": "log2"}, fingerprint="x")
    data = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert (data.to_df() == profiles).all(axis=None)
    assert data.obs["dose"].tolist() == list(range(17)) and data.obs["cell"].tolist()[:16] == ["MCF7"] * 16
    assert data.obs["cell"].isna().tolist() == [False] * 16 + [True]
    assert data.uns == {"unit": "log2", "fingerprint": "x"}
    assert open_profiles(tmp_path / "a.h5ad").sample_metadata["dose"].iloc[3] == 3
    for suffix, read in ((".parquet", pd.read_parquet), (".csv.gz", lambda p: pd.read_csv(p, index_col=0))):
        write(tmp_path / f"a{suffix}", profiles)
        again = read(tmp_path / f"a{suffix}")
        assert (again.to_numpy(np.float32) == profiles.to_numpy()).all() and list(again.index) == SAMPLES


@pytest.mark.parametrize("suffix", [".gctx", ".h5ad"])
def test_metadata_of_any_name_and_type_come_back(tmp_path, profiles, suffix):
    table = pd.DataFrame(
        {"id": SAMPLES, "_index": "x", "a/b": 1, "a_b": 2.5, "text": ["a", "-666"] * 8 + ["N/A"]}, SAMPLES
    )
    table["flag"], table["count"] = pd.array([True, None] * 8 + [False], "boolean"), [3, -666] * 8 + [4]
    table["kind"] = pd.Categorical(["u", None] * 8 + ["v"])
    write(tmp_path / f"a{suffix}", profiles, sample_metadata=table)
    again = open_profiles(tmp_path / f"a{suffix}").sample_metadata
    assert len(again.columns) == len(table.columns) and again["a_b_"].tolist() == [1] * 17
    assert again["a_b"].tolist() == [2.5] * 17
    gaps = [False, True] * 8 + [False]
    for name in ("flag", "count", "kind"):
        assert again[name].isna().tolist() == gaps, name
    assert again["text"].isna().tolist() == gaps[:-1] + [True]
    assert again["count"].dropna().tolist() == [3] * 8 + [4] and again["kind"].dropna().iloc[-1] == "v"
    assert again["id_" if suffix == ".gctx" else "id"].tolist() == SAMPLES


def test_the_genes_of_a_file(tmp_path, profiles):
    entrez = [*landmarks()["entrez"].iloc[:30].astype(str), "NEW1"]
    write(tmp_path / "a.gctx", profiles.set_axis(entrez, axis=1))
    file = open_profiles(tmp_path / "a.gctx")
    assert list(file.genes) == GENES and repr(file).endswith("a.gctx: 17 samples × 31 rows")
    pd.testing.assert_frame_equal(file.frame(), profiles)
    rows = file.rows_of(["NEW1", GENES[4], "absent"])
    pd.testing.assert_frame_equal(
        file.frame(["s5", "s2"], rows), profiles.loc[["s5", "s2"], [GENES[4], "NEW1"]]
    )


def test_samples_far_apart(tmp_path):
    values = pd.DataFrame(np.arange(20_000, dtype=np.float32)[:, None] * [1, 2], columns=GENES[:2])
    write(tmp_path / "a.gctx", values, block=20_000)
    wanted = (
        np.random.default_rng(0).permutation([0, 1, 90, 300, 4095, 4096, 4097, 8500, 19_999, 90]).astype(str)
    )
    got = open_profiles(tmp_path / "a.gctx").read_samples(wanted)
    assert got.iloc[:, 0].tolist() == [float(name) for name in wanted]


@pytest.mark.parametrize("kind", [sp.csr_matrix, sp.csc_matrix])
def test_sparse_h5ad(tmp_path, profiles, kind):
    values = np.where(profiles > 0.5, profiles, 0).astype(np.float32)
    anndata.AnnData(kind(values), pd.DataFrame(index=SAMPLES), pd.DataFrame(index=GENES)).write_h5ad(
        tmp_path / "a.h5ad"
    )
    file = open_profiles(tmp_path / "a.h5ad")
    assert (file.read() == values).all() and (file.read(2, 7, [3, 1]) == values[2:7, [3, 1]]).all()


def test_h5ad_of_before_anndata_0_7(tmp_path, profiles):
    obs = np.array([(name.encode(), n) for n, name in enumerate(SAMPLES)], [("index", "S5"), ("dose", "f8")])
    with h5py.File(tmp_path / "a.h5ad", "w") as h5:
        h5["X"], h5["obs"] = profiles.to_numpy(), obs
        h5["var"] = np.array([(name.encode(),) for name in GENES], [("index", "S10")])
    file = open_profiles(tmp_path / "a.h5ad")
    assert file.sample_metadata["dose"].tolist() == list(range(17))
    pd.testing.assert_frame_equal(file.frame(), profiles)


@pytest.mark.parametrize(
    "name, told",
    [
        ("a.xlsx", "Save the sheet as CSV"),
        ("a.RDS", "write.csv"),
        ("a.loom", "to h5ad"),
        ("a.csv.zip", "Unpack"),
    ],
)
def test_other_formats_are_told_what_to_do(tmp_path, name, told):
    with pytest.raises(ValueError, match=rf"cannot read this format; supported are .*\. .*{told}.*\.$"):
        open_profiles(tmp_path / name)


def test_h5ad_without_the_marks_of_anndata(tmp_path, profiles):
    text = h5py.string_dtype()
    with h5py.File(tmp_path / "a.h5ad", "w") as h5:
        h5["X"] = profiles.to_numpy()
        h5["obs/_index"], h5["var/index"] = np.array(SAMPLES, text), np.array(GENES, text)
        h5["obs/cell"], h5["obs/__categories/cell"] = np.arange(17) % 2, np.array(["A375", "MCF7"], text)
        h5["obs/cell"].attrs["categories"] = h5["obs/__categories/cell"].ref
    file = open_profiles(tmp_path / "a.h5ad")
    pd.testing.assert_frame_equal(file.frame(), profiles)
    assert file.sample_metadata["cell"].tolist() == (["A375", "MCF7"] * 9)[:17]


def test_h5ad_resumes(tmp_path, profiles):
    with pytest.raises(KeyError), open_writer(tmp_path / "a.h5ad", GENES, SAMPLES, fingerprint="x") as out:
        out.write(0, profiles.to_numpy()[:5])
        raise KeyError
    with open_writer(tmp_path / "a.h5ad", GENES, SAMPLES, fingerprint="x") as out:
        assert out.done == 5
        out.write(5, profiles.to_numpy()[5:])
    assert (anndata.read_h5ad(tmp_path / "a.h5ad").X == profiles.to_numpy()).all()


def test_a_table_that_fails_leaves_no_final_file(tmp_path, profiles):
    with (
        pytest.raises(ValueError, match="Wrote 5 of 17 samples"),
        open_writer(tmp_path / "a.csv", GENES, SAMPLES) as out,
    ):
        out.write(0, profiles.to_numpy()[:5])
    assert not (tmp_path / "a.csv").exists()
    write(tmp_path / "a.csv", profiles)
    assert (open_profiles(tmp_path / "a.csv").read() == profiles.to_numpy()).all()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_genes_in_rows_are_turned_with_a_warning(tmp_path, profiles, suffix, caplog):
    table = profiles.T
    table.insert(0, "title", "some gene")
    table.to_csv(tmp_path / f"a{suffix}", sep="," if suffix == ".csv" else "\t")
    with caplog.at_level(logging.WARNING):
        file = open_profiles(tmp_path / f"a{suffix}")
    assert "genes in rows (30 landmarks)" in caplog.text
    assert (file.read() == profiles.to_numpy()).all() and list(file.row_ids) == GENES
    assert file.row_metadata["title"].unique() == ["some gene"]


def test_text_columns_are_metadata_unless_they_are_genes(tmp_path, profiles):
    profiles.assign(cell="MCF7").to_csv(tmp_path / "a.csv")
    assert open_profiles(tmp_path / "a.csv").sample_metadata["cell"].tolist() == ["MCF7"] * 17
    wrong = profiles.astype(object)
    wrong.iloc[2, 3] = "high"
    wrong.to_csv(tmp_path / "b.csv")
    with pytest.raises(ValueError, match=f"columns {GENES[3]} have text; expected numbers"):
        open_profiles(tmp_path / "b.csv")


def test_a_wrong_cell_never_drops_its_profile(tmp_path, profiles):
    wrong = profiles.T.astype(object)
    wrong.iloc[4, 2] = "failed"
    wrong.to_csv(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=f"columns {SAMPLES[2]} have text; expected numbers"):
        open_profiles(tmp_path / "a.csv")


def test_tables_that_pandas_would_bend(tmp_path, profiles):
    profiles.T.set_axis([SAMPLES[0], *SAMPLES[:-1]], axis=1).to_csv(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=f"1 column names are there twice: {SAMPLES[0]}"):
        open_profiles(tmp_path / "a.csv")
    pd.DataFrame(index=GENES).to_csv(tmp_path / "c.csv")
    with pytest.raises(ValueError, match="no column of numbers"):
        open_profiles(tmp_path / "c.csv")


def test_bad_files(tmp_path, profiles):
    with pytest.raises(ValueError, match=r"cannot read this format; supported are \.gctx.*\.feather"):
        open_profiles(tmp_path / "a.xlsx")
    with pytest.raises(ValueError, match=r"cannot write this format; supported are \.gctx"):
        open_writer(tmp_path / "a.xlsx", GENES, SAMPLES)
    for suffix in READABLE:
        with pytest.raises(FileNotFoundError, match="There is no file"):
            open_profiles(tmp_path / f"a{suffix}")
        (tmp_path / f"a{suffix}").write_bytes(b"")
        with pytest.raises(ValueError, match="is empty: 0 bytes"):
            open_profiles(tmp_path / f"a{suffix}")
        (tmp_path / f"a{suffix}").write_bytes(b"\x89\x00\xff garbage")
        with pytest.raises(ValueError, match=f"a{suffix}"):
            open_profiles(tmp_path / f"a{suffix}")
    pd.concat([profiles, profiles.iloc[:1]]).to_csv(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="1 sample ids are repeated in .*: s0"):
        open_profiles(tmp_path / "a.csv")


def test_gct_under_another_name_is_gct(tmp_path, profiles):
    write(tmp_path / "a.gct", profiles)
    for name in ("a.txt", "a.tsv"):
        (tmp_path / name).write_bytes((tmp_path / "a.gct").read_bytes())
        assert (open_profiles(tmp_path / name).read() == profiles.to_numpy()).all()


def test_a_sample_without_an_id_is_told(tmp_path, profiles):
    profiles.set_axis([*SAMPLES[:3], "", *SAMPLES[4:]]).to_csv(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="sample 4 of .*a.csv has no id; give it one"):
        open_profiles(tmp_path / "a.csv")
