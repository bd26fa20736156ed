"""Measured changes of RNA-seq in a data folder: treated against control, the whole genome at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.metadata import once, read_metadata
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.gene_ids import check_unique, resolve_ids
from l1000_rnaseq.data.scale import SCORES, check_scale

log = logging.getLogger(__name__)
RANKS = "_rank"
"""End of the name of a file that has normal scores of ranks: sign and order, no size."""
TESTED = "n_padj05"
"""Column of a metadata table: genes with an adjusted p-value below 0.05."""
FEWEST_GENES = 100
"""Fewer genes than this at an adjusted p-value below 0.05: too little to be sure that something changed."""


@dataclass(frozen=True)
class Contrasts:
    """The contrasts of one file. They share controls and a laboratory, so hold out whole files.

    Attributes
    ----------
    name : str
        Name of the file.
    changes : DataFrame, contrasts × genes
        log2 fold changes, or normal scores (`ranks_only`); NaN where a gene was not tested. Columns are L1000
        symbols, and HGNC's where CMap has no such gene.
    meta : DataFrame, contrasts × what its table says, all text
    ranks_only : bool
        The values give sign and order, not size.
    """

    name: str
    changes: pd.DataFrame
    meta: pd.DataFrame
    ranks_only: bool

    @property
    def is_clear(self) -> np.ndarray:
        """Contrasts that changed at least 100 genes, or of which no test is known; bool array."""
        if TESTED not in self.meta:
            return np.ones(len(self.changes), bool)
        return pd.to_numeric(self.meta[TESTED], errors="coerce").fillna(0).to_numpy() >= FEWEST_GENES

    def of_genes(self, genes: Sequence[str]) -> np.ndarray:
        """Return the changes of these genes: float32, contrasts × genes, NaN where not measured."""
        return self.changes.reindex(columns=list(genes)).to_numpy(np.float32)


def load_contrasts(folder: Path) -> list[Contrasts]:
    """Load changes/NAME.parquet of a data folder, each with changes/NAME.meta.tsv.

    Parameters
    ----------
    folder : path
        A data folder. Each .parquet has genes in rows and contrasts in columns: log2 fold changes, or normal
        scores of ranks where NAME ends in "_rank". Each .meta.tsv has a row per contrast.

    Returns
    -------
    list of Contrasts
        By name; empty where the folder has no changes/.

    Raises
    ------
    ValueError
        A table lacks a contrast, a gene is there twice, or values are not changes.

    Examples
    --------
    >>> load_contrasts("no such folder")
    []
    """
    return [_load(path) for path in sorted((Path(folder) / "changes").glob("*.parquet"))]


def _load(path: Path) -> Contrasts:
    table = pd.read_parquet(path)
    values = table.to_numpy(np.float32).T
    check_scale(values, str(path), SCORES)
    if np.isinf(values).any():
        raise ValueError(
            f"{path}: {np.isinf(values).sum():,} values are infinite; expected log2 fold changes. Leave a "
            "gene empty where it was not tested."
        )
    genes = resolve_ids(list(table.index))
    check_unique(genes, str(path))
    beside = path.with_name(f"{path.stem}.meta.tsv")
    meta = once(read_metadata(beside), beside)
    absent = table.columns[~table.columns.isin(meta.index)]
    if len(absent):
        raise ValueError(
            f"{beside}: no row for {len(absent)} of the {table.shape[1]} contrasts of {path.name}: "
            f"{first_five(list(absent))}. Add a row for each."
        )
    changes = pd.DataFrame(values, pd.Index(table.columns, dtype=object), pd.Index(genes, dtype=object))
    return Contrasts(path.stem, changes, meta.loc[changes.index], path.stem.endswith(RANKS))


def stack(contrasts: Sequence[Contrasts], genes: Sequence[str]) -> np.ndarray:
    """Put the contrasts of several files on top of each other.

    Parameters
    ----------
    contrasts : sequence of Contrasts
    genes : sequence of str

    Returns
    -------
    float32 array, contrasts × genes
        NaN where a gene was not measured.
    """
    return np.concatenate([np.empty((0, len(genes)), np.float32), *(f.of_genes(genes) for f in contrasts)])


def tell_genes(contrasts: Sequence[Contrasts], genes: Sequence[str]) -> None:
    """Say in the log how many of these genes each file lacks, and how many of its own are not used."""
    wanted = set(genes)
    for file in contrasts:
        lacking, further = wanted.difference(file.changes), set(file.changes).difference(wanted)
        log.info(
            "%s: %s of %s genes are not measured; %s others are not used",
            file.name,
            f"{len(lacking):,}",
            f"{len(wanted):,}",
            f"{len(further):,}",
        )
