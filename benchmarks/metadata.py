"""Time and memory of reading inst_info at the size of GSE92742, and of planning its signatures.

    python benchmarks/metadata.py [--wells 1319138]

Text is synthetic, of real shape: 11 columns, 384 wells on a plate, 20,000 compounds, 9 cell lines. The steps
run in one process, one after another; the peak of memory is that of all steps so far.
"""

import resource
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.data.files.metadata import match, read_metadata
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.signatures.design import NEEDED, design
from printed_table import show


def write_wells(path: Path, n: int, block: int = 100_000) -> None:
    for start in range(0, n, block):
        wells_of(np.arange(start, min(start + block, n))).to_csv(
            path, sep="\t", index=False, mode="a", header=start == 0
        )


def wells_of(k: np.ndarray) -> pd.DataFrame:
    plate, well = k // 384, k % 384
    line = np.array(["A375", "A549", "HA1E", "HCC515", "HEPG2", "HT29", "MCF7", "PC3", "VCAP"])[plate % 9]
    plates = [f"CPC{p // 27:03d}_{c}_24H_X{p // 9 % 3 + 1}" for p, c in zip(plate, line, strict=True)]
    wells = [f"{'ABCDEFGHIJKLMNOP'[w // 24]}{w % 24 + 1:02d}" for w in well]
    drug, is_control = (plate // 27 * 384 + well) % 20_000, well % 16 == 0
    return pd.DataFrame(
        {
            "inst_id": [f"{p}_B3_DUO52HI53LO:{w}" for p, w in zip(plates, wells, strict=True)],
            "rna_plate": plates,
            "rna_well": wells,
            "pert_id": np.where(is_control, "DMSO", [f"BRD-K{d:08d}" for d in drug]),
            "pert_iname": np.where(is_control, "DMSO", [f"compound {d}" for d in drug]),
            "pert_type": np.where(is_control, "ctl_vehicle", "trt_cp"),
            "pert_dose": np.where(
                is_control, "-666", np.array(["0.12", "0.37", "1.11", "3.33", "10"])[drug % 5]
            ),
            "pert_dose_unit": np.where(is_control, "-666", "um"),
            "pert_time": "24",
            "pert_time_unit": "h",
            "cell_id": line,
        }
    )


@click.command()
@click.option("--wells", default=1_319_138, show_default=True)
def main(wells):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inst_info.txt"
        write_wells(path, wells)
        rows, begun = [], time.perf_counter()

        def measured(step: str, result):
            nonlocal begun
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            seconds = time.perf_counter() - begun
            rows.append({"step": step, "seconds": round(seconds, 1), "peak GiB": round(peak, 2)})
            begun = time.perf_counter()
            return result

        table = measured("read", read_metadata(path))
        table = measured("match", match(table, table.index[::-1]))
        measured("describe", describe_samples(table, path.name, NEEDED))
        plan = measured("plan", design(table))
        show(rows)
        click.echo(f"\n{wells:,} wells, {len(plan.signatures):,} signatures")


if __name__ == "__main__":
    main()
