"""The answer of the command line: a table for people, TSV or JSON for programs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.by_gene import resolve_gene, search
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.index import Index

SHOWN = [
    "direction",
    "pert_iname",
    "type",
    "cell_id",
    "dose",
    "time",
    "log2fc",
    "cd",
    "rank",
    "n_treated",
    "agreement",
]
SEARCH_ONLY = ("direction", "by", "min_abs_log2fc", "min_abs_cd", "concordant")


def about_gene(index: Index, symbol: str) -> str:
    """Say in one sentence what a gene's values in this index are worth."""
    row, n = index.genes.loc[symbol], len(index.signatures)
    moved = index.share_moved(symbol)
    text = f"{symbol} is a {row['status']} gene"
    if row["status"] == "landmark":
        text += ", measured by L1000"
    elif np.isfinite(row["reliability"]):
        text += f"; the model's held-out correlation for it is {row['reliability']:.2f}"
    text += f". It is among the first or last 1 % of genes in {moved:.0%} of the signatures (chance: 2 %)"
    return f"{text}. The index has {n:,} signatures."


def answer(
    index: Index,
    genes: Sequence[str],
    with_consensus: bool = False,
    n: int = 10,
    style: str = "table",
    **filters,
) -> str:
    """Search an index and write the result.

    Parameters
    ----------
    index : Index
    genes : sequence of str
    with_consensus : bool
        One row for each perturbagen instead of each signature.
    n : int
        Signatures for each direction, or rows of the consensus.
    style : {"table", "tsv", "json"}
    **filters
        Of `search`.
    """
    if with_consensus:
        kept = {name: value for name, value in filters.items() if name not in SEARCH_ONLY}
        found = consensus(index, list(genes), **kept).head(n).reset_index()
        shown = found
    else:
        found = search(index, list(genes), n=n, **filters)
        shown = found[(["gene"] if len(genes) > 1 else []) + SHOWN]
    if style == "tsv":
        return found.to_csv(sep="\t", index=False, float_format="%.6g").rstrip("\n")
    if style == "json":
        return found.to_json(orient="records", double_precision=6)
    head = "\n".join(about_gene(index, resolve_gene(index, gene)) for gene in genes)
    return f"{head}\n\n{_plain(shown)}"


def _plain(table: pd.DataFrame) -> str:
    small = {"cd", "place", "p", "fdr", "agreement"}
    formats = {name: (lambda v: "" if pd.isna(v) else f"{v:.3f}") for name in small}
    formats |= {name: (lambda v: "" if pd.isna(v) else f"{v:g}") for name in ("dose", "time", "n_treated")}
    formats["log2fc"] = lambda v: "" if pd.isna(v) else f"{v:+.2f}"
    chosen = {name: form for name, form in formats.items() if name in table}
    return table.to_string(index=False, formatters=chosen)
