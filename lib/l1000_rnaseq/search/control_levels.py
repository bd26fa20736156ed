"""Whether a gene is on in a cell line: levels of untreated cells, one row per line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.search.index_file import make_fixed, read_table, write_table
from l1000_rnaseq.search.matrices import mapped

if TYPE_CHECKING:
    from l1000_rnaseq.signatures.design import Design
    from l1000_rnaseq.signatures.signature_files import WellReader
    from l1000_rnaseq.translate.bundle import Bundle

EXPRESSED = 1.0
"""log2(CPM+1) from which a measured gene is on: one read in a million, the usual cut of RNA-seq."""
OFF_BELOW, ON_FROM = 0.5, 2.0
"""A translated level below the first is called off, one from the second on is called on, others unclear.

So nine calls of ten are right on cell lines that no fit has seen (`benchmarks/control_levels.py`). Of nine
lines in HPA, 89 % of the calls "off" and 96 % of the calls "on" are right; of six in CCLE 98 % and 90 %. A
single cut at `EXPRESSED` has 82 % and 88 %, and 96 % and 76 %.
"""
KINDS = ("control wells", "baseline", "all wells")
"""What a line's level is from, the preferred first."""
MOST_WELLS = 500
"""Wells of a line that are read, evenly over its plates: the mean of more is the same."""


@dataclass(frozen=True)
class ControlLevels:
    """Levels of untreated cells.

    There is one level per line, not per plate: plates of a line differ by less than a translation errs. So
    lines are kept gene by gene. They are fewer than the factors of a translation.

    Attributes
    ----------
    lines : DataFrame, cell_id × (level_from, n_profiles)
        level_from: one of `KINDS`. n_profiles: how many wells or averaged profiles the mean is over.
    genes : Index
    values : array, lines × genes, log2(CPM+1)
        NaN where a gene is not known.
    """

    lines: pd.DataFrame
    genes: pd.Index
    values: np.ndarray

    @classmethod
    def of_means(
        cls, means: np.ndarray, lines: Sequence[str], kinds: Sequence[str], n: Sequence[int], bundle: "Bundle"
    ) -> "ControlLevels":
        """Translate the mean profile of each line (lines × landmarks, log2 intensity)."""
        table = pd.DataFrame(
            {"level_from": list(kinds), "n_profiles": list(n)}, pd.Index(lines, name="cell_id")
        )
        genomes = bundle.genome_of(np.asarray(means, np.float32))[0]
        return cls(table, pd.Index(bundle.genes, dtype=object), genomes)

    @classmethod
    def of_wells(cls, plan: "Design", reader: "WellReader") -> "ControlLevels":
        """Average the control wells of the lines of a design's signatures, and translate the means.

        Parameters
        ----------
        plan : Design
            Vehicle, vector and untreated wells are taken. A line without any has the mean of the wells that
            its signatures are compared with, which are treated: "all wells".
        reader : WellReader
            Of Level 3, with the bundle that translates.
        """
        chosen = {}
        for cell in sorted(plan.signatures["cell_id"].unique()):
            kind, wells = "control wells", plan.line_controls.get(cell)
            if not wells:
                kind, wells = "all wells", _compared(plan, cell)
            chosen[cell] = kind, _evenly(sorted(wells))
        means = [reader.landmarks.read_samples(wells)[0].mean(axis=0) for _, wells in chosen.values()]
        kinds, wells = zip(*chosen.values(), strict=True)
        return cls.of_means(np.array(means), list(chosen), kinds, list(map(len, wells)), reader.bundle)

    @classmethod
    def of_baselines(cls, path: Path, bundle: "Bundle") -> "ControlLevels":
        """Translate averaged profiles of untreated lines: a Level 3 file with a column per line."""
        from l1000_rnaseq.data.files.formats import open_profiles  # here, since a search needs neither
        from l1000_rnaseq.translate.level3_input import Level3Input

        profiles = Level3Input.of(open_profiles(path), bundle.landmarks, bundle.l1000_mean)
        lines = list(map(str, profiles.file.sample_ids))
        means = profiles.read(0, len(lines))[0]
        return cls.of_means(means, lines, ["baseline"] * len(lines), [1] * len(lines), bundle)

    @classmethod
    def read(cls, group: h5py.Group, genes: pd.Index, path: Path) -> "ControlLevels":
        """Open what `write` wrote."""
        lines = read_table(group["lines"]).set_index("cell_id")
        return cls(lines.set_index(lines.index.astype(str)), genes, mapped(group["values"], path).T)

    def write(self, group: h5py.Group, genes: Sequence[str]) -> None:
        """Write the levels of some genes, so that one gene is read at once."""
        write_table(group.create_group("lines"), self.lines.rename_axis("cell_id").reset_index())
        make_fixed(group, "values", (len(genes), len(self.lines)), "<f2")
        group["values"][:] = self.of_genes(genes).T

    def of_genes(self, genes: Sequence[str]) -> np.ndarray:
        """Return lines × genes, float32, log2(CPM+1); NaN for a gene that is not there."""
        positions = self.genes.get_indexer(list(genes))
        out = np.full((len(self.lines), len(positions)), np.nan, np.float32)
        out[:, positions >= 0] = self.values[:, positions[positions >= 0]]
        return out

    def of_lines(self, lines: Sequence[str]) -> "ControlLevels":
        """Return some of its lines."""
        rows = self.lines.index.get_indexer(list(lines))
        return ControlLevels(self.lines.iloc[rows], self.genes, self.values[rows])


