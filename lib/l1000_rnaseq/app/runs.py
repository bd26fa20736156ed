"""Runs of the notebook: so many at once, and one that failed can be started again."""

import os
import time
from pathlib import Path

from l1000_rnaseq.app.turns import Turns

AT_ONCE = max(2, os.cpu_count() or 2)
WAITING = 64
BUSY = "Too many searches wait for their turn. Try again in a minute."


class Runs:
    """An executor that runs a few notebooks at once, and forgets those that failed.

    The framework takes a run that failed, or whose kernel was killed, for a result and shows it for ever.
    Here its notebook is put back as it was before, so that the same submission runs anew. And where the limit
    of time has killed a kernel, that is what is said.

    Parameters
    ----------
    executor
        The framework's.
    folder : path
        Where the runs are.
    seconds : float
        What a run may take.
    turns : Turns
    """

    def __init__(self, executor, folder: Path, seconds: float, turns: Turns):
        self.executor, self.folder, self.seconds, self.turns = executor, folder, seconds, turns

    def __getattr__(self, name):
        return getattr(self.executor, name)

    async def _run(self, **job):
        if self.turns.full:
            yield {"type": "error", "data": BUSY}
            return
        if (before := self.turns.inside - self.turns.at_once) >= 0:
            yield {"type": "status", "data": f"Waiting for a turn: {before} searches wait before this one."}
        async with self.turns:
            async for message in self._one(job):
                yield message

    async def _one(self, job: dict):
        notebook = self.folder / job["cwd"] / job["ipynb"]
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


def with_runs(folder: Path, seconds: float):
    """Return what puts `Runs` before the framework's executor, for `Application.cleanup_ctx`."""

    async def wrapped(app):
        app["executor"] = Runs(app["executor"], folder, seconds, Turns(AT_ONCE, WAITING))
        yield

    return wrapped
