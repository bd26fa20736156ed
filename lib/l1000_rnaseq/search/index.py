"""The index: every signature over every gene, read by gene or by signature."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.search.annotation import annotated
from l1000_rnaseq.search.control_levels import ControlLevels
from l1000_rnaseq.search.gene_names import GeneNames
from l1000_rnaseq.search.index_file import FORMAT, REBUILD, VERSION, as_str, read_table
from l1000_rnaseq.search.matrices import Matrix, mapped, open_matrix, together
from l1000_rnaseq.search.rank_knots import rank_among
from l1000_rnaseq.search.signature_facts import Siblings, signature_facts
from l1000_rnaseq.search.specificity import about_gene
from l1000_rnaseq.stats.ranks import ranks

WHAT = ("log2fc", "cd", "rank")


@dataclass(frozen=True)
class Shared:
    """What the signatures of an index share.

    Attributes
    ----------
    basis : float32 array, factors × genes beyond those that are kept as they are
    rank : int
        How many of the factors a fold change has.
    """

    basis: np.ndarray
    rank: int


class Index:
    """An opened index. Metadata are in memory; values are read from the file when they are asked for.

    Parameters
    ----------
    path : path, optional
        A file that `l1000-rnaseq index` wrote; without it, the demo index that ships with the library.
    compounds : path or DataFrame, optional
        Your own table of compounds: names, mechanisms, targets (see `data.compounds.load_compounds`). It
        comes before the table that ships.

    Attributes
    ----------
    path : Path
    genes : DataFrame, symbol × (entrez_id, ensembl_id, hgnc_symbol, status, facts, moved, moved_percentile)
        Facts are columns of the bundle that say how well a gene is followed. moved: share of all signatures
        in which the gene is in the first or last hundredth of the genes of its status. moved_percentile:
        share of the genes of its status that are there more rarely; both 0 to 1.
    signatures : DataFrame, one row each × metadata
        Columns of `sig_table.TABLE` and `sig_table.NUMBERS`, source, and those of `annotation.annotated`:
        compound, mechanism, targets, flags, matched_by. Text columns are categorical.
    shared : Shared or None
        What all signatures share where they are kept as factors; None where they are kept value by value. All
        answers are the same.
    known_levels : ControlLevels or None
        What untreated cells of its lines have of each gene; None in an index without levels.
    n_directions : int
        So many signatures, the first, have directions of their own. That of the others, which are one mean
        each, is the fold change scaled to length 1.
    well_digests : uint64 array, signatures
        What tells the treated wells of each (see `merge.well_digests`); 0 where they are not known.
    knots : dict, status → float16 array, signatures × ranks
        Directions in the unit of the file, at some ranks (see `rank_knots`).
    provenance : dict
        What it was made from.

    Raises
    ------
    ValueError
        Not an index, of another version, truncated or unfinished; or no table of compounds.

    Examples
    --------
    >>> index = Index()
    >>> index.values(["HMOX1", "FKBP5"], "log2fc").shape[1]
    2
    """

    def __init__(self, path: str | Path | None = None, compounds: str | Path | pd.DataFrame | None = None):
        self.path = path = Path(path) if path else default_index()
        if not path.is_file():
            raise ValueError(f"no index at {path}; make one with `l1000-rnaseq index SIGNATURES… FILE`.")
        try:
            with h5py.File(path) as file:
                if as_str(file.attrs.get("format", "")) != FORMAT:
                    raise ValueError(f"{path} is an HDF5 file but not an index of this library.")
                if file.attrs["version"] != VERSION:
                    raise ValueError(
                        f"{path} is an index of format version {file.attrs['version']}, this library reads "
                        f"version {VERSION}; {REBUILD}."
                    )
                self._open(file)
        except (OSError, KeyError, RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"{path} is truncated or not an HDF5 index ({reason}); {REBUILD}.") from error
        self.signatures = annotated(self.signatures, compounds)

    def _open(self, file: h5py.File) -> None:
        meta = json.loads(as_str(file.attrs["meta"]))
        self.provenance, self.cd_unit = meta["provenance"], np.float32(meta["cd_unit"])
        self.genes = read_table(file["genes"]).set_index("symbol")
        self.signatures = read_table(file["signatures"])
        basis = file["basis"][()].astype(np.float32) if "basis" in file else None
        self.matrices = {name: open_matrix(file[name], self.path, basis) for name in ("log2fc", "cd")}
        self.shared = None if basis is None else Shared(basis, self.matrices["log2fc"].hidden.shape[1])
        self.n_directions = self.matrices["cd"].shape[0]
        self.length = file["length"][()]
        levels, genes = file.get("levels"), self.genes.index
        self.known_levels = None if levels is None else ControlLevels.read(levels, genes, self.path)
        self.well_digests = file["wells"][()] if "wells" in file else np.zeros(len(self.signatures), "u8")
        self.knots = {as_str(name): mapped(file["knots"][name], self.path) for name in file["knots"]}

    def __repr__(self) -> str:
        return f"Index({self.path.name}: {len(self.signatures):,} signatures × {len(self.genes):,} genes)"

    @cached_property
    def names(self) -> GeneNames:
        """What people call its genes."""
        return GeneNames(self.genes.index)

    @cached_property
    def signature_facts(self) -> pd.DataFrame:
        """How strong each signature is beside the others, and how unlike vehicles: see `signature_facts`."""
        return signature_facts(self.signatures, np.r_[np.full(self.n_directions, np.nan), self.length])

    @cached_property
    def siblings(self) -> Siblings:
        """Which signatures are of one compound."""
        return Siblings.of(self.signatures)

    @cached_property
    def status_sizes(self) -> pd.Series:
        """How many genes each status has."""
        return self.genes["status"].astype(str).value_counts()

    def values(
        self,
        genes: str | Sequence[str],
        what: str = "log2fc",
        rows: np.ndarray | None = None,
        changes: np.ndarray | None = None,
    ) -> np.ndarray:
        """Read some genes of all signatures, or of some.

        Parameters
        ----------
        genes : str or sequence of str
            Symbols, aliases, Ensembl or Entrez ids. A gene that is named twice has one column.
        what : {"log2fc", "cd", "rank"}
            log2 fold change; characteristic direction (each signature has length 1); rank of the gene among
            the genes of its status by the direction: 1 is moved up most (see `rank_among`).
        rows : int array, optional
            Row numbers of `signatures`; all when absent.
        changes : array, optional
            log2 fold changes of these genes and rows, if they are read already: directions follow from them.

        Returns
        -------
        array, signatures × genes, float32; int64 for ranks

        Raises
        ------
        ValueError
            Unknown gene or `what`.
        """
        if what not in WHAT:
            raise ValueError(f"what is {what!r}; expected one of {', '.join(WHAT)}.")
        symbols = self.names.resolve_all(genes)
        positions = self.genes.index.get_indexer(symbols)
        rows = np.arange(len(self.signatures)) if rows is None else np.asarray(rows)
        if what == "log2fc":
            return self.matrices["log2fc"].by_gene(positions, rows)
        cd = self._cd(rows, lambda matrix, part: matrix.by_gene(positions, part), len(symbols), changes)
        if what == "cd":
            return cd * (1 / self.cd_unit)
        out = np.empty(cd.shape, np.int64)
        statuses = self.genes["status"].astype(str).iloc[positions]
        for status in statuses.unique():
            knots = self.knots[status][together(rows)]
            for column in np.flatnonzero(statuses == status):
                out[:, column] = rank_among(cd[:, column], knots, int(self.status_sizes[status]))
        return out

    def levels(self, genes: str | Sequence[str]) -> pd.DataFrame:
        """Return what untreated cells of each line have of some genes.

        Parameters
        ----------
        genes : str or sequence of str
            As in `values`.

        Returns
        -------
        DataFrame, cell lines × genes, log2(CPM+1)
            Translated, as fold changes are. Lines whose level is not known are left out.
        """
        symbols = self.names.resolve_all(genes)
        if self.known_levels is None:
            return pd.DataFrame(columns=symbols, index=pd.Index([], name="cell_id"), dtype=np.float32)
        return pd.DataFrame(self.known_levels.of_genes(symbols), self.known_levels.lines.index, list(symbols))

    def control_level(self, genes: str | Sequence[str], rows: np.ndarray | None = None) -> np.ndarray:
        """Return what untreated cells of the line of each signature have of some genes.

        There is one level per line (see `levels`). `control_levels.expressed` says whether it is on or off.

        Parameters
        ----------
        genes, rows
            As in `values`.

        Returns
        -------
        float32 array, signatures × genes, log2(CPM+1)
            NaN where the level of a line is not known: in an older index, or one of your own signatures.
        """
        levels = self.levels(genes)
        cells = pd.Categorical(self.signatures["cell_id"])
        codes = cells.codes if rows is None else cells.codes[rows]
        of_category = levels.reindex([*cells.categories.astype(str), ""]).to_numpy(np.float32)
        return of_category[codes]  # −1, no line, is the last row: NaN

    def whole(self, what: str, rows: np.ndarray, kept: bool = False) -> np.ndarray:
        """Read all genes of some signatures.

        Parameters
        ----------
        what : {"log2fc", "cd"}
        rows : int array
        kept : bool
            As they are kept: landmarks and factors, where the index has factors.

        Returns
        -------
        float32 array, rows × genes (or × landmarks and factors)
        """
        rows, width = np.asarray(rows), len(self.genes)
        if kept and self.shared is not None:
            width += len(self.shared.basis) - self.shared.basis.shape[1]

        def read(matrix: Matrix, part: np.ndarray) -> np.ndarray:
            return matrix.kept(part, width) if kept else matrix.whole(part)

        if what == "log2fc":
            return read(self.matrices["log2fc"], rows)
        cd = self._cd(rows, read, width)
        cd *= 1 / self.cd_unit  # in place: a block is large
        return cd

    def _cd(self, rows: np.ndarray, read, width: int, changes: np.ndarray | None = None) -> np.ndarray:
        """Return directions in the unit of the file."""
        own = rows < self.n_directions
        if own.all():
            return read(self.matrices["cd"], rows)
        changes = read(self.matrices["log2fc"], rows[~own]) if changes is None else changes[~own].copy()
        changes *= (self.cd_unit / self.length[rows[~own] - self.n_directions])[:, None]
        if not own.any():
            return changes
        out = np.empty((len(rows), width), np.float32)
        out[own], out[~own] = read(self.matrices["cd"], rows[own]), changes
        return out

    def signature(self, sig_id: str) -> pd.DataFrame:
        """Return the whole genome of a signature: genes × (log2fc, cd, rank).

        rank is exact here, among the genes of the status of each.

        Raises
        ------
        ValueError
            The index has no such signature.
        """
        row = np.flatnonzero(self.signatures["sig_id"].astype(str) == sig_id)
        if not len(row):
            raise ValueError(f"{sig_id!r} is no signature of {self.path.name}; see `Index.signatures`.")
        columns = {what: self.whole(what, row)[0] for what in ("log2fc", "cd")}
        table = pd.DataFrame(columns, self.genes.index)
        groups = table["cd"].groupby(self.genes["status"].astype(str))
        table["rank"] = groups.transform(lambda cd: ranks(cd.to_numpy())).astype(np.int64)
        return table

    def about_gene(self, symbol: str) -> str:
        """Say in a few sentences what a gene's values in this index are worth."""
        return about_gene(self.genes, symbol, len(self.signatures))


def default_index() -> Path:
    """Return the path of the demo index that ships with the library."""
    return Path(str(resources.files("l1000_rnaseq") / "assets" / "demo_index.h5"))
