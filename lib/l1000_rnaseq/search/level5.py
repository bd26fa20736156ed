"""Whole signatures to query: a folder that `signatures` wrote, or a Level 5 file with its sig_info."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.genes import check_unique, resolve_ids
from l1000_rnaseq.search.sources import FolderSource, plain_table


@dataclass(frozen=True)
class LevelFive:
    """z-scores of a Level 5 file, as they are.

    Attributes
    ----------
    table : DataFrame, sig_id × metadata (see `search.sources`)
    genes : list of str
    z : ProfileFile
    """

    table: pd.DataFrame
    genes: list[str]
    z: ProfileFile

    @classmethod
    def of(cls, path: Path) -> "LevelFive":
        """Open a GCTX or GCT; sig_info.txt lies beside it (gse106127_sig_info.txt for gse106127_level5.gctx).

        Raises
        ------
        ValueError
            No sig_info, or one that lacks signatures; a gene twice.
        """
        path = Path(path)
        own = path.with_name(path.name.split("_level5")[0] + "_sig_info.txt")
        info = own if own.is_file() else path.with_name("sig_info.txt")
        if not info.is_file():
            raise ValueError(f"{path} has no sig_info.txt beside it; it tells what each signature is of.")
        z = open_gctx(path)
        table = pd.read_csv(info, sep="\t", dtype=str, keep_default_na=False, index_col=0)
        absent = z.sample_ids.difference(table.index)
        if len(absent):
            raise ValueError(f"{len(absent)} signatures of {path} are not in {info}: {first_five(absent)}.")
        genes = resolve_ids(z.row_ids, z.row_metadata)
        check_unique(genes, str(path))
        return cls(plain_table(table.loc[z.sample_ids], "Level 5"), genes, z)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return z-scores of some signatures, signatures × genes, as both log2 fold change and score."""
        values = self.z.read(start, stop)
        return values, values


def open_reference(path: Path) -> FolderSource | LevelFive:
    """Open a folder of `signatures --method cd`, a data folder with l1000/level5.gctx, or a Level 5 file."""
    path = Path(path)
    if path.is_dir() and (path / "l1000" / "level5.gctx").is_file():
        return LevelFive.of(path / "l1000" / "level5.gctx")
    if path.is_dir():
        return FolderSource.of(path)
    return LevelFive.of(path)
