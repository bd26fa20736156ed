"""Where signatures are read from: folders of `signatures`, and Level 5 z-scores, plain or extended."""

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from l1000_rnaseq.data.dialects import columns_of
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.gene_ids import check_unique
from l1000_rnaseq.data.scale import SCORES, check_scale, fill_missing
from l1000_rnaseq.search.control_levels import ControlLevels
from l1000_rnaseq.search.sig_table import sig_info_beside, sig_table, wells_of
from l1000_rnaseq.signatures.signature_folder import FILES, read_provenance

if TYPE_CHECKING:
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.change.coordinates import Coordinates

log = logging.getLogger(__name__)


class Source(Protocol):
    """Signatures that are read block by block.

    Attributes
    ----------
    table : DataFrame, sig_id × (TABLE, NUMBERS, source)
    genes : list of str
    files : sequence of path, optional
        What is read.
    name : str, optional
        Of the file or folder.
    wells : Series, sig_id → its treated wells joined by |, optional
    has_directions : bool, optional
        False where a score is the log2 fold change times a number.
    space : Coordinates, optional
        `coordinates(start, stop)` gives what `read` gives, as coordinates there.
    stops : sequence of int, optional
        Where blocks end that are read best at once.
    measured : DataFrame, signatures × `sig_table.MEASURED`, optional
        What only reading tells of the signatures.
    levels : ControlLevels, optional
        What untreated cells of its lines have of each gene.
    """

    table: pd.DataFrame
    genes: list[str]

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and scores of signatures `start` to `stop`: signatures × genes."""


class _Level5:
    """What the sources of Level 5 z-scores have in common."""

    z: ProfileFile
    has_directions = False
    missing_are = "%s missing z-scores of %s were taken as 0, no change"

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.z.path.name

    @property
    def files(self) -> list[Path]:
        """What is read."""
        return [self.z.path]

    @property
    def wells(self) -> pd.Series:
        """The treated wells of each signature (see `Source`)."""
        return wells_of(self.z)


@dataclass(frozen=True)
class FolderSource:
    """Signatures of a folder that `signatures_file` wrote with the method cd: a `Source`."""

    table: pd.DataFrame
    genes: list[str]
    log2fc: ProfileFile
    scores: ProfileFile
    provenance: dict

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.scores.path.parent.name

    @property
    def wells(self) -> pd.Series:
        """The treated wells of each signature (see `Source`)."""
        return wells_of(self.scores)

    @classmethod
    def of(cls, folder: Path) -> "FolderSource":
        """Open a folder.

        Raises
        ------
        ValueError
            It is not such a folder, is unfinished, or a signature has no metadata.
        """
        folder = Path(folder)
        lacking = [
            name for name in ("log2fc.gctx", "cd.gctx", "sig_info.txt") if not (folder / name).is_file()
        ]
        if lacking:
            raise ValueError(
                f"{folder} lacks {', '.join(lacking)}; expected a folder that `l1000-rnaseq signatures "
                "--method cd` has finished."
            )
        log2fc = open_profiles(folder / "log2fc.gctx")
        scores = open_profiles(folder / "cd.gctx", folder / "sig_info.txt")
        if not (log2fc.sample_ids.equals(scores.sample_ids) and log2fc.row_ids.equals(scores.row_ids)):
            raise ValueError(
                f"log2fc.gctx and cd.gctx of {folder} differ in genes or signatures; compute them anew."
            )
        provenance = read_provenance(folder)
        return cls(
            sig_table(scores.sample_metadata, "wells", folder / "sig_info.txt"),
            list(scores.row_ids),
            log2fc,
            scores,
            provenance,
        )

    @property
    def files(self) -> list[Path]:
        """What is read."""
        return [self.scores.path.with_name(name) for name in FILES]

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and scores: signatures × genes."""
        log2fc, scores = self.log2fc.read(start, stop), self.scores.read(start, stop)
        check_scale(log2fc, _where(self.log2fc, start, stop), SCORES)
        return log2fc, scores


