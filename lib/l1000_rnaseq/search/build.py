"""Build an index: for every gene the signatures that move it most, overall and within each cell line.

Two passes keep memory flat whatever the number of signatures. The first ranks each signature and writes it,
gene by gene, into a work file; the second reads a few genes over all signatures and keeps the best. Both
resume after a kill.
"""

import hashlib
import json
import os
from collections.abc import Sequence
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
from l1000_rnaseq.search.index import FORMAT, KEPT_WITHIN, RECORD, VERSION, knot_ranks, write_table
from l1000_rnaseq.search.merge import merge
from l1000_rnaseq.search.sources import Source, tell_missing
from l1000_rnaseq.stats.ranks import ranks

PASSES = {"log2fc": np.float16, "cd": np.float16, "rank": np.uint16}
STEP = np.float32(2**-5)
EXACT = 1024
"""What is stored is rounded far below the noise between replicates: log2 fold changes to 1/32, ranks beyond
the first and last 1,024 to a multiple of 16. The best signatures are chosen before that."""


def build_index(
    sources: Sequence[Source],
    path: Path,
    reliability: pd.Series | None = None,
    top: int = 100,
    block: int = 512,
    memory: int = 64_000_000,
    force: bool = False,
    progress: bool = True,
) -> int:
    """Build an index from signatures.

    Parameters
    ----------
    sources : sequence of Source
        A signature of the same wells as one of an earlier source is left out (see `merge`).
    path : path
        File to write; it appears under this name only when whole.
    reliability : Series, gene → held-out correlation, optional
    top : int
        Signatures kept for each gene, direction, ranking (log2 fold change, score, rank), type, and type
        within cell line.
    block : int
        Signatures in memory at a time.
    memory : int
        Bytes of one block of genes in the second pass.
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
        No signatures, no genes in common, or more than 65,535 genes.
    OSError
        The index is there and `force` is not given, cannot be written, or another run is writing it.
    """
    path = Path(path)
    if top < 1:
        raise ValueError(f"top is {top}; expected at least 1 signature per gene, direction and ranking.")
    inputs = [file for source in sources for file in getattr(source, "files", ())]
    with output(path, force, inputs):
        return _build(sources, path, reliability, top, block, memory, progress)


