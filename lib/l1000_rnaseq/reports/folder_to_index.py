"""The whole way from a data folder to an index: train, benchmark, translate, index. It resumes."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.data.cohorts import PAIR_FILES, has_pairs
from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.data.gse92743 import has_gtex_pairs
from l1000_rnaseq.data.scale import LEVEL3, read_landmarks
from l1000_rnaseq.evaluate.pairs import benchmark_bundles, benchmark_on_gtex
from l1000_rnaseq.reports.notebook import duration
from l1000_rnaseq.search.build_from_folder import index_folder, releases_of
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.training.train import DATA_FILES, load_or_train
from l1000_rnaseq.translate.transform_file import transform_file

STATE = "build.json"
BYTES_READ, PROFILES_TRANSLATED, WELLS_INDEXED = 2e7, 1000.0, 500.0
"""In a second of one processor, about: they tell the time that is left before a stage has run."""
N_CHECKED = 100
"""Wells of a release whose values are looked at before anything is trained."""
MANY = 5000
"""With so many profiles of each kind a centred CycleGAN was ahead of formulas (simulated, same cells)."""


@dataclass(frozen=True)
class Stage:
    """A part of the way.

    Attributes
    ----------
    name : str
        What is done.
    path : Path
        What it makes.
    inputs : tuple of Path
        When one of them changes, the stage runs again.
    settings : tuple
        The same of these.
    seconds : float
        What it takes, about.
    run : callable
        Does it, and returns what is to be told.
    """

    name: str
    path: Path
    inputs: tuple[Path, ...]
    settings: tuple
    seconds: float
    run: Callable[[], str]

    @property
    def key(self) -> str:
        """What the output is of: names, sizes and times of the inputs, settings, library."""
        parts = [self.name, *map(str, self.settings), __version__]
        for path in self.inputs:
            there = path.stat() if path.is_file() else None
            parts.append(
                f"{path.name} {there.st_size} {there.st_mtime_ns}" if there else f"{path.name} absent"
            )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def build_folder(
    data: Path,
    out: Path,
    tell: Callable[[str], None],
    preset: str = "best",
    seed: int = 0,
    translate: bool = False,
    cluster: int | str | None = None,
    progress: bool = True,
) -> None:
    """Make a bundle, its benchmark, translated profiles if asked for, and an index.

    Each stage is skipped while its inputs, its settings and the version of the library stay the same. A
    killed run goes on within the stage that it was killed in.

    Parameters
    ----------
    data : path
        A data folder, such as the one that `fetch --all` leaves.
    out : path
        A folder: bundle.h5, benchmark.tsv, level3_*_rnaseq_like.gctx (.zarr with `cluster`), index.h5;
        build.json has the state.
    tell : callable
        Gets a line of text for each stage: its time, and about how long the others will take.
    preset, seed
        Of the bundle (see `train`).
    translate : bool
        Also write the genomes of all wells. The index does not need them.
    cluster
        See `search.cluster.running`.
    progress : bool
        Show progress bars.

    Raises
    ------
    FileNotFoundError, ValueError
        The folder lacks what a stage needs, or a file of `out` was not made by this.
    """
    data, out = Path(data), Path(out)
    releases_of(data)  # before anything is trained
    with output(out, folder=True):
        stages = list(_stages(data, out, preset, seed, translate, cluster, progress))
        state = _state(out)
        _refuse_others(stages, state)
        spent = planned = 0.0
        for number, stage in enumerate(stages):
            if stage.path.exists() and state.get(stage.name, {}).get("key") == stage.key:
                tell(f"{stage.name}: up to date, {stage.path}")
                continue
            begun = time.perf_counter()
            told = stage.run()
            seconds = time.perf_counter() - begun
            state[stage.name] = {"key": stage.key, "file": stage.path.name, "seconds": round(seconds, 1)}
            write_text(out / STATE, json.dumps(state, indent=1))
            spent, planned = spent + seconds, planned + stage.seconds
            left = sum(other.seconds for other in stages[number + 1 :]) * spent / planned
            later = f"; about {duration(left)} left" if left else ""
            tell(f"{stage.name}: {duration(seconds)}, {stage.path}. {told}{later}")


def advice(card: dict) -> str:
    """Name the preset that is worth a comparison with so many profiles (learning curve of notebook 02)."""
    is_large = min(card["l1000_profiles"], card["rnaseq_samples"]) >= MANY
    if card["preset"] != "best" or not is_large:
        return ""
    return f" (with more than {MANY:,} profiles of each kind, compare --preset cyclegan_centred)"


def _stages(
    data: Path, out: Path, preset: str, seed: int, translate: bool, cluster, progress: bool
) -> Iterator[Stage]:
    bundle, bench = out / "bundle.h5", out / "benchmark.tsv"
    learned = tuple(data / name for name in DATA_FILES)
    seconds = 30 + sum(path.stat().st_size for path in learned if path.is_file()) / BYTES_READ

    def trains() -> str:
        if bundle.is_file():  # of other data or settings
            bundle.unlink()
        made = load_or_train(data, bundle, preset, seed, progress=progress)
        return f"{len(made.genes):,} genes{advice(made.card)}"

    yield Stage("1 train the translator", bundle, learned, (preset, seed), seconds, trains)
    tested = tuple(data / name for name in PAIR_FILES)
    tested += tuple(sorted((data / "paired").glob("gse92743_*")))
    yield Stage("2 benchmark it", bench, (bundle, *tested), (), 30.0, lambda: _benchmark(data, bundle, bench))
    releases = releases_of(data)
    counts = {name: _count_wells(*files) for name, files in releases.items()}
    for name, (wells, info) in releases.items() if translate else ():
        target = out / f"{wells.stem}_rnaseq_like.{'zarr' if cluster else 'gctx'}"
        options = {"info": info, "force": True, "progress": progress}

        def translates(wells=wells, target=target, options=options) -> str:
            if cluster:
                from l1000_rnaseq.translate.transform_shards import transform_shards  # needs the extra

                return str(transform_shards(wells, target, Bundle.load(bundle), cluster=cluster, **options))
            return str(transform_file(wells, target, Bundle.load(bundle), **options))

        seconds = counts[name] / PROFILES_TRANSLATED
        yield Stage(f"3 translate {name}", target, (bundle, wells, info), (), seconds, translates)
    index = out / "index.h5"

    def indexes() -> str:
        options = {"force": True, "progress": progress, "cluster": cluster}
        return f"{index_folder(data, index, Bundle.load(bundle), **options):,} signatures"

    level5 = (data / "l1000" / "level5.gctx", data / "l1000" / "sig_info.txt")
    inputs = (bundle, *(path for files in releases.values() for path in files), *level5)
    yield Stage("4 index its signatures", index, inputs, (), sum(counts.values()) / WELLS_INDEXED, indexes)


def _count_wells(wells: Path, info: Path) -> int:
    """Count the wells of a release; raise where its table or its values are not Level 3's.

    The index would find that too, but only after the training.
    """
    file = open_profiles(wells, info, unlisted="blank")
    read_landmarks(file, LEVEL3, file.sample_ids[:N_CHECKED])
    return len(file.sample_ids)


def _benchmark(data: Path, bundle: Path, target: Path) -> str:
    """Measure the bundle on the pairs of the folder, GSE92743's if it has them; return what was found."""
    bundles = {"translated": Bundle.load(bundle)}
    if has_gtex_pairs(data):
        table, pairs = benchmark_on_gtex(data, bundles), "GSE92743"
    elif has_pairs(data):
        table, pairs = benchmark_bundles(data, bundles), "the paired cell lines"
    else:
        table, pairs = pd.DataFrame(), ""
    write_text(target, table.to_csv(sep="\t", index=False, float_format="%.4f"))
    if table.empty:
        return "Not measured: the folder has no profiles of both technologies"
    genome = table.set_index(["method", "space"]).loc[("translated", "genome")]
    return f"Genome, {pairs}, n {genome['n_lines']:.0f}: centred r {genome['centred_pcc']:.3f}"


def _state(out: Path) -> dict:
    path = out / STATE
    try:
        return json.loads(path.read_text()) if path.is_file() else {}
    except ValueError as error:
        raise ValueError(f"{path} is no state of a build; remove it, or name another folder.") from error


def _refuse_others(stages: list[Stage], state: dict) -> None:
    """Raise where a file that would be replaced was not made by a build."""
    for stage in stages:
        if stage.path.exists() and stage.name not in state:
            raise ValueError(f"{stage.path} was not made by `build`; remove it, or name another folder.")