@dataclass(frozen=True)
class Level5Source(_Level5):
    """z-scores of a Level 5 file, as they are: a `Source`."""

    table: pd.DataFrame
    genes: list[str]
    z: ProfileFile
    missing: Counter = field(default_factory=Counter, repr=False)

    @classmethod
    def of(cls, path: Path) -> "Level5Source":
        """Open a GCTX or GCT, and the sig_info beside it (see `sig_info_beside`).

        Raises
        ------
        ValueError
            No sig_info, or one that lacks signatures; a gene twice.
        """
        path = Path(path)
        z = open_profiles(path)
        info = sig_info_beside(path)
        if info:
            z = open_profiles(path, info)
        elif not any(columns_of(z.sample_metadata, name) for name in ("pert_id", "pert_iname")):
            raise ValueError(f"{path} has no sig_info.txt beside it; it tells what each signature is of.")
        check_unique(z.genes, str(path))
        return cls(sig_table(z.sample_metadata, "Level 5", info or path), list(z.genes), z)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return z-scores, signatures × genes, as both log2 fold change and score."""
        values = _read_z(self.z, start, stop, self.missing)
        return values, values


@dataclass(frozen=True)
class ExtendedSource(_Level5):
    """CMap Level 5 z-scores of landmarks, carried to the genome by a bundle.

    A z-score times the gene's spread among wells is a log2 intensity change, which the bundle translates from
    its mean profile on. There are no replicates here, so the score is the change scaled to length 1: a mean
    difference, not a characteristic direction. Marked by source "Level 5, extended". The levels of its lines
    are those of baseline.gctx beside it, where there is one.
    """

    table: pd.DataFrame
    genes: list[str]
    z: ProfileFile
    rows: np.ndarray
    scale: np.ndarray
    bundle: "Bundle"
    provenance: dict
    space: "Coordinates | None" = field(default=None, repr=False)
    missing: Counter = field(default_factory=Counter, repr=False)

    @classmethod
    def of(cls, path: Path, info: Path, bundle: "Bundle", spread: pd.Series) -> "ExtendedSource":
        """Open a Level 5 GCTX with its sig_info.

        Parameters
        ----------
        path, info : path
        bundle : Bundle
        spread : Series, landmark → spread of log2 intensity between wells of one plate
        """
        z = open_profiles(path, info)
        check_unique(z.genes, str(path))
        rows = z.genes.get_indexer(list(bundle.landmarks))
        if (rows < 0).any():
            lacking = [gene for gene, row in zip(bundle.landmarks, rows, strict=True) if row < 0]
            raise ValueError(f"{len(lacking)} landmarks are missing from {path}: {first_five(lacking)}.")
        scale = spread.reindex(bundle.landmarks).to_numpy(np.float32)
        made = {"profiles": Path(path).name, "sha256": file_hash(path), "bundle": bundle.card.get("sha256")}
        table = sig_table(z.sample_metadata, "Level 5, extended", info)
        return cls(table, list(bundle.genes), z, rows, scale, bundle, made, bundle.coordinates)

    @property
    def levels(self) -> ControlLevels | None:
        """What untreated cells of its lines have of each gene."""
        beside = self.z.path.with_name("baseline.gctx")
        return ControlLevels.of_baselines(beside, self.bundle) if beside.is_file() else None

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return log2 fold changes and scores: signatures × genes."""
        return _with_unit_length(self.bundle.change_of(self._changes(start, stop)))

    def coordinates(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as coordinates of `space`."""
        return _with_unit_length(self.space.changes(self._changes(start, stop)))

    def _changes(self, start: int, stop: int) -> np.ndarray:
        return _read_z(self.z, start, stop, self.missing)[:, self.rows] * self.scale


def _with_unit_length(changes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(changes, axis=1, keepdims=True)
    return changes, changes / np.where(length > 0, length, 1)


def _where(file: ProfileFile, start: int, stop: int) -> str:
    return f"{file.path} (signatures {start + 1:,} to {stop:,})"


def _read_z(file: ProfileFile, start: int, stop: int, missing: Counter) -> np.ndarray:
    """Read z-scores; a missing one is 0, no change, and counted."""
    values = file.read(start, stop)
    check_scale(values, _where(file, start, stop), SCORES)
    table = pd.DataFrame(values, file.sample_ids[start:stop], file.row_ids)
    filled, n = fill_missing(table, np.float32(0), str(file.path))
    missing.update(values=n)
    return filled


def tell_missing(source: Source) -> None:
    """Say in the log how many missing values of a source were filled, and with what."""
    if n := getattr(source, "missing", Counter())["values"]:
        log.warning(source.missing_are, f"{n:,}", *source.files)


def read_one(source: Source, by: str, start: int, stop: int) -> np.ndarray:
    """Read what ranks genes, "cd" or "log2fc", of signatures `start` to `stop`: signatures × genes."""
    if hasattr(source, "one"):
        return source.one(by, start, stop)
    log2fc, scores = source.read(start, stop)
    return scores if by == "cd" else log2fc


def open_source(path: Path) -> FolderSource | Level5Source:
    """Open a folder of `signatures --method cd`, a data folder with l1000/level5.gctx, or a Level 5 file."""
    path = Path(path)
    if path.is_dir() and (path / "l1000" / "level5.gctx").is_file():
        return Level5Source.of(path / "l1000" / "level5.gctx")
    return FolderSource.of(path) if path.is_dir() else Level5Source.of(path)
