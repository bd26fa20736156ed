"""Build an index in one pass over the signatures, in constant memory; a killed build resumes."""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from l1000_rnaseq.search.blocks import BlockMaker
from l1000_rnaseq.search.cluster import running
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
from l1000_rnaseq.search.rank_knots import knot_ranks
from l1000_rnaseq.search.sig_table import MEASURED
from l1000_rnaseq.search.single_wells import fill_wells, lay_out_wells
from l1000_rnaseq.search.sources import Source, tell_missing
from l1000_rnaseq.search.specificity import percentiles
from l1000_rnaseq.search.steps import Part, steps_of
from l1000_rnaseq.search.well_table import WellTable

SECONDS_BETWEEN_NOTES = 5.0
"""How often a build writes down how far it has come."""
MOVED = ("moved", "moved_percentile")


@dataclass(frozen=True)
class _Plan:
    """What is to be built.

    Attributes
    ----------
    table : DataFrame, signatures × metadata
    wells : uint64 array, signatures
        Of `well_digests`.
    parts : list of Part
    maker : BlockMaker
    n_own : int
        Signatures with a direction of their own; they come first.
    single_wells : list of WellTable
        Of the parts; empty where wells are not kept.
    """

    table: pd.DataFrame
    wells: np.ndarray
    parts: list[Part]
    maker: BlockMaker
    n_own: int
    single_wells: list[WellTable]

    @classmethod
    def of(cls, sources: Sequence[Source], keep_wells: bool) -> "_Plan":
        sources = sorted(sources, key=lambda source: not getattr(source, "has_directions", True))
        genes, table, wells, parts = merge(sources)
        spaces = [getattr(source, "space", None) for source in sources]
        factored = all(
            space is not None and _is_same(space.basis, spaces[0].basis) and list(source.genes) == genes
            for space, source in zip(spaces, sources, strict=True)
        )
        basis = spaces[0].basis.astype(np.float16).astype(np.float32) if factored else None
        maker = BlockMaker(genes, basis, spaces[0].rank if factored else 0)
        parts = [Part(*part) for part in parts]
        own = [part.keep.sum() for part in parts if part.has_directions]
        single = _single_wells(parts, maker) if keep_wells else []
        return cls(table, wells, _copied(parts, maker), maker, int(sum(own)), single)


def _is_same(basis: np.ndarray, other: np.ndarray) -> bool:
    """Say whether two bases are of one model: that of an index is rounded to float16."""
    return basis.shape == other.shape and np.allclose(
        basis, other, rtol=1e-3, atol=1e-3 * np.abs(other).max()
    )


def _single_wells(parts: list[Part], maker: BlockMaker) -> list[WellTable]:
    """Return the wells behind the signatures of each part, as far as they are known."""
    tables = [getattr(part.source, "single_wells", None) for part in parts]
    if maker.basis is None or all(table is None for table in tables):
        raise ValueError(
            "the wells behind these signatures cannot be kept: that needs Level 3 wells, or an index that "
            "keeps its wells, and the model of changes of one bundle."
        )
    return [
        WellTable.unknown(int(part.keep.sum())) if table is None else table.of(np.flatnonzero(part.keep))
        for part, table in zip(parts, tables, strict=True)
    ]


def _copied(parts: list[Part], maker: BlockMaker) -> list[Part]:
    """Mark the parts whose blocks are copied: those of indexes that are taken whole, in the same form."""
    cut = {part.source.files[0] for part in parts if not part.keep.all() and hasattr(part.source, "kept")}
    return [
        replace(part, as_kept=part.source.files[0] not in cut and part.source.is_like(maker))
        if hasattr(part.source, "kept")
        else part
        for part in parts
    ]


