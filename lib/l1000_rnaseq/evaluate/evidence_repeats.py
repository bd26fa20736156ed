"""Whether hits with a better grade repeat more often in a cell line that was not used for the grade."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.consensus import consensus_of
from l1000_rnaseq.search.grade import GRADES, grades
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.relative_ranks import relative_ranks
from l1000_rnaseq.stats.metrics import grouped_interval


def hits_and_repeats(index: Index, genes: Sequence[str], n: int = 100, seed: int = 0) -> pd.DataFrame:
    """Grade the hits of some genes without one cell line, and look whether they repeat in it.

    For each hit one other cell line of its compound is drawn and left out. The hit repeats if the mean
    relative rank of the gene in that line has its sign.

    Parameters
    ----------
    index : Index
    genes : sequence of str
    n : int
        Hits of each gene and direction.
    seed : int

    Returns
    -------
    DataFrame, hits × (gene, status, compound, grade, repeats, expected)
        Hits of compounds that were measured in one line are left out. expected: share of all signatures of
        the line that was left out in which the gene has that sign.
    """
    rng, tables, signatures = np.random.default_rng(seed), [], index.signatures
    kinds, lines = signatures["compound"].astype(str), signatures["cell_id"].astype(str).to_numpy()
    kinds = (kinds + " " + signatures["type"].astype(str)).to_numpy()
    row_of = pd.Series(np.arange(len(signatures)), signatures["sig_id"].astype(str))
    counted = (signatures["flags"] == "").to_numpy()
    for gene in index.names.resolve_all(genes):
        relative = pd.DataFrame(
            {"kind": kinds, "line": lines, "value": relative_ranks(index, gene)["relative_rank"].to_numpy()}
        )
        means = relative[counted].groupby(["kind", "line"])["value"].mean()
        lines_of = {kind: part.droplevel(0) for kind, part in means.groupby(level=0)}
        rises = (relative["value"] > 0).groupby(lines).mean()
        hits = search(index, gene, "both", n=n)
        sign = np.where(hits["direction"] == "up", 1, -1)
        left_out = np.full((len(hits), 2), np.nan)
        for position, row in enumerate(row_of.loc[hits["sig_id"]]):
            others = lines_of.get(kinds[row], pd.Series(dtype=float)).drop(lines[row], errors="ignore")
            if len(others):
                line = rng.choice(others.index)
                left_out[position] = others[line] * sign[position] > 0, rises[line]
        repeats, rising = left_out.T
        hits["other_lines"] -= 1
        hits["lines_agree"] -= repeats
        table = pd.DataFrame({"gene": gene, "status": str(index.genes.loc[gene, "status"])}, hits.index)
        table["compound"] = hits["compound"].astype(str)
        table["grade"] = grades(hits)
        table["repeats"], table["expected"] = repeats, np.where(sign > 0, rising, 1 - rising)
        tables.append(table[~np.isnan(repeats)])
    return pd.concat(tables, ignore_index=True)


def compounds_and_repeats(
    index: Index, genes: Sequence[str], n: int | None = None, n_permutations: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Grade the compounds of the consensus without one cell line each, and look whether they repeat.

    Parameters
    ----------
    index : Index
    genes : sequence of str
    n : int, optional
        Compounds of each gene, the most consistent first; all when absent.
    n_permutations, seed : int

    Returns
    -------
    DataFrame, compounds × (gene, status, compound, grade, repeats, expected), as of `hits_and_repeats`
        Compounds that were measured in one line are left out.
    """
    signatures, tables = index.signatures, []
    seen = pd.DataFrame({name: signatures[name].astype(str) for name in ("compound", "cell_id")})
    counted = (signatures["flags"] == "").to_numpy()
    for number, gene in enumerate(index.names.resolve_all(genes)):
        pairs = seen[counted].drop_duplicates().sample(frac=1, random_state=seed + number)
        several = pairs[pairs["compound"].duplicated(keep=False)]
        drawn = several.drop_duplicates("compound").set_index("compound")["cell_id"]
        is_out = (seen["compound"].map(drawn) == seen["cell_id"]).to_numpy()
        relative = relative_ranks(index, gene)["relative_rank"]
        held = relative[is_out & counted].groupby(seen["compound"]).mean()
        rises = (relative > 0).groupby(seen["cell_id"]).mean()
        rows = np.flatnonzero(counted & ~is_out)
        table = consensus_of(index, gene, rows, n_permutations=n_permutations, seed=seed)
        table = table[table.index.isin(held.index)].head(n)
        sign, rising = np.sign(table["relative_rank"]), drawn[table.index].map(rises).to_numpy()
        found = {"gene": gene, "status": str(index.genes.loc[gene, "status"]), "compound": table.index}
        found |= {
            "grade": table["grade"].to_numpy(),
            "repeats": (held[table.index] * sign > 0).to_numpy(float),
        }
        tables.append(pd.DataFrame({**found, "expected": np.where(sign > 0, rising, 1 - rising)}))
    return pd.concat(tables, ignore_index=True)


def repeats_by_grade(hits: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return how often hits of each grade repeat, beside what chance gives.

    Parameters
    ----------
    hits : DataFrame
        Of `hits_and_repeats` or `compounds_and_repeats`.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame, grades × (hits, compounds, repeats, low, high, expected)
        repeats: share that repeats, with a 95 % interval over compounds. expected: share of all signatures of
        the lines that were left out with that sign. The last row is of all grades together.
    """
    rows = {}
    for grade in (*GRADES, "all"):
        part = hits if grade == "all" else hits[hits["grade"] == grade]
        if len(part):
            low, high = grouped_interval(part["repeats"].to_numpy(), part["compound"].to_numpy(), seed=seed)
            rows[grade] = {
                "hits": len(part),
                "compounds": part["compound"].nunique(),
                "repeats": part["repeats"].mean(),
                "low": low,
                "high": high,
                "expected": part["expected"].mean(),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("grade")
