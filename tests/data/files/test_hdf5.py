"""HDF5 files on a disk that is full: an OSError, and a process that lives on."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from l1000_rnaseq.data.files.disk import check_space
from l1000_rnaseq.data.files.hdf5 import HDF5Writer

FULL = """
import resource, sys
import numpy as np
from l1000_rnaseq.data.files.hdf5 import HDF5Writer
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
told = 0
for options in ({}, {"compression": "gzip"}, {"chunks": (10, 1000)}):
    file = HDF5Writer(sys.argv[1])
    try:
        file.create_dataset("x", data=np.random.default_rng(0).random((200, 1000)), **options)
        file.flush()
    except OSError:
        told += 1
    try:
        file.close()
    except OSError as error:
        told += "too large" in str(error)
print(told)
"""


def test_a_full_disk_is_an_error_and_no_crash(tmp_path):
    words = [sys.executable, "-c", FULL, str(tmp_path / "x.h5")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "6\n", "")


def test_it_writes_what_h5py_writes(tmp_path):
    values = np.random.default_rng(0).random((30, 7))
    for kind in (h5py.File, HDF5Writer):
        with kind(tmp_path / kind.__name__, "w") as file:
            file.create_dataset("a/x", data=values, compression="gzip", track_times=False)
            file.attrs["n"] = 7
    with HDF5Writer(tmp_path / "HDF5Writer", "r+") as file:
        file["y"] = 1
    with h5py.File(tmp_path / "HDF5Writer") as file:
        np.testing.assert_array_equal(file["a/x"][()], values)
        assert file.attrs["n"] == 7 and file["y"][()] == 1
    with pytest.raises(OSError, match="No such file"):
        HDF5Writer(tmp_path / "absent", "r+")


def test_room_is_asked_for_before_anything_is_written(tmp_path):
    check_space(tmp_path / "x", 1000)
    with pytest.raises(OSError, match=r"x needs 1000000 TB, but .* are free there; free some space"):
        check_space(tmp_path / "x", 10**18)
