"""Plates of a simulated L1000 release, one batch in memory at a time: wells, z-scores, signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.official.perturbations import CONTROLS, DOSES, TREATED, Reader

N_WELLS, N_PLATES, CONTROL_SHARE = 384, 3, 1 / 16
LEAST_WELLS = 16  # of a plate of the smallest release
WELLS = np.array([f"{row}{column:02d}" for row in "ABCDEFGHIJKLMNOP" for column in range(1, 25)])
PROJECTS = {"cp": "CPC", "sh": "KDA", "xpr": "XPR"}


@dataclass(frozen=True)
class Batch:
    """Three replicate plates with one layout.

    Attributes
    ----------
    name : str
        Project, line and time, as in CPC001_A375_24H.
    kind : str
        cp, sh or xpr.
    line, hours : int
        Row of `Reader.lines`; hours of treatment.
    treatments : DataFrame, one row per well of the layout
        pert_id, pert_iname, pert_type, row (of the perturbagens; -1: control), dose (uM; NaN without one).
    sizes : tuple of int
        Wells of each plate: the first ones of the layout.
    """

    name: str
    kind: str
    line: int
    hours: int
    treatments: pd.DataFrame
    sizes: tuple[int, ...]

    @property
    def plates(self) -> list[str]:
        """Names of the plates."""
        return [f"{self.name}_X{number + 1}_B1" for number in range(len(self.sizes))]

    @cached_property
    def wells(self) -> pd.DataFrame:
        """Wells of all plates × (inst_id, plate, well, position in the layout, and the treatment)."""
        position = np.concatenate([np.arange(size) for size in self.sizes])
        plate = np.repeat(self.plates, self.sizes)
        table = self.treatments.iloc[position].reset_index(drop=True)
        table.insert(0, "inst_id", [f"{p}:{WELLS[k]}" for p, k in zip(plate, position, strict=True)])
        return table.assign(plate=plate, well=WELLS[position], position=position)

    @cached_property
    def signatures(self) -> pd.DataFrame:
        """Treatments of the batch × (sig_id, distil_id: its wells by |, and the treatment)."""
        wells = self.wells[self.wells["row"] >= 0]
        dose = wells["dose"].map("{:g}".format).replace("nan", "-666")
        name = wells["well"] if self.kind == "xpr" else wells["pert_id"] + ":" + dose
        wells = wells.assign(sig_id=self.name + ":" + name)
        table = wells.drop_duplicates("sig_id").reset_index(drop=True)
        members = wells.groupby("sig_id", sort=False)["inst_id"].agg("|".join)
        return table.assign(distil_id=members[table["sig_id"]].to_numpy())


@dataclass(frozen=True)
class Release:
    """The wells of a release, made batch by batch from the seed and the number of the batch alone.

    Attributes
    ----------
    reader : Reader
    perturbagens : DataFrame
        Of `perturbations.perturbagens`.
    n_wells : dict
        Kind → number of wells, controls counted.
    seed : int
        Another one for each release.
    """

    reader: Reader
    perturbagens: pd.DataFrame
    n_wells: dict[str, int]
    seed: int

    @cached_property
    def plan(self) -> list[tuple[str, int, tuple[int, ...]]]:
        """Kind, number within the kind, and sizes of the plates of every batch."""
        plan = []
        for kind, n in self.n_wells.items():
            n_batches = max(2, -(-n // (N_PLATES * N_WELLS)))
            n_plates = n_batches * N_PLATES
            least, more = divmod(max(n, n_plates * LEAST_WELLS), n_plates)
            sizes = [least + (number < more) for number in range(n_plates)]
            plan += [(kind, k, tuple(sizes[N_PLATES * k : N_PLATES * (k + 1)])) for k in range(n_batches)]
        return plan

    def batches(self) -> Iterator[Batch]:
        """Make the layout of every batch, one after the other."""
        return (self._batch(*planned) for planned in self.plan)

    def _batch(self, kind: str, number: int, sizes: tuple[int, ...]) -> Batch:
        rng = np.random.default_rng([self.seed, 1, ord(kind[0]), number])
        names, line = self.reader.lines[0], 5 * number % len(self.reader.lines[0])
        hours = (24, 6)[number % 2] if kind == "cp" else 96
        width = max(sizes)
        is_control = np.zeros(width, bool)
        is_control[rng.permutation(width)[: max(4, round(CONTROL_SHARE * width))]] = True
        n_treated = int((~is_control).sum())
        members = np.flatnonzero(self.perturbagens["kind"] == kind)
        n_members = min(len(members), -(-n_treated // len(DOSES)) if kind == "cp" else n_treated)
        chosen = members[(number // 2 * n_members + np.arange(n_members)) % len(members)]
        row, dose = np.full(width, -1), np.full(width, np.nan)
        row[~is_control] = np.resize(chosen, n_treated)
        if kind == "cp":
            dose[~is_control] = np.array(DOSES[::-1])[np.arange(n_treated) // n_members % len(DOSES)]
        pert_id, name, pert_type = CONTROLS[kind]
        described = self.perturbagens.iloc[row].reset_index()
        treatments = pd.DataFrame(
            {
                "pert_id": described["pert_id"].mask(is_control, pert_id),
                "pert_iname": described["pert_iname"].mask(is_control, name),
                "pert_type": np.where(is_control, pert_type, TREATED[kind]),
                "row": row,
                "dose": dose,
            }
        )
        batch = f"{PROJECTS[kind]}{self.seed % 10}{number:04d}_{names[line]}_{hours}H"
        return Batch(batch, kind, line, hours, treatments, sizes)

    def measure(self, batch: Batch) -> np.ndarray:
        """Return the Level 3 landmarks of a batch: wells × 978, log2 intensity."""
        reader, wells = self.reader, batch.wells
        rng = np.random.default_rng([self.seed, 2, *batch.name.encode()])
        treated = batch.treatments["row"].to_numpy() >= 0
        told = self.perturbagens.iloc[batch.treatments["row"]]
        dose, hill = batch.treatments["dose"].to_numpy(), told["hill"].to_numpy()
        with np.errstate(invalid="ignore"):
            active = np.where(np.isnan(dose), 1, dose**hill / (told["ec50"].to_numpy() ** hill + dose**hill))
        active = active * told["strength"].to_numpy() * treated * (0.6 if batch.hours == 6 else 1)
        change = active[:, None] * reader.effects[told["programme"]]
        truth = reader.truth(batch.line, change)[wells["position"]]
        shift = rng.normal(0, reader.plate_noise, (len(batch.sizes), truth.shape[1]))
        shift += rng.normal(0, reader.plate_noise, truth.shape[1])
        return reader.read(truth, rng, np.repeat(shift, batch.sizes, axis=0))


def z_scores(level3: np.ndarray, batch: Batch) -> np.ndarray:
    """Return Level 4: each gene against its plate, (value − median) / (1.4826 · MAD), clipped to ±10."""
    scores = np.empty_like(level3)
    stop = 0
    for size in batch.sizes:
        start, stop = stop, stop + size
        plate = level3[start:stop]
        away = plate - np.median(plate, axis=0)
        spread = 1.4826 * np.median(np.abs(away), axis=0)
        scores[start:stop] = np.clip(away / np.maximum(spread, 0.1), -10, 10)
    return scores


def signature_scores(level4: np.ndarray, batch: Batch) -> np.ndarray:
    """Return Level 5: the mean z-score of the replicates of each signature (equal weights)."""
    wells = pd.Series(np.arange(len(level4)), index=batch.wells["inst_id"])
    rows = [level4[wells[ids.split("|")]].mean(axis=0) for ids in batch.signatures["distil_id"]]
    return np.array(rows, np.float32).reshape(-1, level4.shape[1])
