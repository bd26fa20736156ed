"""Signatures computed from Level 3 wells while an index is built: no genomes are written down."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
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
from l1000_rnaseq.search.well_table import WellTable
from l1000_rnaseq.signatures.batch import BatchSignatures, batch_signatures
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import Design, NoSignatures, batch_of, design
from l1000_rnaseq.signatures.signature_files import WellReader
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.coordinates import Coordinates
from l1000_rnaseq.translate.level3_input import Level3Input


@dataclass(frozen=True)
class WellsTask:
    """Some signatures that are to be computed: small, and able to be sent to another process.

    Attributes
    ----------
    landmarks : Level3Input
        Of the wells that are needed. The file is opened when it is read.
    plan : Design
        Of these signatures alone.
    direction : DirectionSettings
    """

    landmarks: Level3Input
    plan: Design
    direction: DirectionSettings

    def run(self, bundle: Bundle) -> tuple[BatchSignatures, int]:
        """Compute the signatures, as coordinates where the bundle has a model of changes, else as genomes.

        Returns
        -------
        signatures : BatchSignatures
        filled : int
            How many missing values were filled.
        """
        ids, space = list(self.plan.ids), bundle.coordinates
        landmarks, filled = self.landmarks.read_samples(ids)
        values = bundle.for_changes(landmarks) if space is None else space.profiles(landmarks)
        profiles, ones = pd.DataFrame(values, ids), None if space is None else space.ones
        sig_ids = list(self.plan.comparisons)
        plates = self.plan.plates
        return batch_signatures(profiles, plates, self.plan, sig_ids, "cd", self.direction, ones), filled


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
    missing : Counter
        How many missing values were filled.
    measured : DataFrame, signatures × `MEASURED`
        Filled while signatures are read.
    """

    table: pd.DataFrame
    genes: list[str]
    reader: WellReader
    plan: Design
    direction: DirectionSettings
    provenance: dict
    missing: Counter = field(repr=False)
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
    ) -> "WellsSource":
        """Plan the signatures of a Level 3 file against controls of one kind (see `in_order`)."""
        return cls.in_order(level3, info, bundle, {controls: min_controls}, min_treated)[0]

    @classmethod
    def in_order(
        cls, level3: Path, info: Path, bundle: Bundle, controls: Mapping[str, int], min_treated: int = 1
    ) -> list["WellsSource"]:
        """Plan the signatures of a Level 3 file, each against the first kind of controls that suffices.

        Parameters
        ----------
        level3, info : path
            Profiles, and a table of wells with the columns of inst_info.
        bundle : Bundle
        controls : dict, kind → fewest of them
            The preferred first (see `design`).
        min_treated : int

        Returns
        -------
        list of WellsSource
            One for each kind that has signatures.

        Raises
        ------
        NoSignatures
            No treated well has controls of any kind.
        ValueError
            Bad input, in one sentence.
        """
        reader = WellReader.of(open_profiles(level3), bundle)
        wells = match(read_metadata(info), reader.file.sample_ids, level3, info, unlisted="drop")
        made = {"profiles": Path(level3).name, "sha256": file_hash(level3), "wells": Path(info).name}
        made |= {"method": "cd", "bundle": bundle.card.get("sha256", ""), "library": __version__}
        sources, done = [], []
        for kind, least in controls.items():
            try:
                whole = design(wells, kind, False, min_treated, least, info)
                plan = whole.without(done) if done else whole
            except NoSignatures as error:
                nothing = error
                continue
            direction = DirectionSettings.of_controls(kind)
            skipped = {reason: int(n) for reason, n in whole.reasons.items()}
            settings = {"controls": kind, "direction": asdict(direction), "skipped": skipped}
            table = sig_table(plan.signatures, "wells", info)
            measured = pd.DataFrame(np.nan, table.index, list(MEASURED))
            counts = Counter()
            sources.append(
                cls(table, reader.genes, reader, plan, direction, made | settings, counts, measured)
            )
            done += list(plan.signatures.index)
            # other groups are looked for where some were skipped
            wells = wells[batch_of(whole.plates).isin(whole.skipped["batch"]).to_numpy()]
            if not len(wells):
                break
        if not sources:
            raise nothing
        return sources

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.reader.file.path.name

    @property
    def files(self) -> list[Path]:
        """What is read."""
        return [self.reader.file.path]

    @property
    def wells(self) -> pd.Series:
        """The treated wells of each signature, joined by |."""
        return self.plan.signatures["distil_id"]

    @cached_property
    def levels(self) -> ControlLevels:
        """What untreated cells of its lines have of each gene."""
        return ControlLevels.of_wells(self.plan, self.reader)

    @cached_property
    def single_wells(self) -> WellTable | None:
        """The wells behind its signatures; None without a model of changes."""
        if self.space is None:
            return None
        return WellTable.of_design(
            self.plan, lambda ids: self.space.profiles(self.reader.landmarks.read_samples(ids)[0])
        )

    @cached_property
    def stops(self) -> np.ndarray:
        """Where a batch of signatures ends: they share their controls."""
        batches = self.plan.signatures["batch"].to_numpy()
        return np.r_[np.flatnonzero(batches[1:] != batches[:-1]) + 1, len(batches)]

    @property
    def space(self) -> Coordinates | None:
        """The coordinates of its model; without a model of changes the genomes themselves are compared."""
        return self.reader.bundle.coordinates

    @property
    def shared(self) -> Bundle:
        """What all tasks need: it is sent to a process once."""
        return self.reader.bundle

    def task(self, start: int, stop: int) -> WellsTask:
        """Return what is to be computed for signatures `start` to `stop`."""
        plan = self.plan.of(self.plan.signatures.index[start:stop])
        landmarks = replace(self.reader.landmarks, file=self.reader.file.part(plan.ids))
        return WellsTask(landmarks, plan, self.direction)

    def note(self, start: int, measured: pd.DataFrame, filled: int) -> None:
        """Note what a task has found: the measures of its signatures, and how many values it filled."""
        self.measured.iloc[start : start + len(measured)] = measured[list(MEASURED)].to_numpy()
        self.missing.update(values=filled)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and directions of signatures: signatures × genes."""
        values = self.coordinates(start, stop)
        return values if self.space is None else tuple(map(self.space.genomes, values))

    def coordinates(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as coordinates of `space`."""
        signatures, filled = self.task(start, stop).run(self.shared)
        self.note(start, signatures.table, filled)
        return signatures.log2fc, signatures.score
