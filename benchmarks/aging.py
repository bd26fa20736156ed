"""Time and memory of GTEx by tissue: one pass into a file, against one pass over the GCT for each tissue.

    python benchmarks/aging.py [--samples 3000] [--genes 20000] [--tissues 30] [--folder DIR]

Writes a synthetic GCT of negative binomial counts (tissues of unequal size, one sample of a donor in each),
then runs every step in a process of its own, whose largest resident memory is that of the step.
"""

import gzip
import multiprocessing
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.aging.aging_signatures import aging_signatures
from l1000_rnaseq.aging.comparisons import AGING_PRESETS, BRACKETS
from l1000_rnaseq.aging.tissues import split_by_tissue
from l1000_rnaseq.data.files.gtex import read_gct_counts


def write_gtex(path: Path, n_samples: int, n_genes: int, n_tissues: int) -> pd.DataFrame:
    """Write the GCT gene by gene; return the table of its samples."""
    rng = np.random.default_rng(0)
    share = np.linspace(0.3, 1.7, n_tissues) / n_tissues
    tissue = rng.choice([f"Tissue {i:02d}" for i in range(n_tissues)], n_samples, p=share)
    donor = [f"GTEX-{number:05d}" for number in pd.Series(tissue).groupby(tissue).cumcount()]
    ages = rng.choice(BRACKETS, max(n_samples, 1), p=[0.09, 0.08, 0.16, 0.32, 0.3, 0.05])
    info = pd.DataFrame({"SMTS": tissue, "SMTSD": tissue, "SUBJID": donor, "SEX": 1})
    info["AGE"] = ages[info["SUBJID"].str[5:].astype(int)]
    info.index = [f"{d}-{i:05d}-SM" for i, d in enumerate(donor)]
    with gzip.open(path, "wt", compresslevel=1) as out:
        out.write(f"#1.2\n{n_genes}\t{n_samples}\n" + "\t".join(["Name", "Description", *info.index]) + "\n")
        for gene in range(n_genes):
            mean = rng.gamma(0.3, 2000) * rng.gamma(4, 0.25, n_samples)
            values = "\t".join(map(str, rng.poisson(mean).tolist()))
            out.write(f"ENSG{gene:011d}.1\tG{gene:05d}\t{values}\n")
    return info


def split(path, info, cache):
    split_by_tissue(path, info, cache, progress=False)


def read_each(path, info, cache):
    tissues = split_by_tissue(path, info, cache, progress=False)
    for tissue in tissues.tissues:
        tissues.read(tissue)


def largest_tissue_from_gct(path, info, cache):
    read_gct_counts(path, info.index[info["SMTS"] == info["SMTS"].value_counts().idxmax()])


def largest_tissue(path, info, cache):
    largest = info["SMTS"].value_counts().idxmax()
    tissues = split_by_tissue(path, info, cache, progress=False)
    tissues = replace(tissues, info=tissues.info[tissues.info["SMTS"] == largest])
    aging_signatures(tissues, AGING_PRESETS["best"], progress=False)


def start(path, info, cache):
    """Load the library only: what every step's memory has in it."""


def measured(step, arguments) -> tuple[float, float]:
    begun = time.perf_counter()
    step(*arguments)
    seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@click.command()
@click.option("--samples", default=3000, show_default=True)
@click.option("--genes", default=20_000, show_default=True)
@click.option("--tissues", default=30, show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Kept between runs; a temporary one otherwise."
)
def main(samples, genes, tissues, folder):
    with tempfile.TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        path, cache = folder / "reads.gct.gz", folder / "tissues.h5"
        cache.unlink(missing_ok=True)
        info = write_gtex(path, samples, genes, tissues)
        sizes = info["SMTS"].value_counts()
        click.echo(
            f"{samples:,} samples × {genes:,} genes, {path.stat().st_size / 1e6:,.0f} MB gzipped, "
            f"{len(sizes)} tissues of {sizes.min()} to {sizes.max()} samples\n\n"
            "| step | s | peak memory, GB |\n| --- | --- | --- |"
        )
        steps = {
            "nothing (the library loaded)": start,
            "one pass, split by tissue": split,
            "read every tissue from the split file": read_each,
            "read the largest tissue from the GCT (one pass for each tissue)": largest_tissue_from_gct,
            "5 signatures of the largest tissue, 10 draws, CD and limma-voom": largest_tissue,
        }
        for name, step in steps.items():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, memory = pool.apply(measured, (step, (path, info, cache)))
            click.echo(f"| {name} | {seconds:.1f} | {memory:.2f} |")
        click.echo(f"\nsplit file: {cache.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
