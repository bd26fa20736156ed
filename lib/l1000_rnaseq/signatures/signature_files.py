"""Signatures from file to files, batch by batch: Level 5-style GCTX, sig_info, gene sets; resumable."""

import hashlib
import json
import logging
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import file_hash, write_text
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gctx import GctxWriter
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.genes import check_unique, resolve_ids
from l1000_rnaseq.signatures.batch import batch_signatures
from l1000_rnaseq.signatures.characteristic_direction import DEFAULT, DirectionSettings
from l1000_rnaseq.signatures.design import Design, design, match_wells
from l1000_rnaseq.signatures.gmt import write_gmt
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Intake
from l1000_rnaseq.translate.transform import gene_table

log = logging.getLogger(__name__)
SCORE_FILES = {"cd": "cd.gctx", "limma": "t.gctx", "fc": None}


@dataclass(frozen=True)
class Summary:
    """What `signatures_file` did."""

    signatures: int
    skipped: pd.Series  # reason → groups
    genes: int
    wells: int

    def __str__(self) -> str:
        """Return one line for the command line."""
        left_out = "; ".join(f"{n:,} groups skipped ({reason})" for reason, n in self.skipped.items())
        text = f"{self.signatures:,} signatures × {self.genes:,} genes from {self.wells:,} wells"
        return f"{text}; {left_out}, see skipped.txt" if left_out else text