def _build(sources, path: Path, reliability, top: int, block: int, memory: int, progress: bool) -> int:
    genes, table, parts = merge(sources)
    made = [getattr(source, "provenance", {}) for source in sources]
    parts_of_job = [*genes, table.to_csv(), str(top), repr(STEP), json.dumps(made, sort_keys=True)]
    job = hashlib.sha256("\n".join(parts_of_job).encode()).hexdigest()
    work, part = (path.with_name(path.name + suffix) for suffix in (".work", ".part"))
    width = int(np.clip(memory // (6 * len(table)), 1, len(genes)))
    provenance = {
        "library": __version__,
        "signatures": len(table),
        "genes": len(genes),
        "sources": made,
    }
    meta = {"top": top, "provenance": provenance}
    done = _resume(work, job, "signatures_done")
    bytes_each = sum(np.dtype(kind).itemsize for kind in PASSES.values())
    check_space(work, (len(table) - done) * len(genes) * bytes_each)
    try:
        _transpose(work, job, genes, parts, len(table), width, block, progress)
        _select(work, part, job, genes, table, top, width, reliability, meta, progress)
    except OSError as error:
        if is_full(error):
            raise not_written(error, path, "what is done is kept") from error
        raise
    os.replace(part, path)
    work.unlink()
    return len(table)


def _transpose(work, job, genes, parts, n: int, width: int, block: int, progress: bool) -> None:
    """Write log2 fold change, score and rank of every signature into genes × signatures chunks."""
    done, knots = _resume(work, job, "signatures_done"), knot_ranks(len(genes))
    with HDF5Writer(work, "r+" if done else "w") as file:
        if not done:
            for name, dtype in PASSES.items():
                chunks = (width, min(block, n))
                file.create_dataset(
                    name, (len(genes), n), dtype, chunks=chunks, fillvalue=None, track_times=False
                )
            file.create_dataset("knots", (n, len(knots)), np.float16, track_times=False)
            file.attrs.update({"job": job, "signatures_done": 0})
        with tqdm(total=n, initial=done, unit="signature", disable=not progress) as bar:
            for start, log2fc, scores in _blocks(parts, block, done):
                stop = start + len(scores)
                values = {"rank": ranks(scores), "log2fc": log2fc, "cd": scores}
                file["knots"][start:stop] = -np.sort(-scores, axis=1)[:, knots - 1]
                for name, dtype in PASSES.items():
                    file[name][:, start:stop] = np.ascontiguousarray(values[name].astype(dtype).T)
                file.flush()  # the values before their number: it counts what is on the disk
                file.attrs["signatures_done"] = stop
                file.flush()
                bar.update(stop - start)


def _blocks(parts: list, block: int, done: int):
    """Yield (position, log2fc, scores) of signatures kept, after the first `done`."""
    position = 0
    for source, columns, keep in parts:
        for start in range(0, len(keep), block):
            rows = keep[start : start + block]
            stop = position + int(rows.sum())
            if stop > done and rows.any():
                values = [v[rows][:, columns] for v in source.read(start, start + len(rows))]
                if not all(np.isfinite(v).all() for v in values):
                    raise ValueError(
                        "Signatures have values that are missing or infinite; compute them anew."
                    )
                yield position, *values
            position = stop
        tell_missing(source)


def _select(work, part, job, genes, table, top, width, reliability, meta, progress: bool) -> None:
    """Keep the best signatures of every gene."""
    first = _resume(part, job, "genes_done")
    types = pd.factorize(table["type"], sort=True)
    sizes = np.bincount(types[0])
    groups = _groups(table, top)
    moved_in = max(len(genes) // 100, 1)
    with h5py.File(work) as source, HDF5Writer(part, "r+" if first else "w") as out:
        if not first:
            options = {"chunks": (4096,), "compression": "gzip", "compression_opts": 6, "shuffle": True}
            out.create_dataset("entries", (0,), RECORD, maxshape=(None,), track_times=False, **options)
            out.create_dataset("stops", (len(genes),), np.int64)
            moved = out.create_dataset("moved", (len(genes), len(types[1])), np.float32, track_times=False)
            moved.attrs["types"] = [str(name).encode() for name in types[1]]
            out.attrs.update(
                {"job": job, "genes_done": 0, "entries_done": 0, "dropped": 0, "n_genes": len(genes)}
            )
        out["entries"].resize((out.attrs["entries_done"],))
        with tqdm(total=len(genes), initial=first, unit="gene", disable=not progress) as bar:
            for start in range(first, len(genes), width):
                stop = min(start + width, len(genes))
                values = {name: source[name][start:stop] for name in PASSES}
                keep = _best(values, groups, top)
                extreme = (
                    np.minimum(values["rank"], len(genes) + 1 - values["rank"].astype(np.int32)) <= moved_in
                )
                counts = np.array([np.bincount(types[0], row, len(types[1])) for row in extreme])
                out["moved"][start:stop] = counts / sizes
                _append(out, values, keep, start)
                out.attrs["dropped"] += int((~keep).sum())
                out.attrs["genes_done"] = stop
                out.flush()
                bar.update(stop - start)
        del out.attrs["job"]  # killed from here on, this pass begins anew
        out.flush()
        stops = out["stops"][()]
        # not compressed: the first question reads them all
        out.create_dataset("knots", data=source["knots"][()], track_times=False)
        facts = (
            describe_genes(genes)
            .drop(columns=["name", "previous", "aliases"])
            .assign(
                status=gene_status(genes).to_numpy(),
                reliability=(np.nan if reliability is None else reliability.reindex(genes).to_numpy()),
                first=np.r_[0, stops[:-1]],
                stop=stops,
            )
        )
        write_table(
            out.create_group("genes"),
            facts.astype({"reliability": np.float32}).rename_axis("symbol").reset_index(),
        )
        write_table(out.create_group("signatures"), table.reset_index())
        del out["stops"]
        meta = meta | {"complete": int(out.attrs["dropped"]) == 0}
        for name in ("genes_done", "entries_done", "dropped", "n_genes"):
            del out.attrs[name]
        out.attrs.update({"format": FORMAT, "version": VERSION, "meta": json.dumps(meta)})


def _groups(table: pd.DataFrame, top: int) -> list[np.ndarray]:
    """Return the signatures of each type and of each type within a cell line, each set once."""
    groups = [*table.groupby("type").indices.values(), *table.groupby(list(KEPT_WITHIN)).indices.values()]
    return list({np.sort(rows).tobytes(): np.sort(rows) for rows in groups}.values())


def _best(values: dict[str, np.ndarray], groups: list[np.ndarray], top: int) -> np.ndarray:
    """Return genes × signatures, True where a signature is among the best of a group by any ranking."""
    keep = np.zeros(values["rank"].shape, bool)
    for rows in groups:
        if len(rows) <= 2 * top:
            keep[:, rows] = True
            continue
        for ranking in values.values():
            of_group = ranking[:, rows].astype(np.float32)
            order = np.argpartition(of_group, (top - 1, len(rows) - top), axis=1)
            ends = np.concatenate([order[:, :top], order[:, -top:]], axis=1)
            np.put_along_axis(keep, rows[ends], True, axis=1)
    return keep


def _append(out: h5py.File, values: dict[str, np.ndarray], keep: np.ndarray, start: int) -> None:
    gene, signature = np.nonzero(keep)
    records = np.empty(len(gene), RECORD)
    new = np.r_[True, gene[1:] != gene[:-1]] if len(gene) else np.zeros(0, bool)
    records["gap"] = np.where(new, signature, np.diff(signature, prepend=0))
    records["log2fc"] = np.round(values["log2fc"][gene, signature].astype(np.float32) / STEP) * STEP
    rank = values["rank"][gene, signature]
    middle = (rank > EXACT) & (rank <= out.attrs["n_genes"] - EXACT)
    records["rank"] = np.where(middle, rank // 16 * 16 + 8, rank)
    first = int(out.attrs["entries_done"])
    out["entries"].resize((first + len(records),))
    out["entries"][first:] = records
    out["stops"][start : start + len(keep)] = first + np.cumsum(keep.sum(axis=1))
    out.attrs["entries_done"] = first + len(records)


def _resume(path: Path, job: str, counter: str) -> int:
    """Return how far an earlier, killed run of the same job has come."""
    try:
        with h5py.File(path) as file:
            if file.attrs.get("job") == job:
                return int(file.attrs[counter])
    except (OSError, KeyError):  # absent, or killed while it was written
        pass
    return 0
