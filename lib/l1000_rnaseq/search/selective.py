"""What raises some genes, lowers others and spares the rest: one score for several genes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.by_gene import COMPOUND, EVIDENCE, METADATA
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index


def selective(
    index: Index,
    up: Sequence[str] = (),
    down: Sequence[str] = (),
    spare: Sequence[str] = (),
    filters: Filters = EVERY,
    n: int = 100,
) -> pd.DataFrame:
    """Rank signatures by how selectively they do what is asked.

    Each gene's direction is divided by its root mean square over all signatures of the index: its z. So genes
    that change a lot in anything do not outweigh others. The score is the mean z of the genes to be raised
    and lowered, the latter with the sign turned, minus the mean |z| of those to be spared.

    Parameters
    ----------
    index : Index
    up, down, spare : sequence of str
        Genes to be raised, to be lowered, and to be left as they are. One of `up` and `down` is needed.
    filters : Filters
        Without thresholds.
    n : int
        Signatures, the best first.

    Returns
    -------
    DataFrame, signatures × (score, as_asked, metadata, z and log2FC of each gene, evidence, compound)
        as_asked: every gene moves as asked, and those to be spared by |z| < 1.

    Raises
    ------
    ValueError
        No gene to move, an unknown gene, or one that is asked for twice.
    FilterError
        A filter leaves nothing, or is a threshold.

    Examples
    --------
    >>> table = selective(Index(), up=["HMOX1"], spare=["HSPA1A"], n=5)
    >>> bool(table["score"].is_monotonic_decreasing)
    True
    """
    filters.refuse_thresholds("several genes are asked for")
    sides = {
        sign: [index.names.resolve(g) for g in genes] for sign, genes in ((1, up), (-1, down), (0, spare))
    }
    genes = [gene for side in sides.values() for gene in side]
    twice = sorted({gene for gene in genes if genes.count(gene) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is asked for twice; name each gene once.")
    if not sides[1] and not sides[-1]:
        raise ValueError("no gene is to be raised or lowered; name at least one.")
    rows = filters.select(index.signatures, np.arange(len(index.signatures)))
    cd = index.values(genes, "cd")
    spread = np.sqrt((cd.astype(np.float64) ** 2).mean(axis=0))
    z = cd[rows] / np.where(spread > 0, spread, 1)
    signs = np.repeat([1, -1, 0], [len(sides[sign]) for sign in (1, -1, 0)])
    asked, spared = signs != 0, signs == 0
    score = (z[:, asked] * signs[asked]).mean(axis=1)
    if spared.any():
        score = score - np.abs(z[:, spared]).mean(axis=1)
    as_asked = (z[:, asked] * signs[asked] > 0).all(axis=1) & (np.abs(z[:, spared]) < 1).all(axis=1)
    best = np.argsort(-score, kind="stable")[:n]
    log2fc = index.values(genes, "log2fc", rows[best])
    values = {"score": score[best], "as_asked": as_asked[best]}
    of_genes = {f"{gene} z": z[best, k] for k, gene in enumerate(genes)}
    of_genes |= {f"{gene} log2FC": log2fc[:, k] for k, gene in enumerate(genes)}
    signatures = index.signatures.iloc[rows[best]].reset_index(drop=True)
    about = signatures[[*EVIDENCE, *COMPOUND]]
    parts = (pd.DataFrame(values), signatures[METADATA], pd.DataFrame(of_genes), about)
    return pd.concat(parts, axis=1)
