"""How far to believe a signature: replicate agreement, strength, and p_vehicle.

All three are computed from inner products of wells: one wells × wells matrix per batch. Every difference is
taken within a plate.
"""

from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, prod

import numpy as np

from l1000_rnaseq.signatures.plate_contrast import plate_contrast

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
    plates : array, wells
    """

    products: np.ndarray
    means: np.ndarray
    plates: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, plates: np.ndarray, ones: np.ndarray | None = None) -> "Measures":
        """Take profiles (wells × genes, log2), or their coordinates (see `batch_signatures`)."""
        ones = np.ones(values.shape[1]) if ones is None else ones
        centred = values - values.mean(axis=0, dtype=np.float64)
        return cls(centred @ centred.T / (ones @ ones), centred @ ones / (ones @ ones), np.asarray(plates))

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
        n_controls = [(self.plates[controls] == plate).sum() for plate in self.plates[treated]]
        treated = treated[np.array(n_controls) >= 2]
        if len(treated) < 2:
            return float("nan")
        changes = np.array([plate_contrast(np.array([well]), controls, self.plates) for well in treated])
        means = changes @ self.means
        covariance = changes @ self.products @ changes.T - np.outer(means, means)
        spread = np.sqrt(np.maximum(covariance.diagonal(), 0))
        if (spread <= 1e-7 * np.abs(changes).sum(axis=1) * np.sqrt(np.abs(self.products).max())).any():
            return float("nan")
        return float((covariance / np.outer(spread, spread))[np.triu_indices(len(treated), 1)].mean())

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
        sizes = []
        for played in vehicle_draws(self.plates, treated, vehicles):
            left = others[~np.isin(others, played)]
            if np.isin(self.plates[played], self.plates[left]).all():
                contrast = plate_contrast(played, left, self.plates)
                noise = np.linalg.norm(contrast)
                if reference is not None:
                    contrast = plate_contrast(played, reference, self.plates)
                sizes.append(self.sizes(contrast[None])[0] / noise)
        return np.array(sizes)


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
