"""Translate a file of L1000 profiles shard by shard, in several processes."""

import json
import logging
import pickle
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.dask_workers import dask_client
from l1000_rnaseq.data.files.disk import is_full, not_written, write_bytes, write_text
from l1000_rnaseq.data.files.formats import open_profiles, open_writer
from l1000_rnaseq.data.files.output import output, refuse_own_input
from l1000_rnaseq.data.files.stream import signature
from l1000_rnaseq.data.files.told import told
from l1000_rnaseq.data.files.zarr_store import create_zarr, open_zarr, write_part
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.shard import JOB, NEEDED, STEP, TASKS, job_of, marker, write_shard
from l1000_rnaseq.translate.transform import UNUSUAL, output_genes
from l1000_rnaseq.translate.transform_file import TransformSummary, chosen_genes

log = logging.getLogger(__name__)
SHARD = 2000
"""Profiles of a shard: 132 MB of the default's genes."""
AHEAD = 2
"""Tasks that are under way for each worker."""


def transform_shards(
    source: Path,
    target: Path,
    bundle: Bundle | None = None,
    genes: list[str] | None = None,
    dtype: str = "float32",
    id_type: str = "auto",
    info: Path | None = None,
    cluster: int | str | None = None,
    shard: int = SHARD,
    force: bool = False,
    progress: bool = True,
) -> TransformSummary:
    """Translate every profile of a file, one shard of a zarr folder (version 3) a task.

    The output appears under its name when it is whole. Run again after a kill, a dead scheduler or a full
    disk, the same call computes only the shards that are missing. Every shard is computed with one thread, so
    that the values are the same with any number of workers.

    Parameters
    ----------
    source, bundle, genes, dtype, id_type, info, progress
        See `transform_file`.
    target : path
        NAME.zarr, a folder with AnnData. Or NAME.gctx or NAME.h5ad, which only one process can write: the
        shards are made beside it first, as NAME.gctx.zarr.part, and then copied.
    cluster : int, str or None
        So many processes of this machine, the address of a Dask scheduler whose workers see the same folders,
        or this process.
    shard : int
        Profiles of a task, and of a file of the folder.
    force : bool
        Replace an output that is there.

    Returns
    -------
    TransformSummary

    Raises
    ------
    ValueError, OSError
        See `transform_file` and `dask_client`. A lost cluster is an OSError too.

    Examples
    --------
    >>> transform_shards("level3.gctx", "genomes.zarr", cluster=4)  # doctest: +SKIP
    """
    begun, target = time.perf_counter(), Path(target)
    inputs = [path for path in (source, info) if path]
    make = partial(_compute, source, bundle, genes, dtype, id_type, info, cluster, shard, progress)
    if target.suffix == ".zarr":
        return _make_folder(target, make, force, inputs)
    part = target.with_name(f"{target.name}.zarr.part")
    with output(target, force, inputs):
        summary = make(part)
        _export(part, target)
        shutil.rmtree(part)
    return replace(summary, seconds=time.perf_counter() - begun)


def _make_folder(
    target: Path, make: Callable[[Path], TransformSummary], force: bool, inputs: list[Path]
) -> TransformSummary:
    """Make all shards in a folder beside the target, then give it the name."""
    refuse_own_input(target, inputs)
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already; pass --force to overwrite it.")
    if target.exists() and not (target / "zarr.json").is_file():
        raise FileExistsError(f"{target} is there already, and is something else; name another output.")
    part = target.with_name(f"{target.name}.part")
    with output(target.with_name(f"{target.name}.writing"), inputs=inputs):
        summary = make(part)
        shutil.rmtree(part / TASKS)
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
    return summary


def _export(part: Path, target: Path) -> None:
    """Copy the genomes into a file, in a stream; what the folder notes comes along."""
    import anndata
    import zarr

    group, file = zarr.open_group(part, mode="r"), open_zarr(part)
    writer = open_writer(
        target,
        genes=file.row_ids,
        sample_ids=file.sample_ids,
        row_metadata=file.row_metadata,
        sample_metadata=file.sample_metadata,
        dtype=str(group["X"].dtype),
        resume=False,
    )
    with writer:
        for start in range(0, len(file.sample_ids), STEP):
            writer.write(start, group["X"][start : start + STEP])
        notes = anndata.io.read_elem(group["uns"])
        writer.notes = {
            name: value if isinstance(value, str) else int(value) for name, value in notes.items()
        }


