"""How fast queries are scored, and how near an index comes to whole signatures.

    python benchmarks/connectivity.py [--signatures 4621] [--genes 978] [--index INDEX.h5 --whole DIR]

Speed: weighted connectivity of 50 genes up and 50 down with every signature, against the whole running sums,
gene by gene of each signature, on synthetic z-scores. Ranking the reference is timed apart: it is done once
for all queries. With an index and the folder of whole signatures it was built from, the agreement of both is
measured over queries made of single signatures.
"""

import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.search.by_gene_list import Query, perturbagens, score_index, score_signatures
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.sources import open_source
from l1000_rnaseq.stats.connectivity import Reference, connectivity, query_sets
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


def agreement(index: Path, whole: Path, n_queries: int = 20, n: int = 50) -> None:
    opened, source = Index(index), open_source(whole)
    chosen = np.random.default_rng(0).choice(len(source.table), n_queries, replace=False)
    rows = []
    for row in chosen:
        values = pd.DataFrame(source.read(row, row + 1)[1], columns=source.genes)
        up, down = query_sets(values[[g for g in source.genes if g in opened.genes.index]], n)[0]
        query = Query(tuple(up), tuple(down), ())
        exact = (
            score_signatures(source, query, progress=False).set_index("sig_id").drop(source.table.index[row])
        )
        approximate = score_index(opened, query).set_index("sig_id").reindex(exact.index)
        top = [
            set(perturbagens(table.reset_index(), 20).query("direction == 'connected'")["pert_iname"])
            for table in (exact, approximate)
        ]
        rows.append(
            {
                "ranks stored": approximate["known"].mean(),
                "rank correlation": exact["score"].corr(approximate["score"], "spearman"),
                "of 20 best perturbagens": len(top[0] & top[1]) / 20,
                "of 100 best signatures": len(
                    set(exact["score"].nlargest(100).index) & set(approximate["score"].nlargest(100).index)
                )
                / 100,
            }
        )
    click.echo(pd.DataFrame(rows).agg(["mean", "min"]).round(2).to_string())


@click.command()
@click.option("--signatures", default=4621, show_default=True)
@click.option("--genes", default=978, show_default=True)
@click.option("--index", type=click.Path(path_type=Path))
@click.option(
    "--whole", type=click.Path(path_type=Path), help="The signatures that the index was built from."
)
def main(signatures, genes, index, whole):
    speed(signatures, genes)
    if index and whole:
        agreement(index, whole)


if __name__ == "__main__":
    main()
