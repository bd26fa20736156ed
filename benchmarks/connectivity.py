"""How fast queries are scored, and how near an index comes to whole signatures.

    python benchmarks/connectivity.py [--signatures 4621] [--genes 978] [--index INDEX.h5 --whole DIR]

Speed: weighted connectivity of 50 genes up and 50 down with every signature, against the literal running sum
(a Python loop over all genes of each signature, timed on some of them), on synthetic z-scores. The sorting of
the reference is timed apart: it is done once for all queries. With an index and the folder of whole
signatures it was built from, the agreement of both is measured over queries made of single signatures.
"""

import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.search.by_gene_list import Query, perturbagens, score_index, score_signatures
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.level5 import open_reference
from l1000_rnaseq.stats.connectivity import Reference, query_sets
from l1000_rnaseq.stats.enrichment import enrichment_once


def literal(values: np.ndarray, members: np.ndarray) -> float:
    """Walk down the ranking gene by gene."""
    wanted, total = set(members.tolist()), np.abs(values[members]).sum()
    step, walk, high, low = 1 / (len(values) - len(wanted)), 0.0, 0.0, 0.0
    for gene in np.argsort(-values, kind="stable"):
        walk += abs(values[gene]) / total if int(gene) in wanted else -step
        high, low = max(high, walk), min(low, walk)
    return high if high >= -low else low


def speed(n: int, n_genes: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_t(4, (n, n_genes))
    begun = time.perf_counter()
    reference = Reference.of(values, np.arange(n_genes))
    sorting = time.perf_counter() - begun
    sets = [rng.choice(n_genes, (2, 50), replace=False) for _ in range(20)]
    begun = time.perf_counter()
    scores = [reference.connectivity(*up_and_down) for up_and_down in sets]
    fast = (time.perf_counter() - begun) / len(sets)
    sampled, begun = range(0, n, max(n // 200, 1)), time.perf_counter()
    slow_scores = np.array([[literal(values[row], part) for part in sets[0]] for row in sampled])
    slow = (time.perf_counter() - begun) / len(sampled) * n
    up, down = slow_scores.T
    expected = np.where(np.sign(up) != np.sign(down), (up - down) / 2, 0)
    apart = np.abs(scores[0][list(sampled)] - expected).max()
    begun = time.perf_counter()
    enrichment_once(values, np.arange(n_genes), *sets[0])
    once = time.perf_counter() - begun
    click.echo(f"{n:,} signatures × {n_genes:,} genes, 50 genes up and 50 down; literal loop {slow:.1f} s")
    click.echo(f"sorted reference  {fast * 1e3:.1f} ms a query, {slow / fast:,.0f} times as fast")
    click.echo(f"sorting it, once  {sorting:.2f} s")
    click.echo(f"without sorting   {once * 1e3:.1f} ms a query, {slow / once:,.0f} times as fast")
    click.echo(f"largest difference from the loop {apart:.1e}")


def agreement(index: Path, whole: Path, n_queries: int = 20, n: int = 50) -> None:
    opened, source = Index.open(index), open_reference(whole)
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
                "places stored": approximate["known"].mean(),
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
