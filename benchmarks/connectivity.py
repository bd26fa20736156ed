"""How fast queries are scored.

    python benchmarks/connectivity.py [--signatures 4621] [--genes 978]

Speed: weighted connectivity of 50 genes up and 50 down with every signature, against the whole running sums,
gene by gene of each signature, on synthetic z-scores. Ranking the reference is timed apart: it is done once
for all queries.
"""

import time

import click
import numpy as np
from l1000_rnaseq.stats.connectivity import Reference, connectivity
from l1000_rnaseq.stats.enrichment import enrichment_once, peak, running_sum
from l1000_rnaseq.stats.ranks import descending


def speed(n: int, n_genes: int) -> None:
    rng = np.random.default_rng(0)
    values, genes = rng.standard_t(4, (n, n_genes)), np.arange(n_genes)
    sets = [rng.choice(n_genes, (2, 50), replace=False) for _ in range(20)]
    reference, ranking = timed(lambda: Reference.of(values, genes))
    scores, ranked = timed(lambda: [reference.connectivity(*both) for both in sets])
    order = descending(values)
    size = np.abs(np.take_along_axis(values, order, axis=1))
    whole, walked = timed(
        lambda: connectivity(*(peak(running_sum(np.isin(order, side), size)) for side in sets[0]))
    )
    single, unranked = timed(lambda: connectivity(*enrichment_once(values, genes, *sets[0])))
    click.echo(f"{n:,} signatures × {n_genes:,} genes, 50 genes up and 50 down")
    click.echo(f"whole running sums, signatures ranked  {walked * 1e3:.1f} ms a query")
    click.echo(f"ranked reference   {ranked / len(sets) * 1e3:.1f} ms a query, after {ranking:.2f} s once")
    click.echo(f"without ranking    {unranked * 1e3:.1f} ms a query")
    click.echo(f"largest difference {max(np.abs(scores[0] - whole).max(), np.abs(single - whole).max()):.1e}")


def timed(function) -> tuple:
    begun = time.perf_counter()
    return function(), time.perf_counter() - begun


@click.command()
@click.option("--signatures", default=4621, show_default=True)
@click.option("--genes", default=978, show_default=True)
def main(signatures, genes):
    speed(signatures, genes)


if __name__ == "__main__":
    main()
