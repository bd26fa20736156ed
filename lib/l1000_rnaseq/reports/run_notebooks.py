"""Run the notebooks of the checkout: only those that changed, from where a killed run stopped."""

import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat

from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.evaluate.results import read_run
from l1000_rnaseq.reports.notebook import duration, installed
from l1000_rnaseq.reports.notebook_html import execute_notebook, find_notebooks

USUAL = 60  # seconds, of a notebook that has not told


def choose_notebooks(names: Iterable[str] = ()) -> list[Path]:
    """Return the notebooks that are named, by their two digits or in full; all of them without names.

    Raises
    ------
    ValueError
        There is no such notebook.
    """
    paths, names = find_notebooks(), list(names)
    for name in names:
        if not any(name in (path.stem, path.stem[:2], path.name) for path in paths):
            listed = ", ".join(path.stem for path in paths)
            raise ValueError(f"there is no notebook {name}; name one of {listed}, or its two digits.")
    return [
        path
        for path in paths
        if not names or any(name in (path.stem, path.stem[:2], path.name) for name in names)
    ]


def run_notebooks(
    notebooks: list[Path],
    data: Path,
    folder: Path,
    tell: Callable[[str], None],
    fast: bool = False,
    seed: int = 0,
    again: bool = False,
    progress: bool = True,
    workers: int = 1,
) -> list[Path]:
    """Execute notebooks on a data folder and export them; skip what is there and has not changed.

    A notebook is run again when its cells, the data folder, the library or a setting has changed. What a
    killed run had finished is kept. Trained models are kept too, until the library changes.

    Parameters
    ----------
    notebooks : list of path
    data : path
        A data folder.
    folder : path
        Gets NAME.ipynb and NAME.html of each notebook; work/ in it has the results and the trained models.
    tell : callable
        Gets a line for each notebook: its page, its time, the time left.
    fast, seed
        Parameters of the notebooks.
    again : bool
        Run also what has not changed.
    progress : bool
        Show a progress bar over the cells, where one notebook runs at a time.
    workers : int
        Notebooks that run at the same time, the longest first. They share the processors.

    Returns
    -------
    list of path
        The HTML pages.

    Raises
    ------
    ValueError
        A cell failed (see `execute_notebook`). The next run begins with this notebook.
    """
    work = (folder / "work").resolve()
    library, files = library_hash(), folder_hash(data)
    _drop_old_models(work, library, tell)
    keys = {path: _key(path, library, files, fast, seed) for path in notebooks}
    to_run = [path for path in notebooks if again or not _is_done(path, folder, keys[path])]
    if workers > 1:
        to_run.sort(key=usual_seconds, reverse=True)
    # in a demonstration the times are others, and more alike
    usual = {path: USUAL if fast else usual_seconds(path) for path in to_run}
    for path in notebooks:
        if path not in to_run:
            tell(f"{folder / path.stem}.html  not changed, not run again")
    parameters = {"DATA": str(data), "OUT": str(work), "SEED": seed, "FAST": fast}
    spent, planned = 0.0, 0.0
    for path, seconds in _executed(to_run, folder, parameters, progress, workers):
        write_text(_state(path, folder), json.dumps({"key": keys[path]}))
        spent, planned = spent + seconds, planned + usual.pop(path)
        left = sum(usual.values()) * spent / planned / min(workers, len(usual) or 1)
        later = f"; {len(usual)} left, about {duration(left)}" if usual else ""
        tell(f"{folder / path.stem}.html  {duration(seconds)}{later}")
    return [folder / f"{path.stem}.html" for path in notebooks]


def _executed(
    paths: list[Path], folder: Path, parameters: dict, progress: bool, workers: int
) -> Iterator[tuple[Path, float]]:
    """Execute notebooks; yield each that is done, with its seconds."""
    if workers == 1:
        for path in paths:
            yield path, _execute(path, folder, parameters, progress)
        return
    threads = max((os.cpu_count() or 1) // workers, 1)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, _limit_threads, (threads,)) as pool:
        running = {pool.submit(_execute, path, folder, parameters, False): path for path in paths}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that run come to their end
            raise


def _execute(path: Path, folder: Path, parameters: dict, progress: bool) -> float:
    begun = time.perf_counter()
    execute_notebook(path, folder, parameters, progress=progress)
    return time.perf_counter() - begun


def _limit_threads(n: int) -> None:
    """Leave processors to the others; kernels get the environment of this process."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(n)


def library_hash() -> str:
    """Return a hash of the files of this library and of the versions of what it computes with."""
    sha = hashlib.sha256(platform.python_version().encode())
    sha.update(repr(installed(("numpy", "pandas", "scipy", "torch", "plotly"))).encode())
    root = Path(__file__).resolve().parents[1]
    for path in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        sha.update(str(path.relative_to(root)).encode())
        sha.update(path.read_bytes())
    return sha.hexdigest()


def folder_hash(data: Path) -> str:
    """Return a hash of the names, sizes and times of a folder's files; their content may be too large."""
    sha = hashlib.sha256(str(Path(data).resolve()).encode())
    for path in sorted(path for path in Path(data).rglob("*") if path.is_file()):
        state = os.stat(path)
        sha.update(f"{path.relative_to(data)} {state.st_size} {state.st_mtime_ns} ".encode())
    return sha.hexdigest()


def usual_seconds(notebook: Path) -> float:
    """Return how long a notebook took when its committed results were made."""
    results = notebook.parent / "results" / f"{notebook.name[:2]}.json"
    return (read_run(results) if results.is_file() else {}).get("seconds") or USUAL


def _key(notebook: Path, library: str, files: str, fast: bool, seed: int) -> str:
    cells = [(cell.cell_type, cell.source) for cell in nbformat.read(notebook, as_version=4).cells]
    return hashlib.sha256(json.dumps([cells, library, files, fast, seed]).encode()).hexdigest()


def _state(notebook: Path, folder: Path) -> Path:
    return folder / "work" / f"{notebook.stem}.run.json"


def _is_done(notebook: Path, folder: Path, key: str) -> bool:
    made = [folder / f"{notebook.stem}{suffix}" for suffix in (".html", ".ipynb")]
    state = _state(notebook, folder)
    is_there = state.is_file() and all(path.is_file() for path in made)
    return is_there and json.loads(state.read_text())["key"] == key


def _drop_old_models(work: Path, library: str, tell: Callable[[str], None]) -> None:
    """Remove the models that an earlier library trained: they are not what this one would train."""
    mark = work / "library.txt"
    if (work / "bundles").is_dir() and not (mark.is_file() and mark.read_text() == library):
        tell("The library has changed: models are trained again.")
        shutil.rmtree(work / "bundles")
    work.mkdir(parents=True, exist_ok=True)
    write_text(mark, library)
