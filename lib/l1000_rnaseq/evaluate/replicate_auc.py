"""Are wells of one drug on two replicate plates more alike than wells of two drugs? As an AUC."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.samples import describe_samples, names_of
from l1000_rnaseq.signatures.design import NEEDED
from l1000_rnaseq.signatures.reliability import plate_changes
from l1000_rnaseq.stats.correlation import pearson_matrix
from l1000_rnaseq.stats.metrics import auroc


def replicate_auc(
    changes: np.ndarray,
    plates: np.ndarray,
    labels: np.ndarray,
    positions: np.ndarray | None = None,
    comparable: np.ndarray | None = None,
) -> dict[str, float]:
    """Compare every well with every well of other plates by correlation.

    Parameters
    ----------
    changes : array, wells × genes
        Changes against the controls of the same plate: never raw levels, which all wells of a line share.
    plates, labels : array, wells
        Wells of one label are the same: perturbagen and dose, or the position of vehicles as a control.
        `plates` may be cell lines, to compare across them.
    positions : array, wells, optional
        Compare only pairs at the same position. Replicate plates share their layout, so wells of one drug
        share the effects of their position.
    comparable : array of bool, wells × wells, optional
        Compare only these pairs.

    Returns
    -------
    dict with auc (chance .5; NaN without a pair of either kind), same and other (numbers of pairs).
    """
    plate, label = pd.factorize(plates)[0], pd.factorize(labels)[0]
    is_compared = np.triu(plate[:, None] != plate)
    if positions is not None:
        is_compared &= positions[:, None] == positions
    if comparable is not None:
        is_compared &= comparable
    same = (label[:, None] == label)[is_compared]
    counts = {"same": int(same.sum()), "other": int((~same).sum())}
    if not all(counts.values()):
        return {"auc": float("nan"), **counts}
    return {"auc": auroc(same, np.nan_to_num(pearson_matrix(changes))[is_compared]), **counts}


@dataclass(frozen=True)
class Replicates:
    """Wells of one cell line and time on replicate plates, as changes from their plate's vehicles.

    Attributes
    ----------
    changes : array, wells × genes, log2
    plate, well, drug : array of str, wells
        Plate, position on it, perturbagen with its dose.
    treated : array of bool, wells
        False for controls.
    """

    changes: np.ndarray
    plate: np.ndarray
    well: np.ndarray
    drug: np.ndarray
    treated: np.ndarray

    @classmethod
    def of(cls, file, info: pd.DataFrame, genes: list[str], cell: str, time) -> "Replicates":
        """Read the wells of a cell line and time; `file` is of `open_profiles`, `info` of `read_metadata`."""
        info = describe_samples(info, needed=NEEDED)
        table = info[(info["cell_id"] == cell) & (info["pert_time"] == time)]
        raw = file.frame(table.index)[list(genes)]
        changes = plate_changes(raw, table["rna_plate"], (table["pert_type"] == "ctl_vehicle").to_numpy())
        wells = table.loc[changes.index]
        return cls(
            changes.to_numpy(),
            wells["rna_plate"].to_numpy(),
            wells["rna_well"].to_numpy(),
            (names_of(wells) + " " + wells["pert_dose"] + wells["pert_dose_unit"]).to_numpy(),
            ~wells["pert_type"].str.startswith("ctl").to_numpy(),
        )

    def auc(self, changes: np.ndarray, treated: bool = True, same_well: bool = False) -> float:
        """Score the changes of treated wells by drug, or of controls by position (see `replicate_auc`)."""
        rows = self.treated if treated else ~self.treated
        labels = self.drug if treated else self.well
        return replicate_auc(changes, self.plate[rows], labels[rows], self.well[rows] if same_well else None)[
            "auc"
        ]


def replicated_lines(info: pd.DataFrame, n: int = 3) -> list[tuple]:
    """Return the n (cell line, time) with most wells among those on several plates with vehicles."""
    info = describe_samples(info, needed=NEEDED)
    line_and_time = ["cell_id", "pert_time"]
    vehicles = info[info["pert_type"] == "ctl_vehicle"].groupby([*line_and_time, "rna_plate"]).size()
    plates = vehicles[vehicles >= 3].groupby(line_and_time).size()
    return list(info.groupby(line_and_time).size().loc[plates[plates > 1].index].nlargest(n).index)
