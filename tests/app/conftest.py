"""The form, served by a process of its own for the tests of this folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    pytest.importorskip("appyter", reason="the optional appyter package is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command += f"from l1000_rnaseq.cli import main; main(['app', '--port', '{port}', '--seconds', '60'])"
    work = tmp_path_factory.mktemp("served")
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
    assert not list(work.glob("l1000-rnaseq-app-*")), "runs are left behind"
