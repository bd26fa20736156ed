"""The web form under load: how long from submit to the answer, alone and with many at once.

    python benchmarks/appyter_load.py [--at-once 20] [--alone 5]

Starts the server as `l1000-rnaseq app` does, posts the form, asks for the run over the server's socket as the
page does, and waits for its success. Every submission is of
another gene, so that none is served from an earlier result.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import click
import numpy as np
from l1000_rnaseq.search.index import Index

FIELDS = dict.fromkeys(("compare", "min_dose", "max_dose", "perturbagen"), "")
FIELDS |= {"type": "any", "cell": "any", "time": "any", "direction": "both", "ranking": "log2 fold change"}
FIELDS |= {"number": "50", "min_abs_log2fc": "0", "min_abs_cd": "0", "concordant": "false"}


def post(address: str, gene: str) -> str:
    body = urllib.parse.urlencode({**FIELDS, "gene": gene}).encode()
    request = urllib.request.Request(address + "/", body, {"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())["_id"]


async def answered(address: str, gene: str, limit: float = 300) -> float:
    """Submit a gene; return the seconds until its run has succeeded, NaN if it never does."""
    import socketio

    begun, done = time.perf_counter(), asyncio.Event()
    run = await asyncio.to_thread(post, address, gene)
    client, ok = socketio.AsyncClient(), []

    @client.on("status")
    async def status(text):
        if text == "Success":
            ok.append(True)
            done.set()

    @client.on("error")
    async def error(_):
        done.set()

    await client.connect(address)
    await client.emit("submit", {"_id": run})
    try:
        await asyncio.wait_for(done.wait(), limit)
    except TimeoutError:
        pass
    finally:
        await client.disconnect()
    return time.perf_counter() - begun if ok else float("nan")


async def measure(address: str, genes: list[str], at_once: int, alone: int) -> dict[str, list[float]]:
    alone_seconds = [await answered(address, gene) for gene in genes[:alone]]
    together_seconds = await asyncio.gather(
        *(answered(address, gene) for gene in genes[alone : alone + at_once])
    )
    return {"alone": alone_seconds, f"{at_once} at once": list(together_seconds)}


@click.command()
@click.option("--at-once", default=20, show_default=True)
@click.option("--alone", default=5, show_default=True)
def main(at_once, alone):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, code = (
        f"http://127.0.0.1:{port}",
        f"from l1000_rnaseq.cli import main; main(['app', '--port', '{port}'])",
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        genes = list(np.random.default_rng(0).choice(Index().genes.index, at_once + alone, replace=False))
        seconds_of = asyncio.run(measure(address, genes, at_once, alone))
        click.echo("| submissions | finished | p50, s | p95, s |\n| --- | --- | --- | --- |")
        for name, seconds in seconds_of.items():
            finished = np.array(seconds)[~np.isnan(seconds)]
            p50, p95 = np.quantile(finished, [0.5, 0.95]) if len(finished) else (np.nan, np.nan)
            click.echo(f"| {name} | {len(finished)} of {len(seconds)} | {p50:.1f} | {p95:.1f} |")
        with urllib.request.urlopen(address, timeout=10) as page:
            click.echo(f"The server still answers: {page.status}.")
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