def _compute(
    source: Path,
    bundle: Bundle | None,
    genes: list[str] | None,
    dtype: str,
    id_type: str,
    info: Path | None,
    cluster: int | str | None,
    shard: int,
    progress: bool,
    part: Path,
) -> TransformSummary:
    """Make all shards that a folder lacks, and note what was imputed and told."""
    begun, source = time.perf_counter(), Path(source)
    bundle = bundle or Bundle.load()
    with told() as sentences:
        file = open_profiles(source, info, id_type, unlisted="blank")
        landmarks = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
        landmarks.read(0, min(STEP, len(file.sample_ids)))  # bad values are told before a worker starts
        names, columns = chosen_genes(bundle, genes)
        total, rows = len(file.sample_ids), output_genes(names, bundle)
        stamp = source.stat()
        made_of = [str(source.resolve()), stamp.st_size, stamp.st_mtime_ns, bundle.card.get("sha256")]
        tables = [pd.Index(names), file.sample_ids, rows, file.sample_metadata]
        job = signature(*made_of, *tables, dtype, id_type, shard)
        if job_of(part) != job:
            shutil.rmtree(part, ignore_errors=True)
            create_zarr(part, names, file.sample_ids, rows, file.sample_metadata, dtype, shard)
            (part / TASKS).mkdir()
            needed = (bundle, source.resolve(), id_type, columns, dtype, shard)
            write_bytes(part / TASKS / NEEDED, pickle.dumps(needed))
            write_text(part / TASKS / JOB, job)
        try:
            resumed = _run(part, total, shard, cluster, progress)
        except OSError as error:
            if is_full(error):
                kept = "whole shards are kept: the same command goes on"
                raise not_written(error, part, kept) from error
            raise
        done = [json.loads(path.read_text()) for path in sorted((part / TASKS).glob("*.json"))]
        if unusual := sum(one["unusual"] for one in done):
            log.warning("%d of %d profiles %s: their genomes are guesses", unusual, total, UNUSUAL)
    summary = TransformSummary(
        profiles=total,
        resumed=resumed,
        genes=len(names),
        seconds=time.perf_counter() - begun,
        clipped=sum(one["clipped"] for one in done) / max(total, 1),
        imputed=sum(one["imputed"] for one in done),
        missing=landmarks.missing,
        left_out=landmarks.n_left_out,
        without_info=file.n_undescribed,
    )
    _note(part, summary, sentences)
    return summary


def _run(part: Path, total: int, shard: int, cluster: int | str | None, progress: bool) -> int:
    """Compute the shards that are missing; return how many profiles were there already."""
    starts = [start for start in range(0, total, shard) if not marker(part, start).is_file()]
    left = sum(min(shard, total - start) for start in starts)
    with (
        tqdm(total=total, initial=total - left, unit="profile", disable=not progress) as bar,
        _submitting(cluster, part) as results,
    ):
        for n in results(starts):
            bar.update(n)
    return total - left


@contextmanager
def _submitting(cluster: int | str | None, part: Path) -> Iterator[Callable]:
    """Give a function that runs shards and yields the number of profiles of each."""
    if cluster is None:
        yield lambda starts: (write_shard(str(part.resolve()), start) for start in starts)
        return
    from distributed import KilledWorker
    from distributed.client import CancelledError
    from distributed.comm import CommClosedError

    lost = (CommClosedError, KilledWorker, CancelledError, TimeoutError, ConnectionError)
    with dask_client(cluster) as client:

        def results(starts: list[int]) -> Iterator[int]:
            waiting: deque = deque()
            try:
                for start in starts:
                    waiting.append(client.submit(write_shard, str(part.resolve()), start, pure=False))
                    if len(waiting) > AHEAD * max(len(client.scheduler_info()["workers"]), 1):
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            except lost as error:
                n = len(list((part / TASKS).glob("*.json")))
                raise OSError(
                    f"the cluster {cluster} was lost ({type(error).__name__}); {n:,} shards are written. Run "
                    "the same command again to go on."
                ) from error

        yield results


def _note(part: Path, summary: TransformSummary, sentences: dict) -> None:
    import zarr

    notes = {
        "n_values_imputed": summary.imputed,
        "n_rows_left_out": summary.left_out,
        "n_samples_without_metadata": summary.without_info,
        "landmarks_missing": ", ".join(summary.missing),
        "told": "\n".join(sentences),
    }
    write_part(zarr.open_group(part, mode="r+"), "uns", notes)
