"""A folder of signatures: its files are made in a work folder and moved in together, all of one run."""

import json
import logging
import os
import shutil
from pathlib import Path

from l1000_rnaseq.data.files.disk import file_hash, write_text
from l1000_rnaseq.data.files.hdf5 import open_hdf5

log = logging.getLogger(__name__)
WORK = ".part"  # in the folder itself, which may be a disk of its own
MATRICES = ("log2fc.gctx", "cd.gctx", "t.gctx")
LAST = "sig_info.txt"  # it marks the end: a folder without it is unfinished
FILES = (*MATRICES, "top.gmt", "controls.txt", "skipped.txt", "provenance.json", LAST)
EMPTIED = "emptied"  # there once the files of an earlier run are gone, and those of this one may move in
OF_EARLIER_VERSIONS = ("measures.part", *(f"{name}.part" for name in MATRICES))


def work_folder(out: Path, job: str) -> Path:
    """Return the folder in which the files of a run are made; what another run left there is thrown away.

    Parameters
    ----------
    out : path
        The folder of signatures.
    job : str
        What tells this run from others.
    """
    work = out / WORK
    note = work / "job"
    if work.is_dir():
        is_of_this_run = note.is_file() and note.read_text(encoding="utf-8") == job
        is_all_moved = (work / EMPTIED).exists() and not (work / LAST).exists()
        if not is_of_this_run:
            log.warning("%s has an unfinished run with other input or options; beginning anew", out)
        if is_all_moved or not is_of_this_run:
            shutil.rmtree(work)
    work.mkdir(exist_ok=True)
    write_text(note, job)
    return work


def put_in_place(work: Path, out: Path) -> None:
    """Replace the files of an earlier run by those of this one; when it is killed, the next run goes on."""
    if not (work / EMPTIED).exists():
        for name in (LAST, *FILES, *OF_EARLIER_VERSIONS):
            (out / name).unlink(missing_ok=True)
        (work / EMPTIED).touch()
    for name in filter(lambda name: (work / name).is_file(), FILES):
        os.replace(work / name, out / name)
    shutil.rmtree(work)


def _job(matrix: Path) -> str:
    with open_hdf5(matrix, "GCTX") as file:
        return str(file.attrs.get("job", ""))


def read_provenance(folder: Path) -> dict:
    """Return what provenance.json says of a folder, once its files are known to be of one run.

    Raises
    ------
    ValueError
        They are not.
    """
    path = folder / "provenance.json"
    made = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"folder": folder.name}
    jobs = {name: _job(folder / name) for name in MATRICES if (folder / name).is_file()}
    if "job" in made:
        jobs["provenance.json"] = made["job"]
    if len(set(jobs.values())) > 1:
        raise ValueError(
            f"the files of {folder} are not of one run ({', '.join(jobs)}); compute them anew with "
            "`l1000-rnaseq signatures --force`."
        )
    known = made.get(LAST)
    if known and file_hash(folder / LAST) != known:
        log.warning("%s of %s is not as it was written: someone changed it", LAST, folder)
    return made
