"""An index of everything a data folder holds: its Level 3 wells, and Level 5 signatures if there are any."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.output import check_output
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.data.scale import LEVEL3, read_landmarks
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.sources import ExtendedSource, FolderSource
from l1000_rnaseq.signatures.design import NoSignatures
from l1000_rnaseq.signatures.signature_files import signatures_file
from l1000_rnaseq.stats.variance import plate_spread
from l1000_rnaseq.translate.bundle import Bundle

CONTROLS_IN_ORDER = {"others": 10, "vehicle": 3, "both": 3}
"""Controls, the preferred first → fewest of them. The plates that others were tried on have 15 or more."""


def index_folder(folder: Path, path: Path, bundle: Bundle, work: Path, level5: bool = True, **options) -> int:
    """Compute the signatures of a data folder and index them.

    Treated wells are compared with those of other treatments on their plates. This recognises a drug on
    another plate better than vehicle wells do (`benchmarks/gamma.py`). Groups with fewer than ten such wells
    are compared with vehicles; those without vehicles, with all other wells. Their column `control` says
    which.

    Parameters
    ----------
    folder : path
        A data folder.
    path : path
        The index to write.
    bundle : Bundle
    work : path
        Folder for the signatures; those of the same run that are there already are used again.
    level5 : bool
        Add the folder's Level 5 signatures, extended (see `ExtendedSource`).
    **options
        Of `build_index`.

    Returns
    -------
    int
        Number of signatures.

    Raises
    ------
    NoSignatures
        No treated well of Level 3 has controls of any kind.
    """
    check_output(path, options.get("force", False))
    level3, sources = Path(folder) / "l1000", []
    quiet = {"progress": options.get("progress", True)}
    for controls, least in CONTROLS_IN_ORDER.items():
        out = Path(work) / controls
        files = (level3 / "level3.gctx", level3 / "inst_info.txt", out)
        done = [sig_id for source in sources for sig_id in source.table.index]
        kind = {"controls": controls, "min_controls": least, "leave_out": done}
        try:
            signatures_file(*files, bundle=bundle, force=True, reuse=True, **kind, **quiet)
        except NoSignatures as error:
            nothing = error
        else:
            sources.append(FolderSource.of(out))
    if not sources:
        raise nothing
    if level5 and (level3 / "level5.gctx").is_file():
        spread = well_spread(level3 / "level3.gctx", level3 / "inst_info.txt")
        sources.append(ExtendedSource.of(level3 / "level5.gctx", level3 / "sig_info.txt", bundle, spread))
    return build_index(sources, path, bundle.reliability()["change_r"], **options)


def well_spread(level3: Path, info: Path) -> pd.Series:
    """Return the spread of each gene between the wells of a plate (see `plate_spread`)."""
    file = open_profiles(level3, info, unlisted="blank")
    plates = describe_samples(file.sample_metadata, info, ("rna_plate",))["rna_plate"]
    plates = plates[plates != ""]
    return plate_spread(read_landmarks(file, LEVEL3, plates.index), plates)
