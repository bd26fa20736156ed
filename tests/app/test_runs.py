"""Runs of the server: a killed one says so and can be started again; the notebook runs without a form too."""

import asyncio
from pathlib import Path

import nbformat
import psutil
import pytest
from form_post import post
from l1000_rnaseq.app.serve import NAME, find_appyter

socketio = pytest.importorskip("socketio", reason="the optional appyter package is not installed")


async def follow(address: str, run: str, kill_in: Path | None = None) -> list[str]:
    """Start a run as the page does; return what it was told, until success or an error.

    Its kernel is killed, once it executes, if it works under the folder `kill_in`: another test run on the
    machine has a run of the same name.
    """
    client, told, done = socketio.AsyncClient(), [], asyncio.Event()

    @client.on("*")
    async def hear(event, *data):
        if event in ("status", "error"):
            told.append(f"{event}: {data[0]}")
        if event == "error" or told[-1:] == ["status: Success"]:
            done.set()

    await client.connect(address)
    await client.emit("submit", {"_id": run})
    if kill_in:
        while "status: Executing..." not in told:
            await asyncio.sleep(0.05)
        kernels = [
            p for p in psutil.process_iter(["cmdline"]) if run in _folder(p) and str(kill_in) in _folder(p)
        ]
        for process in kernels:
            process.kill()
        assert kernels
    await asyncio.wait_for(done.wait(), 60)
    await client.disconnect()
    return told


def _folder(process: psutil.Process) -> str:
    try:
        return process.cwd() if "ipykernel" in " ".join(process.info["cmdline"] or ()) else ""
    except psutil.Error:
        return ""


def test_a_killed_run_says_so_and_can_be_started_again(server):
    run = post(server[0], gene="TSC22D3")
    told = asyncio.run(follow(server[0], run, kill_in=server[1]))
    assert told[-1] == "error: Kernel died"
    assert post(server[0], gene="TSC22D3") == run
    assert asyncio.run(follow(server[0], run))[-1] == "status: Success"


def test_it_opens_and_runs_as_a_plain_notebook(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PLOTLY_RENDERER", "json")
    notebook = nbformat.read(find_appyter() / f"{NAME}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    done = client.execute(cwd=str(find_appyter()))
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = [html for output in outputs if (html := output.get("data", {}).get("text/html"))]
    assert any("HMOX1 is a" in html for html in shown) and any("l1k-table" in html for html in shown)


def test_a_run_that_takes_too_long_says_so(hasty_server):
    told = asyncio.run(follow(hasty_server[0], post(hasty_server[0], gene="TSC22D3")))
    assert told[-1].startswith("error: Stopped after 0.05 s, the limit of this server")
