"""What the catalog of Appyters asks for; a port that is taken."""

import errno
import json
import re
import socket
import struct

import pytest
from click.testing import CliRunner
from l1000_rnaseq.app import serve
from l1000_rnaseq.app.serve import NAME, find_appyter
from l1000_rnaseq.cli import main


def test_the_folder_has_what_the_catalog_requires():
    folder = find_appyter()
    about = json.loads((folder / "appyter.json").read_text())
    assert about["$schema"].endswith("appyter-validator.json") and about["name"] == folder.name == NAME
    assert re.fullmatch(r"\d+\.\d+\.\d+", about["version"]) and len(about["description"]) <= 150
    assert (
        all(about[key] for key in ("title", "authors", "license"))
        and (folder / about["appyter"]["file"]).is_file()
    )
    assert {"README.md", "requirements.txt"} <= {path.name for path in folder.iterdir()}
    assert not list(folder.rglob("Dockerfile"))
    head = (folder / about["image"]).read_bytes()[16:24]
    assert struct.unpack(">II", head) == (1280, 720)
    form = (folder / "templates" / "form.j2").read_text()
    assert form.startswith('{% extends "biojupies/form.j2" %}')


def test_a_port_in_use_is_told_before_the_address():
    pytest.importorskip("appyter")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(main, ["app", "--port", port])
    assert done.exit_code == 2 and f"port {port} of 127.0.0.1 cannot be used" in done.output
    assert "The form is at" not in done.output
    assert CliRunner().invoke(main, ["app", "--port", "99999"]).exit_code == 2


@pytest.mark.filterwarnings("ignore")  # of the framework
def test_a_port_that_another_takes_in_the_meantime_is_told(monkeypatch):
    aiohttp = pytest.importorskip("appyter.ext.aiohttp")

    def taken(app, host, port):
        raise OSError(errno.EADDRINUSE, "error while attempting to bind on address")

    monkeypatch.setattr(aiohttp, "run_app", taken)
    monkeypatch.setattr(serve, "_kernels", lambda sockets: {})
    with pytest.raises(ValueError, match="port 21877 of 127.0.0.1 cannot be used"):
        serve.serve(port=21877)
