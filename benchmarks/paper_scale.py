"""What each stage from the official files to an index costs, at growing sizes, and what all of it would.

    python benchmarks/paper_scale.py [--scale 0.0001 --scale 0.001] > benchmarks/results/paper_scale.md

For each scale: the folder that a finished `fetch --all` leaves is simulated, then each stage runs as a
command of its own. Time and memory are those of the command, with all that it started. A scale that would
take longer than --seconds, by the one before, is left out. Slope 1 means that a stage takes twice as long for
twice as many wells. The last column continues the line through the last two scales to the full size.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
from l1000_rnaseq.data.files.formats import open_profiles
from printed_table import show

COMMAND = [sys.executable, "-c", "from l1000_rnaseq.cli import main; main()"]
FIT = "prepare and fit the default"
WELLS = "l1000/level3_beta_all.gctx"
READ = """
import sys
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.genes import landmarks
file = open_profiles(sys.argv[1])
rows = file.rows_of(landmarks().index)
for start in range(0, len(file.sample_ids), 10_000):
    file.frame(file.sample_ids[start : start + 10_000], rows)
"""


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, and the largest memory of a process in GiB."""

    wall: float
    processor: float
    peak: float


def cost(command: list[str]) -> Cost:
    """Run a command and measure it; what it prints comes with the error if it fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise click.ClickException(f"{' '.join(command[2:])}: {printed.read().decode()[-2000:]}")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20)


def stages(data: Path, out: Path) -> dict[str, list[str]]:
    """Return the command of each stage, in their order."""
    bundle, wells = str(out / "best.h5"), str(data / WELLS)
    return {
        "read the landmarks of all wells": [sys.executable, "-c", READ, wells],
        FIT: [*COMMAND, "train", "--data", str(data), "--out", bundle, "--quiet"],
        "benchmark it on GSE92743": [*COMMAND, "benchmark", bundle, "--data", str(data)],
        "transform all wells": [
            *COMMAND, "transform", wells, str(out / "g.gctx"), "--model", bundle, "--quiet",
        ],
        "index all wells": [
            *COMMAND, "index", str(out / "index.h5"), "--data", str(data), "--model", bundle, "--quiet",
        ],
    }  # fmt: skip


def measured(scale: float, work: Path) -> tuple[int, dict[str, Cost]]:
    """Simulate a folder and run all stages; return the wells and what each stage cost."""
    data, out = work / "data", work / "out"
    out.mkdir(parents=True)
    costs = {"simulate": cost([*COMMAND, "simulate", str(data), "--official", "--scale", str(scale)])}
    n = len(open_profiles(data / WELLS).sample_ids)
    for name, command in stages(data, out).items():
        costs[name] = cost(command)
        click.echo(f"{scale}: {name} {costs[name].wall:.0f} s", err=True)
        (out / "g.gctx").unlink(missing_ok=True)
    shutil.rmtree(work)
    return n, costs


def slope(first: float, second: float, ratio: float) -> float:
    """Return the exponent of a power law through two costs whose sizes have a ratio."""
    return math.log(second / first) / math.log(ratio)


@click.command()
@click.option("--scale", "scales", multiple=True, type=float, default=(0.0001, 0.001, 0.01))
@click.option("--seconds", default=3600.0, show_default=True, help="The longest that a scale may take.")
@click.option("--work", type=click.Path(path_type=Path), help="Where the folders are made and removed.")
def main(scales: tuple[float, ...], seconds: float, work: Path | None):
    """Print the table."""
    found: dict[float, tuple[int, dict[str, Cost]]] = {}
    for scale in sorted(scales):
        if found:
            before = max(found)
            expected = sum(part.wall for part in found[before][1].values()) * scale / before
            if expected > 2 * seconds:
                click.echo(f"{scale} would take about {expected:.0f} s; it is left out.", err=True)
                break
        with tempfile.TemporaryDirectory(dir=work) as folder:
            found[scale] = measured(scale, Path(folder) / "scale")
    sizes = sorted(found)
    rows = []
    for name in found[sizes[0]][1]:
        costs = [found[scale][1][name] for scale in sizes]
        row = {"stage": name}
        for scale, one in zip(sizes, costs, strict=True):
            row[f"{found[scale][0]:,} wells: s (CPU)"] = f"{one.wall:.1f} ({one.processor:.1f})"
        row["peak GiB"] = f"{costs[-1].peak:.2f}"
        if len(costs) > 1:
            power = slope(costs[-2].processor, costs[-1].processor, sizes[-1] / sizes[-2])
            row["slope"] = f"{power:.2f}"
            drawn = name == FIT  # 50,000 of each kind at most: the line does not go on
            row["all wells, CPU h"] = (
                "–" if drawn else f"{costs[-1].processor * (1 / sizes[-1]) ** max(power, 0) / 3600:.1f}"
            )
        rows.append(row)
    show(rows)


if __name__ == "__main__":
    main()
