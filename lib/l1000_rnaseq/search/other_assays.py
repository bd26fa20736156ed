"""Whether other assays say the same: in how many of their contrasts the gene goes the same way."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.compounds import join_compounds, normalised_name
from l1000_rnaseq.data.contrasts import load_contrasts
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.gene_lists import find_genes
from l1000_rnaseq.data.scale import SCORES, check_scale
from l1000_rnaseq.search.change_table import (
    COMPOUND_COLUMNS,
    GENE_COLUMNS,
    PERTURBAGEN_COLUMNS,
    read_contrasts,
)

log = logging.getLogger(__name__)
COLUMNS = ("assays_agree", "assays", "assays_base_rate")
LOSS = ("CRISPR", "shRNA", "siRNA")
"""Types of which a contrast that names a gene tells: the gene is lost. Overexpression is the opposite."""
GENETIC = (*LOSS, "overexpression")
MATRICES = (".h5ad", ".gctx", ".gct")
SALTS = frozenset(
    "acetate ammonium anhydrous besylate bromide calcium chloride citrate diacetate dihydrate "
    "dihydrochloride disodium fumarate hemihydrate hydrate hydrobromide hydrochloride lithium magnesium "
    "maleate mesylate monohydrate nitrate phosphate potassium sodium succinate sulfate tartrate tosylate "
    "trihydrate zinc".split()
)
"""Words after a compound's name that are no part of what acts."""


@dataclass(frozen=True)
class Assay:
    """The contrasts of one table.

    Attributes
    ----------
    name : str
    keys : array of str, contrasts × 2
        What was done, as a compound and as the loss of a gene; "" where it is not that.
    changes : DataFrame, contrasts × symbols
        NaN where a gene was not tested.
    """

    name: str
    keys: np.ndarray
    changes: pd.DataFrame

    @cached_property
    def least(self) -> np.ndarray:
        """The median |change| of the genes of each contrast."""
        sizes = np.abs(self.changes.to_numpy(np.float32))
        return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else 0 for row in sizes])

    @cached_property
    def _rows_of(self) -> tuple[dict, dict]:
        return tuple(pd.Series(side).groupby(side).indices for side in self.keys.T)

    def contrasts_of(self, compound: str, lost: str) -> np.ndarray:
        """Return the row numbers of the contrasts of a compound, or of the loss of a gene."""
        parts = zip(self._rows_of, (compound, lost), strict=True)
        rows = [rows_of[key] for rows_of, key in parts if key and key in rows_of]
        return np.unique(np.concatenate(rows)) if rows else np.zeros(0, int)

    def signs(self, gene: str) -> np.ndarray:
        """Return the sign of a gene's change in each contrast: 1, −1, or 0 where it does not count.

        It counts where the gene was tested and is in the half of the contrast's genes that change most. The
        signs of the others are noise: those of a table of ranks are about the middle.
        """
        if gene not in self.changes:
            return np.zeros(len(self.changes), int)
        change = np.nan_to_num(self.changes[gene].to_numpy(np.float32))
        return np.where(np.abs(change) >= self.least, np.sign(change), 0).astype(int)


@dataclass(frozen=True)
class OtherAssays:
    """Perturbation RNA-seq of other laboratories, asked for signs only.

    Sizes are not compared: fold changes of other assays are on other scales, or are ranks. Compare the
    share that agrees with the base rate: a gene that most compounds raise agrees with most of them.

    Attributes
    ----------
    assays : tuple of Assay

    Examples
    --------
    >>> changes = pd.DataFrame({"HMOX1": [2.0, 1.0, -1.0]}, ["drug A", "drug B hydrochloride", "drug C"])
    >>> others = OtherAssays((Assay("table", keys_of(changes.index, "drug"), changes),))
    >>> hits = pd.DataFrame({"gene": "HMOX1", "direction": "up", "pert_iname": ["drug-B"]})
    >>> others.beside(hits.assign(type="chemical"))[list(COLUMNS)].to_numpy().tolist()
    [[1.0, 1.0, 0.5]]
    """

    assays: tuple[Assay, ...]

    @classmethod
    def of(cls, paths: Sequence[str | Path]) -> "OtherAssays":
        """Read tables.

        Parameters
        ----------
        paths : sequence of path
            Each one is a data folder with changes/ (see `load_contrasts`); a table of differential
            expression (see `read_contrasts`), also as NAME=TABLE, where NAME is the perturbagen; or a matrix
            of fold changes, contrasts × genes, in h5ad, GCTX or GCT, whose metadata say what was done.

        Raises
        ------
        ValueError
            One of them is not such a table, or none says what was done.
        """
        assays = [assay for path in paths for assay in _read(path)]
        if not assays:
            raise ValueError(
                f"{first_five([str(path) for path in paths])}: no table says what was done; name it in a "
                f"column called {', '.join(PERTURBAGEN_COLUMNS)}."
            )
        return cls(tuple(assays))

    def has(self, perturbagens: pd.DataFrame) -> np.ndarray:
        """Return whether any contrast is of each perturbagen (as rows of hits); bool array."""
        keys, out = _keys_of_hits(perturbagens), np.zeros(len(perturbagens), bool)
        for assay in self.assays:
            for side in (0, 1):
                out |= np.isin(keys[:, side], assay.keys[:, side]) & (keys[:, side] != "")
        return out

    def beside(self, hits: pd.DataFrame) -> pd.DataFrame:
        """Add to hits of `by_gene.search` how often other assays agree.

        Parameters
        ----------
        hits : DataFrame × (gene, direction, pert_iname, type, …)
            With the column compound, spellings of one compound are one.

        Returns
        -------
        DataFrame, the hits with `COLUMNS`
            assays: contrasts of the same perturbagen in which the gene counts (see `Assay.signs`).
            assays_agree: those of them in which it goes in the direction of the hit. assays_base_rate: the
            same share among contrasts of other perturbagens in the same tables, 0 to 1; NaN without any.
            Compounds are joined by name, without salts; knock-downs and knock-outs by the symbol of the gene.
        """
        keys = _keys_of_hits(hits)
        ways = np.where(hits["direction"] == "up", 1, -1)
        counts = np.zeros((3, len(hits)))
        for gene, rows in hits.groupby("gene").indices.items():
            for assay in self.assays:
                counts[:, rows] += _counts(assay, gene, keys[rows], ways[rows])
        agree, n, expected = counts
        rate = np.divide(expected, n, out=np.full(len(hits), np.nan), where=n > 0)
        return hits.assign(**dict(zip(COLUMNS, (agree.astype(int), n.astype(int), rate), strict=True)))


