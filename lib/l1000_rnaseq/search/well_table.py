"""Which wells are behind signatures, and how their values are read while an index is built."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from l1000_rnaseq.signatures.design import Design

KINDS = ("treated", "compared", "vehicles")


@dataclass(frozen=True)
class WellTable:
    """Which wells are behind some signatures.

    Attributes
    ----------
    ids, plates : object array, wells
    of_signature : dict, kind of `KINDS` → list of int arrays, signatures
        Rows of wells: those that were treated; those that they are compared with, on their plates; the
        vehicles of these plates, which may be the same wells. Signatures share arrays; the treated wells do
        not count where they are among the compared ones.
    read : callable
        Rows of wells → wells × coordinates.
    """

    ids: np.ndarray
    plates: np.ndarray
    of_signature: dict[str, list[np.ndarray]]
    read: Callable[[np.ndarray], np.ndarray]

    @classmethod
    def unknown(cls, n: int) -> "WellTable":
        """Return the table of n signatures whose wells are not known."""
        none = np.zeros(0, int)
        return cls(none.astype(object), none.astype(object), {kind: [none] * n for kind in KINDS}, len)

    @classmethod
    def of_design(cls, plan: Design, read: Callable[[list[str]], np.ndarray]) -> "WellTable":
        """List the wells of a design; `read` takes their ids."""
        plan = plan.of(plan.signatures.index)  # with their wells only
        compared: dict[tuple, np.ndarray] = {}
        for each in plan.comparisons.values():
            compared.setdefault(tuple(map(id, each.near)), np.concatenate(each.near))
        wells = {
            "treated": [each.treated for each in plan.comparisons.values()],
            "compared": [compared[tuple(map(id, each.near))] for each in plan.comparisons.values()],
            "vehicles": [each.vehicles for each in plan.comparisons.values()],
        }
        plates = plan.plates.astype(str).to_numpy(object)
        return cls(plan.ids, plates, wells, lambda rows: read(list(plan.ids[rows])))

    def of(self, rows: np.ndarray) -> "WellTable":
        """Return the table of some signatures, by their row numbers."""
        kept = {kind: [wells[row] for row in rows] for kind, wells in self.of_signature.items()}
        return replace(self, of_signature=kept)

    @property
    def needed(self) -> np.ndarray:
        """The rows of every well that a signature has, plate by plate."""
        arrays = {id(rows): rows for wells in self.of_signature.values() for rows in wells}
        rows = np.unique(np.concatenate([np.zeros(0, int), *arrays.values()]))
        return rows[np.argsort(self.plates[rows].astype(str), kind="stable")]
