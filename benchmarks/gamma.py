"""Which γ and which controls recognise a drug on another plate, on real wells (see `evaluate.gamma_grid`).

    python benchmarks/gamma.py --data ../shared/data

Landmarks as measured, and genomes as the shipped bundle translates them. Three cell lines and times with most
wells on replicate plates. A375 plates with budesonide have no vehicle wells; they are scored apart.
"""

import time
from pathlib import Path

import click
import pandas as pd
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.evaluate.gamma_grid import gamma_grid
from l1000_rnaseq.evaluate.replicate_auc import replicated_lines
from l1000_rnaseq.signatures.gmt import read_gmt
from l1000_rnaseq.signatures.signature_files import WellReader
from l1000_rnaseq.translate.bundle import Bundle
from printed_table import show

WITHOUT_VEHICLES = ("A375", "6")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(data):
    begun = time.perf_counter()
    bundle, info = Bundle.load(), read_metadata(data / "l1000/inst_info.txt")
    file = open_profiles(data / "l1000/level3.gctx")
    reader = WellReader.of(file, bundle)
    targets = set().union(*read_gmt(data / "genesets/nr3c1_targets.gmt").values())

    def wells_of(cell: str, hours: str, form: str):
        wells = info[(info["cell_id"] == cell) & (info["pert_time"] == hours)]
        ids = list(wells.index)
        return {f"{cell} {hours} h": (file.frame(ids) if form == "landmarks" else reader.read(ids), wells)}

    tables, apart = {}, {}
    for form in ("landmarks", "genome"):
        lines = {}
        for cell, hours in replicated_lines(info):
            lines |= wells_of(cell, hours, form)
        tables[form] = gamma_grid(lines, targets)
        apart[form] = gamma_grid(wells_of(*WITHOUT_VEHICLES, form), targets, schemes=("others", "both"))
    table = pd.concat(tables, names=["genes"])
    mean = table.groupby(["genes", "controls", "gamma"], sort=False)[["auc", "auc_near"]].mean()
    for name, part in {
        "Each line": table,
        "Mean of the lines": mean,
        "Plates without vehicles": pd.concat(apart, names=["genes"]),
    }.items():
        click.echo(f"\n{name}:\n")
        show(part.round(3).reset_index().to_dict("records"))
    click.echo(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