def read_well_table(path: Path) -> pd.DataFrame:
    """Read an inst_info table (tab-separated, first column inst_id), every value as text."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no well table at {path}.")
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, index_col=0)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a tab-separated well table ({error}).") from error
    if not len(table) or not len(table.columns):
        raise ValueError(
            f"{path} holds no wells; expected inst_id and the columns of inst_info, tab-separated."
        )
    table.index = table.index.astype(str)
    return table


@dataclass(frozen=True)
class WellReader:
    """Profiles of wells by id: as stored, or translated by a bundle on the fly."""

    file: ProfileFile
    genes: list[str]
    bundle: Bundle | None
    intake: Intake | None

    @classmethod
    def of(cls, file: ProfileFile, bundle: Bundle | None, id_type: str = "auto") -> "WellReader":
        """Check a file; with a bundle it must hold Level 3 landmarks (see `Intake`)."""
        if bundle is not None:
            intake = Intake.of(file, bundle.landmarks, bundle.l1000_mean, id_type)
            if intake.missing:
                names = ", ".join(intake.missing)
                log.warning("%d landmarks imputed by their training mean: %s", len(intake.missing), names)
            return cls(file, list(bundle.genes), bundle, intake)
        genes = resolve_ids(file.row_ids, file.row_metadata, id_type)
        check_unique(genes, str(file.path))
        return cls(file, genes, None, None)

    def read(self, ids: list[str]) -> pd.DataFrame:
        """Return wells × genes.

        Raises
        ------
        ValueError
            A well has a missing or infinite value, or does not look like Level 3 where it must.
        """
        values = self.file.read_samples(ids).to_numpy()
        if self.bundle is not None:
            part = replace(self.file, sample_ids=pd.Index(ids, dtype=object), load=_slicer(values))
            values = self.bundle.genome_of(self.intake.read(part, 0, len(ids))[0])[0]
        bad = ~np.isfinite(values) | (values == -666)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"well {ids[row]} of {self.file.path} has no value for {self.genes[column]}; drop or mend it."
            )
        return pd.DataFrame(values, index=ids, columns=self.genes)


def _slicer(values: np.ndarray):
    return lambda start, stop, positions: (
        values[start:stop] if positions is None else values[start:stop, positions]
    )


def signatures_file(
    source: Path,
    info: Path,
    out: Path,
    method: str = "cd",
    control: str = "vehicle",
    pool_doses: bool = False,
    bundle: Bundle | None = None,
    direction: DirectionSettings = DEFAULT,
    top: int = 250,
    id_type: str = "auto",
    force: bool = False,
    progress: bool = True,
) -> Summary:
    """Compute every signature that a profile file supports; one batch is in memory at a time.

    Parameters
    ----------
    source : path
        Profiles, log2: whole genomes, or Level 3 landmarks if a bundle is given.
    info : path
        Well table with the columns of GSE92742's inst_info.
    out : path
        Folder for log2fc.gctx, cd.gctx or t.gctx (genes × signatures), sig_info.txt, controls.txt,
        skipped.txt, top.gmt and provenance.json. An interrupted run resumes.
    method : str
        "cd", "limma" or "fc".
    control, pool_doses
        See `design`.
    bundle : Bundle, optional
        Translate Level 3 profiles on the fly; nothing translated is stored.
    direction : DirectionSettings
    top : int
        Genes up and down of each signature in top.gmt.
    id_type : str
        See `resolve_ids`.
    force : bool
        Overwrite the files of an earlier run.
    progress : bool

    Raises
    ------
    ValueError
        Bad input, each in one sentence.
    FileExistsError
        The output is there and `force` is not given.
    """
    if method not in SCORE_FILES:
        raise ValueError(f"unknown method {method!r}; expected cd, limma or fc.")
    out = Path(out)
    if out.is_file():
        raise FileExistsError(f"{out} is a file; name a folder for the signatures.")
    if (out / "sig_info.txt").exists() and not force:
        raise FileExistsError(f"{out} holds signatures already; pass --force to overwrite them.")
    reader = WellReader.of(open_profiles(source), bundle, id_type)
    wells, plan = _plan(read_well_table(info), reader.file, control, pool_doses)
    out.mkdir(parents=True, exist_ok=True)
    (out / "sig_info.txt").unlink(missing_ok=True)
    stamp = Path(source).stat()
    model = bundle.card.get("sha256", "") if bundle is not None else ""
    made = [source, stamp.st_size, stamp.st_mtime_ns, model, method, sorted(asdict(direction).items()), top]
    job = hashlib.sha256(repr([*map(str, made), plan.signatures.to_csv()]).encode()).hexdigest()
    _compute(out, plan, wells["rna_plate"], reader, method, direction, job, progress)
    write_text(out / "skipped.txt", plan.skipped.to_csv(sep="\t"))
    sets = pd.Series({name: "|".join(wells) for name, wells in plan.control_sets.items()}, name="inst_id")
    write_text(out / "controls.txt", sets.rename_axis("control_set").to_csv(sep="\t"))
    score = out / (SCORE_FILES[method] or "log2fc.gctx")
    write_gmt(out / "top.gmt", score, plan.signatures, top)
    table = plan.signatures.join(_read_measures(out).loc[plan.signatures.index])
    made = {
        "profiles": Path(source).name,
        "sha256": file_hash(source),
        "wells": Path(info).name,
        "method": method,
        "control": control,
        "pool_doses": pool_doses,
        "direction": asdict(direction),
        "bundle": model,
        "library": __version__,
    }
    write_text(out / "provenance.json", json.dumps(made, indent=1))
    write_text(out / "sig_info.txt", table.to_csv(sep="\t", float_format="%.5g"))  # it marks the end
    (out / "measures.part").unlink()
    used = {well for ids in plan.controls.values() for well in ids}.union(*map(plan.treated, table.index))
    reasons = plan.skipped["reason"].value_counts()
    return Summary(len(table), reasons, len(reader.genes), len(used))


def _plan(
    table: pd.DataFrame, file: ProfileFile, control: str, pool_doses: bool
) -> tuple[pd.DataFrame, Design]:
    wells, without_profile, without_info = match_wells(table, file.sample_ids)
    for ids, where in ((without_profile, "the well table only"), (without_info, "the profiles only")):
        if ids:
            log.warning(
                "%s wells stand in %s and are left out: %s", f"{len(ids):,}", where, ", ".join(ids[:5])
            )
    return wells, design(wells, control, pool_doses)


def _compute(
    out, plan: Design, plates, reader: WellReader, method, direction, job: str, progress: bool
) -> None:
    names = {"log2fc": "log2fc.gctx"} | ({"score": SCORE_FILES[method]} if SCORE_FILES[method] else {})
    rows = gene_table(reader.genes, reader.bundle).assign(pr_gene_symbol=reader.genes)
    columns = plan.signatures.drop(columns="distil_id")
    with ExitStack() as stack:
        writers = {
            what: stack.enter_context(
                GctxWriter(out / name, reader.genes, columns.index, rows, columns, attrs={"job": job})
            )
            for what, name in names.items()
        }
        done = min(writer.done for writer in writers.values())
        measures = out / "measures.part"
        if not done or not measures.is_file():
            done = 0
            write_text(measures, "sig_id\tagreement\tstrength\n")
        batches = plan.signatures.groupby("batch", sort=False).indices
        with tqdm(total=len(plan.signatures), unit="signature", disable=not progress) as bar:
            for positions in batches.values():
                stop = positions[-1] + 1
                if stop > done:
                    sig_ids = list(plan.signatures.index[positions])
                    wells = dict.fromkeys(w for s in sig_ids for w in (*plan.treated(s), *plan.controls[s]))
                    found = batch_signatures(
                        reader.read(list(wells)), plates, plan, sig_ids, method, direction
                    )
                    with measures.open("a") as text:
                        found.table.to_csv(text, sep="\t", header=False)
                    for what, writer in writers.items():
                        _append(writer, positions[0], getattr(found, what))
                bar.update(len(positions))


def _append(writer: GctxWriter, start: int, block: np.ndarray) -> None:
    """Write a block of which a killed run may have written all already."""
    if start >= writer.done:
        writer.write(start, block)


def _read_measures(out: Path) -> pd.DataFrame:
    table = pd.read_csv(out / "measures.part", sep="\t", index_col="sig_id")
    return table[~table.index.duplicated(keep="last")]
