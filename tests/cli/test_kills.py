"""The command line in a process of its own: Ctrl-C, kill -9 and a full disk."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.transform_file import transform_file


def store(profiles, path):
    write_gctx(path, profiles)
    return path


def subprocess_transform(model, source, target, setup):
    """Run the command in a process of its own, after some lines of set-up."""
    code = f"import os, resource, signal\n{setup}\nfrom l1000_rnaseq.cli import main\nmain()\n"
    words = [sys.executable, "-c", code, "transform", str(source), str(target), "--model", str(model)]
    words += ["--quiet", "--chunk", "7"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)


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


@pytest.mark.parametrize("suffix", ["gctx", "csv"])
def test_a_full_disk(random_bundle, tmp_path, level3, suffix):
    source, target = store(level3(100), tmp_path / "in.gctx"), tmp_path / f"out.{suffix}"
    setup = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    )
    result = subprocess_transform(random_bundle, source, target, setup)
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1 and "free some space and run" in result.stderr
    assert not target.exists()
