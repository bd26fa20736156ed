"""GCTX: cmapPy and pandas as oracles, kill and resume, damaged files."""

import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
from cmapPy.pandasGEXpress.parse import parse
from l1000_rnaseq.data.files.gctx import GctxWriter, open_gctx, write_gctx

GENES = ["780", "7849", "6193", "23"]


@pytest.fixture
def profiles():
    values = np.random.default_rng(0).normal(8, 2, (11, 4)).astype(np.float32)
    return pd.DataFrame(values, index=[f"w{i}" for i in range(11)], columns=GENES)


@pytest.fixture
def about(profiles):
    doses = np.linspace(0.5, 5.5, 11)
    return pd.DataFrame(
        {"cell_id": ["MCF7"] * 10 + [None], "unit": "µM", "dose": doses}, index=profiles.index
    )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_cmappy_reads_what_is_written(tmp_path, profiles, about, dtype):
    rows = pd.DataFrame({"pr_gene_symbol": ["DDR1", "PAX8", "RPS5", "AAK1"]})
    write_gctx(tmp_path / "a.gctx", profiles, rows, about, dtype=dtype)
    expected = profiles.astype(dtype).astype(np.float32)
    whole = parse(str(tmp_path / "a.gctx"))
    pd.testing.assert_frame_equal(whole.data_df.T, expected, check_names=False)
    assert whole.row_metadata_df["pr_gene_symbol"].tolist() == rows["pr_gene_symbol"].tolist()
    assert whole.col_metadata_df["dose"].tolist() == about["dose"].tolist()
    assert whole.col_metadata_df["unit"].unique() == ["uM"]
    part = parse(str(tmp_path / "a.gctx"), rid=["23", "780"], cid=["w7", "w2"])
    pd.testing.assert_frame_equal(
        part.data_df.T, expected.loc[["w2", "w7"], ["780", "23"]], check_names=False
    )
    ours = open_gctx(tmp_path / "a.gctx")
    assert (ours.read() == expected.to_numpy()).all()
    assert ours.sample_metadata["cell_id"].tolist()[:10] == ["MCF7"] * 10
    with h5py.File(tmp_path / "a.gctx") as h5:
        assert h5["0/META/COL/cell_id"][10] == b"-666"  # in the file only
    assert ours.sample_metadata["cell_id"].isna().tolist() == [False] * 10 + [True]


@pytest.mark.parametrize("start, stop", [(0, None), (0, 1), (3, 9), (10, 11), (5, 5), (-2, None)])
@pytest.mark.parametrize("rows", [None, ["23"], ["6193", "780"], [3, 0], []])
def test_any_slab(tmp_path, profiles, start, stop, rows):
    write_gctx(tmp_path / "a.gctx", profiles)
    expected = profiles.to_numpy()[start:stop]
    if rows is not None:
        expected = expected[:, [GENES.index(r) if isinstance(r, str) else r for r in rows]]
    got = open_gctx(tmp_path / "a.gctx").read(start, stop, rows)
    assert got.dtype == np.float32 and got.shape == expected.shape and (got == expected).all()


def test_samples_by_id_in_the_order_asked(tmp_path, profiles):
    write_gctx(tmp_path / "a.gctx", profiles)
    file = open_gctx(tmp_path / "a.gctx")
    wanted = ["w9", "w2", "w3", "w9"]
    pd.testing.assert_frame_equal(file.read_samples(wanted), profiles.loc[wanted], check_names=False)
    pd.testing.assert_frame_equal(file.read_samples(["w1"], ["23"]), profiles.loc[["w1"], ["23"]])
    with pytest.raises(ValueError, match=r"1 of 2 sample ids are not in .*: w99"):
        file.read_samples(["w1", "w99"])
    with pytest.raises(ValueError, match="row ids are not in .*: DDR1; it has 780"):
        file.read(rows=["DDR1"])
    with pytest.raises(IndexError, match="row ids 4 are outside"):
        file.read(rows=[4])


@pytest.mark.parametrize("block", [1, 4, 11])
def test_bytes_do_not_depend_on_the_block_size(tmp_path, profiles, block):
    with GctxWriter(tmp_path / "a.gctx", profiles.columns, profiles.index) as out:
        for start in range(0, 11, block):
            out.write(start, profiles.to_numpy()[start : start + block])
    assert (open_gctx(tmp_path / "a.gctx").read() == profiles.to_numpy()).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.gctx"]


