"""The form, served by a process of its own for the tests of this folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of the form, and the folder that its process works in."""
    yield from serving(tmp_path_factory.mktemp("served"), seconds=60)


@pytest.fixture
def hasty_server(tmp_path):
    """A server that stops every run at once."""
    yield from serving(tmp_path, seconds=0.05)


@pytest.fixture(scope="module")
def page(server, browser):
    """A page of chromium."""
    page = browser.new_context(accept_downloads=True).new_page()
    page.set_default_timeout(120_000)  # the machine may be busy
    return page


def free_port() -> int:
    """Return a port that is free, and that the system gives to nobody who asks for any port.

    It does not stay free by itself: the server needs a while before it listens.
    """
    for port in np.random.default_rng().permutation(np.arange(20_000, 30_000)).tolist():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError("no port is free")


def serving(work: Path, seconds: float):
    """Serve the form from a process of its own; yield its address and the folder."""
    pytest.importorskip("appyter", reason="the optional appyter package is not installed")
    port = free_port()
    command = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command += "from l1000_rnaseq.app.serve import serve\n"
    command += f"serve(port={port}, seconds={seconds}, rate=100_000)"
    environment, printed = {**os.environ, "TMPDIR": str(work)}, work / "printed.txt"
    with printed.open("w") as out:  # a pipe that nobody reads would stop a server that prints much
        process = subprocess.Popen(
            [sys.executable, "-c", command], env=environment, cwd=work, stdout=out, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):  # a busy machine takes minutes
        try:
            urllib.request.urlopen(address, timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, printed.read_text()
            time.sleep(0.5)
    yield address, work
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    text = printed.read_text()
    assert process.returncode == 0, text[-2000:]
    assert "without encryption" not in text  # a warning of the kernels
    assert not list(work.glob("l1000-rnaseq-app-*")), "runs are left behind"