def _counts(assay: Assay, gene: str, keys: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return (agree, n, n × base rate) × hits."""
    signs, out = assay.signs(gene), np.zeros((3, len(keys)))
    up, moved = int((signs == 1).sum()), int((signs != 0).sum())
    for number, (compound, lost, way) in enumerate(zip(*keys.T, ways, strict=True)):
        own = signs[assay.contrasts_of(compound, lost)]
        agree, n = int((own == way).sum()), int((own != 0).sum())
        if n:
            others = moved - n
            rate = ((up if way == 1 else moved - up) - agree) / others if others else np.nan
            out[:, number] = agree, n, n * rate
    return out


def keys_of(labels: Sequence[str], column: str = "") -> np.ndarray:
    """Return what labels mean, as a compound and as a gene that is lost: array of str, labels × 2.

    Parameters
    ----------
    labels : sequence of str
    column : str
        Where they stand: of `COMPOUND_COLUMNS` or `GENE_COLUMNS` they mean one of the two, else either.
    """
    labels = [str(label).strip() for label in labels]
    keys = np.full((len(labels), 2), "", object)
    if column not in GENE_COLUMNS:
        keys[:, 0] = _compound_keys(labels)
    if column not in COMPOUND_COLUMNS:
        keys[:, 1] = [gene or "" for gene in find_genes(labels)]
    return keys


def _keys_of_hits(hits: pd.DataFrame) -> np.ndarray:
    names, types = hits["pert_iname"].astype(str), hits["type"].astype(str)
    compounds = hits["compound"].astype(str) if "compound" in hits else names
    keys = np.full((len(names), 2), "", object)
    lost, chemical = types.isin(LOSS).to_numpy(), ~types.isin(GENETIC).to_numpy()
    keys[chemical, 0] = _compound_keys(compounds[chemical].tolist())
    keys[lost, 1] = [gene or "" for gene in find_genes(names[lost])]
    return keys


def _compound_keys(names: list[str]) -> list[str]:
    """Return one key for all spellings and salts of a compound."""
    distinct = list(dict.fromkeys(names))
    bare = pd.DataFrame({"pert_iname": [without_salt(name) for name in distinct]})
    known = join_compounds(bare, tell=False)["compound"] if distinct else []
    key_of = {name: normalised_name(without_salt(one)) for name, one in zip(distinct, known, strict=True)}
    return [key_of[name] for name in names]


def without_salt(name: str) -> str:
    """Return a compound's name without the salt after it; a name of salts only stays.

    Examples
    --------
    >>> without_salt("Berberine chloride hydrate"), without_salt("sodium chloride")
    ('Berberine', 'sodium chloride')
    """
    words = name.split()
    left = list(words)
    while left and left[-1].strip("()").lower() in SALTS:
        left.pop()
    return " ".join(left or words)


def _read(path: str | Path) -> list[Assay]:
    name, _, file = str(path).partition("=")
    if file and not Path(path).exists():
        column, changes = read_contrasts(Path(file))
        if column:
            raise ValueError(f"{file} says in its column {column!r} what was done; leave {name}= out.")
        return [Assay(name, keys_of([name]), changes)]
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    if path.suffix.lower() in MATRICES:
        matrix = open_profiles(path)
        changes, meta = matrix.frame(), matrix.sample_metadata
        check_scale(changes.to_numpy(), str(path), SCORES)
        changes.columns = matrix.genes
        return _with_labels(path.name, changes.reset_index(drop=True), meta.reset_index(drop=True))
    column, changes = read_contrasts(path)
    return [Assay(path.name, keys_of(changes.index, column), changes.reset_index(drop=True))]


def _read_folder(path: Path) -> list[Assay]:
    """Read changes/ of a data folder."""
    contrasts = load_contrasts(path)
    if not contrasts:
        raise ValueError(f"{path} has no changes/NAME.parquet; expected a data folder with changes/.")
    parts = []
    for file in contrasts:
        is_control = file.meta.get("kind", pd.Series("", file.meta.index)).str.contains("control", case=False)
        if is_control.any():
            log.warning("%s: %d contrasts are of controls and do not count", file.name, is_control.sum())
        kept = ~is_control.to_numpy(bool)
        parts += _with_labels(file.name, file.changes[kept], file.meta[kept])
    return parts


def _with_labels(name: str, changes: pd.DataFrame, meta: pd.DataFrame) -> list[Assay]:
    by_name = {str(column).strip().lower(): column for column in meta.columns}
    column = next((column for column in PERTURBAGEN_COLUMNS if column in by_name), None)
    if column is None:
        log.warning("%s: no column says what was done, so its contrasts do not count", name)
        return []
    return [Assay(name, keys_of(meta[by_name[column]], column), changes)]
