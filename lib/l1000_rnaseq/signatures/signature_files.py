"""Signatures from file to files, batch by batch: Level 5-style GCTX, sig_info, gene sets; resumable."""

import hashlib
import json
import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import file_hash, write_text
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gctx import GctxWriter
from l1000_rnaseq.data.files.metadata import match, read_metadata, write_metadata
from l1000_rnaseq.data.files.output import output, refuse_own_input
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.told import told
from l1000_rnaseq.data.gene_ids import check_unique
from l1000_rnaseq.data.scale import LOG2, check_scale
from l1000_rnaseq.signatures.batch import MEASURES, batch_signatures, check_method
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import Design, design
from l1000_rnaseq.signatures.gmt import write_gmt
from l1000_rnaseq.signatures.signature_folder import FILES, LAST, put_in_place, read_provenance, work_folder
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.transform import output_genes

log = logging.getLogger(__name__)
SCORE_FILES = {"cd": "cd.gctx", "limma": "t.gctx", "fc": None}


@dataclass(frozen=True)
class SignaturesSummary:
    """What `signatures_file` did."""

    signatures: int
    skipped: pd.Series  # reason → groups
    genes: int
    wells: int
    profiles: int  # that the file has; the others are in no signature
    imputed: int = 0  # missing values of wells that were filled, wells of several batches counted again
    single: int = 0  # signatures of one treated well
    left_out: int = 0  # treated wells of these signatures on plates without controls
    without_dose: int = 0  # wells of compounds

    @classmethod
    def of(cls, plan: Design, reader: "WellReader") -> "SignaturesSummary":
        """Count what a plan has, and what was read for it."""
        table = plan.signatures
        return cls(
            signatures=len(table),
            skipped=plan.reasons,
            genes=len(reader.genes),
            wells=len(plan.wells(table.index)),
            profiles=reader.file.shape[0],
            imputed=reader.imputed["filled"],
            single=int((table["n_treated"] == 1).sum()),
            left_out=int(table["n_left_out"].sum()),
            without_dose=plan.n_without_dose,
        )

    def __str__(self) -> str:
        """Return one line for the command line."""
        text = f"{self.signatures:,} signatures × {self.genes:,} genes from {self.wells:,} "
        text += "wells" if self.wells == self.profiles else f"of {self.profiles:,} wells"
        counts = {
            "signatures of one treated well, without replicate agreement": self.single,
            "treated wells left out: no controls on their plate": self.left_out,
            "wells of compounds without a dose, in groups of their own": self.without_dose,
            "missing values of wells imputed": self.imputed,
        }
        told = [f"{n:,} {what}" for what, n in counts.items() if n]
        told += [f"{n:,} groups skipped ({reason})" for reason, n in self.skipped.items()]
        text = "; ".join([text, *told])
        return f"{text}, see skipped.txt" if len(self.skipped) else text

    @property
    def counts(self) -> dict:
        """Return what is counted, for provenance.json."""
        return {**asdict(self), "skipped": self.skipped.to_dict()}


@dataclass(frozen=True)
class WellReader:
    """Profiles of wells by id: as stored, or translated by a bundle on the fly."""

    file: ProfileFile
    genes: list[str]
    bundle: Bundle | None = None
    landmarks: Level3Input | None = None
    imputed: Counter = field(default_factory=Counter, repr=False)  # how many missing values were filled

    @classmethod
    def of(cls, file: ProfileFile, bundle: Bundle | None = None) -> "WellReader":
        """Check a file; with a bundle it must have Level 3 landmarks (see `Level3Input`)."""
        if bundle is not None:
            landmarks = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
            return cls(file, list(bundle.genes), bundle, landmarks)
        check_unique(file.genes, str(file.path))
        return cls(file, list(file.genes))

    def read(self, ids: list[str]) -> pd.DataFrame:
        """Return wells × genes.

        Raises
        ------
        ValueError
            A well has a missing or infinite value, or is not on the scale that it must be on.
        """
        if self.bundle is not None:
            landmarks, filled = self.landmarks.read_samples(ids)
            self.imputed.update(filled=filled)
            return pd.DataFrame(self.bundle.for_changes(landmarks), ids, self.genes)
        values = self.file.read_samples(ids).to_numpy()
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise ValueError(
                f"well {ids[row]} of {self.file.path} has no value for {self.genes[column]}; drop or mend it."
            )
        check_scale(values, f"{self.file.path} (wells {ids[0]} to {ids[-1]})", LOG2)
        return pd.DataFrame(values, index=ids, columns=self.genes)


