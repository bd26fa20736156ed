"""h5ad as anndata of every age, R and scanpy write it; anndata and h5py as oracles."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.genes import landmarks

GENES = list(landmarks().index[:5])
SAMPLES = ["a", "b", "c", "d"]
VALUES = np.random.default_rng(0).normal(8, 2, (4, 5)).astype(np.float32)
BIG = VALUES.astype(">f4")
GAPS = [False, True, False, False]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5ad"


def data(x=VALUES, **columns) -> anndata.AnnData:
    obs = pd.DataFrame(columns, index=SAMPLES)
    return anndata.AnnData(x, obs, pd.DataFrame(index=GENES))


def test_columns_of_every_type(path):
    data(
        flag=pd.array([True, None, False, True], "boolean"),
        count=pd.array([1, None, 3, 4], "Int64"),
        kind=pd.Categorical(["x", None, "y", "x"]),
        level=pd.Categorical([1, None, 3, 1]),
        text=["1", "-666", "µ", "4"],
        id=["w1", "w2", "w3", "w4"],
        index=[4, 3, 2, 1],
    ).write_h5ad(path)
    about = open_profiles(path).sample_metadata
    for name in ("flag", "count", "kind", "level", "text"):
        assert about[name].isna().tolist() == GAPS, name
    assert about["count"].dropna().tolist() == [1, 3, 4] and about["id"].tolist() == ["w1", "w2", "w3", "w4"]
    assert about["index"].tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize(
    "x",
    [
        sp.csr_matrix(VALUES),
        sp.csc_matrix(VALUES),
        sp.csr_array(VALUES),
        VALUES.astype(float),
        VALUES.astype(">f4"),
    ],
    ids=["csr", "csc", "csr_array", "float64", "big-endian"],
)
def test_matrices_of_every_layout(path, x):
    if not sp.issparse(x) and x.dtype.byteorder == ">":
        data().write_h5ad(path)
        with h5py.File(path, "r+") as h5:
            attrs = dict(h5["X"].attrs)
            del h5["X"]
            h5["X"] = x
            h5["X"].attrs.update(attrs)
    else:
        data(x).write_h5ad(path)
    file = open_profiles(path)
    np.testing.assert_array_equal(file.read(), VALUES)
    np.testing.assert_array_equal(file.read(1, 3, [4, 0]), VALUES[1:3, [4, 0]])


def test_before_anndata_07(path):
    """obs and var are arrays of records; categories are numbers whose labels are in uns."""
    obs = np.array([(b"a", 0, 1.5), (b"b", -1, 2.5), (b"c", 1, 3.5), (b"d", 0, 4.5)],
                   [("index", "S1"), ("cell", "i1"), ("dose", "f8")])  # fmt: skip
    with h5py.File(path, "w") as h5:
        h5["X"], h5["obs"] = VALUES, obs
        h5["var"] = np.array([(name.encode(),) for name in GENES], [("index", "S10")])
        h5["uns/cell_categories"] = np.array(["A375", "MCF7"], dtype=h5py.string_dtype())
    file = open_profiles(path)
    assert list(file.sample_ids) == SAMPLES and list(file.genes) == GENES
    assert file.sample_metadata["cell"].dropna().tolist() == ["A375", "MCF7", "A375"]
    assert file.sample_metadata["cell"].isna().tolist() == GAPS
    assert file.sample_metadata["dose"].tolist() == [1.5, 2.5, 3.5, 4.5]
    np.testing.assert_array_equal(file.read(), VALUES)


def test_categories_of_anndata_07_and_sparse_of_before(path):
    csr = sp.csr_matrix(VALUES)
    with h5py.File(path, "w") as h5:
        for name, ids in (("obs", SAMPLES), ("var", GENES)):
            group = h5.create_group(name)
            group["names"] = np.array(ids, dtype=h5py.string_dtype())
            group.attrs.update({"_index": "names", "encoding-type": "dataframe", "encoding-version": "0.1.0"})
            group.attrs["column-order"] = np.array([], dtype=float)
        h5["obs/cell"] = np.array([0, -1, 1, 0], "i1")
        h5["obs/__categories/cell"] = np.array(["A375", "MCF7"], dtype=h5py.string_dtype())
        h5["obs/cell"].attrs["categories"] = h5["obs/__categories/cell"].ref
        h5["obs"].attrs["column-order"] = np.array(["cell"], dtype=h5py.string_dtype())
        x = h5.create_group("X")
        x["data"], x["indices"], x["indptr"] = csr.data, csr.indices, csr.indptr
        x.attrs.update({"h5sparse_format": "csr", "h5sparse_shape": VALUES.shape})
    file = open_profiles(path)
    assert file.sample_metadata["cell"].dropna().tolist() == ["A375", "MCF7", "A375"]
    np.testing.assert_array_equal(file.read(), VALUES)


def test_what_is_no_column_is_left_out_and_told(path, caplog):
    data(cell="A375").write_h5ad(path)
    with h5py.File(path, "r+") as h5:
        h5["obs/group/inner"] = np.arange(4)
        h5["obs/pairs"] = np.zeros((4, 2))
        h5["obs/short"] = np.zeros(3)
        h5["obs"].attrs["column-order"] = np.array(["cell", "group", "pairs", "short"], h5py.string_dtype())
    file = open_profiles(path)
    assert list(file.sample_metadata) == ["cell"] and list(file.sample_ids) == SAMPLES
    assert "a.h5ad: left out of obs, being no column of metadata: group, pairs, short" in caplog.text
    np.testing.assert_array_equal(file.read(), VALUES)


def test_profiles_that_are_not_in_x(path):
    nothing = anndata.AnnData(obs=pd.DataFrame(index=SAMPLES), var=pd.DataFrame(index=GENES))
    nothing.layers["counts"] = VALUES
    nothing.write_h5ad(path)
    with pytest.raises(ValueError, match="without numbers in X; they may be in layers/counts: copy them"):
        open_profiles(path)
    del nothing.layers["counts"]
    nothing.write_h5ad(path)
    with pytest.raises(ValueError, match="a.h5ad is h5ad without numbers in X; put the profiles there"):
        open_profiles(path)


def test_damaged(path):
    data().write_h5ad(path)
    with h5py.File(path, "r+") as h5:
        del h5["X"]
        h5["X"] = VALUES.T
    with pytest.raises(ValueError, match=r"damaged: X is \(5, 4\), but obs has 4 samples and var 5 rows"):
        open_profiles(path)
    with h5py.File(path, "r+") as h5:
        del h5["obs"]
    with pytest.raises(ValueError, match="a.h5ad is HDF5 but not h5ad: it has no obs"):
        open_profiles(path)
