"""The web form under load: how long from submit to the first figure and to the whole answer.

    python benchmarks/appyter_load.py [--before CHECKOUT] [--at-once 20] [--alone 5] [--rounds 3]

Starts the server as `l1000-rnaseq app` does, posts the form, asks for the run over the server's socket as the
page does, and waits for its success. Every submission is of another gene, so that none is served from an
earlier result; one question is repeated. Meanwhile the form is asked for, and the memory of the server and
all its kernels is read. With --before, the server of another checkout is measured first, in the same way.
Ends with 1 if a submission of this checkout is lost, and says why each was.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import psutil
from l1000_rnaseq.app.serve import NAME
from l1000_rnaseq.search.index import Index

FIELDS = dict.fromkeys(("compare", "min_dose", "max_dose", "perturbagen"), "")
FIELDS |= {"type": "any", "cell": "any", "time": "any", "direction": "both", "ranking": "log2 fold change"}
FIELDS |= {"number": "50", "min_abs_log2fc": "0", "min_abs_cd": "0", "concordant": "false"}
FIGURE = ("l1000.show(", "Plotly.newPlot(")  # what a cell with a figure has: of this server, of an older one
CODE = "from l1000_rnaseq.cli import main; main(['app', '--port', '{port}'{rate}])"
RATE = ", '--rate', '6000'"  # all submissions come from one address, which the limit of a server would refuse


@dataclass
class Submission:
    """What became of one submission; seconds since it was made, NaN for never."""

    figure: float = float("nan")
    answer: float = float("nan")
    why: str = "nothing was heard"


@dataclass
class Load:
    """The submissions of a server by how many came at once, and what else was seen meanwhile."""

    submissions: dict[str, list[Submission]] = field(default_factory=dict)
    repeated: list[float] = field(default_factory=list)
    form: list[float] = field(default_factory=list)
    mebibytes: float = 0.0


def post(address: str, gene: str) -> str:
    body = urllib.parse.urlencode({**FIELDS, "gene": gene}).encode()
    request = urllib.request.Request(address + "/", body, {"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())["_id"]


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


async def submitted(address: str, gene: str, limit: float) -> Submission:
    """Submit a gene and follow its run to the end, or until the limit."""
    import socketio

    begun, done, seen, parts = time.perf_counter(), asyncio.Event(), Submission(), {}
    client = socketio.AsyncClient()

    def hear(event: str, data) -> None:
        now = time.perf_counter() - begun
        if event == "chunked":  # a large message comes in parts
            parts.setdefault(data["id"], {})[data["chunk"]] = data["data"]
            if len(parts[data["id"]]) == data["total"]:
                whole = parts.pop(data["id"])
                hear(data["event"], json.loads("".join(whole[n] for n in sorted(whole))))
        elif event == "cell" and np.isnan(seen.figure) and any(mark in str(data) for mark in FIGURE):
            seen.figure = now
        elif event in ("status", "error"):
            seen.why = f"the last that was heard: {event}: {data}"
            if event == "error" or data == "Success":
                seen.answer = now if data == "Success" else float("nan")
                done.set()

    client.on("*", lambda event, *data: hear(event, data[0] if data else None))
    client.on("disconnect", lambda *_: setattr(seen, "why", f"the connection was cut; {seen.why}"))
    try:
        run = await asyncio.to_thread(post, address, gene)
        await client.connect(address, wait_timeout=60)
        await client.emit("submit", {"_id": run})
        await asyncio.wait_for(done.wait(), limit)
    except TimeoutError:
        seen.why = f"no end after {limit:g} s; {seen.why}"
    except (OSError, ValueError, socketio.exceptions.SocketIOError) as error:
        seen.why = f"{type(error).__name__}: {error}"
    finally:
        await client.disconnect()
    return seen


async def measure(address: str, process: psutil.Process, genes: list[str], counts, limit: float) -> Load:
    at_once, alone, rounds = counts
    load, stop = Load(), asyncio.Event()

    async def watch() -> None:
        while not stop.is_set():
            begun = time.perf_counter()
            await asyncio.to_thread(read, address)
            load.form.append(time.perf_counter() - begun)
            load.mebibytes = max(load.mebibytes, await asyncio.to_thread(memory, process))
            await asyncio.sleep(0.5)

    left = iter(genes)
    load.submissions["1 at a time"] = [await submitted(address, next(left), limit) for _ in range(alone)]
    for _ in range(alone):
        begun = time.perf_counter()
        run = await asyncio.to_thread(post, address, genes[0])
        await asyncio.to_thread(read, f"{address}/{run}/")
        notebook = json.loads(await asyncio.to_thread(read, f"{address}/{run}/{NAME}.ipynb"))
        assert "completed" in notebook["metadata"]["appyter"]["nbexecute"]
        load.repeated.append(time.perf_counter() - begun)
    watching = asyncio.create_task(watch())
    together = load.submissions[f"{at_once} at once"] = []
    for _ in range(rounds):
        together += await asyncio.gather(*(submitted(address, next(left), limit) for _ in range(at_once)))
    stop.set()
    await watching
    return load


def memory(process: psutil.Process) -> float:
    """Return the MiB of a process and all that it started; what they share is counted once."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue  # it ended meanwhile
    return total / 2**20


