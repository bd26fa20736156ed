"""The main job end to end on a simulated data folder, as `make demo` runs it."""

import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.data.simulate.data_folder import simulate
from l1000_rnaseq.evaluate.pairs import benchmark_bundles
from l1000_rnaseq.reports.notebook import Notebook
from l1000_rnaseq.reports.notebook_html import execute_notebook, find_notebooks
from l1000_rnaseq.translate.transform_file import transform_file

SHOWN = ["method", "space", "pcc", "centred_pcc", "gene_pcc", "rmse", "top1"]
DEMO_PRESETS = {"as_published": "as_published (small)", "best": "best"}
"""Preset → what the demonstration calls it: networks are small in it."""


def run_demo(folder: Path, tell: Callable[[str], None], seed: int = 0, progress: bool = True) -> None:
    """Simulate, train, transform, benchmark and report; tell the files made and the time of each step.

    Parameters
    ----------
    folder : path
        Everything is written there; files of an earlier run are replaced.
    tell : callable
        Gets each line of text (the command line prints it).
    seed : int
    progress : bool
        Show progress bars.
    """
    with output(folder, folder=True):
        _run_demo(Path(folder), tell, seed, progress)


def _run_demo(folder: Path, tell: Callable[[str], None], seed: int, progress: bool) -> None:
    data, profiles = folder / "data", folder / "level3_rnaseq_like.gctx"
    begun = last = time.perf_counter()

    def done(step: str, path: Path) -> None:
        nonlocal last
        now = time.perf_counter()
        tell(f"{step:<48} {now - last:6.1f} s   {path}")
        last = now

    simulate(data, seed=seed, force=True)
    done("1 simulated a data folder with planted truth", data)
    rmtree(folder / "bundles", ignore_errors=True)
    frame = Notebook("04", data, folder, seed, fast=True)  # the notebook below finds what is trained here
    bundles = {}
    for name, label in DEMO_PRESETS.items():
        bundles[label] = frame.bundle(name, progress=progress)
        done(f"2 trained {label}", frame.bundle_path(name, seed))
    summary = transform_file(
        data / "l1000" / "level3.gctx", profiles, bundles[DEMO_PRESETS["best"]], force=True, progress=progress
    )
    done("3 translated every L1000 well to a genome", profiles)
    tell(f"  {summary}")
    table = benchmark_bundles(data, bundles)
    write_text(folder / "benchmark.tsv", table.to_csv(sep="\t", index=False, float_format="%.4f"))
    done("4 measured both on the planted pairs", folder / "benchmark.tsv")
    tell(table[SHOWN].to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    last = time.perf_counter()
    notebook = next(path for path in find_notebooks() if path.stem == "04_translation_benchmark")
    parameters = {"DATA": str(data.resolve()), "OUT": str(folder.resolve()), "SEED": seed, "FAST": True}
    page = execute_notebook(notebook, folder, parameters, progress=progress)
    done("5 executed notebook 04 and exported it", page)
    tell(f"all of it took {time.perf_counter() - begun:.0f} s; open {page} in a browser")
