"""The form, served by a process of its own for the tests of this folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of the form, and the folder that its process works in."""
    yield from serving(tmp_path_factory.mktemp("served"), seconds=60)


@pytest.fixture
def hasty_server(tmp_path):
    """A server that stops every run at once."""
    yield from serving(tmp_path, seconds=0.05)


def serving(work: Path, seconds: float):
    """Serve the form from a process of its own; yield its address and the folder."""
    pytest.importorskip("appyter", reason="the optional appyter package is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command += f"from l1000_rnaseq.app.serve import serve; serve(port={port}, seconds={seconds})"
    environment = {**os.environ, "TMPDIR": str(work)}
    process = subprocess.Popen(
        [sys.executable, "-c", command], env=environment, cwd=work,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.5)
    yield address, work
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed[-2000:]
    assert "without encryption" not in printed  # a warning of the kernels
    assert not list(work.glob("l1000-rnaseq-app-*")), "runs are left behind"
