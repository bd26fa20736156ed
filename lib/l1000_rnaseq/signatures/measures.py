"""How far to believe a signature: replicate agreement, strength, and p_vehicle.

All three are computed from inner products of wells: one wells × wells matrix per batch. Every difference is
taken within a plate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product
from math import comb, prod

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.controls import Comparison
from l1000_rnaseq.signatures.plate_contrast import plate_contrast, well_contrasts

MAX_DRAWS = 200
"""Most vehicle signatures that a signature is compared with: the smallest p_vehicle is 1 / 201."""


@dataclass(frozen=True)
class Measures:
    """Inner products of the wells of a batch, and what follows from them.

    Attributes
    ----------
    products : array, wells × wells
        Mean over genes of the product of two wells, centred by gene over all wells.
    means : array, wells
        Mean over genes of each well, centred likewise.
    plates : int array, wells
        The number of each well's plate, from 0 on.
    """

    products: np.ndarray
    means: np.ndarray
    plates: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, plates: np.ndarray, ones: np.ndarray | None = None) -> "Measures":
        """Take profiles (wells × genes, log2), or their coordinates (see `batch_signatures`)."""
        ones = np.ones(values.shape[1]) if ones is None else ones
        centred = np.subtract(values, values.mean(axis=0, dtype=np.float64), dtype=values.dtype)
        products = (centred @ centred.T).astype(np.float64, copy=False)
        plates = pd.factorize(np.asarray(plates), sort=True)[0]
        return cls(products / (ones @ ones), centred @ ones / (ones @ ones), plates)

    def sizes(self, contrasts: np.ndarray) -> np.ndarray:
        """Return the root mean square log2 fold change of contrasts (contrasts × wells)."""
        return np.sqrt(np.maximum(np.einsum("cw,cw->c", contrasts @ self.products, contrasts), 0))

    def scatter(self, wells: np.ndarray) -> float:
        """Return the root mean square deviation of wells from their plate's mean; NaN without replicates."""
        squares, df = 0.0, 0
        for plate in np.unique(self.plates[wells]):
            rows = wells[self.plates[wells] == plate]
            inner = self.products[np.ix_(rows, rows)]
            squares, df = squares + inner.trace() - inner.sum() / len(rows), df + len(rows) - 1
        return float(np.sqrt(max(squares, 0) / df)) if df else float("nan")

    def agreement(self, treated: np.ndarray, controls: np.ndarray) -> float:
        """Return the mean pairwise Pearson correlation of the replicates' log2 fold changes.

        Each treated well is compared with the controls of its own plate. Wells whose plate has fewer than two
        controls take no part. Replicates of one plate share their controls, which raises their agreement a
        little. NaN for fewer than two replicates, or one that does not change.
        """
        n_controls = (self.plates[controls] == self.plates[treated][:, None]).sum(axis=1)
        if (treated := treated[n_controls >= 2]).size < 2:
            return float("nan")
        changes = well_contrasts(treated, controls, self.plates)
        products, means = changes @ self.products @ changes.T, changes @ self.means
        return float(self._agreements(products[None], means[None], np.ones((1, len(treated)), bool))[0])

    def agreements_and_sizes(self, comparisons: Sequence[Comparison]) -> tuple[np.ndarray, np.ndarray]:
        """Return the `agreement` of many comparisons, and the size of each (see `sizes`).

        Comparisons of a plate share the wells that controls are taken from. So products with the sums of
        those wells serve all, and each comparison costs as much as it has replicates.
        """
        numbers, every = self._control_sets(comparisons)
        with_wells, n = every @ self.products, len(self.plates)
        products = np.block([[self.products, with_wells.T], [with_wells, with_wells @ every.T]])
        means, n_near = np.r_[self.means, every @ self.means], every.sum(axis=1)
        agreements, sizes = np.empty((2, len(comparisons)))
        n_treated = np.array([len(each.treated) for each in comparisons])
        has_own = np.array([len(each.own) > 0 for each in comparisons])
        for count in np.unique(n_treated):  # those with as many replicates, all at once
            members = np.flatnonzero(n_treated == count)
            treated = np.array([comparisons[member].treated for member in members])
            sets = np.array([numbers[member][self.plates[comparisons[member].treated]] for member in members])
            on, eye = self.plates[treated], np.eye(count)
            same = (on[:, :, None] == on[:, None, :]) & has_own[members, None, None]
            n_controls = n_near[sets] - same.sum(axis=2)
            share = 1 / n_controls[:, :, None]
            weights = np.concatenate([eye + same * share, -eye * share], axis=2)
            at = np.hstack([treated, n + sets])
            inner = weights @ products[at[:, :, None], at[:, None, :]] @ weights.transpose(0, 2, 1)
            of_means = (weights @ means[at][:, :, None])[:, :, 0]
            sizes[members] = np.sqrt(np.maximum(inner.mean(axis=(1, 2)), 0))
            agreements[members] = self._agreements(inner, of_means, n_controls >= 2)
        return agreements, sizes

    def _control_sets(self, comparisons: Sequence[Comparison]) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the distinct sets of wells that controls are taken from: sets × wells, 0 or 1.

        Before it, for each comparison, the number of its set on each plate.
        """
        names: dict[tuple[int, int], int] = {}
        of_near: dict[tuple[int, ...], np.ndarray] = {}
        numbers, sets = [], []
        for each in comparisons:
            key = tuple(map(id, each.near))
            if key not in of_near:
                of_near[key] = np.zeros(self.plates.max() + 1, int)
                for near in each.near:
                    for plate in np.unique(self.plates[near]):
                        if (id(near), plate) not in names:
                            names[id(near), plate] = len(sets)
                            on_plate = near[self.plates[near] == plate]
                            sets.append(np.bincount(on_plate, minlength=len(self.plates)))
                        of_near[key][plate] = names[id(near), plate]
            numbers.append(of_near[key])
        return numbers, np.array(sets, np.float64)

    def _agreements(self, products: np.ndarray, means: np.ndarray, counted: np.ndarray) -> np.ndarray:
        """Return the agreement of changes.

        Parameters
        ----------
        products, means : array, comparisons × replicates (× replicates)
            Products of their changes, and means over genes.
        counted : bool array, comparisons × replicates
            Those that take part.
        """
        covariance = products - means[:, :, None] * means[:, None, :]
        spread = np.sqrt(np.maximum(np.einsum("crr->cr", covariance), 0))
        still = spread <= 2e-7 * self.largest  # weights of a change are 1 and, together, -1
        correlation = (
            covariance / np.where(still, 1, spread)[:, :, None] / np.where(still, 1, spread)[:, None, :]
        )
        pairs = counted[:, :, None] & counted[:, None, :] & ~np.eye(products.shape[1], dtype=bool)
        n_pairs = pairs.sum(axis=(1, 2))
        mean = (correlation * pairs).sum(axis=(1, 2)) / np.maximum(n_pairs, 1)
        return np.where((n_pairs > 0) & ~(still & counted).any(axis=1), mean, np.nan)

    @cached_property
    def largest(self) -> float:
        """The largest root mean square of a well."""
        return float(np.sqrt(np.abs(self.products).max()))

    def null_sizes(
        self,
        treated: np.ndarray,
        vehicles: np.ndarray,
        others: np.ndarray,
        reference: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the strength, times scatter, of signatures of vehicle wells in place of treated ones.

        Parameters
        ----------
        treated, vehicles : array
            As many vehicles are used as there are treated wells on a plate, but at most half of its vehicles.
        others : array
            What these vehicles are compared with; the vehicles themselves are left out of it.
        reference : array, optional
            What they are compared with instead, where that is not a well.
        """
        contrasts, noises, n_plates = [], [], self.plates.max() + 1
        is_other = np.zeros(len(self.plates), bool)
        is_other[others] = True
        for played in vehicle_draws(self.plates, treated, vehicles):
            left = is_other.copy()
            left[played] = False
            left = np.flatnonzero(left)
            if (np.bincount(self.plates[left], minlength=n_plates)[self.plates[played]] > 0).all():
                contrast = plate_contrast(played, left, self.plates)
                noises.append(np.linalg.norm(contrast))
                if reference is not None:
                    contrast = plate_contrast(played, reference, self.plates)
                contrasts.append(contrast)
        return self.sizes(np.array(contrasts)) / noises if noises else np.zeros(0)


