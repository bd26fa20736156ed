"""Does the paper's step 1 work with as many profiles as the paper had? Simulated profiles, planted pairs.

    python benchmarks/learning_curve.py --size 1000 --size 5000 [--seed 0] [--network NAME] [--unbalanced]

Every finished training is a row of assets/learning_curve.tsv at once, which notebook 02 draws. A killed run
goes on with the epoch it was in. What is in the table is not computed again. On one core an iteration takes
about .14 s: 3 minutes for 1,000 profiles, 12 for 5,000, 50 for 20,000, two hours for 50,000. On a GPU (an
H200) it takes about 1 ms.
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.evaluate.learning_curve import MEASURED, NETWORKS, VARIANTS, learning_curve
from l1000_rnaseq.translate.training.torch_loop import choose_device

TABLE = MEASURED
KEY = ["method", "profiles", "seed", "balanced"]


def add(rows: pd.DataFrame) -> None:
    """Add rows to the table, in order; what is there already is kept."""
    before = [pd.read_csv(TABLE, sep="\t")] if TABLE.is_file() else []
    table = pd.concat([*before, rows.round(4)]).drop_duplicates(KEY).sort_values(KEY[::-1], kind="stable")
    write_text(TABLE, table.to_csv(sep="\t", index=False))


def is_done(method: str, size: int, seed: int, balanced: bool) -> bool:
    """Say whether the table has this row."""
    if not TABLE.is_file():
        return False
    table = pd.read_csv(TABLE, sep="\t")
    return bool((table[KEY] == [method, size, seed, balanced]).all(axis=1).any())


@click.command()
@click.option("--size", "sizes", multiple=True, type=int, default=(1000, 5000, 20_000, 50_000))
@click.option("--seed", "seeds", multiple=True, type=int, default=(0, 1, 2))
@click.option("--network", "networks", multiple=True, type=click.Choice(list(VARIANTS)), default=NETWORKS)
@click.option("--unbalanced", is_flag=True, help="The two sides have different states.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("work"), help="Folder of checkpoints.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or the GPU where there is one.")
def main(sizes, seeds, networks, unbalanced, work, device):
    """Train what the table lacks."""
    device = choose_device(device).type
    work.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        for seed in seeds:
            for network in networks:
                if is_done(network, size, seed, not unbalanced):
                    continue
                checkpoint = work / f"curve-{network.replace(' ', '_')}-{size}-{seed}-{unbalanced}.pt"
                options = {"checkpoint": checkpoint, "device": device}
                rows = learning_curve([size], [seed], [network], not unbalanced, **options)
                add(rows.assign(device=np.where(rows["method"] == network, device, "cpu")))
                checkpoint.unlink(missing_ok=True)
                click.echo(f"{network} {size:,} profiles, seed {seed}: done")


if __name__ == "__main__":
    main()
