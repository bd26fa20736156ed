"""Time and memory of `l1000-rnaseq transform` against the paper's network run plainly in PyTorch float32.

    python benchmarks/transform.py --data ../shared/data [--profiles 5000] [--many 100000]

Both read the same GCTX file and write a GCTX file, one after the other, each in a process of its own. The
input is the folder's Level 3 wells drawn with replacement, with 0.1 log2 of noise, so that no two are equal.
The plain run has the shape of the published network (step 1 962-512-962, step 2 962-2048-8162-genes) with as
many genes as the default bundle, random weights (time does not depend on them) and batches of 100.
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


def run(body: str, **names) -> dict:
    """Run one translation in a fresh process, without counting its imports."""
    code = CHILD.format(body=body.format(**names).strip())
    warm = "import numpy, pandas, torch, h5py, l1000_rnaseq.translate.transform_file\n"
    done = subprocess.run([sys.executable, "-c", warm + code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--profiles", default=5000, show_default=True, help="Profiles that both translate.")
@click.option("--many", default=100_000, show_default=True, help="Profiles for the peak memory of ours.")
@click.option(
    "--work", type=click.Path(path_type=Path), help="Folder for the files; a temporary one if absent."
)
def main(data, profiles, many, work):
    rows = []
    with tempfile.TemporaryDirectory(dir=work) as folder:
        folder = Path(folder)
        for n, runs in ((profiles, ("plain", "float32", "float16")), (many, ("float32", "float16"))):
            source = folder / f"input_{n}.gctx"
            make_input(data, source, n)
            for kind in runs:
                target = folder / "out.gctx"
                body = PLAIN if kind == "plain" else OURS
                measured = run(body, source=str(source), target=str(target), dtype=kind)
                rows.append(
                    {
                        "run": "paper's network, plain PyTorch float32" if kind == "plain" else
                        f"default bundle, {kind} output",
                        "profiles": n,
                        "seconds": round(measured["seconds"], 1),
                        "profiles/s": round(n / measured["seconds"]),
                        "peak GiB": round(measured["peak_gib"], 2),
                        "output GB": round(target.stat().st_size / 1e9, 2),
                    }
                )  # fmt: skip
                target.unlink()
            source.unlink()
    plain = rows[0]["profiles/s"]
    show([row | {"times the plain run": round(row["profiles/s"] / plain, 1)} for row in rows])


if __name__ == "__main__":
    main()
