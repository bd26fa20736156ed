"""A Level 3 release of the size of LINCS, streamed: wells, their table, and what each perturbagen does.

Layout, as in GSE92742: plates of 384 wells, 24 of them vehicles; two or three replicate plates per batch. For
its 473,647 signatures that makes 1.32 million wells. A batch is one cell line and time, and 360 treatments:
60 compounds at six doses, 360 compounds at 10 uM, or 360 hairpins.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.gctx import GctxWriter
from l1000_rnaseq.data.files.metadata import write_metadata
from l1000_rnaseq.data.files.output import LOCK, output
from l1000_rnaseq.data.genes import landmarks

FULL = 473_647
"""Signatures of GSE92742."""
N_WELLS, N_VEHICLES, N_CELLS, LATENT = 384, 24, 77, 30
N_TREATED = N_WELLS - N_VEHICLES
DOSES = (0.04, 0.12, 0.37, 1.11, 3.33, 10.0)
WELL_NOISE, PLATE_NOISE = 0.35, 0.2
WELLS = tuple(f"{row}{column:02d}" for row in "ABCDEFGHIJKLMNOP" for column in range(1, 25))


@dataclass(frozen=True)
class Perturbagens:
    """What is planted.

    Attributes
    ----------
    table : DataFrame, pert_id × (pert_iname, pert_type, strength, raised, lowered)
        strength: root mean square log2 change of the landmarks at full effect; 0 of those that do nothing.
        raised, lowered: the landmark that moves most each way.
    effects : float32 array, perturbagens × landmarks
    """

    table: pd.DataFrame
    effects: np.ndarray

    @classmethod
    def of(cls, n_signatures: int, seed: int) -> "Perturbagens":
        """Draw 20,000, fewer for fewer signatures; one in four is a hairpin, six in ten do something."""
        rng, genes = np.random.default_rng([seed, 0]), landmarks().index.to_numpy()
        n = max(4 * N_TREATED, round(20_000 * n_signatures / FULL))
        n_hairpins = n // 4
        patterns = rng.standard_normal((LATENT, len(genes)), np.float32)
        effects = rng.standard_normal((n, LATENT), np.float32) @ patterns
        effects += 5 * rng.standard_normal(effects.shape, np.float32)
        strength = np.where(rng.random(n) < 0.6, 0.3 * np.exp(rng.normal(0, 0.5, n)), 0)
        effects *= (strength / np.sqrt((effects**2).mean(axis=1)))[:, None].astype(np.float32)
        is_hairpin = np.arange(n) >= n - n_hairpins
        number = np.arange(n)
        ids = [f"{'TRCN' if of else 'BRD-K'}{k:08d}" for k, of in zip(number, is_hairpin, strict=True)]
        names = [f"{'gene' if of else 'compound'} {k}" for k, of in zip(number, is_hairpin, strict=True)]
        table = pd.DataFrame(
            {
                "pert_iname": names,
                "pert_type": np.where(is_hairpin, "trt_sh", "trt_cp"),
                "strength": strength.round(4),
                "raised": np.where(strength > 0, genes[effects.argmax(axis=1)], ""),
                "lowered": np.where(strength > 0, genes[effects.argmin(axis=1)], ""),
            },
            pd.Index(ids, name="pert_id"),
        )
        return cls(table, effects)


@dataclass(frozen=True)
class Batch:
    """The layout of one batch, the same on each of its plates.

    Attributes
    ----------
    name : str
    cell, hours, n_plates : int
    wells : array of str
    perturbagen : int array, wells
        Row of `Perturbagens.table`; -1 in vehicle wells.
    dose : array, wells
        uM; NaN in vehicle wells and of hairpins.
    """

    name: str
    cell: int
    hours: int
    n_plates: int
    wells: np.ndarray
    perturbagen: np.ndarray
    dose: np.ndarray

    @property
    def plates(self) -> list[str]:
        """The names of its plates."""
        return [f"{self.name}_X{number}_B3" for number in range(1, self.n_plates + 1)]

    @property
    def ids(self) -> list[str]:
        """The ids of all its wells, plate by plate."""
        return [f"{plate}:{well}" for plate in self.plates for well in self.wells]


@dataclass(frozen=True)
class Lincs:
    """A release: its batches are made one by one, each from the seed and its number alone.

    Attributes
    ----------
    n_signatures, seed : int
    """

    n_signatures: int
    seed: int = 0

    @cached_property
    def perturbagens(self) -> Perturbagens:
        """What is planted."""
        return Perturbagens.of(self.n_signatures, self.seed)

    @cached_property
    def levels(self) -> np.ndarray:
        """log2 intensity of the untreated lines: cell lines × landmarks."""
        rng, n = np.random.default_rng([self.seed, 1]), len(landmarks())
        return np.clip(rng.normal(8.5, 1.8, n) + rng.normal(0, 0.8, (N_CELLS, n)), 4.5, 14).astype(np.float32)

    @cached_property
    def sensitivity(self) -> np.ndarray:
        """How strongly each line responds to each perturbagen: cell lines × perturbagens."""
        size = N_CELLS, len(self.perturbagens.table)
        return np.random.default_rng([self.seed, 2]).uniform(0.5, 1.5, size).astype(np.float32)

    @cached_property
    def batches(self) -> list[Batch]:
        """The layout of every batch; the last one has what is left of the treatments."""
        return [self._batch(number) for number in range(-(-self.n_signatures // N_TREATED))]

    def _batch(self, number: int) -> Batch:
        rng = np.random.default_rng([self.seed, 3, number])
        n = min(N_TREATED, self.n_signatures - number * N_TREATED)
        plate_map, copy = divmod(number, 6)  # one map of treatments is run in six lines and times
        cell, hours = (13 * plate_map + copy // 2) % N_CELLS, (6, 24)[copy % 2]
        is_hairpin, at_doses = plate_map % 4 == 3, plate_map % 2 == 0
        members = np.flatnonzero((self.perturbagens.table["pert_type"] == "trt_sh") == is_hairpin)
        width = min(N_TREATED // len(DOSES) if at_doses else N_TREATED, len(members))
        chosen = members[(plate_map // 4 * width + np.arange(width)) % len(members)]
        perturbagen = np.full(n + N_VEHICLES, -1)
        dose = np.full(len(perturbagen), np.nan)
        treated = np.sort(rng.permutation(len(perturbagen))[:n])
        perturbagen[treated] = np.resize(chosen, n)
        if not is_hairpin:
            dose[treated] = np.resize(DOSES[::-1], n // width + 1)[np.arange(n) // width]
        wells = np.array(WELLS)[np.sort(rng.permutation(N_WELLS)[: len(perturbagen)])]
        name = f"{'KDA' if is_hairpin else 'CPC'}{plate_map:04d}_CELL{cell:02d}_{hours}H"
        # 2.61 plates on average, as 1.32 million wells need
        return Batch(name, cell, hours, 2 + (11 * number % 18 < 11), wells, perturbagen, dose)

    def info(self, batch: Batch) -> pd.DataFrame:
        """Return the rows of inst_info of a batch."""
        table, rows, is_vehicle = self.perturbagens.table, batch.perturbagen, batch.perturbagen < 0
        control = ("TRCN-EMPTY", "EMPTY_VECTOR", "ctl_vector")
        if not np.isnan(batch.dose).all():
            control = ("DMSO", "DMSO", "ctl_vehicle")
        columns = {"rna_plate": "", "rna_well": batch.wells}
        described = table.iloc[rows].reset_index()
        for name, of_control in zip(("pert_id", "pert_iname", "pert_type"), control, strict=True):
            columns[name] = described[name].mask(is_vehicle, of_control).to_numpy()
        columns["pert_dose"] = ["-666" if np.isnan(dose) else f"{dose:g}" for dose in batch.dose]
        columns["pert_dose_unit"] = np.where(np.isnan(batch.dose), "-666", "um")
        constant = {"pert_time": batch.hours, "pert_time_unit": "h", "cell_id": f"CELL{batch.cell:02d}"}
        one = pd.DataFrame({**columns, **constant})
        whole = pd.concat([one.assign(rna_plate=plate) for plate in batch.plates])
        return whole.set_axis(pd.Index(batch.ids, name="inst_id"))

    def profiles(self, number: int) -> np.ndarray:
        """Return the profiles of a batch: wells × landmarks, log2 intensity, float32."""
        batch, rng = self.batches[number], np.random.default_rng([self.seed, 4, number])
        treated = np.flatnonzero(batch.perturbagen >= 0)
        perturbagen, dose = batch.perturbagen[treated], batch.dose[treated]
        effect = np.where(np.isnan(dose), 1, dose / (dose + 0.5)) * self.sensitivity[batch.cell, perturbagen]
        effect *= 0.6 if batch.hours == 6 else 1.0
        state = np.tile(self.levels[batch.cell], (len(batch.wells), 1))
        state[treated] += effect[:, None].astype(np.float32) * self.perturbagens.effects[perturbagen]
        state += PLATE_NOISE * rng.standard_normal(state.shape[1], np.float32)
        values = rng.standard_normal((batch.n_plates, *state.shape), np.float32)
        values *= WELL_NOISE
        values += state
        values += PLATE_NOISE * rng.standard_normal((batch.n_plates, 1, state.shape[1]), np.float32)
        np.clip(values, 0, 15, out=values)
        return values.reshape(-1, state.shape[1])


def simulate_lincs(
    folder: Path, n_signatures: int = FULL, seed: int = 0, force: bool = False, progress: bool = True
) -> int:
    """Write l1000/level3.gctx, l1000/inst_info.txt and truth/perturbagens.tsv; a killed run goes on.

    Only landmark rows are written, 10.9 kB per signature: 5.2 GB at the size of GSE92742. One batch is in
    memory at a time. The same seed gives the same values.

    Parameters
    ----------
    folder : path
        Made if it does not exist; must be empty unless `force`, but for what a run that was stopped left.
    n_signatures : int
        Of single doses, times and cell lines in single batches (see the module).
    seed : int
    force : bool
        Write into a folder that is not empty.
    progress : bool

    Returns
    -------
    int
        Number of wells.

    Raises
    ------
    ValueError
        Fewer than 50 signatures, or a folder that is not empty.

    Examples
    --------
    >>> simulate_lincs("small_lincs", 300)  # doctest: +SKIP
    972
    """
    folder = Path(folder)
    if n_signatures < 50:
        raise ValueError(f"{n_signatures} signatures were asked for; expected at least 50.")
    release = Lincs(n_signatures, seed)
    with output(folder, folder=True):
        begun = folder / ".unfinished"
        if {path.name for path in folder.iterdir()} - {LOCK} and not begun.exists() and not force:
            raise ValueError(f"{folder} is not empty; name an empty or new folder, or pass --force.")
        begun.touch()
        for name in ("l1000", "truth"):
            (folder / name).mkdir(exist_ok=True)
        ids = [name for batch in release.batches for name in batch.ids]
        with atomic(folder / "l1000" / "inst_info.txt") as part:
            for number, batch in enumerate(release.batches):
                text = release.info(batch).to_csv(sep="\t", header=number == 0, lineterminator="\n")
                with part.open("a") as file:
                    file.write(text)
        genes = landmarks()
        rows = pd.DataFrame({"pr_gene_symbol": genes.index}, genes["entrez"].astype(str))
        with (
            GctxWriter(folder / "l1000" / "level3.gctx", rows.index, ids, rows, attrs={"seed": seed}) as out,
            tqdm(total=len(ids), initial=out.done, unit="well", disable=not progress) as bar,
        ):
            stop = 0
            for number, batch in enumerate(release.batches):
                start, stop = stop, stop + batch.n_plates * len(batch.wells)
                if stop > out.done:
                    out.write(start, release.profiles(number))
                    bar.update(stop - start)
        write_metadata(folder / "truth" / "perturbagens.tsv", release.perturbagens.table)
        begun.unlink()
    return len(ids)
