"""Time and memory of reading inst_info at the size of GSE92742, and of planning its signatures.

    python benchmarks/metadata.py [--wells 1319138] [--wide]

Text is synthetic, of real shape: 11 columns, 384 wells on a plate, 20,000 compounds, 9 cell lines. With
--wide it has the 30 columns of instinfo_beta.txt of LINCS 2020, five of them numbers that differ in each row.
The steps run in one process, one after another; the peak of memory is that of all steps so far.
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


def write_wells(path: Path, n: int, wide: bool, block: int = 100_000) -> None:
    for start in range(0, n, block):
        wells = wells_of(np.arange(start, min(start + block, n)))
        wells = widened(wells, np.random.default_rng(start)) if wide else wells
        wells.to_csv(path, sep="\t", index=False, mode="a", header=start == 0)


def widened(wells: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give wells the columns of LINCS 2020."""
    names = {"inst_id": "sample_id", "pert_iname": "cmap_name", "cell_id": "cell_iname"}
    measures = ("qc_f_logp", "qc_iqr", "qc_slope", "dyn_range", "inv_level_10")
    return wells.rename(columns=names).assign(
        bead_batch="b17",
        nearest_dose=wells["pert_dose"],
        pert_idose=wells["pert_dose"] + " uM",
        pert_itime="24 h",
        cell_mfc_name=wells["cell_id"],
        pert_mfc_id=wells["pert_id"] + "-001-01-1",
        det_plate=wells["rna_plate"] + "_B3",
        det_well=wells["rna_well"],
        count_mean=rng.integers(20, 120, len(wells)),
        count_cv=rng.integers(10, 90, len(wells)),
        qc_pass=rng.integers(0, 2, len(wells)),
        build_name="",
        failure_mode="",
        project_code="CPC",
        **{name: rng.gamma(2, 3, len(wells)).round(7) for name in measures},
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
@click.option("--wide", is_flag=True, help="30 columns, as in LINCS 2020.")
def main(wells, wide):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inst_info.txt"
        write_wells(path, wells, wide)
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
