"""Which wells a treatment is compared with: wells of its cell line, always on its own plates."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

CONTROL_TYPES = {
    "ctl_vehicle": ("trt_cp", "trt_lig", "trt_aby", "trt_poscon"),
    "ctl_vector": ("trt_sh", "trt_oe", "trt_xpr", "trt_si", "trt_sh.cgs", "trt_sh.css", "trt_oe.mut"),
    "ctl_untrt": (),
}
"""Control type → perturbation types it is the vehicle of; untreated wells are used where it is absent."""

CONTROLS = {
    "vehicle": "control",
    "others": "other treated",
    "both": "other",
    "medians": "other",
}
"""What treated wells can be compared with → which wells of their plates that takes, in words.

vehicle: DMSO and H2O for compounds, empty and reporter vectors for genetic perturbagens; untreated wells
where there are none. others: wells of other treatments. both: every other well, as in Jeon et al. 2022
("Computing signatures"). medians: the median of all wells of the plate.
"""


@dataclass(frozen=True)
class Comparison:
    """The wells of one group that can be compared, and those that they are compared with (row numbers).

    Attributes
    ----------
    treated : array
        Wells whose plate has controls.
    controls : array
        Wells of the same plates.
    vehicles : array
        Vehicle wells of the same plates, whatever the controls are.
    kind : str
        The control type, "others", "both" or "medians"; "none" where no plate has controls.
    plates : list of str
        The plates of `treated`; of all wells of the group where none can be compared.
    """

    treated: np.ndarray
    controls: np.ndarray
    vehicles: np.ndarray
    kind: str
    plates: list[str]


class PlateControls:
    """The wells of a table by plate and cell line, to choose controls from.

    Parameters
    ----------
    table : DataFrame, wells × (rna_plate, cell_id, pert_type)
    controls : str
        A key of `CONTROLS`.
    """

    def __init__(self, table: pd.DataFrame, controls: str):
        self.controls = controls
        table = table[["rna_plate", "cell_id", "pert_type"]].reset_index(drop=True)
        self.plate = table["rna_plate"].to_numpy(object)
        self.cell = table["cell_id"].to_numpy(object)
        self.by_type = table.groupby(["rna_plate", "cell_id", "pert_type"]).indices
        is_control = table["pert_type"].str.startswith("ctl").to_numpy()
        rows = np.flatnonzero(~is_control) if controls == "others" else np.arange(len(table))
        near = table.iloc[rows].groupby(["rna_plate", "cell_id"]).indices if controls != "vehicle" else {}
        self._vehicles = cache(self._vehicles_of)
        self.near = {where: rows[members] for where, members in near.items()}

    def choose(self, wells: np.ndarray, pert_type: str) -> Comparison:
        """Return the wells of a group whose plates have controls, with those controls."""
        cell = self.cell[wells[0]]
        plates = sorted(set(self.plate[wells]))
        kind, with_vehicles, vehicles = self._vehicles(tuple(plates), cell, pert_type)
        usable, chosen = with_vehicles, vehicles
        if self.controls != "vehicle":
            near = {plate: _without(self.near.get((plate, cell), wells[:0]), wells) for plate in plates}
            usable = [plate for plate in plates if len(near[plate])]
            chosen = np.concatenate([wells[:0], *(near[plate] for plate in usable)])
            if set(with_vehicles) - set(usable):
                vehicles = self._vehicles(tuple(usable), cell, pert_type)[2]
            kind = self.controls
        if not usable:
            return Comparison(wells, wells[:0], wells[:0], "none", plates)
        treated = wells if len(usable) == len(plates) else wells[np.isin(self.plate[wells], usable)]
        return Comparison(treated, chosen, vehicles, kind, usable)

    def set_of(self, plate: str, cell: str, kind: str) -> np.ndarray:
        """Return every well of a plate and line that controls of a kind are taken from."""
        return self.near[plate, cell] if (plate, cell) in self.near else self.by_type[plate, cell, kind]

    def _vehicles_of(
        self, plates: tuple[str, ...], cell: str, treatment: str
    ) -> tuple[str, list, np.ndarray]:
        """Return the control type of a treatment on some plates, the plates that have it, and its wells."""
        kinds = [kind for kind, treatments in CONTROL_TYPES.items() if treatment in treatments]
        for kind in [*kinds, "ctl_untrt"]:
            near = {plate: self.by_type.get((plate, cell, kind)) for plate in plates}
            usable = [plate for plate in plates if near[plate] is not None]
            if usable:
                return kind, usable, np.concatenate([near[plate] for plate in usable])
        return "none", [], np.zeros(0, int)


def _without(wells: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    return wells[~np.isin(wells, dropped)]
