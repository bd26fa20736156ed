"""Signatures computed from Level 3 wells while an index is built: no genomes are written down."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.metadata import match, read_metadata
from l1000_rnaseq.search.control_levels import ControlLevels
from l1000_rnaseq.search.sig_table import MEASURED, sig_table
from l1000_rnaseq.signatures.batch import batch_signatures
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import Design, design
from l1000_rnaseq.signatures.signature_files import WellReader
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.coordinates import Coordinates


@dataclass(frozen=True)
class WellsSource:
    """Signatures of Level 3 wells, translated by a bundle batch by batch: a `Source`.

    Attributes
    ----------
    table : DataFrame, sig_id × metadata
    genes : list of str
    reader : WellReader
    plan : Design
    direction : DirectionSettings
    provenance : dict
    space : Coordinates or None
        Without a model of changes the genomes themselves are compared.
    measured : DataFrame, signatures × `MEASURED`
        Filled while signatures are read.
    """

    table: pd.DataFrame
    genes: list[str]
    reader: WellReader
    plan: Design
    direction: DirectionSettings
    provenance: dict
    space: Coordinates | None = field(repr=False)
    measured: pd.DataFrame = field(repr=False)
    missing_are = "%s missing values of wells of %s were filled with the training mean"

    @classmethod
    def of(
        cls,
        level3: Path,
        info: Path,
        bundle: Bundle,
        controls: str = "vehicle",
        min_controls: int = 3,
        min_treated: int = 1,
        leave_out: list[str] = (),
    ) -> "WellsSource":
        """Plan the signatures of a Level 3 file.

        Parameters
        ----------
        level3, info : path
            Profiles, and a table of wells with the columns of inst_info.
        bundle : Bundle
        controls, min_controls, min_treated
            See `design`.
        leave_out : list of str
            Ids of signatures that are not wanted.

        Raises
        ------
        NoSignatures
            No treated well has such controls, or all signatures are left out.
        ValueError
            Bad input, in one sentence.
        """
        reader = WellReader.of(open_profiles(level3), bundle)
        wells = match(read_metadata(info), reader.file.sample_ids, level3, info, unlisted="drop")
        plan = design(wells, controls, False, min_treated, min_controls, info).without(leave_out)
        direction = DirectionSettings.of_controls(controls)
        made = {
            "profiles": Path(level3).name,
            "sha256": file_hash(level3),
            "wells": Path(info).name,
            "method": "cd",
            "controls": controls,
            "direction": asdict(direction),
            "bundle": bundle.card.get("sha256", ""),
            "library": __version__,
            "skipped": {reason: int(n) for reason, n in plan.reasons.items()},
        }
        table = sig_table(plan.signatures, "wells", info)
        measured = pd.DataFrame(np.nan, table.index, list(MEASURED))
        return cls(table, reader.genes, reader, plan, direction, made, bundle.coordinates, measured)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.reader.file.path.name

    @property
    def files(self) -> list[Path]:
        """What is read."""
        return [self.reader.file.path]

    @property
    def missing(self) -> Counter:
        """How many missing values were filled."""
        return Counter(values=self.reader.imputed["filled"])

    @property
    def wells(self) -> pd.Series:
        """The treated wells of each signature, joined by |."""
        return self.plan.signatures["distil_id"]

    @cached_property
    def levels(self) -> ControlLevels:
        """What untreated cells of its lines have of each gene."""
        return ControlLevels.of_wells(self.plan, self.reader)

    @cached_property
    def stops(self) -> np.ndarray:
        """Where a batch of signatures ends: they share their controls."""
        batches = self.plan.signatures["batch"].to_numpy()
        return np.r_[np.flatnonzero(batches[1:] != batches[:-1]) + 1, len(batches)]

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and directions of signatures: signatures × genes."""
        if self.space is None:
            return self._compute(start, stop)
        return tuple(self.space.genomes(values) for values in self.coordinates(start, stop))

    def coordinates(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as coordinates of `space`."""
        return self._compute(start, stop)

    def _compute(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        sig_ids = list(self.plan.signatures.index[start:stop])
        ids = self.plan.wells(sig_ids)
        if self.space is None:
            profiles, ones = self.reader.read(ids), None
        else:
            landmarks, filled = self.reader.landmarks.read_samples(ids)
            self.reader.imputed.update(filled=filled)
            profiles, ones = pd.DataFrame(self.space.profiles(landmarks), ids), self.space.ones
        done = batch_signatures(profiles, self.plan.plates, self.plan, sig_ids, "cd", self.direction, ones)
        self.measured.iloc[start:stop] = done.table[list(MEASURED)].to_numpy()
        return done.log2fc, done.score
