"""The single wells behind the best hits, for the page of a gene."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.search.single_wells import SingleWells

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
N_STRIPS = 4
FEW = 12
"""So many compared wells are shown one by one, whatever they are."""


@dataclass(frozen=True)
class WellStrips:
    """The wells behind signatures, ready to be asked gene by gene.

    Attributes
    ----------
    wells : SingleWells or None
        None where the index keeps none.
    is_shown : bool array, signatures
        Whether their wells are kept and nothing is doubtful about them.
    compound : int array, signatures
    control : object array, signatures
        What each is compared with.
    """

    wells: SingleWells | None
    is_shown: np.ndarray
    compound: np.ndarray
    control: np.ndarray

    @classmethod
    def of(cls, wells: SingleWells | None, signatures: pd.DataFrame) -> "WellStrips":
        """Read what is needed off `Index.signatures`."""
        is_clean = (signatures["flags"].astype(str) == "").to_numpy()
        is_shown = is_clean & wells.is_known if wells is not None else is_clean
        compound = pd.factorize(signatures["compound"].astype(str))[0]
        return cls(wells, is_shown, compound, signatures["control"].astype(str).to_numpy(object))

    def strips(self, symbol: str, hits: pd.DataFrame, n: int = N_STRIPS) -> list[dict] | None:
        """Return how far a gene moved in the wells behind the best hits.

        Parameters
        ----------
        symbol : str
        hits : DataFrame, row number of the signature × (direction, log2fc, concordant)
        n : int
            Hits of each direction: those with the largest change whose wells are kept, one for each
            perturbagen. Doubtful and discordant ones are left out.

        Returns
        -------
        list of dict (row, direction, treated, controls, others, n_compared, as_far)
            Rises first; None where the index keeps no wells. treated, controls: log2 change in each well from
            the mean of the compared wells of its plate. others: quantiles 5, 25, 50, 75 and 95 % of the
            compared wells where these are other treatments. as_far: how many of the n_compared wells go at
            least as far as the mean of the treated ones.
        """
        if self.wells is None:
            return None
        rows, sizes = hits.index.to_numpy(), np.abs(hits["log2fc"].to_numpy())
        is_shown = self.is_shown[rows] & hits["concordant"].to_numpy(bool)
        ways, strips = hits["direction"].to_numpy(), []
        for sign, way in ((1, "up"), (-1, "down")):
            side = np.flatnonzero(is_shown & (ways == way))
            side = rows[side[np.argsort(-sizes[side], kind="stable")]]
            first = np.sort(np.unique(self.compound[side], return_index=True)[1])[:n]
            strips += [self._strip(symbol, int(row), sign) for row in side[first]]
        return strips

    def _strip(self, symbol: str, row: int, direction: int) -> dict:
        parts = {kind: values for kind, (_, values) in self.wells.changes_behind(row, symbol).items()}
        treated, controls, others = parts["treated"], parts["compared"], []
        n, as_far = len(controls), int((direction * controls >= direction * treated.mean()).sum())
        if not self.control[row].startswith("ctl") and n > FEW:
            controls, others = parts["vehicle"], np.quantile(controls, QUANTILES)
        numbers = {
            name: [round(float(value), 2) for value in values]
            for name, values in (("treated", treated), ("controls", controls), ("others", others))
        }
        return {"row": row, "direction": direction} | numbers | {"n_compared": n, "as_far": as_far}
