"""What the perturbagens of a simulated official release do, and what L1000 reads of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.data.simulate.biology import L1000_LINES, World, log2_cpm
from l1000_rnaseq.data.simulate.l1000 import Beads

DOSES = (0.04, 0.12, 0.37, 1.11, 3.33, 10.0)
TREATED = {"cp": "trt_cp", "sh": "trt_sh", "xpr": "trt_xpr"}
CONTROLS = {
    "cp": ("DMSO", "DMSO", "ctl_vehicle"),
    "sh": ("TRCN0000072237", "lacZ", "ctl_vector"),
    "xpr": ("BRDN-NONTARGET", "NONTARGET", "ctl_vector"),
}


def perturbagens(world: World, scale: float, seed: int) -> pd.DataFrame:
    """Draw what the wells are treated with.

    The first compounds and target genes are those of the planted world. Every further one does the same as
    one of these, by a strength between 0 and 1; four in ten do nothing.

    Parameters
    ----------
    world : World
    scale : float
        Share of 20,000 compounds and of 4,000 target genes (three hairpins and one guide each).
    seed : int

    Returns
    -------
    DataFrame, pert_id × (pert_iname, kind, programme, strength, ec50, hill)
        kind: cp, sh or xpr; programme: row of `Reader.effects`; ec50 in uM.
    """
    rng = np.random.default_rng([seed, 20])
    rows = [(c.pert_id, c.name, "cp", k, 1.0, c.ec50, c.hill) for k, c in enumerate(world.compounds.values())]
    n_known = len(rows)
    for number in range(n_known, max(60, round(20_000 * scale))):
        strength = rng.random() * (rng.random() < 0.6)
        shape = rng.uniform(0.2, 1.5), rng.uniform(0.8, 1.6)
        name = f"compound {number}"
        rows.append((f"BRD-K{10_000_000 + number}", name, "cp", number % n_known, strength, *shape))
    knockouts = list(world.knockouts.values())
    in_cmap = world.genes.index[world.genes["kind"] != "other"]
    targets = [k.gene for k in knockouts]
    others = rng.permutation(in_cmap.difference(targets))
    targets += list(others[: max(0, round(4000 * scale) - len(targets))])
    for number, gene in enumerate(targets):
        known = number < len(knockouts)
        strength = 1.0 if known else rng.random() * (rng.random() < 0.6)
        programme = n_known + number % len(knockouts)
        hairpins = list(knockouts[number].hairpins) if known else []
        hairpins += [f"TRCN{5_000_000 + 3 * number + k:010d}" for k in range(3 - len(hairpins))]
        rows += [(hairpin, gene, "sh", programme, strength, np.nan, np.nan) for hairpin in hairpins]
        rows.append((f"BRDN-{gene}", gene, "xpr", programme, strength, np.nan, np.nan))
    columns = ["pert_id", "pert_iname", "kind", "programme", "strength", "ec50", "hill"]
    return pd.DataFrame(rows, columns=columns).set_index("pert_id")


@dataclass(frozen=True)
class Reader:
    """L1000 as an instrument: landmarks are measured, the 11,350 other CMap genes are inferred from them.

    Attributes
    ----------
    world : World
    beads : Beads
    well_noise, plate_noise : float
        sd, log2 intensity.
    """

    world: World
    beads: Beads
    well_noise: float = 0.25
    plate_noise: float = 0.15

    @cached_property
    def effects(self) -> np.ndarray:
        """Log2 change of the landmarks at full effect: (compounds, then knock-outs) × 978."""
        marks, symbols = self.world.is_landmark, self.world.genes.index
        rows = [compound.effect for compound in self.world.compounds.values()]
        for knockout in self.world.knockouts.values():
            effect = knockout.effect.copy()
            effect[symbols.get_loc(knockout.gene)] = -knockout.log2_drop
            rows.append(effect)
        return np.array(rows)[:, marks]

    @cached_property
    def lines(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Names of the cell lines, log2 abundance of their landmarks, and log2 of all their abundance."""
        states = np.array([self.world.state(line) for line in L1000_LINES])
        return list(L1000_LINES), states[:, self.world.is_landmark], np.log2(np.exp2(states).sum(axis=1))

    def truth(self, line: int, change: np.ndarray) -> np.ndarray:
        """Log2(CPM+1) of the landmarks of wells (wells × 978) of a line, whose abundance has changed."""
        _, states, total = self.lines
        return np.log2(1 + 1e6 * np.exp2(states[line] + change - total[line]))

    @cached_property
    def reference(self) -> np.ndarray:
        """The 978 values, in ascending order, that every well has: the mean over the cell lines."""
        states = np.concatenate([self.truth(line, np.zeros((1, 978))) for line in range(len(self.lines[0]))])
        measured = self.beads.read(states, np.random.default_rng(0), self.well_noise)
        return np.sort(measured, axis=1).mean(axis=0)

    def read(
        self, truth: np.ndarray, rng: np.random.Generator, plate: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """Return Level 3 of wells × 978: measured, then quantile normalised, as CMap does."""
        measured = self.beads.read(truth, rng, self.well_noise, plate)
        return self.reference[np.argsort(np.argsort(measured, axis=1), axis=1)]

    @cached_property
    def genes(self) -> pd.Index:
        """Entrez ids of the 12,328 CMap genes in the order of GSE92742."""
        return pd.Index(cmap_genes()["entrez"].astype(str))

    @cached_property
    def _inference(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        world, marks = self.world, self.world.is_landmark
        in_world = world.genes.index.get_indexer(cmap_genes().index)
        is_measured = marks[in_world]
        level = log2_cpm(world.mean)
        middle = self.beads.saturate(level[None, marks])[0]
        slope = self.beads.table["slope"].to_numpy()
        gain = slope * (middle - 4) * (15 - middle) / 11  # of the sigmoid, there
        to_latent = np.linalg.pinv(world.loadings[marks] * gain[:, None]).T
        others = in_world[~is_measured]
        base = 4 + 11 / (1 + np.exp(-0.45 * (level[others] - np.median(level[marks]) - 1)))
        own = 0.45 * (base - 4) * (15 - base) / 11
        from_latent = (world.loadings[others] * own[:, None]).T
        return is_measured, middle, to_latent, from_latent, base

    def infer(self, measured: np.ndarray) -> np.ndarray:
        """Return 12,328 intensities per well of 978, as the regression of CMap would: linear in them."""
        is_measured, middle, to_latent, from_latent, base = self._inference
        whole = np.empty((len(measured), len(is_measured)), np.float32)
        whole[:, is_measured] = measured
        latent = (measured - middle) @ to_latent
        whole[:, ~is_measured] = np.clip(base + latent @ from_latent, 0, 15)
        return whole
