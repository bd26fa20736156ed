"""How often other assays agree with what an index says of the same perturbagens."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.other_assays import OtherAssays


def agreement_rates(index: Index, others: OtherAssays, tops: Sequence[int] = (50, 250, 1000)) -> pd.DataFrame:
    """Compare the mean signature of every perturbagen with other assays, by sign.

    Parameters
    ----------
    index : Index
    others : OtherAssays
    tops : sequence of int
        So many genes of each perturbagen, those that its mean signature moves most.

    Returns
    -------
    DataFrame, (all genes, first 1,000, …) × (perturbagens, contrasts, agree, base_rate)
        contrasts: perturbagen × gene × contrast that were compared. agree: share of them with the sign of
        the index. base_rate: the same share among contrasts of other perturbagens.

    Raises
    ------
    ValueError
        The other assays have no perturbagen of the index.
    """
    table = index.signatures.astype({"compound": str, "type": str})
    named = table[["compound", "type"]].drop_duplicates()
    parts = []
    for compound, kind in named[others.has(named.assign(pert_iname=named["compound"]))].itertuples(
        index=False
    ):
        rows = np.flatnonzero((table["compound"] == compound) & (table["type"] == kind))
        change = pd.Series(index.whole("log2fc", rows).mean(axis=0), index.genes.index)
        change = change[change != 0]
        order = (-change.abs()).rank(method="first")
        ways = np.where(change > 0, "up", "down")
        columns = {"gene": change.index, "direction": ways, "order": order.to_numpy()}
        parts.append(pd.DataFrame(columns).assign(pert_iname=compound, compound=compound, type=kind))
    if not parts:
        raise ValueError("The other assays have no perturbagen of the index; nothing can be compared.")
    found = others.beside(pd.concat(parts, ignore_index=True))
    found = found[found["assays_base_rate"].notna()]
    chosen = {"all genes": found} | {f"first {top:,}": found[found["order"] <= top] for top in tops}
    rows = {name: _rates(part) for name, part in chosen.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("genes")


def _rates(found: pd.DataFrame) -> dict[str, float]:
    n = int(found["assays"].sum())
    return {
        "perturbagens": found[["compound", "type"]].drop_duplicates().shape[0],
        "contrasts": n,
        "agree": found["assays_agree"].sum() / n if n else np.nan,
        "base_rate": (found["assays"] * found["assays_base_rate"]).sum() / n if n else np.nan,
    }