def joined(
    parts: Sequence[ControlLevels | None], lines: Sequence[str], genes: Sequence[str]
) -> ControlLevels | None:
    """Return the levels of some lines from several tables, or None where none of them is known.

    Of a line that is in several, the level from control wells is taken, then that of a baseline. Of two of
    one kind, that of more wells.
    """
    parts = [part for part in parts if part is not None]
    tables = [part.lines.assign(part=k, row=np.arange(len(part.lines))) for k, part in enumerate(parts)]
    table = pd.concat(tables) if tables else pd.DataFrame()
    table = table[table.index.isin(set(lines))]
    if table.empty:
        return None
    kind = table["level_from"].map(KINDS.index).astype(int)
    table = table.iloc[np.lexsort((table["part"], -table["n_profiles"], kind))]
    table = table[~table.index.duplicated()].sort_index()
    values = [part.of_genes(genes) for part in parts]
    rows = [values[k][row] for k, row in zip(table["part"], table["row"], strict=True)]
    facts = table[["level_from", "n_profiles"]].rename_axis("cell_id")
    return ControlLevels(facts, pd.Index(genes, dtype=object), np.array(rows))


def expressed(levels: np.ndarray) -> np.ndarray:
    """Say in a word whether translated levels are of genes that are on.

    Parameters
    ----------
    levels : array, log2(CPM+1)

    Returns
    -------
    array of "on", "off", "unclear" or "not known" (NaN)
        Of genes that are on in some lines only, fewer calls are right: 85 to 92 % of "off", 69 to 81 % of
        "on". A third of the genes called unclear are on.

    Examples
    --------
    >>> expressed([0.2, 1.2, 5.0, np.nan]).tolist()
    ['off', 'unclear', 'on', 'not known']
    """
    levels = np.asarray(levels, float)
    words = np.where(levels < OFF_BELOW, "off", np.where(levels >= ON_FROM, "on", "unclear"))
    return np.where(np.isnan(levels), "not known", words)


def _compared(plan: "Design", cell: str) -> set[str]:
    """Return the wells that the signatures of a line are compared with."""
    of_line = plan.signatures.index[plan.signatures["cell_id"] == cell]
    near = {id(rows): rows for sig_id in of_line for rows in plan.comparisons[sig_id].near}
    return set(plan.ids[np.unique(np.concatenate(list(near.values())))])


def _evenly(wells: list[str]) -> list[str]:
    """Return `MOST_WELLS` of some wells at most, in equal steps."""
    rows = np.linspace(0, len(wells) - 1, min(len(wells), MOST_WELLS)).round().astype(int)
    return [wells[row] for row in rows]