def build_index(
    sources: Sequence[Source],
    path: Path,
    facts: pd.DataFrame | None = None,
    block: int = 512,
    force: bool = False,
    progress: bool = True,
    cluster: int | str | None = None,
    keep_wells: bool = False,
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
    cluster : int or str, optional
        Compute the signatures of wells in so many processes, or on the Dask cluster at this address. The file
        is the same.
    keep_wells : bool
        Keep the single wells behind signatures too, where sources know them: 2.4 kB a well. The page of a
        gene shows them.

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
        plan = _Plan.of(sources, keep_wells)
        made = [each for source in sources for each in provenances(source)]
        part, note = (path.with_name(path.name + suffix) for suffix in (".part", ".note"))
        job = [*plan.maker.genes, plan.table.to_csv(), json.dumps(made, sort_keys=True), str(block), VERSION]
        job += ["with wells"] * bool(plan.single_wells)
        job = hashlib.sha256("\n".join(map(str, job)).encode()).hexdigest()
        done, counts = _resume(note, part, job, plan)
        try:
            if not done:
                _lay_out(part, plan, facts, made)
            steps = steps_of(plan.parts, block, done)
            with running(cluster, path) as run:
                bar = tqdm(total=len(plan.table), initial=done, unit="signature", disable=not progress)
                counts = _fill(part, note, plan, job, run(steps, plan.maker), counts, bar)
            _finish(part, plan, counts)
        except OSError as error:
            if is_full(error):
                raise not_written(error, path, "what is done is kept") from error
            raise
        os.replace(part, path)
        note.unlink(missing_ok=True)
    for source in sources:
        tell_missing(source)
    return len(plan.table)


def provenances(source: Source) -> list[dict]:
    """Return what the signatures of a source were made from; for an index, what that was made from."""
    made = getattr(source, "provenance", {})
    return made if isinstance(made, list) else [made]


def _lay_out(part: Path, plan: _Plan, facts: pd.DataFrame | None, made: list) -> None:
    """Make a file with everything but the values, all of it at its final place."""
    maker, n = plan.maker, len(plan.table)
    n_genes, basis = len(maker.genes), maker.basis
    factors = {"log2fc": None, "cd": None}
    if basis is not None:
        factors = {"log2fc": maker.n_changes, "cd": len(basis)}
    sizes = gene_status(maker.genes).value_counts()
    n_first = n_genes if basis is None else n_genes - basis.shape[1]
    each = {kind: 2 * (n_first + (factors[kind] or 0)) for kind in KINDS}
    part.unlink(missing_ok=True)
    n_wells = sum(len(table.needed) for table in plan.single_wells)
    check_space(part, (n + n_wells) * each["log2fc"] + plan.n_own * each["cd"])
    genes = describe_genes(maker.genes).drop(columns=["name", "previous", "aliases"])
    if facts is not None:
        genes = genes.join(facts.reindex(maker.genes))
    genes = genes.assign(moved=np.float32(0), moved_percentile=np.float32(0))
    lines = plan.table["cell_id"].unique()
    provenance = {"library": __version__, "signatures": n, "genes": n_genes, "sources": made}
    meta = {"cd_unit": float(maker.cd_unit), "provenance": provenance}
    with HDF5Writer(part, "w") as out:
        out.attrs.update({"format": FORMAT, "version": VERSION, "meta": json.dumps(meta)})
        write_table(out.create_group("genes"), genes.rename_axis("symbol").reset_index(), MOVED)
        write_table(out.create_group("signatures"), plan.table.reset_index(), MEASURED)
        if basis is not None:
            make_fixed(out, "basis", basis.shape, "<f2")
            out["basis"][:] = basis
        make_fixed(out, "wells", (n,), "<u8")
        out["wells"][:] = plan.wells
        make_fixed(out, "length", (n - plan.n_own,), "<f4")
        for kind, count in (("log2fc", n), ("cd", plan.n_own)):
            make_matrix(out.create_group(kind), count, n_first, factors[kind])
        levels = joined([getattr(each.source, "levels", None) for each in plan.parts], lines, maker.genes)
        if levels is not None:
            levels.write(out.create_group("levels"), maker.genes)
        if plan.single_wells:
            lay_out_wells(out, plan.single_wells, n_first, factors["log2fc"])
        knots = out.create_group("knots")
        for name in sorted(sizes.index):
            make_fixed(knots, name, (n, len(knot_ranks(int(sizes[name])))), "<f2")


def _fill(part, note, plan: _Plan, job: str, blocks, counts: np.ndarray, bar) -> np.ndarray:
    """Write the values of every signature; return in how many each gene is extreme."""
    noted = time.monotonic()
    with HDF5Writer(part, "r+") as out, bar:
        for start, (block, measured) in blocks:
            stop = start + len(block)
            for kind, values in block.values.items():
                write_block(out[kind], start, values)
            if block.length is not None:
                out["length"][start - plan.n_own : stop - plan.n_own] = block.length
            for name, values in block.knots.items():
                out["knots"][name][start:stop] = values
            counts += block.extreme
            for name in MEASURED if measured is not None else ():
                out["signatures"][name][start:stop] = measured[name].to_numpy(np.float64)
            bar.update(stop - start)
            if time.monotonic() - noted >= SECONDS_BETWEEN_NOTES:
                out.flush()  # the values before their number: it counts what is on the disk
                _write_note(note, job, stop, counts)
                noted = time.monotonic()
    return counts


def _finish(part: Path, plan: _Plan, counts: np.ndarray) -> None:
    status = gene_status(plan.maker.genes)
    moved = pd.Series(counts / len(plan.table), status.index)
    with HDF5Writer(part, "r+") as out:
        out["genes/moved"][:] = moved
        out["genes/moved_percentile"][:] = percentiles(moved, status)
        fill_wells(out, plan.single_wells)


def _write_note(note: Path, job: str, done: int, counts: np.ndarray) -> None:
    work = note.with_name(note.name + ".new")
    with work.open("wb") as file:
        np.savez(file, job=job, done=done, counts=counts)
    os.replace(work, note)


def _resume(note: Path, part: Path, job: str, plan: _Plan) -> tuple[int, np.ndarray]:
    """Return how far an earlier, killed run of the same job has come: signatures, and counts by gene."""
    try:
        with np.load(note) as kept, h5py.File(part):
            if str(kept["job"]) == job:
                return int(kept["done"]), kept["counts"]
    except (OSError, ValueError, KeyError, EOFError):  # absent, or damaged
        pass
    copied = [part.source.extreme for part in plan.parts if part.as_kept]
    return 0, np.sum([np.zeros(len(plan.maker.genes), np.int64), *copied], axis=0)
