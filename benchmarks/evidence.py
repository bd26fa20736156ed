"""Whether hits with a better evidence grade repeat more often in a cell line that was not used for the grade.

    python benchmarks/evidence.py [--index INDEX.h5] [--genes 120] [--consensus-genes 8] [--seed 1]

Each hit of a random gene is graded without one other cell line of its compound. It repeats if the gene goes
the same way there. By chance: the share of all signatures of that line in which it does. The same is done for
all compounds of the consensus. Intervals are over compounds.
"""

import click
import numpy as np
from l1000_rnaseq.evaluate.evidence_repeats import (
    compounds_and_repeats,
    hits_and_repeats,
    repeats_by_grade,
)
from l1000_rnaseq.search.index import Index
from printed_table import show


@click.command()
@click.option("--index", "path", type=click.Path())
@click.option("--genes", default=120, help="Random genes whose 100 best signatures each way are graded.")
@click.option("--consensus-genes", default=8, help="Random genes whose compounds are graded.")
@click.option("--seed", default=1)
def main(path, genes, consensus_genes, seed):
    """Print a table for hits of a search, one by the kind of gene, and one for the consensus."""
    index = Index(path)
    drawn = np.random.default_rng(seed).permutation(index.genes.index)
    hits = hits_and_repeats(index, list(drawn[:genes]), seed=seed)
    rows = _rows("search", hits)
    rows += [row for status, part in hits.groupby("status") for row in _rows(f"search, {status}", part)]
    show(rows + _rows("consensus", compounds_and_repeats(index, list(drawn[:consensus_genes]), seed=seed)))


def _rows(what: str, hits) -> list[dict]:
    table = repeats_by_grade(hits).reset_index()
    return [
        {
            "answer": what,
            "grade": row["grade"],
            "hits": int(row["hits"]),
            "compounds": int(row["compounds"]),
            "repeat, %": f"{100 * row['repeats']:.0f} ({100 * row['low']:.0f} to {100 * row['high']:.0f})",
            "by chance, %": f"{100 * row['expected']:.0f}",
        }
        for row in table.to_dict("records")
    ]


if __name__ == "__main__":
    main()