def signatures_file(
    source: Path,
    info: Path,
    out: Path,
    method: str = "cd",
    controls: str = "vehicle",
    pool_doses: bool = False,
    bundle: Bundle | None = None,
    direction: DirectionSettings | None = None,
    min_treated: int = 1,
    min_controls: int = 3,
    leave_out: Collection[str] = (),
    top: int = 250,
    id_type: str = "auto",
    force: bool = False,
    reuse: bool = False,
    progress: bool = True,
) -> SignaturesSummary:
    """Compute every signature that a profile file supports; one batch is in memory at a time.

    Parameters
    ----------
    source : path
        Profiles, log2: whole genomes, or Level 3 landmarks if a bundle is given.
    info : path
        Well table: the columns of inst_info, of any release (see `data.dialects`).
    out : path
        Folder for log2fc.gctx, cd.gctx or t.gctx (genes × signatures), sig_info.txt, controls.txt,
        skipped.txt, top.gmt and provenance.json. An interrupted run resumes.
    method : str
        "cd", "limma" or "fc".
    controls, pool_doses, min_treated, min_controls
        See `design`.
    bundle : Bundle, optional
        Translate Level 3 profiles on the fly; nothing translated is stored.
    direction : DirectionSettings, optional
        Of the characteristic direction; when absent those of the kind of controls (see `GAMMA`).
    leave_out : collection of str
        Ids of signatures that are not wanted.
    top : int
        Genes up and down of each signature in top.gmt.
    id_type : str
        See `resolve_ids`.
    force : bool
        Replace the files of an earlier run, all of them at once.
    reuse : bool
        Keep them where they are what this run would make.
    progress : bool

    Raises
    ------
    ValueError
        Bad input, each in one sentence.
    OSError
        The output is there and `force` is not given, cannot be written, or another run is writing it.
    """
    if method not in SCORE_FILES:
        raise ValueError(f"unknown method {method!r}; expected cd, limma or fc.")
    if top < 1:
        raise ValueError(f"top is {top}; expected at least 1 gene up and down.")
    check_method(method, controls == "medians")
    with output(out, folder=True) as out, told() as sentences:
        for name in FILES:
            refuse_own_input(out / name, (source, info))
        if (out / LAST).exists() and not force:
            raise FileExistsError(f"{out} has signatures already; pass --force to overwrite them.")
        reader = WellReader.of(open_profiles(source, id_type=id_type), bundle)
        wells = match(read_metadata(info), reader.file.sample_ids, source, info, unlisted="drop")
        plan = design(wells, controls, pool_doses, min_treated, min_controls, info).without(leave_out)
        direction = direction or DirectionSettings.of_controls(controls)
        stamp = Path(source).stat()
        model = bundle.card.get("sha256", "") if bundle is not None else ""
        made = {
            "profiles": Path(source).name,
            "sha256": file_hash(source),
            "wells": Path(info).name,
            "method": method,
            "controls": controls,
            "pool_doses": pool_doses,
            "direction": asdict(direction),
            "bundle": model,
            "library": __version__,
        }
        job = [made, str(source), stamp.st_size, stamp.st_mtime_ns, top, plan.signatures.to_csv()]
        made["job"] = hashlib.sha256(json.dumps(job).encode()).hexdigest()
        is_there = reuse and (out / LAST).exists() and read_provenance(out).get("job") == made["job"]
        if not is_there:
            work = work_folder(out, made["job"])
            if not (work / LAST).is_file():
                try:
                    _compute(work, plan, reader, method, direction, made["job"], progress)
                except ValueError:
                    shutil.rmtree(work)  # of such input nothing will be made
                    raise
                made["counts"] = SignaturesSummary.of(plan, reader).counts
                _write_texts(work, plan, SCORE_FILES[method] or "log2fc.gctx", top, made, sentences)
            put_in_place(work, out)
    return SignaturesSummary.of(plan, reader)


def _write_texts(work: Path, plan: Design, score: str, top: int, made: dict, sentences: dict) -> None:
    write_metadata(work / "skipped.txt", plan.skipped)
    sets = pd.Series({name: "|".join(wells) for name, wells in plan.control_sets.items()}, name="inst_id")
    write_metadata(work / "controls.txt", sets.rename_axis("control_set").to_frame())
    write_gmt(work / "top.gmt", work / score, plan.signatures, top)
    table = plan.signatures.join(_read_measures(work).loc[plan.signatures.index])
    write_metadata(work / "last", table)
    made = made | {"told": list(sentences), LAST: file_hash(work / "last")}
    write_text(work / "provenance.json", json.dumps(made, indent=1))
    os.replace(work / "last", work / LAST)


def _compute(out, plan: Design, reader: WellReader, method, direction, job: str, progress: bool) -> None:
    names = {"log2fc": "log2fc.gctx"} | ({"score": SCORE_FILES[method]} if SCORE_FILES[method] else {})
    rows = output_genes(reader.genes, reader.bundle).assign(pr_gene_symbol=reader.genes)
    columns = plan.signatures.drop(columns="distil_id")
    with ExitStack() as stack:
        writers = {
            what: stack.enter_context(
                GctxWriter(out / name, reader.genes, columns.index, rows, columns, attrs={"job": job})
            )
            for what, name in names.items()
        }
        done = min(writer.done for writer in writers.values())
        measures, imputed = out / "measures.part", out / "imputed.part"
        if not (done and measures.is_file() and imputed.is_file()):
            done = 0
            write_text(measures, "\t".join(["sig_id", *MEASURES]) + "\n")
            write_text(imputed, "0\t0\n")
        counts = re.findall(r"^(\d+)\t(\d+)\n", imputed.read_text(), re.M)
        reader.imputed["filled"] = max(int(n) for stop, n in counts if int(stop) <= done)
        batches = plan.signatures.groupby("batch", sort=False).indices
        with tqdm(total=len(plan.signatures), unit="signature", disable=not progress) as bar:
            for positions in batches.values():
                stop = positions[-1] + 1
                if stop > done:
                    sig_ids = list(plan.signatures.index[positions])
                    wells = reader.read(plan.wells(sig_ids))
                    batch = batch_signatures(wells, plan.plates, plan, sig_ids, method, direction)
                    with measures.open("a") as text:
                        batch.table.to_csv(text, sep="\t", header=False)
                    with imputed.open("a") as text:
                        text.write(f"{stop}\t{reader.imputed['filled']}\n")
                    for what, writer in writers.items():
                        _append(writer, positions[0], getattr(batch, what))
                bar.update(len(positions))


def _append(writer: GctxWriter, start: int, block: np.ndarray) -> None:
    """Write a block of which a killed run may have written all already."""
    if start >= writer.done:
        writer.write(start, block)


def _read_measures(out: Path) -> pd.DataFrame:
    table = pd.read_csv(out / "measures.part", sep="\t", index_col="sig_id")
    return table[~table.index.duplicated(keep="last")]
