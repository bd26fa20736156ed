"""D-GEX at its published size on a source held out, against ridge regression: error, time, memory.

    python benchmarks/dgex_full.py --data DIR [--epochs 40] [--source GTEx] [--layers 3] [--work DIR]

The two networks that the paper chose: 9,000 units in 3 layers with 10 % dropout (microarrays, Table 1) and in
2 layers with 25 % (RNA-seq, Table 2), in the paper's training. Its 200 epochs take hours on two processors;
with fewer, the epoch with the least validation error shows whether more would help. A killed run resumes
from --work.
"""

import resource
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from l1000_rnaseq.evaluate import dgex_tables
from l1000_rnaseq.stats.splits import source_folds, split_groups
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.dgex.standardize import distinct_samples, standardize_sources
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import DGEX_RNASEQ, DGEXSettings, RidgeSettings
from l1000_rnaseq.translate.training.prepare import prepare
from l1000_rnaseq.translate.training.regression import step2_inputs, targets_of

NETWORKS = {"9000 × 3, dropout 10 %": DGEXSettings(), "9000 × 2, dropout 25 %": DGEX_RNASEQ}


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--epochs", default=40, show_default=True)
@click.option("--source", default="GTEx", show_default=True, help="Source of RNA-seq to hold out.")
@click.option("--layers", default=None, type=click.IntRange(2, 3), help="Only the network of so many layers.")
@click.option("--every", default=16, show_default=True, help="Every n-th target, for time.")
@click.option("--work", default="work/dgex_full", show_default=True, type=click.Path(path_type=Path))
def main(data, epochs, source, layers, every, work):
    work.mkdir(parents=True, exist_ok=True)
    prepared = prepare(Path(data), PRESETS["best"], "D2H2", 0)
    settings = RidgeSettings(by_source=False)
    targets = targets_of(prepared, settings)[::every]
    x, y, sample_info = step2_inputs(prepared, settings, targets)
    kept = distinct_samples(np.hstack([x, y]))
    x, y, sample_info = x[kept], y[kept], sample_info[kept]
    folds = source_folds(sample_info["source"], sample_info["group"])
    if source not in folds:
        raise click.ClickException(f"no source {source!r} to hold out; there are {', '.join(folds)}.")
    train, is_out = folds[source]
    is_valid = np.zeros(len(x), bool)
    is_valid[train] = split_groups(sample_info["group"][train], 0.1, 0)
    is_learnt = train & ~is_valid
    zx, zy = (standardize_sources(side, sample_info["source"], is_learnt, True) for side in (x, y))
    parts = [(zx[part], zy[part]) for part in (is_learnt, is_valid, is_out)]
    ridge = dgex_tables.compare_methods(*parts, None, lasso=False, progress=False).by_gene["LR-L2"]
    click.echo(
        f"{source} held out: {is_out.sum()} samples; {is_learnt.sum()} to learn from, {len(targets)} targets"
    )
    click.echo(f"LR-L2: MAE {ridge.mean():.4f} ± {ridge.std(ddof=0):.4f}")
    for name, network in NETWORKS.items():
        if layers not in (None, network.layers):
            continue
        begun = time.perf_counter()
        network = replace(network, epochs=epochs)
        checkpoint = work / f"{network.layers}.pt"
        fitted = fit_dgex(zx[train], zy[train], is_valid[train], network, checkpoint=checkpoint)
        error = dgex_tables.gene_mae(zy[is_out], fitted.transform(zx[is_out]))
        best = int(fitted.history["valid"].idxmin()) + 1
        click.echo(
            f"{name}: MAE {error.mean():.4f} ± {error.std(ddof=0):.4f}, better than LR-L2 in "
            f"{dgex_tables.share_better(error, ridge):.1%} of genes; best of {epochs} epochs {best}, "
            f"{(time.perf_counter() - begun) / epochs:.0f} s an epoch, "
            f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB"
        )


if __name__ == "__main__":
    main()
