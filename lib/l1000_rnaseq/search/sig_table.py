"""What the signatures of a file are of, in the columns of an index."""

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import as_text
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.samples import describe_samples, names_of

log = logging.getLogger(__name__)
PERTURBATIONS = {
    "trt_cp": "chemical",
    "trt_lig": "ligand",
    "trt_aby": "antibody",
    "trt_xpr": "CRISPR",
    "trt_sh": "shRNA",
    "trt_sh.cgs": "shRNA",
    "trt_sh.css": "shRNA",
    "trt_si": "siRNA",
    "trt_oe": "overexpression",
    "trt_oe.mut": "overexpression",
}
"""pert_type of CMap's files → what users call it; other types keep their name."""

TABLE = (
    "pert_id",
    "pert_iname",
    "type",
    "cell_id",
    "dose",
    "dose_unit",
    "time",
    "time_unit",
    "batch",
    "control",
)
MEASURED = ("agreement", "strength", "p_vehicle")
NUMBERS = ("n_treated", "n_controls", *MEASURED)


def sig_info_beside(path: Path) -> Path | None:
    """Return the table of the signatures of a Level 5 file, or None where there is none beside it.

    It is sig_info.txt or siginfo_beta.txt, also gzipped; with what the file's name begins with, if it begins
    so: gse106127_sig_info.txt for gse106127_level5.gctx.

    Raises
    ------
    ValueError
        There are several of which none has that name.
    """
    tables = [
        table
        for table in sorted(path.parent.iterdir())
        if re.search(r"sig_?info.*\.(txt|tsv|csv)(\.gz)?$", table.name)
    ]
    start = re.split(r"_?level_?5", path.name, flags=re.I)[0]
    chosen = [table for table in tables if start and table.name.startswith(start)]
    chosen = chosen or [table for table in tables if re.match(r"sig_?info(_beta)?\.", table.name)] or tables
    if len(chosen) > 1:
        raise ValueError(
            f"{path} has several tables beside it: {first_five([t.name for t in chosen])}; keep one."
        )
    return chosen[0] if chosen else None


def wells_of(file: ProfileFile) -> pd.Series:
    """Return the treated wells of each signature, joined by |; "" where the file does not say."""
    return describe_samples(file.sample_metadata, file.path, ())["distil_id"]


def sig_table(metadata: pd.DataFrame, source: str, info: Path) -> pd.DataFrame:
    """Bring the metadata of signatures into the columns of an index; what is missing is '' or NaN.

    Parameters
    ----------
    metadata : DataFrame, sig_id × columns of sig_info, of any release
    source : str
        What the signatures were made from.
    info : path
        Where the metadata were read, for messages.

    Returns
    -------
    DataFrame, sig_id × (TABLE, NUMBERS, source)
        A signature without a name has its id as its name; without both it has its sig_id.

    Raises
    ------
    ValueError
        No column for the perturbagen or the cell line, or nothing tells the type.
    """
    described = describe_samples(metadata, info, ("pert", "pert_type", "cell_id"))
    table = pd.DataFrame(index=described.index)
    table["pert_id"] = described["pert_id"]
    table["pert_iname"] = names_of(described)
    nameless = (described["pert_id"] == "") & (described["pert_iname"] == "")
    if nameless.any():
        log.warning(
            "%s: %s signatures have neither pert_id nor pert_iname; each is a perturbagen of its own",
            info,
            f"{nameless.sum():,}",
        )
    table["type"] = described["pert_type"].map(lambda kind: PERTURBATIONS.get(kind, kind))
    table["cell_id"] = described["cell_id"]
    for what in ("dose", "time"):
        table[what], table[f"{what}_unit"] = described[f"pert_{what}"], described[f"pert_{what}_unit"]
    table[["batch", "control"]] = as_text(described.reindex(columns=["batch", "control"]))
    for name in NUMBERS:
        table[name] = pd.to_numeric(described.get(name, pd.Series(np.nan, described.index)), errors="coerce")
    return table[[*TABLE, *NUMBERS]].assign(source=source)
