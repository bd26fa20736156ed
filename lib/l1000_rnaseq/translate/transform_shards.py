"""Translate a file of L1000 profiles shard by shard, in several processes: AnnData in a zarr folder."""

import hashlib
import json
import logging
import pickle
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from l1000_rnaseq.data.dask_workers import dask_client
from l1000_rnaseq.data.files.disk import is_full, not_written, write_bytes, write_text
from l1000_rnaseq.data.files.formats import open_profiles, open_writer
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.data.files.told import told
from l1000_rnaseq.data.files.zarr_store import create_zarr, write_part
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.transform import UNUSUAL, output_genes
from l1000_rnaseq.translate.transform_file import TransformSummary, chosen_genes

log = logging.getLogger(__name__)
TASKS, NEEDED = ".tasks", "needed.pickle"
SHARD = 2000
"""Profiles of a shard: 132 MB of the default's genes."""
AHEAD = 2
"""Tasks that are under way for each worker."""
STEP = 500
"""Profiles translated at a time: the same everywhere, so that the last bits are too."""


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
    """Translate every profile of a file into AnnData in a zarr folder (version 3), one shard a task.

    The folder appears under its name when it is whole. Run again after a kill, a dead scheduler or a full
    disk, the same call computes only the shards that are missing. Every shard is computed with one thread, so
    that the values are the same with any number of workers.

    Parameters
    ----------
    source, bundle, genes, dtype, id_type, info, progress
        See `transform_file`.
    target : path
        A folder, NAME.zarr.
    cluster : int, str or None
        So many processes of this machine, the address of a Dask scheduler whose workers see the same folders,
        or this process.
    shard : int
        Profiles of a task, and of a file of the folder.
    force : bool
        Replace a folder that is there.

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
    source, target = Path(source), Path(target)
    begun = time.perf_counter()
    part = target.with_name(target.name + ".part")
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already; pass --force to overwrite it.")
    if target.exists() and not (target / "zarr.json").is_file():
        raise FileExistsError(f"{target} is there already, and is something else; name another output.")
    with output(target.with_name(target.name + ".writing"), inputs=[path for path in (source, info) if path]):
        bundle = bundle or Bundle.load()
        with told() as sentences:
            file = open_profiles(source, info, id_type, unlisted="blank")
            landmarks = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
            landmarks.read(0, min(STEP, len(file.sample_ids)))  # bad values are told before a worker starts
            names, columns = chosen_genes(bundle, genes)
            stamp = source.stat()
            made_of = [str(source.resolve()), stamp.st_size, stamp.st_mtime_ns, bundle.card.get("sha256")]
            fingerprint = hashlib.sha256(repr([*made_of, names, dtype, shard]).encode()).hexdigest()
            if _fingerprint(part) != fingerprint:
                shutil.rmtree(part, ignore_errors=True)
                create_zarr(part, output_genes(names, bundle), file.sample_metadata, dtype, shard)
                needed = (bundle, source.resolve(), id_type, columns, dtype, shard)
                (part / TASKS).mkdir()
                write_bytes(part / TASKS / NEEDED, pickle.dumps(needed))
                write_text(part / TASKS / "fingerprint", fingerprint)
            total = len(file.sample_ids)
            try:
                resumed = _run(part, total, shard, cluster, progress)
            except OSError as error:
                if is_full(error):
                    raise not_written(
                        error, target, "whole shards are kept: the same command goes on"
                    ) from error
                raise
            done = [json.loads(path.read_text()) for path in sorted((part / TASKS).glob("*.json"))]
            unusual = sum(one["unusual"] for one in done)
            if unusual:
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
        _finish(part, target, summary, sentences)
    return summary


def transform_with_workers(source: Path, target: Path, bundle: Bundle, genes, force: bool = False, **options):
    """Translate with workers into a file that only one process can write: shards first, then the export.

    Parameters
    ----------
    target : path
        .gctx or .h5ad. The shards lie beside it as TARGET.zarr until the file is whole.
    source, bundle, genes, force, **options
        See `transform_shards`.

    Returns
    -------
    TransformSummary
    """
    target = Path(target)
    shards = target.with_name(target.name + ".zarr")
    with output(target, force, [source]):
        summary = transform_shards(source, shards, bundle, genes, force=True, **options)
        export_zarr(shards, target)
        shutil.rmtree(shards)
    return summary


def export_zarr(folder: Path, target: Path, chunk: int = STEP) -> None:
    """Copy genomes from a zarr folder into a file, in a stream; what the folder notes comes along."""
    import anndata
    import zarr

    group, file = zarr.open_group(folder, mode="r"), open_profiles(folder)
    notes = anndata.io.read_elem(group["uns"])
    options = {"dtype": str(group["X"].dtype), "row_metadata": file.row_metadata, "resume": False}
    ids = {
        "genes": list(file.row_ids),
        "sample_ids": file.sample_ids,
        "sample_metadata": file.sample_metadata,
    }
    with open_writer(target, **ids, **options) as writer:
        for start in range(0, len(file.sample_ids), chunk):
            writer.write(start, group["X"][start : start + chunk])
        writer.notes = {
            name: value if isinstance(value, str) else int(value) for name, value in notes.items()
        }


def _fingerprint(part: Path) -> str:
    path = part / TASKS / "fingerprint"
    return path.read_text() if path.is_file() else ""


def _run(part: Path, total: int, shard: int, cluster: int | str | None, progress: bool) -> int:
    """Compute the shards that are missing; return how many profiles were there already."""
    starts = [start for start in range(0, total, shard) if not _marker(part, start).is_file()]
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


def write_shard(part: str, start: int) -> int:
    """Translate the profiles of one shard, in any process; return how many they are."""
    import zarr

    landmarks, bundle, columns, dtype, size = _opened(part, _fingerprint(Path(part)))
    array = zarr.open_group(part, mode="r+")["X"]
    stop = min(start + size, array.shape[0])
    values = np.empty((stop - start, array.shape[1]), dtype)
    counted = {"imputed": 0, "clipped": 0.0, "unusual": 0}
    with threadpool_limits(1, "blas"):
        for first in range(start, stop, STEP):
            x, filled = landmarks.read(first, min(first + STEP, stop))
            block, share = bundle.genome_of(x)
            values[first - start :][: len(x)] = block if columns is None else block[:, columns]
            counted["imputed"] += int(filled)
            counted["clipped"] += float(share) * len(x)
            counted["unusual"] += int(bundle.unusual(x).sum())
    array[start:stop] = values
    write_text(_marker(Path(part), start), json.dumps(counted))
    return stop - start


def _marker(part: Path, start: int) -> Path:
    return part / TASKS / f"{start:012d}.json"


@cache
def _opened(part: str, fingerprint: str) -> tuple:
    """Open what all shards need, once in a process."""
    logging.getLogger("l1000_rnaseq").setLevel(logging.ERROR)  # what the input lacks was told already
    bundle, source, id_type, columns, dtype, shard = pickle.loads((Path(part) / TASKS / NEEDED).read_bytes())
    landmarks = Level3Input.of(open_profiles(source, id_type=id_type), bundle.landmarks, bundle.l1000_mean)
    return landmarks, bundle, columns, dtype, shard


def _finish(part: Path, target: Path, summary: TransformSummary, sentences: dict) -> None:
    import zarr

    group = zarr.open_group(part, mode="r+")
    notes = {
        "n_values_imputed": summary.imputed,
        "n_rows_left_out": summary.left_out,
        "n_samples_without_metadata": summary.without_info,
        "landmarks_missing": ", ".join(summary.missing),
        "told": "\n".join(sentences),
    }
    write_part(group, "uns", notes)
    shutil.rmtree(part / TASKS)
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
