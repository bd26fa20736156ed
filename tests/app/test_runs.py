"""Runs of the server: a killed one says so and can be started again; the notebook runs without a form too."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from form_post import post
from l1000_rnaseq.app.runs import BUSY, Runs
from l1000_rnaseq.app.serve import NAME, find_appyter
from l1000_rnaseq.app.turns import Turns

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

    await client.connect(address, wait_timeout=60)
    await client.emit("submit", {"_id": run})
    if kill_in:
        while "status: Executing..." not in told:
            await asyncio.sleep(0.05)
        kernels = [p for p in psutil.process_iter() if run in _folder(p) and str(kill_in) in _folder(p)]
        for process in kernels:
            process.kill()
        assert kernels
    await asyncio.wait_for(done.wait(), 240)
    await client.disconnect()
    return told


def _folder(process: psutil.Process) -> str:
    try:
        return process.cwd()  # a kernel works in the folder of its run
    except psutil.Error:
        return ""


def test_a_killed_run_says_so_and_can_be_started_again(server):
    run = post(server[0], gene="TSC22D3")
    told = asyncio.run(follow(server[0], run, kill_in=server[1]))
    assert told[-1] == "error: Kernel died"
    assert post(server[0], gene="TSC22D3") == run
    assert asyncio.run(follow(server[0], run))[-1] == "status: Success"


def test_a_dead_fork_server_is_replaced(server):
    here = [p for p in psutil.process_iter() if _folder(p) == str(server[1])]
    forks = [p for p in here if any("forkserver" in part for part in p.cmdline())]
    assert len(forks) == 1
    forks[0].kill()
    while forks[0].status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.1)
    assert asyncio.run(follow(server[0], post(server[0], gene="FKBP5", number="37")))[-1] == "status: Success"


class Executor:
    """Counts how many of its runs go on together; the run of a notebook that says fail does so."""

    def __init__(self, folder):
        self.folder, self.now, self.most = folder, 0, 0

    async def _run(self, cwd, ipynb):
        self.now += 1
        self.most = max(self.most, self.now)
        notebook = self.folder / cwd / ipynb
        failed = "fail" in notebook.read_text()
        notebook.write_text("started")
        await asyncio.sleep(0.01)
        self.now -= 1
        yield {"type": "error", "data": "Kernel died"} if failed else {"type": "status", "data": "Success"}


def run_all(folder: Path, texts: list[str], turns: Turns) -> tuple[list[str], Executor]:
    """Run notebooks together; return the last thing that each was told."""

    async def one(runs, n):
        return [message async for message in runs._run(cwd=str(n), ipynb="x.ipynb")][-1]["data"]

    async def all_of_them():
        return await asyncio.gather(*(one(runs, n) for n in range(len(texts))))

    for n, text in enumerate(texts):
        (folder / str(n)).mkdir()
        (folder / str(n) / "x.ipynb").write_text(text)
    executor = Executor(folder)
    runs = Runs(executor, folder, seconds=60, turns=turns)
    return asyncio.run(all_of_them()), executor


def test_a_few_run_at_once_and_the_rest_waits_or_is_refused(tmp_path):
    told, executor = run_all(tmp_path, ["ask"] * 12, Turns(at_once=3, waiting=7))
    assert executor.most == 3 and told.count("Success") == 10 and told.count(BUSY) == 2
    assert (tmp_path / "11" / "x.ipynb").read_text() == "ask"  # so that it can be asked again


def test_a_failed_run_is_put_back(tmp_path):
    told, _ = run_all(tmp_path, ["fail", "ask"], Turns(at_once=2, waiting=0))
    assert told == ["Kernel died", "Success"]
    assert [(tmp_path / name / "x.ipynb").read_text() for name in "01"] == ["fail", "started"]


def test_a_kernel_takes_no_more_memory_than_it_may():
    code = "from l1000_rnaseq.app.kernels import limit_memory; limit_memory(200 << 20); bytearray({} << 20)"
    done = [
        subprocess.run([sys.executable, "-c", code.format(size)], capture_output=True, text=True)
        for size in (50, 500)
    ]
    assert done[0].returncode == 0 and done[1].returncode and "MemoryError" in done[1].stderr


def test_it_opens_and_runs_as_a_plain_notebook(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PLOTLY_RENDERER", "json")
    notebook = nbformat.read(find_appyter() / f"{NAME}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    done = client.execute(cwd=str(find_appyter()))
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = [html for output in outputs if (html := output.get("data", {}).get("text/html"))]
    assert any("l1000.show(" in html and '"symbol":"HMOX1"' in html for html in shown)


def test_a_run_that_takes_too_long_says_so(hasty_server):
    told = asyncio.run(follow(hasty_server[0], post(hasty_server[0], gene="TSC22D3")))
    assert told[-1].startswith("error: Stopped after 0.05 s, the limit of this server")
