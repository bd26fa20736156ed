"""Time and memory of `l1000-rnaseq transform` against the paper's network, and against the least it can take.

    python benchmarks/transform.py --data ../shared/data [--profiles 5000] [--many 100000]

Both read the same GCTX file and write a GCTX file, one after the other, each in a process of its own. The
input is the folder's Level 3 wells drawn with replacement, with 0.1 log2 of noise, so that no two are equal.
The plain run has the shape of the published network (step 1 962-512-962, step 2 962-2048-8162-genes) with as
many genes as the default bundle, random weights (time does not depend on them) and batches of 100. The limit
is the last product of the bundle alone, written to a plain file. A second table has where the time goes.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
from l1000_rnaseq.data.files.gctx import GctxWriter, open_gctx
from printed_table import show

CHILD = """
import json, resource, sys, time
begun = time.perf_counter()
{body}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({{"seconds": time.perf_counter() - begun, "peak_gib": peak}}))
"""
OURS = """
from l1000_rnaseq.translate.transform_file import transform_file
transform_file({source!r}, {target!r}, dtype={dtype!r}, force=True, progress=False)
"""
PLAIN = """
import pandas as pd, torch
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.networks import dense
bundle = Bundle.load()
n, genes = len(bundle.landmarks), list(bundle.genes)
step1 = dense((n, 512, n), final_relu=True).eval()
step2 = dense((n, 2048, 8162, len(genes)), final_relu=True).eval()
file = open_gctx({source!r})
x = torch.from_numpy(file.read(rows=range(n)))
with torch.inference_mode():
    y = torch.cat([step2(step1(batch)) for batch in x.split(100)])
write_gctx({target!r}, pd.DataFrame(y.numpy(), index=file.sample_ids, columns=genes))
"""
LIMIT = """
import numpy as np
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.translate.bundle import Bundle
bundle, n = Bundle.load(), len(open_gctx({source!r}).sample_ids)
factors = np.ones((1000, bundle.step2.right.shape[0]), np.float32)
block = np.zeros((1000, len(bundle.genes)), np.float32)
begun = time.perf_counter()
with open({target!r}, "wb") as file:
    for start in range(0, n, 1000):
        np.matmul(factors, bundle.step2.right, out=block[:, len(bundle.landmarks) :])
        file.write(block[: n - start].astype({dtype!r}, copy=False))
"""
PARTS = """
import pathlib
import numpy as np
from l1000_rnaseq.data.files.formats import open_profiles, open_writer
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.transform import output_genes
parts = dict.fromkeys({parts!r}, 0.0)
def took(name, work):
    since = time.perf_counter()
    done = work()
    parts[name] += time.perf_counter() - since
    return done
bundle = took("open", Bundle.load)
file = took("open", lambda: open_profiles({source!r}, unlisted="blank"))
wells = took("open", lambda: Level3Input.of(file, bundle.landmarks, bundle.l1000_mean))
genes, n = list(bundle.genes), len(bundle.landmarks)
about = took("open", lambda: output_genes(genes, bundle))
block, step2 = np.zeros((1000, len(genes)), np.float32), bundle.step2
writer = took("open", lambda: open_writer(pathlib.Path({target!r}), genes=genes, sample_ids=file.sample_ids,
    row_metadata=about, sample_metadata=file.sample_metadata, dtype={dtype!r}, fingerprint="none"))
with writer:
    for start in range(0, len(file.sample_ids), 1000):
        x = took("read and check", lambda: wells.read(start, start + 1000)[0])
        took("read and check", lambda: bundle.unusual(x))
        part = block[: len(x)]
        part[:, :n] = took("step 1", lambda: bundle.step1.transform(x))
        inner = took("factors of step 2", lambda: step2.hidden(bundle._within_bounds(part[:, :n])))
        took("last product", lambda: np.matmul(inner, step2.right, out=part[:, n:]))
        took("intercept and bounds", lambda: (np.add(part[:, n:], step2.intercept, out=part[:, n:]),
            bundle._bound(part)))
        took("write", lambda: writer.write(start, part))
print(json.dumps(parts))
"""
CLUSTER = """
import shutil
from l1000_rnaseq.translate.transform_shards import transform_shards
if __name__ == "__main__":
    transform_shards({source!r}, {target!r} + ".zarr", cluster={processes}, force=True, progress=False)
    shutil.rmtree({target!r} + ".zarr")
