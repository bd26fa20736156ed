"""Time and memory of building an index of many signatures, its size, and how long a question takes.

    python benchmarks/search.py [--index FILE] [--lincs 10000,100000,473647]
        [--sizes 10000] [--dense 1000] [--work DIR]

With --lincs an index is built from wells: a release of so many signatures is simulated, laid out as GSE92742,
and indexed by --workers processes. 473,647 signatures are as many as there, of 1.32 million wells; the files
take 8 GB. CPU seconds are those of all processes.

With --index an index that exists is asked too.

With --sizes and --dense values are simulated (heavy-tailed, drawn in blocks as they are read, so no file of
signatures is needed); shapes are real: 977 landmarks, 192 factors, 16,198 genes, 3 perturbation types, 20
cell lines, dose and time.

Every size is built, and asked, in a process of its own. Times of questions are CPU milliseconds:
other work on the machine changes them less. Cold is the first question of a process after the imports; warm
is the median of 7 genes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.data.genes import cmap_genes, landmarks
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.coordinates import Coordinates
from printed_table import show

N_LANDMARKS, RANK, N_GENES = 977, 192, 16_198


class Simulated:
    """Signatures of a random model of changes: a `Source`."""

    def __init__(self, n: int):
        k = np.arange(n)
        measured = list(landmarks().index[:N_LANDMARKS])
        others = [gene for gene in cmap_genes().index if gene not in set(landmarks().index)]
        self.genes = [*measured, *others, *(f"NEW{number}" for number in range(N_GENES))][:N_GENES]
        columns = {
            "pert_id": [f"BRD-{number:05d}" for number in k % 5000],
            "pert_iname": [f"drug {number}" for number in k % 5000],
            "type": np.array(["chemical", "chemical", "shRNA", "CRISPR"], object)[k % 4],
            "cell_id": np.array([f"CELL{number}" for number in range(20)], object)[k // 7 % 20],
            "dose": np.array(["10", "1"], object)[k // 3 % 2],
            "dose_unit": "uM",
            "time": np.array(["6", "24"], object)[k // 5 % 2],
            "time_unit": "h",
            "batch": [f"B{number // 300}" for number in k],
            "control": "ctl_vehicle",
            "n_treated": 3.0,
            "n_controls": 20.0,
            "agreement": 0.3,
            "strength": 1.5,
            "p_vehicle": 0.1,
            "source": "wells",
        }
        self.table = pd.DataFrame(columns, index=[f"sig_{number}" for number in k])

    @cached_property
    def space(self) -> Coordinates:
        """The coordinates of a random model."""
        rng = np.random.default_rng(0)
        left = rng.normal(0, 0.03, (N_LANDMARKS, RANK)).astype(np.float32)
        right = rng.normal(0, 0.05, (RANK, N_GENES - N_LANDMARKS)).astype(np.float32)
        change = ChangeMap(np.ones(N_LANDMARKS, np.float32), left, right)
        return Coordinates.of(change, np.full(N_LANDMARKS, 8.0), rng.uniform(0, 9, N_GENES))

    def coordinates(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return fold changes and directions, as coordinates."""
        rng = np.random.default_rng(start)
        changes = rng.standard_t(5, (2, stop - start, N_LANDMARKS)).astype(np.float32)
        log2fc, noise = (self.space.changes(part) for part in changes)
        scores = log2fc + noise / 2
        return log2fc, scores / np.linalg.norm(scores, axis=1, keepdims=True)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as genomes."""
        return tuple(self.space.genomes(part) for part in self.coordinates(start, stop))


class InFull:
    """The same, as signatures of no known model: a `Source`."""

    def __init__(self, n: int):
        source = Simulated(n)
        self.table, self.genes, self.read = source.table, source.genes, source.read


def build(kind: str, n: int, path: str) -> dict:
    """Build an index; return what it took."""
    from resource import RUSAGE_SELF, getrusage

    from l1000_rnaseq.search.build import build_index

    source = {"factors": Simulated, "in full": InFull}[kind](n)
    begun = time.process_time()
    build_index([source], path, force=True, progress=False)
    seconds = time.process_time() - begun
    return {
        "kept as": kind,
        "signatures": n,
        "CPU seconds": round(seconds, 1),
        "signatures per CPU second": round(n / seconds),
        "peak GiB": round(getrusage(RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "MB": round(os.path.getsize(path) / 1e6, 1),
        "kB each": round(os.path.getsize(path) / 1e3 / n, 1),
    }


def build_from_wells(n: int, workers: int, path: str) -> dict:
    """Build an index from simulated wells; return what it took."""
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

    from l1000_rnaseq.data.simulate.lincs import simulate_lincs
    from l1000_rnaseq.search.build_from_folder import index_folder
    from l1000_rnaseq.translate.bundle import Bundle

    folder = Path(path).parent / f"lincs_{n}"
    wells = folder / "l1000" / "level3.gctx"
    if not wells.is_file():
        simulate_lincs(folder, n, force=True, progress=False)
    spent = sum(getrusage(who).ru_utime + getrusage(who).ru_stime for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    begun = time.perf_counter()
    index_folder(folder, path, Bundle.load(), force=True, progress=False, cluster=workers or None)
    seconds = time.perf_counter() - begun
    here, children = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    spent = sum(part.ru_utime + part.ru_stime for part in (here, children)) - spent
    return {
        "workers": workers,
        "signatures": n,
        "seconds": round(seconds),
        "signatures/s": round(n / seconds),
        "CPU seconds": round(spent),
        "peak GiB": round((here.ru_maxrss + workers * children.ru_maxrss) / 2**20, 2),
        "GB of wells": round(wells.stat().st_size / 1e9, 2),
        "GB of index": round(os.path.getsize(path) / 1e9, 2),
    }


def ask(kind: str, n: int, path: str) -> dict:
    """Ask an index; return the milliseconds."""
    from l1000_rnaseq.search.by_gene import search
    from l1000_rnaseq.search.by_gene_list import score_query
    from l1000_rnaseq.search.consensus import consensus
    from l1000_rnaseq.search.filters import Filters

    def timed(function, *words, **options) -> float:
        begun = time.process_time()
        function(*words, **options)
        return (time.process_time() - begun) * 1e3

    row = {"kept as": kind, "signatures": n}
    row["cold"] = timed(lambda: search(Index(path), "FKBP5", "both", n=10))
    index, rng = Index(path), np.random.default_rng(0)
    lines = list(index.signatures["cell_id"].astype(str).value_counts().index[:2])
    some = Filters(type="chemical", cell=lines, dose=(5, 20), time=24)
    status = index.genes["status"].astype(str)
    for name in ("landmark", "CMap-inferred"):
        genes = rng.choice(status.index[status == name], 7, replace=False)
        row[name] = np.median([timed(search, index, gene, "both", n=100) for gene in genes])
        filtered = [timed(search, index, gene, "both", filters=some, n=100) for gene in genes]
        row[f"{name}, filtered"] = np.median(filtered)
    row["by rank"] = np.median([timed(search, index, gene, "up", "rank") for gene in genes[:3]])
    row["consensus"] = np.median([timed(consensus, index, gene) for gene in genes[:3]])
    lists = rng.choice(status.index, (2, 50), replace=False)
    up, down = map(list, lists)
    row["50 + 50 genes"] = timed(score_query, up, down, index, progress=False, top=10)
    whole = index.whole("cd", np.array([n // 3]))[0]
    ends = index.genes.index[np.argsort(-whole)]
    row["50 + 50 of a signature"] = timed(score_query, ends[:50], ends[-50:], index, progress=False, top=10)
    row["one signature"] = timed(index.signature, index.signatures["sig_id"].iloc[n // 2])
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}


def in_a_process(function: str, *words) -> dict:
    """Run a function of this file in a process of its own."""
    code = f"import json, search; print(json.dumps(search.{function}(*{words!r}), default=float))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    if done.returncode:
        raise click.ClickException(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


@click.command()
@click.option("--index", type=click.Path(exists=True), help="Ask this index too.")
@click.option("--lincs", default="", help="Signatures of simulated releases, from wells to the answer.")
@click.option("--workers", default=2, show_default=True, help="Processes for --lincs; 0 is this one alone.")
@click.option("--sizes", default="10000,100000", show_default=True, help="Signatures kept as factors.")
@click.option("--dense", default="1000", show_default=True, help="Signatures kept in full.")
@click.option("--work", type=click.Path(), help="Folder for the files; a temporary one if absent.")
def main(index, lincs, workers, sizes, dense, work):
    built, asked, from_wells = [], [], []
    with tempfile.TemporaryDirectory(dir=work) as folder:
        path = str(Path(folder) / "index.h5")
        for n in (int(n) for n in lincs.split(",") if n):
            from_wells.append(in_a_process("build_from_wells", n, workers, path))
            asked.append(in_a_process("ask", "factors", n, path))
        jobs = [("factors", int(n)) for n in sizes.split(",") if n]
        for job in [*jobs, *(("in full", int(n)) for n in dense.split(",") if n)]:
            built.append(in_a_process("build", *job, path))
            asked.append(in_a_process("ask", *job, path))
    if index:
        opened = Index(index)
        kind = "in full" if opened.shared is None else "factors"
        asked.append(in_a_process("ask", kind, len(opened.signatures), str(Path(index).resolve())))
    if from_wells:
        show(from_wells)
        click.echo()
    show(built)
    click.echo("\nCPU milliseconds")
    show(asked)


if __name__ == "__main__":
    main()
