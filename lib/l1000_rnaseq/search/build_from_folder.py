"""An index of everything a data folder has: its Level 3 wells, and Level 5 signatures if there are any."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.output import check_output
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.data.scale import LEVEL3, read_landmarks
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index_source import sources_of
from l1000_rnaseq.search.sources import ExtendedSource
from l1000_rnaseq.search.wells_source import WellsSource
from l1000_rnaseq.stats.variance import plate_spread
from l1000_rnaseq.translate.bundle import Bundle

CONTROLS_IN_ORDER = {"others": 10, "vehicle": 3, "both": 3}
"""Controls, the preferred first → fewest of them. The plates that others were tried on have 15 or more."""


def index_folder(folder: Path, path: Path, bundle: Bundle, level5: bool = True, **options) -> int:
    """Compute the signatures of a data folder and index them.

    Parameters
    ----------
    folder : path
        A data folder.
    path : path
        The index to write.
    bundle : Bundle
    level5 : bool
        Add the folder's Level 5 signatures, extended (see `ExtendedSource`).
    **options
        Of `index_wells`.

    Returns
    -------
    int
        Number of signatures.

    Raises
    ------
    NoSignatures
        No treated well of Level 3 has controls of any kind.
    """
    level3 = Path(folder) / "l1000"
    extended = (level3 / "level5.gctx", level3 / "sig_info.txt") if level5 else ()
    extended = extended if extended and extended[0].is_file() else ()
    return index_wells(level3 / "level3.gctx", level3 / "inst_info.txt", path, bundle, extended, **options)


def index_wells(
    level3: Path,
    info: Path,
    path: Path,
    bundle: Bundle,
    level5: tuple[Path, Path] | tuple = (),
    add: Sequence[Path] = (),
    **options,
) -> int:
    """Compute the signatures of Level 3 wells and index them in one pass; no genomes are written.

    Treated wells are compared with those of other treatments on their plates. This recognises a drug on
    another plate better than vehicle wells do (`benchmarks/gamma.py`). Groups with fewer than ten such wells
    are compared with vehicles; those without vehicles, with all other wells. Their column `control` says
    which.

    Parameters
    ----------
    level3, info : path
        Profiles, and a table of wells with the columns of inst_info.
    path : path
        The index to write.
    bundle : Bundle
    level5 : (path, path), optional
        Level 5 z-scores and their sig_info, to be added.
    add : sequence of path
        Indexes whose signatures come first; those that they have already are left out.
    **options
        Of `build_index`.
    """
    check_output(path, options.get("force", False))
    sources: list = []
    sources: list = [source for index in add for source in sources_of(index)]
    sources += WellsSource.in_order(level3, info, bundle, CONTROLS_IN_ORDER)
    if level5:
        sources.append(ExtendedSource.of(*level5, bundle, well_spread(level3, info)))
    return build_index(sources, path, bundle.reliability(), **options)


def well_spread(level3: Path, info: Path) -> pd.Series:
    """Return the spread of each gene between the wells of a plate (see `plate_spread`)."""
    file = open_profiles(level3, info, unlisted="blank")
    plates = describe_samples(file.sample_metadata, info, ("rna_plate",))["rna_plate"]
    plates = plates[plates != ""]
    return plate_spread(read_landmarks(file, LEVEL3, plates.index), plates)