def test_a_failed_run_resumes_and_another_job_begins_anew(tmp_path, profiles):
    ids, values = (profiles.columns, profiles.index), profiles.to_numpy()
    with pytest.raises(KeyError), GctxWriter(tmp_path / "a.gctx", *ids, attrs={"fingerprint": "x"}) as out:
        out.write(0, values[:5])
        raise KeyError
    assert not (tmp_path / "a.gctx").exists()
    with GctxWriter(tmp_path / "a.gctx", *ids, attrs={"fingerprint": "x"}) as out:
        assert out.done == 5
        out.write(5, values[5:])
    assert (open_gctx(tmp_path / "a.gctx").read() == values).all()
    with h5py.File(tmp_path / "a.gctx") as h5:
        assert set(h5.attrs) == {"version", "src", "fingerprint"}
    other = [{"attrs": {"fingerprint": "y"}}, {"dtype": "float16"}, {"resume": False}]
    for change in other:
        with (
            pytest.raises(KeyError),
            GctxWriter(tmp_path / "b.gctx", *ids, attrs={"fingerprint": "x"}) as out,
        ):
            out.write(0, values[:5])
            raise KeyError
        out = GctxWriter(tmp_path / "b.gctx", *ids, **({"attrs": {"fingerprint": "x"}} | change))
        assert out.done == 0
        out.close(finished=False)


def test_a_damaged_part_file_is_thrown_away(tmp_path, profiles):
    (tmp_path / "a.gctx.part").write_bytes(b"half a file")
    write_gctx(tmp_path / "a.gctx", profiles)
    assert (open_gctx(tmp_path / "a.gctx").read() == profiles.to_numpy()).all()


KILLED = """
import os, signal, sys, numpy as np
from l1000_rnaseq.data.files.gctx import GctxWriter
out = GctxWriter(sys.argv[1], range(50), range(1000))
while out.done < 1000:
    out.write(out.done, np.arange(out.done * 50, (out.done + 100) * 50).reshape(100, 50))
    if out.done in (300, 700):
        os.kill(os.getpid(), signal.SIGKILL)
out.close()
"""


def test_killed_twice_and_still_whole(tmp_path):
    path = tmp_path / "a.gctx"
    codes = [subprocess.run([sys.executable, "-c", KILLED, path], check=False).returncode for _ in range(3)]
    assert codes == [-9, -9, 0]
    assert (open_gctx(path).read().ravel() == np.arange(50_000)).all()


LIMITED = """
import resource, signal, sys, numpy as np
from l1000_rnaseq.data.files.gctx import write_gctx
import pandas as pd
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_gctx(sys.argv[1], pd.DataFrame(np.zeros((1000, 100), np.float32)))
except OSError as error:
    sys.exit(0 if "disk is full or a size limit is reached while writing" in str(error) else str(error))
"""


