"""What a server tells the notebooks that it runs, by environment variables: which index, and how long."""

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INDEX, SECONDS = "L1000_RNASEQ_INDEX", "L1000_RNASEQ_RUN_SECONDS"
PLOTLY = "L1000_RNASEQ_PLOTLY"


def index_path() -> str | None:
    """Return the path of the index to search; None is the demo index."""
    return os.environ.get(INDEX) or None


def plotly_is_served() -> bool:
    """Whether the server sends plotly.js once for all pages, so that no page has to have it."""
    return os.environ.get(PLOTLY) == "served"


def limit_time() -> None:
    """End this process when the time for one run is over; without a limit, do nothing."""
    if seconds := os.environ.get(SECONDS):
        faulthandler.dump_traceback_later(float(seconds), exit=True, file=sys.__stderr__)


@contextmanager
def environment(index: Path | None, seconds: float | None = None, **others: str) -> Iterator[None]:
    """Set the variables for a while; `others` besides. What is None stays as it is."""
    variables = {INDEX: index and str(Path(index).resolve()), SECONDS: seconds and str(seconds), **others}
    variables = {name: value for name, value in variables.items() if value is not None}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
