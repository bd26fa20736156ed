"""Is a perturbagen found again? Same-drug against other-drug pairs of wells on different replicate plates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import resolve_ids
from l1000_rnaseq.signatures.reliability import plate_changes
from l1000_rnaseq.stats.metrics import auroc


def replicate_auc(
    changes: np.ndarray, plates: np.ndarray, labels: np.ndarray, places: np.ndarray | None = None
) -> dict[str, float]:
    """Compare every well with every well of other plates by correlation.

    Parameters
    ----------
    changes : array, wells × genes
        Changes against the controls of the own plate: never raw levels, which all wells of a line share.
    plates, labels : array, wells
        `labels` says what is the same: perturbagen and dose, or the well position of vehicles as a control.
        `plates` may be cell lines, to ask the same across them.
    places : array, wells, optional
        Only pairs at the same place are compared: replicate plates share their layout, so that wells of one
        drug share the effects of their position.

    Returns
    -------
    dict with auc (chance .5; NaN without a pair of either kind), same and other (numbers of pairs).
    """
    scores, same = [], []
    names = pd.unique(plates)
    for number, one in enumerate(names):
        for two in names[number + 1 :]:
            a, b = np.flatnonzero(plates == one), np.flatnonzero(plates == two)
            asked = np.ones((len(a), len(b)), bool) if places is None else places[a][:, None] == places[b]
            scores.append(_correlations(changes[a], changes[b])[asked])
            same.append((labels[a][:, None] == labels[b])[asked])
    scores = np.concatenate(scores) if scores else np.zeros(0)
    same = np.concatenate(same) if same else np.zeros(0, bool)
    n, m = int(same.sum()), int((~same).sum())
    if not n or not m:
        return {"auc": float("nan"), "same": n, "other": m}
    return {"auc": auroc(same, scores), "same": n, "other": m}


@dataclass(frozen=True)
class Replicates:
    """Wells of one cell line and time on replicate plates, as changes from their plate's vehicles.

    Attributes
    ----------
    changes : array, wells × genes, log2
    plate, well, drug : array of str, wells
        Plate, position on it, perturbagen with its dose.
    treated : array of bool, wells
        Else a control.
    """

    changes: np.ndarray
    plate: np.ndarray
    well: np.ndarray
    drug: np.ndarray
    treated: np.ndarray

    @classmethod
    def of(cls, file, info: pd.DataFrame, genes: list[str], cell: str, time) -> "Replicates":
        """Read the wells of a cell line and time; `file` as `open_gctx` gives it, `info` its well table."""
        table = info[(info["cell_id"] == cell) & (info["pert_time"] == time)]
        symbols = resolve_ids(file.row_ids, file.row_metadata)
        raw = file.read_samples(table.index).set_axis(symbols, axis=1)[list(genes)]
        changes = plate_changes(raw, table["rna_plate"], (table["pert_type"] == "ctl_vehicle").to_numpy())
        about = table.loc[changes.index]
        return cls(
            changes.to_numpy(),
            about["rna_plate"].to_numpy(),
            about["rna_well"].to_numpy(),
            (about["pert_iname"] + " " + about["pert_dose"].astype(str)).to_numpy(),
            ~about["pert_type"].str.startswith("ctl").to_numpy(),
        )

    def auc(self, changes: np.ndarray, treated: bool = True, same_well: bool = False) -> float:
        """Score the changes of treated wells by drug, or of controls by position (see `replicate_auc`)."""
        rows = self.treated if treated else ~self.treated
        labels = self.drug if treated else self.well
        return replicate_auc(changes, self.plate[rows], labels[rows], self.well[rows] if same_well else None)[
            "auc"
        ]


def replicated(info: pd.DataFrame, n: int = 3) -> list[tuple]:
    """Return the cell lines and times with most wells among those on several plates with vehicles."""
    place = ["cell_id", "pert_time"]
    vehicles = info[info["pert_type"] == "ctl_vehicle"].groupby([*place, "rna_plate"]).size()
    plates = vehicles[vehicles >= 3].groupby(place).size()
    return list(info.groupby(place).size().loc[plates[plates > 1].index].nlargest(n).index)


def _correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (v - v.mean(axis=1, keepdims=True) for v in (a, b))
    norms = np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return (a @ b.T) / np.maximum(norms, 1e-12)
