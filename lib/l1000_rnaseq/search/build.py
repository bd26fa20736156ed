"""Build an index in one pass over the signatures, in constant memory; a killed build resumes."""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import check_space, is_full, not_written
from l1000_rnaseq.data.files.hdf5 import HDF5Writer
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.data.genes import describe_genes, gene_status
from l1000_rnaseq.search.control_levels import joined
from l1000_rnaseq.search.index_file import (
    FORMAT,
    KINDS,
    VERSION,
    make_fixed,
    make_matrix,
    write_block,
    write_table,
)
from l1000_rnaseq.search.merge import merge
from l1000_rnaseq.search.rank_knots import knot_ranks, knots_of
from l1000_rnaseq.search.sig_table import MEASURED
from l1000_rnaseq.search.sources import Source, tell_missing
from l1000_rnaseq.search.specificity import extreme, percentiles

SECONDS_BETWEEN_NOTES = 5.0
"""How often a build writes down how far it has come."""
MOVED = ("moved", "moved_percentile")


@dataclass(frozen=True)
class _Plan:
    """What is to be built.

    Attributes
    ----------
    genes : list of str
    table : DataFrame, signatures × metadata
    parts : list of (source, positions of the genes, which signatures are kept)
    basis : float32 array, factors × other genes, or None where values are kept in full
    n_changes : int
        How many of the factors a fold change has.
    n_own : int
        Signatures with a direction of their own; they come first.
    """

    genes: list[str]
    table: pd.DataFrame
    parts: list
    basis: np.ndarray | None
    n_changes: int
    n_own: int

    @classmethod
    def of(cls, sources: Sequence[Source]) -> "_Plan":
        sources = sorted(sources, key=lambda source: not getattr(source, "has_directions", True))
        genes, table, parts = merge(sources)
        own = [keep.sum() for source, _, keep in parts if getattr(source, "has_directions", True)]
        spaces = [getattr(source, "space", None) for source in sources]
        factored = all(
            space is not None and np.array_equal(space.basis, spaces[0].basis) and list(source.genes) == genes
            for space, source in zip(spaces, sources, strict=True)
        )
        basis = spaces[0].basis.astype(np.float16).astype(np.float32) if factored else None
        return cls(genes, table, parts, basis, spaces[0].rank if factored else 0, int(sum(own)))

    @property
    def cd_unit(self) -> np.float32:
        """Directions are kept times this, so that float16 does them justice."""
        return np.float32(np.sqrt(len(self.genes)))

    def whole(self, values: np.ndarray, n_factors: int) -> np.ndarray:
        """Return the genomes that the index will read from rounded values: signatures × genes."""
        values = values.astype(np.float16).astype(np.float32)
        if self.basis is None:
            return values
        n_first = len(self.genes) - self.basis.shape[1]
        hidden = values[:, n_first : n_first + n_factors]
        return np.hstack([values[:, :n_first], hidden @ self.basis[:n_factors]])

    def blocks(self, block: int, done: int):
        """Yield (position, log2fc, scores, measures) of the signatures kept, after the first `done`."""
        position = 0
        for source, columns, keep in self.parts:
            stops = getattr(source, "stops", None)
            stops = range(block, len(keep) + block, block) if stops is None else stops
            start = 0
            for stop in (min(int(stop), len(keep)) for stop in stops):
                rows, n = keep[start:stop], int(keep[start:stop].sum())
                if n and position + n > done:
                    read = source.read if self.basis is None else source.coordinates
                    values = [part[rows] for part in read(start, stop)]
                    values = [part[:, columns] if self.basis is None else part for part in values]
                    if not all(np.isfinite(part).all() for part in values):
                        raise ValueError(
                            "Signatures have values that are missing or infinite; compute them anew."
                        )
                    measured = getattr(source, "measured", None)
                    yield position, *values, None if measured is None else measured[start:stop][rows]
                position, start = position + n, stop
            tell_missing(source)


def build_index(
    sources: Sequence[Source],
    path: Path,
    facts: pd.DataFrame | None = None,
    block: int = 512,
    force: bool = False,
    progress: bool = True,
) -> int:
    """Build an index from signatures.

    Sources that all have coordinates of one model of changes (see `Coordinates`) are kept as factors, about
    5 kB a signature. Others are kept value by value, 4 bytes a signature and gene. Both give one answer.

    Parameters
    ----------
    sources : sequence of Source
        A signature of the same wells as one of an earlier source is left out (see `merge`). Sources of mean
        differences, without directions of their own, are put last.
    path : path
        File to write; it appears under this name only when whole.
    facts : DataFrame, gene × facts, optional
        Columns that the index notes for every gene, as they are.
    block : int
        Signatures in memory at a time, unless a source has blocks of its own.
    force : bool
        Overwrite an existing index.
    progress : bool

    Returns
    -------
    int
        Number of signatures.

    Raises
    ------
    ValueError
        No signatures, no genes in common, or values that are missing.
    OSError
        The index is there and `force` is not given, cannot be written, or another run is writing it.
    """
    path = Path(path)
    inputs = [file for source in sources for file in getattr(source, "files", ())]
    with output(path, force, inputs):
        plan = _Plan.of(sources)
        made = [getattr(source, "provenance", {}) for source in sources]
        part, note = (path.with_name(path.name + suffix) for suffix in (".part", ".note"))
        job = [*plan.genes, plan.table.to_csv(), json.dumps(made, sort_keys=True), str(block), VERSION]
        job = hashlib.sha256("\n".join(map(str, job)).encode()).hexdigest()
        done, counts = _resume(note, part, job, len(plan.genes))
        try:
            if not done:
                _lay_out(part, plan, facts, made)
            counts = _fill(part, note, plan, job, block, done, counts, progress)
            _finish(part, plan, counts)
        except OSError as error:
            if is_full(error):
                raise not_written(error, path, "what is done is kept") from error
            raise
        os.replace(part, path)
        note.unlink(missing_ok=True)
    return len(plan.table)


