"""The server around the form: the Appyter framework with the settings that make it work and stay up.

One process on loopback; a fresh folder for runs at each start, so that no result of an older index, and no
run that a kill left half done, is ever served; more threads than form posts; a limit for each run.
"""

import errno
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from l1000_rnaseq.app.api import api
from l1000_rnaseq.app.environment import PLOTLY, environment
from l1000_rnaseq.app.form import index_of_environment, write_genes
from l1000_rnaseq.app.gene_card import index_version
from l1000_rnaseq.app.guard import Rates, guard, limits
from l1000_rnaseq.app.markup import SERVED, plotly_script
from l1000_rnaseq.app.runs import with_runs
from l1000_rnaseq.reports.notebook_html import kernel_settings
from l1000_rnaseq.search.index import Index

log = logging.getLogger(__name__)
NAME = "L1000_RNAseq_Gene_Search"
IS_HERE = "\nif (window.l1000) l1000.plotlyIsHere();"
LONGEST_FOLDER = 60  # characters
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

    with socket.socket() as probe:  # before anything is said or written
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _unusable(host, port, error) from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind then either
    with (
        environment(index, seconds, **_settings()),
        tempfile.TemporaryDirectory(prefix="l1000-rnaseq-app-") as work,
        tempfile.TemporaryDirectory(prefix="l1000-k-", dir=_short_folder()) as sockets,
    ):
        opened, folder = index_of_environment(), Path(work) / NAME
        copy_appyter(folder, opened)
        (folder / "static" / "plotly.js").write_text(plotly_script() + IS_HERE, encoding="utf-8")
        nbexecute.NotebookClientIOPubHook = partial(nbexecute.NotebookClientIOPubHook, **_kernels(sockets))
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
                app.middlewares.extend([guard(Rates(limits(rate))), export_with_plotly()])
                app.add_subapp("/api", api(opened))
                app.cleanup_ctx.append(with_runs(Path(settings["data_dir"]), seconds))
                announce(f"The form is at http://{host}:{port}/ (Ctrl-C stops it).")
                run_app(app, host=host, port=port)
        except KeyboardInterrupt:
            log.info("Stopped.")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise _unusable(host, port, error) from error  # another took it while this got ready


def _unusable(host: str, port: int, error: OSError) -> ValueError:
    reason = os.strerror(error.errno)
    return ValueError(f"port {port} of {host} cannot be used ({reason}); name another.")


def _settings() -> dict[str, str]:
    """Return the environment of the framework and of the kernels."""
    one_thread = {name: os.environ.get(name, "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    # without debugging the framework turns FUSE on
    return {"APPYTER_FUSE": "false", PLOTLY: "served", **one_thread}


def _kernels(sockets: str) -> dict:
    """Return what the notebook's client needs for kernels that are forked; prepare them."""
    from l1000_rnaseq.app import kernels

    if not kernels.are_forked():
        return {"config": kernel_settings()}
    kernels.start_fork_server()
    return {
        "config": kernels.settings(sockets),
        "kernel_manager_class": kernels.ForkedKernelManager,
        "shutdown_kernel": "immediate",  # it has nothing to save
    }


def _short_folder() -> str | None:
    """Return where sockets can be: the path of one has at most 104 characters."""
    return None if len(tempfile.gettempdir()) < LONGEST_FOLDER or os.name == "nt" else "/tmp"


def export_with_plotly():
    """Return a middleware: a page that is saved has plotly.js inside, which the pages of a server share."""
    from aiohttp import web

    @web.middleware
    async def with_plotly(request, handler):
        answer = await handler(request)
        if request.path.startswith("/export/") and answer.content_type == "text/html":
            script = f"<script>{plotly_script()}{IS_HERE}</script>"
            answer.headers.pop("Content-Length", None)  # it is another one now
            answer.body = answer.body.replace(SERVED.encode(), script.encode())
        return answer

    return with_plotly
