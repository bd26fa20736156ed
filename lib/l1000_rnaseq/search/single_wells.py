"""The wells behind the signatures of an index: how far a gene moved in each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import h5py
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_file import make_matrix, read_table, write_block, write_table
from l1000_rnaseq.search.matrices import Factored, open_matrix
from l1000_rnaseq.search.well_table import KINDS, WellTable

GROUP = "single_wells"


def lay_out_wells(out: h5py.File, tables: Sequence[WellTable], n_first: int, n_factors: int) -> None:
    """Write which wells are behind signatures, and make room for their values.

    Parameters
    ----------
    out : File
        An index, open for writing.
    tables : sequence of WellTable
        Of the parts of the index, in their order.
    n_first, n_factors : int
        How many coordinates are landmarks, and how many are factors of a change.
    """
    kept = [table.needed for table in tables]
    group = out.create_group(GROUP)
    columns = {"inst_id": [table.ids[rows] for table, rows in zip(tables, kept, strict=True)]}
    columns["plate"] = [table.plates[rows] for table, rows in zip(tables, kept, strict=True)]
    wells = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    write_table(group.create_group("wells"), wells)
    make_matrix(group.create_group("changes"), len(wells), n_first, n_factors)
    start, lists = 0, {kind: [] for kind in KINDS}
    for table, rows in zip(tables, kept, strict=True):
        place, moved = np.full(len(table.ids), -1), {}
        place[rows] = start + np.arange(len(rows))
        for kind, of_kind in table.of_signature.items():
            for each in of_kind:
                if id(each) not in moved:
                    moved[id(each)] = place[each]
                lists[kind].append(moved[id(each)])
        start += len(rows)
    for kind, of_kind in lists.items():
        _write_lists(group.create_group(kind), of_kind)


def fill_wells(out: h5py.File, tables: Sequence[WellTable]) -> None:
    """Write the values of wells, as differences from the mean of their plate: coordinates, float16."""
    if not tables:
        return
    group, start = out[GROUP]["changes"], 0
    width = len(group["first"]) + group["hidden"].shape[1]
    for table in tables:
        rows = table.needed
        plates = table.plates[rows].astype(str)
        for of_plate in np.split(rows, np.flatnonzero(plates[1:] != plates[:-1]) + 1):
            if not len(of_plate):
                continue
            with threadpool_limits(1, "blas"):  # the last bits depend on how many threads there are
                values = table.read(of_plate).astype(np.float32)
            write_block(group, start, (values - values.mean(axis=0))[:, :width].astype(np.float16))
            start += len(of_plate)


def _write_lists(group: h5py.Group, lists: list[np.ndarray]) -> None:
    """Write lists of numbers, each that several signatures share once."""
    distinct = {id(each): each for each in lists}
    number = {key: n for n, key in enumerate(distinct)}
    options = {"compression": "gzip", "shuffle": True, "track_times": False}
    parts = {
        "list_of_signature": np.array([number[id(each)] for each in lists], np.int32),
        "stops": np.cumsum([len(each) for each in distinct.values()]).astype(np.int64),
        "numbers": np.concatenate([np.zeros(0, int), *distinct.values()]).astype(np.int32),
    }
    for name, values in parts.items():
        group.create_dataset(name, data=values, **options)


@dataclass(frozen=True)
class SingleWells:
    """The wells behind the signatures of an index.

    Attributes
    ----------
    wells : DataFrame, wells × (inst_id, plate)
    changes : Factored
        Wells × genes, log2: differences from the mean of the plate.
    lists : dict, kind of `KINDS` → (list of each signature, where lists stop, rows of wells)
    symbols : Index of the genes

    Examples
    --------
    >>> wells = SingleWells.of(Index())
    >>> row = int(np.flatnonzero(wells.is_known)[0])
    >>> sorted(wells.behind(row, "HMOX1"))
    ['inst_id', 'kind', 'log2fc', 'plate']
    """

    wells: pd.DataFrame
    changes: Factored
    lists: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    symbols: pd.Index

    @classmethod
    def of(cls, index: Index) -> "SingleWells | None":
        """Open the wells of an index; None where it keeps none."""
        with h5py.File(index.path) as file:
            if GROUP not in file:
                return None
            group = file[GROUP]
            names = ("list_of_signature", "stops", "numbers")
            lists = {kind: tuple(group[kind][name][()] for name in names) for kind in KINDS}
            changes = open_matrix(group["changes"], index.path, index.shared.basis)
            return cls(read_table(group["wells"]), changes, lists, index.genes.index)

    def rows(self, kind: str, row: int) -> np.ndarray:
        """Return the rows of the wells of a kind that are behind a signature."""
        which, stops, numbers = self.lists[kind]
        number = which[row]
        return numbers[stops[number - 1] if number else 0 : stops[number]]

    @cached_property
    def is_known(self) -> np.ndarray:
        """Whether the wells of each signature are kept."""
        which, stops, _ = self.lists["treated"]
        return np.diff(stops, prepend=0)[which] > 0

    @property
    def table(self) -> WellTable:
        """Which wells they are, to write them into another index."""
        lists = {kind: np.split(numbers, stops[:-1]) for kind, (_, stops, numbers) in self.lists.items()}
        of_signature = {kind: [lists[kind][number] for number in self.lists[kind][0]] for kind in KINDS}
        ids, plates = (self.wells[name].astype(str).to_numpy(object) for name in ("inst_id", "plate"))
        return WellTable(ids, plates, of_signature, self.changes.stored)

    def behind(self, row: int, gene: str) -> pd.DataFrame:
        """Return how far a gene moved in each well behind a signature.

        Parameters
        ----------
        row : int
            Of the signature in `Index.signatures`.
        gene : str
            A symbol of the index.

        Returns
        -------
        DataFrame, wells × (inst_id, plate, kind, log2fc)
            kind: "treated"; "compared", what they are compared with; "vehicle", which these are not where
            they are other treatments. log2fc: log2 change from the mean of the compared wells of the same
            plate. The mean of the treated wells is the log2 fold change of the signature.

        Raises
        ------
        ValueError
            The wells of the signature are not kept.
        """
        if not self.is_known[row]:
            raise ValueError(f"the wells of signature {row} are not kept; build the index with --keep-wells.")
        parts = self.changes_behind(row, gene)
        rows, values = (np.concatenate(each) for each in zip(*parts.values(), strict=True))
        table = self.wells.iloc[rows].reset_index(drop=True)
        return table.assign(
            kind=np.repeat(list(parts), [len(each) for each, _ in parts.values()]), log2fc=values
        )

    def changes_behind(self, row: int, gene: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the same as arrays, many times as fast: kind → (rows of `wells`, log2 changes)."""
        treated, compared, vehicles = (self.rows(kind, row) for kind in KINDS)
        compared = np.setdiff1d(compared, treated)
        parts = {"treated": treated, "compared": compared, "vehicle": np.setdiff1d(vehicles, compared)}
        rows = np.concatenate(list(parts.values()))
        values = self.changes.by_gene(np.array([self.symbols.get_loc(gene)]), rows)[:, 0]
        plates = self._plates[rows]
        near = slice(len(treated), len(treated) + len(compared))
        sums, counts = np.bincount(plates[near], values[near]), np.bincount(plates[near])
        values = values - (sums / np.maximum(counts, 1))[plates].astype(np.float32)
        stops = np.cumsum([len(each) for each in parts.values()])[:-1]
        return dict(zip(parts, zip(parts.values(), np.split(values, stops), strict=True), strict=True))

    @cached_property
    def _plates(self) -> np.ndarray:
        return pd.factorize(self.wells["plate"])[0]
