"""What the figures of a gene's card show, from parts that all genes share."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.app.card_tables import UNITS, Perturbagens, as_number, columns, first_of_a_side
from l1000_rnaseq.data.compounds import CHEMICAL
from l1000_rnaseq.search.mechanism_tests import MechanismTests
from l1000_rnaseq.search.mechanisms import BY, CompoundLines

N_HEAT, N_DOSES, N_MECHANISMS = 10, 6, 8
FEWEST_DOSES = 3
N_DRAWS = 2000
"""Random groups for each mechanism: the smallest p is .001."""


def heat_map(perturbagens: Perturbagens, values: pd.DataFrame, consensus: dict) -> dict:
    """Return what the first perturbagens of each direction do in each cell line.

    Parameters
    ----------
    perturbagens : Perturbagens
    values : DataFrame
        `relative_ranks` of its signatures.
    consensus : dict
        Of `consensus_table`.

    Returns
    -------
    dict (perturbagen, cell_id, cells)
        cells: [perturbagen, cell line, relative rank in percent, log2fc], the first two as positions. Values
        are means over the signatures (doses, times, batches) of the pair.
    """
    rank, has_name = (np.array(consensus[column]) for column in ("relative_rank", "has_name"))
    up, down = np.flatnonzero(rank > 0), np.flatnonzero(rank < 0)
    first = [side[first_of_a_side(has_name[side].astype(bool), N_HEAT)] for side in (up, down)]
    names = [consensus["perturbagen"][k] for k in (*first[0], *first[1][::-1])]
    place = np.full(len(perturbagens.table), -1)
    place[perturbagens.table.index.get_indexer(names)] = np.arange(len(names))
    row = place[perturbagens.of_signature]
    shown, width = row >= 0, len(perturbagens.cell_lines)
    pairs, of_pair = np.unique(
        row[shown] * width + perturbagens.line_of_signature[shown], return_inverse=True
    )
    sizes = np.bincount(of_pair, minlength=len(pairs))
    rank, change = (
        np.bincount(of_pair, values[name].to_numpy()[shown], len(pairs)) / sizes
        for name in ("relative_rank", "log2fc")
    )
    seen, n_seen = np.unique(pairs % width, return_counts=True)
    order = seen[np.argsort(-n_seen, kind="stable")]  # lines of many perturbagens first
    column = {line: k for k, line in enumerate(order.tolist())}
    cells = [
        [pair // width, column[pair % width], round(100 * r), round(c, 1)]
        for pair, r, c in zip(pairs.tolist(), rank.tolist(), change.tolist(), strict=True)
    ]
    lines = [perturbagens.cell_lines[line] for line in order]
    return {"perturbagen": names, "cell_id": lines, "cells": cells}


@dataclass(frozen=True)
class DoseSeries:
    """Signatures of one compound, cell line and time in three doses or more, for the curves of any gene.

    Attributes
    ----------
    series : list of (perturbagen, cell_id, unit, time, doses, positions)
        positions: for each dose, its signatures.
    """

    series: list[tuple[str, str, str, float, list[float], list[np.ndarray]]]

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "DoseSeries":
        """Read them off `Index.signatures`, or some of its rows."""
        keys = ["compound", "cell_id", "dose_unit", "time"]
        table = signatures[keys].astype(str).reset_index(drop=True)
        table = table.assign(dose=as_number(signatures["dose"]).to_numpy()).dropna()
        table = table[table.groupby(keys)["dose"].transform("nunique") >= FEWEST_DOSES]
        series = []
        for (name, line, unit, time), part in table.groupby(keys):
            doses = {dose: of.index.to_numpy() for dose, of in part.groupby("dose")}
            of_unit = UNITS.get(unit, unit)
            series.append((name, line, of_unit, float(time), list(doses), list(doses.values())))
        return cls(series)

    def curves(self, log2fc: np.ndarray) -> list[dict]:
        """Return change against dose, the compounds with the largest changes first.

        Returns
        -------
        list of dict (perturbagen, cell_id, time, unit, dose, log2fc)
        """
        of_pair = {}
        for name, line, unit, time, doses, positions in self.series:
            changes = [round(float(log2fc[of].mean()), 2) for of in positions]
            curve = {"perturbagen": name, "cell_id": line, "time": time, "unit": unit, "dose": doses}
            of_pair.setdefault((name, line, unit), []).append(curve | {"log2fc": changes})
        largest = sorted(of_pair.values(), key=lambda of: -max(abs(c) for x in of for c in x["log2fc"]))
        return [curve for of in largest[:N_DOSES] for curve in sorted(of, key=lambda c: c["time"])]


@dataclass(frozen=True)
class Mechanisms:
    """Tests of mechanisms and targets over the chemicals of some signatures, for any gene.

    Attributes
    ----------
    rows : int array
        Positions of the chemicals that are not flagged.
    lines : CompoundLines or None
    tests : dict, name of the table → MechanismTests
        Without those that no mechanism is large enough for.
    """

    rows: np.ndarray
    lines: CompoundLines | None
    tests: dict[str, MechanismTests]

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "Mechanisms":
        """Read them off `Index.signatures`, or some of its rows."""
        counted = signatures["type"].isin(CHEMICAL) & (signatures["flags"] == "")
        rows = np.flatnonzero(counted)
        if not len(rows):
            return cls(rows, None, {})
        chemicals = signatures.iloc[rows]
        lines, tests = CompoundLines.of(chemicals), {}
        seen, names = lines.means(np.zeros(len(rows))).notna().to_numpy(), lines.compounds.to_numpy()
        for by, column in BY.items():
            facts = chemicals[["compound", column]].astype(str).drop_duplicates("compound")
            groups = facts.set_index("compound")[column].reindex(lines.compounds).to_numpy()
            with suppress(ValueError):  # no mechanism has enough compounds
                tests[f"{by}s"] = MechanismTests.of(names, groups, seen, by, n_draws=N_DRAWS)
        return cls(rows, lines, tests)

    def tables(self, relative_rank: np.ndarray) -> dict[str, dict]:
        """Return mechanisms and targets whose compounds move a gene, the first of each; {} where untested."""
        tables = {"mechanisms": {}, "targets": {}}
        if self.tests:
            values = self.lines.means(relative_rank[self.rows]).to_numpy()
            for name, tests in self.tests.items():
                table = tests.table(values).head(N_MECHANISMS)
                tables[name] = columns({"name": table.index.to_series()} | dict(table.items()))
        return tables
