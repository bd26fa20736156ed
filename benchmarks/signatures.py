"""Time of characteristic directions: all signatures of a batch at once, against one at a time by definition.

    python benchmarks/signatures.py --data ../shared/data [--batch CPC006_HT115_6H] [--plain 5]

Both get the same translated wells of one batch (all plates of one replicate set, all genes) in memory. The
plain run follows the definition for one signature after another, as the common code does: standardise,
principal components by a singular value decomposition of wells × genes, covariance, inverse. It is timed on
a few signatures drawn at random. Equality of the results is checked, not assumed.
"""

import resource
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.signatures.batch import compare
from l1000_rnaseq.signatures.characteristic_direction import characteristic_directions
from l1000_rnaseq.signatures.design import batch_of, design
from l1000_rnaseq.signatures.signature_files import WellReader
from l1000_rnaseq.translate.bundle import Bundle
from printed_table import show


def plain(profiles: np.ndarray, treated: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Follow the definition for one signature."""
    wells = profiles[np.concatenate([treated, controls])].astype(np.float64)
    wells = (wells - wells.mean(axis=1, keepdims=True)) / wells.std(axis=1, keepdims=True)
    centred = wells - wells.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[singular**2 / (singular**2).sum() > 0.001]
    scores = centred @ axes.T
    covariance = scores.T @ scores / (len(wells) - 2)
    difference = wells[: len(treated)].mean(axis=0) - wells[len(treated) :].mean(axis=0)
    direction = np.linalg.solve(covariance, axes @ difference) @ axes
    return direction / np.linalg.norm(direction)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--batch", default="CPC006_HT115_6H", show_default=True)
@click.option("--plain", "n_plain", default=5, show_default=True, help="Signatures timed by definition.")
def main(data, batch, n_plain):
    info = read_metadata(data / "l1000" / "inst_info.txt")
    info = info[(batch_of(info["rna_plate"]) == batch).to_numpy()]
    wells = WellReader.of(open_gctx(data / "l1000" / "level3.gctx"), Bundle.load()).read(list(info.index))
    values, rows = wells.to_numpy(), []
    for control in ("vehicle", "both"):
        plan, positions = design(info, control, min_treated=2), pd.Index(wells.index)
        groups = [
            (positions.get_indexer(plan.treated(name)), positions.get_indexer(plan.controls[name]))
            for name in plan.signatures.index
        ]
        begun = time.perf_counter()
        ours = characteristic_directions(values, groups)
        each = (time.perf_counter() - begun) / len(groups)
        drawn = np.random.default_rng(0).choice(len(groups), n_plain, replace=False)
        begun = time.perf_counter()
        theirs = [plain(values, *groups[number]) for number in drawn]
        plain_each = (time.perf_counter() - begun) / n_plain
        begun = time.perf_counter()
        for name in plan.signatures.index[drawn]:
            compare(wells, plan.treated(name), plan.controls[name], info["rna_plate"])
        whole = (time.perf_counter() - begun) / n_plain
        rows.append(
            {
                "controls": control,
                "wells": len(values),
                "genes": values.shape[1],
                "signatures": len(groups),
                "by definition, s each": f"{plain_each:.3f}",
                "batched, s each": f"{each:.5f}",
                "times faster": f"{plain_each / each:.0f}",
                "largest difference": f"{np.abs(ours[drawn] - theirs).max():.0e}",
                "one whole table (fc, cd, t, p), s": f"{whole:.2f}",
            }
        )
    show(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    click.echo(f"peak memory {peak:.2f} GiB, both ways together")


if __name__ == "__main__":
    main()
