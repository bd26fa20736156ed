"""One shard of a translated file: what any process needs to compute it."""

import json
import logging
import pickle
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.translate.level3_input import Level3Input

TASKS, NEEDED, JOB = ".tasks", "needed.pickle", "job"
STEP = 500
"""Profiles translated at a time: the same everywhere, so that the last bits are too."""


def job_of(part: Path) -> str:
    """Return the signature of the job whose shards a folder holds, or nothing."""
    path = part / TASKS / JOB
    return path.read_text() if path.is_file() else ""


def write_shard(part: str, start: int) -> int:
    """Translate the profiles of one shard, in any process; return how many they are."""
    import zarr

    landmarks, bundle, columns, dtype, size = _opened(part, job_of(Path(part)))
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
    write_text(marker(Path(part), start), json.dumps(counted))
    return stop - start


def marker(part: Path, start: int) -> Path:
    """Return the file that says what was counted in a shard; it is there when the shard is whole."""
    return part / TASKS / f"{start:012d}.json"


@cache
def _opened(part: str, job: str) -> tuple:
    """Open what all shards need, once in a process."""
    bundle, source, id_type, columns, dtype, shard = pickle.loads((Path(part) / TASKS / NEEDED).read_bytes())
    library = logging.getLogger("l1000_rnaseq")
    before = library.level
    library.setLevel(logging.ERROR)  # what the input lacks was told already
    try:
        file = open_profiles(source, id_type=id_type)
        landmarks = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
    finally:
        library.setLevel(before)
    return landmarks, bundle, columns, dtype, shard
