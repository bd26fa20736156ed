"""Time and memory of building an index of many signatures, and how long a question takes.

    python benchmarks/search.py [--sizes 1000,10000,100000] [--genes 16198] [--work DIR]

Values are synthetic (heavy-tailed, drawn in blocks as they are read, so no file of signatures is needed);
shapes are real: all genes of the default bundle, 3 perturbation types, 20 cell lines, dose and time. Every
size is built in a process of its own. Questions are asked of the largest index and of the demo index, cold
(first question of a process, imports done) and warm (the median of 200 genes).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from printed_table import show

BUILD = """
import json, os, resource, time
import numpy as np, pandas as pd
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.translate.bundle import Bundle

class Synthetic:
    genes = list(Bundle.load().genes)[:{genes}]
    def __init__(self, n):
        k = np.arange(n)
        text = lambda values: np.array(values, object)
        drugs, cells = k % 5000, text([f"CELL{{c}}" for c in range(20)])
        columns = {{
            "pert_id": [f"BRD-{{i:05d}}" for i in drugs],
            "pert_iname": [f"drug {{i}}" for i in drugs],
            "type": text(["chemical", "chemical", "shRNA", "CRISPR"])[k % 4],
            "cell_id": cells[k // 7 % 20],
            "dose": text(["10", "1"])[k // 3 % 2],
            "dose_unit": "um",
            "time": text(["6", "24"])[k // 5 % 2],
            "time_unit": "h",
            "batch": [f"B{{i // 300}}" for i in k],
            "control": "ctl_vehicle",
            "n_treated": 3.0, "n_controls": 20.0, "agreement": 0.3, "strength": 1.5, "source": "wells",
        }}
        self.table = pd.DataFrame(columns, index=[f"sig_{{i}}" for i in k])
        rng = np.random.default_rng(0)
        self.pool = rng.standard_t(5, (64, len(self.genes))).astype(np.float32) / 300
    def read(self, start, stop):
        shifts = np.random.default_rng(start).integers(len(self.genes), size=stop - start)
        scores = np.stack([np.roll(self.pool[(start + i) % 64], s) for i, s in enumerate(shifts)])
        return scores * np.float32(60), scores

source = Synthetic({n})
begun = time.perf_counter()
build_index([source], {path!r}, force=True, progress=False)
print(json.dumps({{
    "signatures": {n}, "seconds": round(time.perf_counter() - begun, 1),
    "peak GiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    "index MB": round(os.path.getsize({path!r}) / 1e6, 1)}}))
"""
ASK = """
import json, time
import numpy as np
from l1000_rnaseq.cli.printed import as_text
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.index import Index
begun = time.perf_counter()
index = Index({path!r})
as_text(search(index, "fkbp5", "both", n=10), "table", index.about_gene("FKBP5"))
cold = time.perf_counter() - begun
genes, times, folded = np.random.default_rng(0).choice(index.genes.index, 200, replace=False), [], []
for gene in genes:
    begun = time.perf_counter()
    search(index, gene, "both", n=100)
    times.append(time.perf_counter() - begun)
for gene in genes[:10]:
    begun = time.perf_counter()
    consensus(index, gene)
    folded.append(time.perf_counter() - begun)
print(json.dumps({{
    "index": {name!r},
    "signatures": len(index.signatures),
    "cold, whole command ms": round(cold * 1e3),
    "warm ms, median": round(np.median(times) * 1e3, 1),
    "warm ms, 95 %": round(np.quantile(times, .95) * 1e3, 1),
    "consensus ms": round(np.median(folded) * 1e3),
}}))
"""


def run(code: str) -> dict:
    """Run code in a fresh process and return the JSON of its last line."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


@click.command()
@click.option("--sizes", default="1000,10000,100000", show_default=True)
@click.option("--genes", default=16198, show_default=True)
@click.option(
    "--work", type=click.Path(path_type=Path), help="Folder for the files; a temporary one if absent."
)
def main(sizes, genes, work):
    with tempfile.TemporaryDirectory(dir=work) as folder:
        path, built = str(Path(folder) / "index.h5"), []
        for n in map(int, sizes.split(",")):
            built.append(run(BUILD.format(n=n, genes=genes, path=path)))
            built[-1]["signatures/s"] = round(n / built[-1]["seconds"])
        show(built)
        click.echo()
        show([run(ASK.format(path=path, name="synthetic")), run(ASK.format(path="", name="demo"))])


if __name__ == "__main__":
    main()