def test_a_file_size_limit_is_one_sentence(tmp_path):
    run = subprocess.run([sys.executable, "-c", LIMITED, tmp_path / "a.gctx"], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_full_disk_keeps_what_was_written(tmp_path, profiles, monkeypatch):
    import errno

    from l1000_rnaseq.data.files import stream

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        with pytest.raises(OSError, match=r"the disk is full .*a\.gctx\.part; 4 of 11 samples are there"):
            with GctxWriter(tmp_path / "a.gctx", profiles.columns, profiles.index) as out:
                out.write(0, profiles.to_numpy()[:4])
                patch.setattr(stream.os, "pwrite", full)
                out.write(4, profiles.to_numpy()[4:])
    with GctxWriter(tmp_path / "a.gctx", profiles.columns, profiles.index) as out:
        assert out.done == 4
        out.write(4, profiles.to_numpy()[4:])
    assert (open_gctx(tmp_path / "a.gctx").read() == profiles.to_numpy()).all()


def test_wrong_blocks(tmp_path, profiles):
    out = GctxWriter(tmp_path / "a.gctx", profiles.columns, profiles.index, dtype="float16")
    for start, shape in [(1, (2, 4)), (0, (12, 4)), (0, (2, 3))]:
        with pytest.raises(ValueError, match=r"does not fit .* expected \(at most 11, 4\) at sample 0"):
            out.write(start, np.zeros(shape))
    with pytest.raises(ValueError, match="do not fit float16; pass dtype='float32'"):
        out.write(0, np.full((2, 4), 1e6))
    with pytest.raises(ValueError, match="Wrote 0 of 11 samples"):
        out.close()
    with pytest.raises(ValueError, match="1 sample ids are repeated"):
        GctxWriter(tmp_path / "b.gctx", GENES, ["a", "a"])
    with pytest.raises(ValueError, match="gene metadata for .* has 1 rows; expected 4"):
        GctxWriter(tmp_path / "b.gctx", GENES, ["a"], pd.DataFrame({"x": [1]}))
    with pytest.raises(ValueError, match="0 samples"):
        GctxWriter(tmp_path / "b.gctx", GENES, [])


def test_what_is_no_column_of_metadata_is_left_out(tmp_path, profiles, about, caplog):
    path = tmp_path / "a.gctx"
    write_gctx(path, profiles, sample_metadata=about)
    with h5py.File(path, "r+") as h5:
        h5["0/META/COL/group/inner"] = np.arange(11)
        h5["0/META/COL/pairs"] = np.zeros(11, [("a", "f4"), ("b", "f4")])
        h5["0/META/COL/matrix"] = np.zeros((11, 3))
    file = open_gctx(path)
    assert set(file.sample_metadata) == {"cell_id", "unit", "dose"}
    assert "left out of 0/META/COL, being no column of metadata: group, matrix, pairs" in caplog.text
    np.testing.assert_array_equal(file.read(), profiles)


def test_damaged_gctx(tmp_path, profiles):
    path = tmp_path / "a.gctx"
    with pytest.raises(FileNotFoundError, match="There is no file"):
        open_gctx(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is empty: 0 bytes"):
        open_gctx(path)
    path.write_text("rid\tw1\n")
    with pytest.raises(ValueError, match="is not an HDF5 file, so not GCTX"):
        open_gctx(path)
    write_gctx(path, profiles)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is truncated"):
        open_gctx(path)
    with h5py.File(path, "w") as h5:
        h5["X"] = [1]
    with pytest.raises(ValueError, match="is HDF5 but not GCTX 1.0: it has no 0/DATA/0/matrix.*it has X"):
        open_gctx(path)


@pytest.mark.parametrize(
    "samples, match", [([], "is empty: 0 samples"), (["a", "b", "a"], "repeated in .*: a;")]
)
def test_gctx_with_no_or_repeated_samples(tmp_path, samples, match):
    with h5py.File(tmp_path / "a.gctx", "w") as h5:
        h5["0/DATA/0/matrix"] = np.zeros((len(samples), 2), np.float32)
        h5["0/META/ROW/id"] = np.array([b"780", b"23"])
        h5["0/META/COL/id"] = np.array(samples, dtype="S1")
    with pytest.raises(ValueError, match=match):
        open_gctx(tmp_path / "a.gctx")


@pytest.mark.real
def test_real_level3_equals_cmappy(real_data):
    path = real_data / "l1000" / "level3.gctx"
    expected, file = parse(str(path)).data_df, open_gctx(path)
    assert (file.read() == expected.T.to_numpy()).all()
    assert list(file.sample_ids) == list(expected.columns)
    assert (file.read(70, 300, ["7849", "780"]) == expected.iloc[[1, 0], 70:300].T.to_numpy()).all()


def test_metadata_of_other_programs(tmp_path, profiles):
    """R's factors and NA among whole numbers, big-endian, one column, Latin-1, numbers as ids."""
    path = tmp_path / "a.gctx"
    write_gctx(path, profiles)
    columns = {
        "factor": np.array([0, 1] * 5 + [0]),
        "whole": np.array([np.iinfo(np.int32).min, *range(10)], np.int32),
        "big": np.arange(11, dtype=">f8"),
        "unsigned": np.arange(11, dtype=np.uint16),
        "column": np.arange(11).reshape(11, 1),
        "flag": np.array([True, False] * 5 + [True]),
        "latin": np.array(["10 µM".encode("latin-1")] * 11),
    }
    with h5py.File(path, "r+") as h5:
        for name, values in columns.items():
            dtype = h5py.enum_dtype({"A375": 0, "MCF7": 1}, "i") if name == "factor" else values.dtype
            h5["0/META/COL"].create_dataset(name, data=values, dtype=dtype)
        for dim, n in (("ROW", 4), ("COL", 11)):
            del h5[f"0/META/{dim}/id"]
            h5[f"0/META/{dim}/id"] = np.arange(780, 780 + n, dtype=float)
    file = open_gctx(path)
    assert list(file.sample_ids) == [str(i) for i in range(780, 791)] and file.row_ids[0] == "780"
    about = file.sample_metadata
    assert set(about) == set(columns)
    assert about["factor"].tolist() == ["A375", "MCF7"] * 5 + ["A375"]
    assert about["whole"].isna().tolist() == [True] + [False] * 10 and about["whole"].iloc[10] == 9
    for name in ("big", "unsigned", "column"):
        assert about[name].tolist() == list(range(11)), name
    assert about["flag"].tolist() == [True, False] * 5 + [True] and about["latin"].iloc[0] == "10 µM"


def test_texts_that_gctx_cannot_hold_are_told(tmp_path, profiles, caplog):
    about = pd.DataFrame({"a/b": ["10 µM", *["x"] * 10], "名": ["日本", *[None] * 10]}, profiles.index)
    write_gctx(tmp_path / "a.gctx", profiles, sample_metadata=about)
    assert "a.gctx: sample metadata written under another name: a/b → a_b" in caplog.text
    assert "a.gctx: 2 texts of the metadata are written in ASCII, as GCTX has it: a_b, 名" in caplog.text
    assert open_gctx(tmp_path / "a.gctx").sample_metadata["a_b"].iloc[0] == "10 uM"


def test_a_turned_matrix_is_told(tmp_path, profiles):
    write_gctx(tmp_path / "a.gctx", profiles)
    with h5py.File(tmp_path / "a.gctx", "r+") as h5:
        del h5["0/DATA/0/matrix"]
        h5["0/DATA/0/matrix"] = profiles.to_numpy().T
    with pytest.raises(ValueError, match=r"a.gctx is turned: transpose its matrix, which is \(4, 11\)"):
        open_gctx(tmp_path / "a.gctx")