"""
NAMES = (
    "open",
    "read and check",
    "step 1",
    "factors of step 2",
    "last product",
    "intercept and bounds",
    "write",
)


def make_input(data: Path, target: Path, n: int, seed: int = 0) -> None:
    """Draw n profiles from the Level 3 wells of a folder and write them as GCTX, in blocks."""
    file = open_gctx(data / "l1000" / "level3.gctx")
    wells, draw = file.read(), np.random.default_rng(seed)
    names = [f"profile_{number}" for number in range(n)]
    with GctxWriter(target, list(file.row_ids), names, row_metadata=file.row_metadata) as writer:
        for start in range(0, n, 5000):
            rows = draw.integers(len(wells), size=min(5000, n - start))
            noise = draw.normal(0, 0.1, (len(rows), wells.shape[1]))
            writer.write(start, np.clip(wells[rows] + noise, 0, 15).astype(np.float32))


def run(body: str, line: int = -1, **names) -> dict:
    """Run Python in a fresh process, without counting its imports; return a line that it printed."""
    code = CHILD.format(body=body.format(**names).strip())
    warm = "import numpy, pandas, torch, h5py, l1000_rnaseq.translate.transform_file\n"
    done = subprocess.run([sys.executable, "-c", warm + code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[line])


def measured(kind: str, source: Path, target: Path) -> dict:
    """Run one translation; return its row of the table."""
    dtype = "float16" if kind.endswith("float16") else "float32"
    body = {"plain": PLAIN, "limit": LIMIT}.get(kind.split(",")[0], OURS)
    found = run(body, source=str(source), target=str(target), dtype=dtype)
    n = int(source.stem.split("_")[1])
    row = {
        "run": kind.replace("plain", "paper's network, plain PyTorch"),
        "profiles": n,
        "seconds": round(found["seconds"], 1),
        "profiles/s": round(n / found["seconds"]),
        "peak GiB": round(found["peak_gib"], 2),
        "output GB": round(target.stat().st_size / 1e9, 2),
    }
    target.unlink()
    return row


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--profiles", default=5000, show_default=True, help="Profiles that the network translates.")
@click.option("--many", default=20_000, show_default=True, help="Profiles of the second comparison.")
@click.option(
    "--work", type=click.Path(path_type=Path), help="Folder for the files; a temporary one if absent."
)
def main(data, profiles, many, work):
    ours = [f"{name}, {dtype}" for dtype in ("float32", "float16") for name in ("default bundle", "limit")]
    with tempfile.TemporaryDirectory(dir=work) as folder:
        source, target = Path(folder) / f"input_{profiles}.gctx", Path(folder) / "out.gctx"
        make_input(data, source, profiles)
        rows = [measured(kind, source, target) for kind in ("plain, float32", *ours)]
        source.unlink()
        source = Path(folder) / f"input_{many}.gctx"
        make_input(data, source, many)
        rows += [measured(kind, source, target) for kind in ours]
        parts = run(PARTS, -2, source=str(source), target=str(target), dtype="float32", parts=NAMES)
        processes = {n: run(CLUSTER, source=str(source), target=str(target), processes=n) for n in (1, 2)}
    plain = rows[0]["profiles/s"]
    limits = {(row["run"], row["profiles"]): row["seconds"] for row in rows}
    for row in rows:
        row["× plain"] = round(row["profiles/s"] / plain, 1)
        limit = limits.get((row["run"].replace("default bundle", "limit"), row["profiles"]))
        row["× limit"] = round(row["seconds"] / limit, 1) if row["run"].startswith("default") else "–"
    show(rows)
    print(f"\n{many:,} profiles, float32, one part after the other:\n")
    total = sum(parts.values())
    show([{"part": name, "seconds": f"{s:.1f}", "share": f"{s / total:.0%}"} for name, s in parts.items()])
    print(f"\n{many:,} profiles into a zarr folder, with the start of the processes:\n")
    alone = processes[1]["seconds"]
    show(
        [
            {
                "processes": n,
                "seconds": f"{cost['seconds']:.1f}",
                "times as fast": f"{alone / cost['seconds']:.2f}",
            }
            for n, cost in processes.items()
        ]
    )


if __name__ == "__main__":
    main()
