"""The server around the form: the Appyter framework with the settings that make it work and stay up.

One process on loopback; a fresh folder for runs at each start, so that no result of an older index, and no
run that a kill left half done, is ever served; more threads than form posts; a limit for each run.
"""

import logging
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from l1000_rnaseq.app.api import api
from l1000_rnaseq.app.environment import environment
from l1000_rnaseq.app.form import index_of_environment, write_genes
from l1000_rnaseq.app.gene_card import index_version
from l1000_rnaseq.app.guard import Rates, guard, limits
from l1000_rnaseq.reports.notebook_html import kernel_settings
from l1000_rnaseq.search.index import Index

log = logging.getLogger(__name__)
NAME = "L1000_RNAseq_Gene_Search"
THREADS = 64  # posts and runs share a pool: the framework's own, processors + 4, locks up for ever when full


def find_appyter() -> Path:
    """Return the folder of the Appyter in this checkout.

    Raises
    ------
    ValueError
        The package was installed without its checkout.
    """
    folder = Path(__file__).resolve().parents[3] / "appyters" / NAME
    if not (folder / f"{NAME}.ipynb").is_file():
        raise ValueError(
            f"no Appyter at {folder}: it stays in the repository; clone it and install from there."
        )
    return folder


def copy_appyter(folder: Path, index: Index) -> None:
    """Copy the Appyter into a folder, with what its form completes and the version of its index.

    The version is part of the notebook, and so of the name of every result: another index, another result.
    """
    shutil.copytree(find_appyter(), folder, dirs_exist_ok=True)
    notebook = folder / f"{NAME}.ipynb"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace("INDEX_VERSION", index_version(index)), encoding="utf-8")
    (folder / "static").mkdir(exist_ok=True)
    write_genes(folder / "static" / "genes.json")


def serve(
    index: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 5000,
    seconds: float = 120,
    rate: int = 60,
    announce: Callable[[str], object] = log.info,
) -> None:
    """Serve the form until interrupted.

    Parameters
    ----------
    index : path, optional
        The demo index when absent.
    host, port
        Where to listen. Put a reverse proxy before it where others can reach it.
    seconds : float
        What a run may take; its kernel is killed then.
    rate : int
        Searches a minute that one address may start, half of them at once; questions to /api cost a fifth.
    announce : callable
        Is told the address, once the form is about to be served.

    Raises
    ------
    ValueError
        The index or the Appyter is missing; the port is taken.
    ModuleNotFoundError
        The extra `app` is not installed.
    """
    from appyter.ext.aiohttp import run_app
    from appyter.ext.asyncio.event_loop import SharedEventLoopThreadPoolExecutor, with_event_loop
    from appyter.render import nbexecute
    from appyter.render.flask_app import create_app

    # the framework starts its kernels without any settings
    client = nbexecute.NotebookClientIOPubHook
    nbexecute.NotebookClientIOPubHook = partial(client, config=kernel_settings())
    with socket.socket() as probe:  # before anything is said or written
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ValueError(
                f"port {port} of {host} cannot be used ({error.strerror}); name another."
            ) from error
    others = {
        "APPYTER_FUSE": "false",  # without debugging the framework turns it on
        "PLOTLY_RENDERER": "notebook",  # plotly.js goes into the page: it works offline
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind then either
    with (
        environment(index, seconds, **others),
        tempfile.TemporaryDirectory(prefix="l1000-rnaseq-app-") as work,
    ):
        opened, folder = index_of_environment(), Path(work) / NAME
        copy_appyter(folder, opened)
        settings = {
            "cwd": str(folder),
            "prefix": "",
            "profile": "biojupies",
            "extras": ["hide-code", "toggle-code"],
            "host": host,
            "port": port,
            "data_dir": str(Path(work) / "runs"),
            "static_dir": str(folder / "static"),
            "debug": False,
            "ipynb": f"{NAME}.ipynb",
        }
        try:
            with with_event_loop() as loop:
                loop.set_default_executor(SharedEventLoopThreadPoolExecutor(THREADS, loop=loop))
                app = create_app(**settings)
                app.middlewares.append(guard(Rates(limits(rate))))
                app.add_subapp("/api", api(opened))
                app.cleanup_ctx.append(_with_second_chance(Path(settings["data_dir"]), seconds))
                announce(f"The form is at http://{host}:{port}/ (Ctrl-C stops it).")
                run_app(app, host=host, port=port)
        except KeyboardInterrupt:
            log.info("Stopped.")


class SecondChance:
    """An executor whose failed runs can be started again.

    The framework takes a run that failed, or whose kernel was killed, for a result and shows it for ever.
    Here its notebook is put back as it was before, so that the same submission runs anew. And where the limit
    of time has killed a kernel, that is what is said.
    """

    def __init__(self, executor, runs: Path, seconds: float):
        self.executor, self.runs, self.seconds = executor, runs, seconds

    def __getattr__(self, name):
        return getattr(self.executor, name)

    async def _run(self, **job):
        notebook = self.runs / job["cwd"] / job["ipynb"]
        before, failed = notebook.read_bytes() if notebook.is_file() else b"", False
        begun = time.monotonic()
        async for message in self.executor._run(**job):
            if message["type"] == "error":
                failed = True
                if "Kernel died" in str(message["data"]) and time.monotonic() - begun >= self.seconds:
                    said = (
                        f"Stopped after {self.seconds:g} s, the limit of this server: ask for less, or again."
                    )
                    message = {**message, "data": said}
            yield message
        if failed and before:
            notebook.write_bytes(before)


def _with_second_chance(runs: Path, seconds: float):
    async def wrapped(app):
        app["executor"] = SecondChance(app["executor"], runs, seconds)
        yield

    return wrapped