def _lay_out(part: Path, plan: _Plan, facts: pd.DataFrame | None, made: list) -> None:
    """Make a file with everything but the values, all of it at its final place."""
    n, n_genes = len(plan.table), len(plan.genes)
    factors = {"log2fc": None, "cd": None}
    if plan.basis is not None:
        factors = {"log2fc": plan.n_changes, "cd": len(plan.basis)}
    status = gene_status(plan.genes)
    sizes = status.value_counts()
    n_first = n_genes if plan.basis is None else n_genes - plan.basis.shape[1]
    each = {kind: 2 * (n_first + (factors[kind] or 0)) for kind in KINDS}
    part.unlink(missing_ok=True)
    check_space(part, n * each["log2fc"] + plan.n_own * each["cd"])
    genes = describe_genes(plan.genes).drop(columns=["name", "previous", "aliases"])
    if facts is not None:
        genes = genes.join(facts.reindex(plan.genes))
    genes = genes.assign(moved=np.float32(0), moved_percentile=np.float32(0))
    lines = plan.table["cell_id"].unique()
    provenance = {"library": __version__, "signatures": n, "genes": n_genes, "sources": made}
    meta = {"cd_unit": float(plan.cd_unit), "provenance": provenance}
    with HDF5Writer(part, "w") as out:
        out.attrs.update({"format": FORMAT, "version": VERSION, "meta": json.dumps(meta)})
        write_table(out.create_group("genes"), genes.rename_axis("symbol").reset_index(), MOVED)
        write_table(out.create_group("signatures"), plan.table.reset_index(), MEASURED)
        if plan.basis is not None:
            make_fixed(out, "basis", plan.basis.shape, "<f2")
            out["basis"][:] = plan.basis
        make_fixed(out, "length", (n - plan.n_own,), "<f4")
        for kind, count in (("log2fc", n), ("cd", plan.n_own)):
            make_matrix(out.create_group(kind), count, n_first, factors[kind])
        levels = joined([getattr(source, "levels", None) for source, *_ in plan.parts], lines, plan.genes)
        if levels is not None:
            levels.write(out.create_group("levels"), plan.genes)
        knots = out.create_group("knots")
        for name in sorted(sizes.index):
            make_fixed(knots, name, (n, len(knot_ranks(int(sizes[name])))), "<f2")


def _fill(part, note, plan: _Plan, job: str, block: int, done: int, counts, progress: bool) -> np.ndarray:
    """Write the values of every signature; return in how many each gene is extreme."""
    statuses = gene_status(plan.genes).groupby(gene_status(plan.genes).to_numpy()).indices
    noted = time.monotonic()
    with (
        HDF5Writer(part, "r+") as out,
        tqdm(total=len(plan.table), initial=done, unit="signature", disable=not progress) as bar,
    ):
        for start, log2fc, scores, measured in plan.blocks(block, done):
            stop = start + len(log2fc)
            write_block(out["log2fc"], start, log2fc)
            if start < plan.n_own:
                scores = scores * plan.cd_unit
                write_block(out["cd"], start, scores)
                genomes = plan.whole(scores, 0 if plan.basis is None else len(plan.basis))
            else:
                length = _lengths(log2fc, scores)
                out["length"][start - plan.n_own : stop - plan.n_own] = length
                genomes = plan.whole(log2fc, plan.n_changes) * (plan.cd_unit / length)[:, None]
            for name, positions in statuses.items():
                values = genomes[:, positions]
                descending = -np.sort(-values, axis=1)
                out["knots"][name][start:stop] = knots_of(descending)
                counts[positions] += extreme(values, descending).sum(axis=0)
            for name in MEASURED if measured is not None else ():
                out["signatures"][name][start:stop] = measured[name].to_numpy(np.float64)
            bar.update(stop - start)
            if time.monotonic() - noted >= SECONDS_BETWEEN_NOTES:
                out.flush()  # the values before their number: it counts what is on the disk
                _write_note(note, job, stop, counts)
                noted = time.monotonic()
    return counts


def _lengths(log2fc: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return what fold changes are divided by to give their scores; 1 where nothing changes."""
    long, short = (np.linalg.norm(values, axis=1) for values in (log2fc, scores))
    return np.where((long > 0) & (short > 0), long / np.where(short > 0, short, 1), 1).astype(np.float32)


def _finish(part: Path, plan: _Plan, counts: np.ndarray) -> None:
    status = gene_status(plan.genes)
    moved = pd.Series(counts / len(plan.table), status.index)
    with HDF5Writer(part, "r+") as out:
        out["genes/moved"][:] = moved
        out["genes/moved_percentile"][:] = percentiles(moved, status)


def _write_note(note: Path, job: str, done: int, counts: np.ndarray) -> None:
    work = note.with_name(note.name + ".new")
    with work.open("wb") as file:
        np.savez(file, job=job, done=done, counts=counts)
    os.replace(work, note)


def _resume(note: Path, part: Path, job: str, n_genes: int) -> tuple[int, np.ndarray]:
    """Return how far an earlier, killed run of the same job has come: signatures, and counts by gene."""
    try:
        with np.load(note) as kept, h5py.File(part):
            if str(kept["job"]) == job:
                return int(kept["done"]), kept["counts"]
    except (OSError, ValueError, KeyError, EOFError):  # absent, or damaged
        pass
    return 0, np.zeros(n_genes, np.int64)