def serve_and_measure(checkout: Path, counts, limit: float, seed: int) -> Load:
    has_limit = (checkout / "lib" / "l1000_rnaseq" / "app" / "guard.py").exists()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(checkout / "lib")}
    with tempfile.TemporaryFile() as printed:
        code = CODE.format(port=port, rate=RATE if has_limit else "")
        server = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, cwd=checkout,
            stdout=printed, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            for _ in range(1200):
                try:
                    read(address)
                    break
                except OSError:
                    time.sleep(0.25)
            at_once, alone, rounds = counts
            n = alone + at_once * rounds
            genes = list(np.random.default_rng(seed).choice(Index().genes.index, n, replace=False))
            return asyncio.run(measure(address, psutil.Process(server.pid), genes, counts, limit))
        finally:
            server.terminate()
            server.wait(60)


def shown(name: str, load: Load) -> list[str]:
    lines = []
    for how, submissions in load.submissions.items():
        done = [s for s in submissions if not np.isnan(s.answer)]
        figure, answer = ([getattr(s, what) for s in done] or [np.nan] for what in ("figure", "answer"))
        numbers = (np.median(figure), np.max(figure), np.median(answer), np.max(answer))
        seconds = " | ".join(f"{number:.1f}" for number in numbers)
        lines.append(f"| {name} | {how} | {len(done)} of {len(submissions)} | {seconds} |")
    return lines


@click.command()
@click.option("--before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--at-once", default=20, show_default=True)
@click.option("--alone", default=5, show_default=True)
@click.option("--rounds", default=3, show_default=True, help="How often so many come at once.")
@click.option("--limit", default=300.0, show_default=True, help="Seconds after which a submission is lost.")
@click.option("--seed", default=0, show_default=True)
def main(before, at_once, alone, rounds, limit, seed):
    here, counts, loads = Path(__file__).resolve().parents[1], (at_once, alone, rounds), {}
    for name, checkout in (("before", before), ("now", here)):
        if checkout:
            loads[name] = serve_and_measure(checkout.resolve(), counts, limit, seed)
    load = os.getloadavg()[0]
    click.echo(
        f"{os.cpu_count()} processors, load {load:.0f} at the end of it. Seconds from the submission.\n"
    )
    click.echo("| server | submissions | finished | first figure, p50 | last | whole answer, p50 | last |")
    click.echo("| --- | --- | --- | --- | --- | --- | --- |")
    for name, measured in loads.items():
        click.echo("\n".join(shown(name, measured)))
    for name, measured in loads.items():
        click.echo(
            f"\n{name}: a repeated question {np.median(measured.repeated):.2f} s; the form meanwhile "
            f"{np.median(measured.form):.2f} s, at most {np.max(measured.form):.1f} s; "
            f"memory of all processes at most {measured.mebibytes:,.0f} MiB."
        )
        for how, submissions in measured.submissions.items():
            for why, n in Counter(s.why for s in submissions if np.isnan(s.answer)).most_common():
                click.echo(f"{name}: lost, {how}, {n} of {len(submissions)}: {why}")
    sys.exit(any(np.isnan(s.answer) for part in loads["now"].submissions.values() for s in part))


if __name__ == "__main__":
    main()
