"""The command line in a process of its own: Ctrl-C, kill -9 and a full disk."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.signatures.signature_files import signatures_file
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.transform_file import transform_file


def store(profiles, path):
    write_gctx(path, profiles)
    return path


def in_a_process(setup, *words):
    """Run a command in a process of its own, after some lines of set-up."""
    code = f"import os, resource, signal\n{setup}\nfrom l1000_rnaseq.cli import main\nmain()\n"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)


def subprocess_transform(model, source, target, setup):
    return in_a_process(setup, "transform", source, target, "--model", model, "--quiet", "--chunk", "7")


_KILL = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits "ignore"
from l1000_rnaseq.data.files.gctx import GctxWriter
write = GctxWriter.write
def killed(self, start, block):
    write(self, start, block)
    if start >= 21:  # again with each chunk: Python drops a Ctrl-C that comes inside a destructor
        os.kill(os.getpid(), signal.{name})
        import time; time.sleep(0.5)
GctxWriter.write = killed
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_killed_run_resumes_bit_for_bit(random_bundle, tmp_path, level3, name):
    source, target, whole = store(level3(100), tmp_path / "in.gctx"), tmp_path / "o.gctx", tmp_path / "w.gctx"
    options = {"bundle": Bundle.load(random_bundle), "chunk": 7, "progress": False}
    transform_file(source, whole, **options)
    killed = subprocess_transform(random_bundle, source, target, _KILL.format(name=name))
    assert killed.returncode == (130 if name == "SIGINT" else -signal.SIGKILL), killed.stderr
    assert not target.exists() and (tmp_path / "o.gctx.part").is_file()
    if name == "SIGINT":
        last = killed.stderr.splitlines()[-1]
        assert last == "Interrupted; the same command run again resumes where it stopped."
    summary = transform_file(source, target, **options)
    assert summary.resumed >= 21 and "by the earlier run" in str(summary)
    np.testing.assert_array_equal(open_gctx(target).read(), open_gctx(whole).read())
    assert not (tmp_path / "o.gctx.part").exists()


def full_disk(size):
    """Lines that make the system refuse files of more bytes, as a full disk does."""
    return (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    )


def is_told(result):
    assert result.returncode == 2, result.stderr
    lines = [line for line in result.stderr.splitlines() if not line.startswith(("WARNING", "INFO"))]
    assert len(lines) == 1 and "free some space and run" in lines[0], result.stderr


@pytest.mark.parametrize("suffix", ["gctx", "csv"])
def test_a_full_disk(random_bundle, tmp_path, level3, suffix):
    source, target = store(level3(100), tmp_path / "in.gctx"), tmp_path / f"out.{suffix}"
    is_told(subprocess_transform(random_bundle, source, target, full_disk(300_000)))
    assert not target.exists()


@pytest.mark.parametrize("size", [1000, 200_000])
def test_a_full_disk_while_an_index_is_built(simulated_data, tmp_path, size):
    wells = (simulated_data / "l1000" / "level3.gctx", simulated_data / "l1000" / "inst_info.txt")
    signatures_file(*wells, tmp_path / "s", progress=False)
    is_told(in_a_process(full_disk(size), "index", tmp_path / "s", tmp_path / "i.h5", "--quiet"))
    assert not (tmp_path / "i.h5").exists()
    again = in_a_process("", "index", tmp_path / "s", tmp_path / "i.h5", "--quiet")
    assert again.returncode == 0 and (tmp_path / "i.h5").is_file()
    assert not [path for path in tmp_path.iterdir() if path.name not in ("s", "i.h5")]


@pytest.mark.parametrize("size", [20_000, 800_000])
def test_a_full_disk_while_data_are_simulated(tmp_path, size):
    is_told(in_a_process(full_disk(size), "simulate", tmp_path / "data", "--small"))
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert all(path.stat().st_size < size for path in files)  # nothing is cut off under its final name
    assert not [path for path in files if path.name.endswith((".part", ".lock"))]
    assert in_a_process("", "simulate", tmp_path / "data", "--small").returncode == 0
    assert "planted_truth.json" in os.listdir(tmp_path / "data")
    assert not [name for name in os.listdir(tmp_path / "data") if name.startswith(".")]
