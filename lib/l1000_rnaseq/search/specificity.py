"""How often a gene is extreme, beside the other genes of its status: whether an answer is about this gene."""

import numpy as np
import pandas as pd

UNSPECIFIC = 0.95
FOLLOWED = {"reliable": "followed reliably", "fair": "followed fairly", "weak": "followed weakly"}
FOLLOWED["not followed"] = "not followed"
GENES_OF = {"landmark": "landmarks", "CMap-inferred": "CMap-inferred genes"}


def hundredth(n_genes: int) -> int:
    """Return how many genes are the first, or the last, 1 % of a status."""
    return max(n_genes // 100, 1)


def extreme(values: np.ndarray, descending: np.ndarray) -> np.ndarray:
    """Say which genes are in the first or last 1 % of each signature.

    Parameters
    ----------
    values : array, signatures × genes of one status
    descending : array of the same shape
        The same, each signature sorted, the largest first.

    Returns
    -------
    bool array, signatures × genes; all False where a signature moves no gene.
    """
    n = hundredth(values.shape[1])
    high, low = descending[:, n - 1, None], descending[:, -n, None]
    return ((values >= high) | (values <= low)) & (high > low)


def percentiles(moved: pd.Series, status: pd.Series) -> pd.Series:
    """Return the share of the genes of the same status that are extreme more rarely; 0 to 1."""
    grouped = moved.groupby(status.astype(str).to_numpy())
    return (grouped.rank(method="min") - 1) / np.maximum(grouped.transform("size") - 1, 1)


def about_gene(genes: pd.DataFrame, symbol: str, n_signatures: int) -> str:
    """Say in a few sentences what a gene's values are worth.

    Parameters
    ----------
    genes : DataFrame
        `Index.genes`.
    symbol : str
    n_signatures : int
    """
    gene = genes.loc[symbol]
    status = str(gene["status"])
    today = gene.get("hgnc_symbol", "")
    text = symbol if today in ("", symbol) else f"{symbol} (today {today})"
    text += f" is a {status} gene"
    if status == "landmark":
        text += ", measured by L1000"
    if np.isfinite(gene.get("change_r", np.nan)):
        text += (
            f". Its changes are {FOLLOWED[str(gene['change'])]}: the expected correlation with RNA-seq, over "
            f"perturbations, is {gene['change_r']:.2f}"
        )
    same = genes["status"].astype(str) == status
    kind = GENES_OF.get(status, f"{status} genes")
    moved = (
        f"It is among the first or last 1 % of {kind} in {gene['moved']:.1%} of the signatures; on average "
        f"{kind} are in {genes.loc[same, 'moved'].mean():.1%}."
    )
    said = [f"{text}. {moved}", unspecific(gene["moved_percentile"], kind)]
    return " ".join([*filter(None, said), f"The index has {n_signatures:,} signatures."])


def unspecific(moved_percentile: float, kind: str) -> str:
    """Say that a gene is not specific, or nothing.

    Parameters
    ----------
    moved_percentile : float
        Of `percentiles`.
    kind : str
        What the genes of its status are called.
    """
    if not moved_percentile > UNSPECIFIC:
        return ""
    rarer = f"all other {kind}" if moved_percentile == 1 else f"{min(moved_percentile, 0.999):.1%} of {kind}"
    return (
        f"It is not specific: it is there more often than {rarer}. What moves it may move much else, or be "
        "noise."
    )
