"""Write the L1000 releases of a simulated official folder: GSE92742, GSE70138 and LINCS 2020, streamed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.gctx import GctxWriter
from l1000_rnaseq.data.simulate.official.plates import Batch, Release, signature_scores, z_scores
from l1000_rnaseq.data.simulate.official.release_tables import inst_info, sig_info

SIZES = {
    "GSE92742": {"cp": 880_000, "sh": 439_138},
    "GSE70138": {"cp": 345_976},
    "LINCS 2020": {"cp": 1_932_000, "sh": 484_800, "xpr": 450_000},
}
"""Wells of the originals, controls counted; how they divide into kinds is rounded."""


class GctxParts:
    """Several GCTX files of one release that are written side by side, each in its own order.

    Parameters
    ----------
    folder : path
    genes : sequence of str
        Row ids.
    ids : dict
        Name of the file in the folder → ids of its samples.
    seed : int
        Written as an attribute, and part of what a stopped run is known by.
    """

    def __init__(self, folder: Path, genes: pd.Index, ids: dict[str, list[str]], seed: int):
        self._open, self._at = ExitStack(), dict.fromkeys(ids, 0)
        make = {name: GctxWriter(folder / name, genes, ids[name], attrs={"seed": seed}) for name in ids}
        self._writers = {name: self._open.enter_context(writer) for name, writer in make.items()}

    def put(self, name: str, block: np.ndarray) -> None:
        """Write the next samples of a file, unless a stopped run has written them."""
        writer, start = self._writers[name], self._at[name]
        self._at[name] += len(block)
        if self._at[name] > writer.done:
            writer.write(start, block)

    def has(self, sizes: dict[str, int]) -> bool:
        """Say whether the next samples of all files are there; if so, go past them."""
        if any(self._at[name] + size > self._writers[name].done for name, size in sizes.items()):
            return False
        for name, size in sizes.items():
            self._at[name] += size
        return True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self._open.__exit__(*error)


@dataclass(frozen=True)
class Layout:
    """Into which files the wells and signatures of a release go.

    Attributes
    ----------
    name : str
        GSE92742, GSE70138 or LINCS 2020.
    inst, sig : str
        Their tables, in the folder l1000.
    files : dict
        Level → file, or level and kind (all, ctl, cp, sh, xpr) → file.
    """

    name: str
    inst: str
    sig: str
    files: dict = field(default_factory=dict)

    def parts(self, level: int, batch: Batch) -> dict[str, np.ndarray]:
        """Return file → rows of the batch that go there (of its wells; at Level 5 of its signatures)."""
        if level == 5:
            name = self.files.get(5) or self.files.get((5, batch.kind))
            return {name: np.arange(len(batch.signatures))} if name else {}
        if level in self.files:
            return {self.files[level]: np.arange(len(batch.wells))}
        if (level, batch.kind) not in self.files:
            return {}
        is_control = batch.wells["row"].to_numpy() < 0
        treated, controls = self.files[level, batch.kind], self.files[level, "ctl"]
        parts = {treated: np.flatnonzero(~is_control), controls: np.flatnonzero(is_control)}
        return parts | {self.files[level, "all"]: np.arange(len(is_control))}


LAYOUTS = (
    Layout(
        "GSE92742", "inst_info.txt", "sig_info.txt", {3: "level3.gctx", 4: "level4.gctx", 5: "level5.gctx"}
    ),
    Layout(
        "GSE70138",
        "gse70138_inst_info.txt",
        "gse70138_sig_info.txt",
        {3: "gse70138_level3.gctx", 5: "gse70138_level5.gctx"},
    ),
    Layout(
        "LINCS 2020",
        "instinfo_beta.txt",
        "siginfo_beta.txt",
        {(3, kind): f"level3_beta_{kind}.gctx" for kind in ("all", "ctl")}
        | {(3, kind): f"level3_beta_trt_{kind}.gctx" for kind in ("cp", "sh", "xpr")}
        | {(5, kind): f"level5_beta_trt_{kind}.gctx" for kind in ("cp", "sh", "xpr")},
    ),
)


@contextmanager
def _appended(path: Path) -> Iterator:
    """Write a table piece by piece, whole or not at all; yields a function that takes the next rows."""
    with atomic(path) as part, part.open("w", encoding="utf-8") as file:

        def append(rows: pd.DataFrame) -> None:
            rows.to_csv(file, sep="\t", header=not file.tell(), index=False, lineterminator="\n")

        yield append


def write_release(folder: Path, release: Release, layout: Layout, tick=lambda n: None) -> None:
    """Write matrices and tables of a release; a killed run goes on.

    One batch is in memory at a time, and the ids of all wells.

    Parameters
    ----------
    folder : path
        The folder l1000 of a data folder.
    release : Release
    layout : Layout
    tick : callable
        Receives the number of wells of each batch that is done.
    """
    lines = release.reader.lines[0]
    ids: dict[str, list[str]] = {name: [] for name in dict.fromkeys(layout.files.values())}
    with _appended(folder / layout.inst) as inst, _appended(folder / layout.sig) as sig:
        for batch in release.batches():
            inst(inst_info(batch, lines[batch.line], layout.name))
            sig(sig_info(batch, lines[batch.line], layout.name))
            for level in (3, 4, 5):
                column = batch.signatures["sig_id"] if level == 5 else batch.wells["inst_id"]
                for name, rows in layout.parts(level, batch).items():
                    ids[name] += column.iloc[rows].tolist()
    with GctxParts(folder, release.reader.genes, ids, release.seed) as out:
        for batch in release.batches():
            parts = {level: layout.parts(level, batch) for level in (3, 4, 5)}
            if not out.has({name: len(rows) for files in parts.values() for name, rows in files.items()}):
                _write_batch(out, release, batch, parts)
            tick(len(batch.wells))


def _write_batch(out: GctxParts, release: Release, batch: Batch, parts: dict) -> None:
    values = release.reader.infer(release.measure(batch))
    for name, rows in parts[3].items():
        out.put(name, values[rows])
    scores = z_scores(values, batch)
    for name, rows in parts[4].items():
        out.put(name, scores[rows])
    for name, rows in parts[5].items():
        out.put(name, signature_scores(scores, batch)[rows])
