"""Which wells a treatment is compared with: wells of its cell line, always on its own plates."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
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

    Groups share the arrays of their plates, so that all comparisons of a release fit in memory.

    Attributes
    ----------
    treated : array
        Wells whose plate has controls.
    near : tuple of array
        The wells that controls are taken from, plate by plate.
    own : array
        Those of the group itself among them, which do not count.
    vehicles : array
        Vehicle wells of the same plates, whatever the controls are.
    kind : str
        The control type, "others", "both" or "medians"; "none" where no plate has controls.
    plates : list of str
        The plates of `treated`; of all wells of the group where none can be compared.
    """

    treated: np.ndarray
    near: tuple[np.ndarray, ...]
    own: np.ndarray
    vehicles: np.ndarray
    kind: str
    plates: list[str]

    @property
    def controls(self) -> np.ndarray:
        """The wells that the treated ones are compared with, on the same plates."""
        near = np.concatenate([self.treated[:0], *self.near])
        return _without(near, self.own) if len(self.own) else near

    @property
    def n_controls(self) -> int:
        """How many controls there are."""
        return sum(map(len, self.near)) - len(self.own)

    def placed(self, place: Callable[[np.ndarray], np.ndarray]) -> "Comparison":
        """Return the same wells under other row numbers, which `place` has for some of them."""
        treated, own, vehicles = map(place, (self.treated, self.own, self.vehicles))
        return Comparison(treated, tuple(map(place, self.near)), own, vehicles, self.kind, self.plates)


def rows_of(comparisons: Iterable[Comparison]) -> np.ndarray:
    """Return the rows of every well that is needed, each once, sorted."""
    arrays = {id(rows): rows for each in comparisons for rows in (each.treated, each.vehicles, *each.near)}
    return np.unique(np.concatenate(list(arrays.values())))


def placed(comparisons: Iterable[Comparison], place: Callable[[np.ndarray], np.ndarray]) -> list[Comparison]:
    """Return comparisons under other row numbers; arrays that they share are shared again."""
    done: dict[int, np.ndarray] = {}

    def once(wells: np.ndarray) -> np.ndarray:
        if id(wells) not in done:
            done[id(wells)] = place(wells)
        return done[id(wells)]

    return [each.placed(once) for each in comparisons]


class WellLists(Mapping):
    """The controls or vehicles of each signature, as well ids that are listed when they are asked for.

    Parameters
    ----------
    comparisons : dict, sig_id → Comparison
    ids : array of str
        Of the wells, by row number.
    what : {"controls", "vehicles"}
    """

    def __init__(self, comparisons: Mapping[str, Comparison], ids: np.ndarray, what: str):
        self._comparisons, self._ids, self._what = comparisons, ids, what

    def __getitem__(self, sig_id: str) -> list[str]:
        return self._ids[getattr(self._comparisons[sig_id], self._what)].tolist()

    def __iter__(self) -> Iterator[str]:
        return iter(self._comparisons)

    def __len__(self) -> int:
        return len(self._comparisons)


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
        cell, on_plates = self.cell[wells[0]], self.plate[wells]
        plates, none = sorted(set(on_plates)), wells[:0]
        kind, usable, vehicles = self._vehicles(tuple(plates), cell, pert_type)
        near = (vehicles,)
        if self.controls != "vehicle":
            of_group = Counter(on_plates)
            with_vehicles = usable
            usable = [p for p in plates if len(self.near.get((p, cell), none)) > of_group[p]]
            near = tuple(self.near[plate, cell] for plate in usable)
            if set(with_vehicles) - set(usable):
                vehicles = self._vehicles(tuple(usable), cell, pert_type)[2]
            kind = self.controls
        if not usable:
            return Comparison(wells, (), none, none, "none", plates)
        treated = wells if len(usable) == len(plates) else wells[np.isin(on_plates, usable)]
        own = none if self.controls == "vehicle" else treated
        return Comparison(treated, near, own, vehicles, kind, usable)

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
    if len(dropped) > 20:
        return wells[~np.isin(wells, dropped)]
    return wells[(wells != dropped[:, None]).all(axis=0)]  # several times as fast for a few