def vehicle_draws(plates: np.ndarray, treated: np.ndarray, vehicles: np.ndarray) -> list[np.ndarray]:
    """Return sets of vehicle wells that have the plates of the treated wells: all, or 200 drawn by seed 0.

    Examples
    --------
    >>> draws = vehicle_draws(np.array(list("aaaa")), np.array([0]), np.array([1, 2, 3]))
    >>> [draw.tolist() for draw in draws]
    [[1], [2], [3]]
    """
    pools = []
    for plate in np.unique(plates[treated]):
        pool = np.sort(vehicles[plates[vehicles] == plate])
        n_played = min((plates[treated] == plate).sum(), len(pool) // 2)
        if n_played:
            pools.append((pool, int(n_played)))
    if not pools:
        return []
    if prod(comb(len(pool), n) for pool, n in pools) <= MAX_DRAWS:
        sets = product(*(combinations(pool, n) for pool, n in pools))
        return [np.concatenate(parts) for parts in islice(sets, MAX_DRAWS)]
    rng = np.random.default_rng(0)
    return [
        np.concatenate([rng.choice(pool, n, replace=False) for pool, n in pools]) for _ in range(MAX_DRAWS)
    ]


def place_in_null(size: float, null: np.ndarray) -> float:
    """Return (1 + how many of the null are as large) / (1 + how many there are); NaN without any."""
    return float((1 + (null >= size).sum()) / (1 + len(null))) if len(null) else float("nan")
