"""Genes that are known to answer, and knocked-out genes themselves: where models of changes put them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate.change_models import CHANGE, Models, Predicted

RESPONSES = {
    "glucocorticoid": (
        "dexamethasone|triamcinolone|betamethasone|prednisolone|budesonide",
        "FKBP5 TSC22D3 PER1 ZBTB16 KLF9 DUSP1 SGK1 ERRFI1 CEBPD GADD45B MT2A TFCP2L1",
    ),
    "HDAC inhibitor": (
        "inostat",
        "H1F0 CLU TUBB3 SYT11 STMN3 MAP1LC3B HEXIM1 TSPYL2 CRIP2",
    ),
    "heat shock": (
        "darinaparsin|ganetespib|luminespib|tanespimycin|bortezomib|celastrol",
        "HSPA1A HSPA1B DNAJB1 HSPH1 HSPA8 HSPB1 BAG3 HSPD1 HSPE1 DNAJA1",
    ),
    "interferon": (
        "IFN|interferon",
        "IFIT1 IFIT2 IFIT3 ISG15 MX1 OAS1 OAS2 IFI44L IFI6 STAT1 RSAD2 IFI27",
    ),
}
"""Name → what a contrast's name contains (a regular expression), and L1000 symbols of genes that rise."""


def response_places(models: Models, predicted: Iterable[Predicted]) -> pd.DataFrame:
    """Say where known responding genes (`RESPONSES`) are among the genes beyond the landmarks.

    Returns
    -------
    DataFrame, one row per (held_out, response)
        n_contrasts, n_genes, and the median place of these genes in these contrasts (1 is the gene that rises
        most, 0 the one that falls most): `measured`, and one column per model.
    """
    rows = []
    for part in predicted:
        names = part.split.test.changes.index.to_series().astype(str)
        true = part.split.test.of_genes(models.genes)
        for response, (pattern, symbols) in RESPONSES.items():
            contrasts = names.str.contains(pattern, case=False).to_numpy()
            genes = np.isin(models.genes, symbols.split())
            if not contrasts.any() or not genes.any():
                continue
            row = {"held_out": part.split.held_out, "response": response}
            row |= {"n_contrasts": int(contrasts.sum()), "n_genes": int(genes.sum())}
            for model, values in {"measured": true, **part.values}.items():
                places = _places(values[contrasts], true[contrasts])[:, genes]
                row[model] = float(np.nanmedian(places)) if not np.isnan(places).all() else np.nan
            rows.append(row)
    return pd.DataFrame(rows)


def own_targets(models: Models, predicted: Iterable[Predicted], share: float = 0.05) -> pd.DataFrame:
    """Count how often a knocked-out gene is among the genes that fall most, in clear knock-outs.

    A target that is a landmark is looked for among the landmarks, which are measured. Any other target is
    looked for among the genes that the model of changes makes.

    Returns
    -------
    DataFrame, kind of target (landmark, other) × columns
        n_contrasts, n_targets, measured and predicted (share of contrasts in which the target is among the
        lowest `share` of its kind), median_place (of the prediction: 0 is the lowest).
    """
    rows = []
    for part in predicted:
        test = part.split.test
        if not {"target", "kind"} <= set(test.meta):
            continue
        knocked = test.is_clear & test.meta["kind"].str.contains("knock-out").to_numpy()
        landmarks, others = test.of_genes(models.landmarks), test.of_genes(models.genes)
        kinds = {
            "landmark": (models.landmarks, _places(landmarks, landmarks), _places(landmarks, landmarks)),
            "other": (models.genes, _places(others, others), _places(part.values[CHANGE], others)),
        }
        for kind, (names, measured, made) in kinds.items():
            column = pd.Index(names).get_indexer(test.meta["target"])
            for row in np.flatnonzero(knocked & (column >= 0)):
                places = measured[row, column[row]], made[row, column[row]]
                rows.append((kind, test.meta["target"].iloc[row], *places))
    table = pd.DataFrame(rows, columns=["kind", "target", "measured", "made"]).dropna()
    return table.groupby("kind").agg(
        n_contrasts=("target", "size"),
        n_targets=("target", "nunique"),
        measured=("measured", lambda place: (place <= share).mean()),
        predicted=("made", lambda place: (place <= share).mean()),
        median_place=("made", "median"),
    )


def _places(values: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Rank each row among the genes that were measured, as a share: near 0 the lowest, 1 the highest."""
    return pd.DataFrame(np.where(np.isnan(true), np.nan, values)).rank(axis=1, pct=True).to_numpy()
