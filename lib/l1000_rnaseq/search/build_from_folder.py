"""An index of everything a data folder has: its releases of Level 3 wells, and Level 5 signatures."""

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

RELEASES = {
    "LINCS 2020": ("level3_beta_all.gctx", "instinfo_beta.txt"),
    "GSE92742": ("level3.gctx", "inst_info.txt"),
    "GSE70138": ("gse70138_level3.gctx", "gse70138_inst_info.txt"),
}
"""Release → its Level 3 wells and their table, in the folder l1000 of a data folder."""


def releases_of(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Return the Level 3 releases of a data folder that are to be indexed: name → wells, table.

    LINCS 2020 has the wells of both others, processed anew; where it is there, it is taken alone.

    Raises
    ------
    FileNotFoundError
        There is none, or a table of wells is missing.
    """
    home = Path(folder) / "l1000"
    there = {name: (home / wells, home / info) for name, (wells, info) in RELEASES.items()}
    there = {name: files for name, files in there.items() if files[0].is_file()}
    if not there:
        expected = ", ".join(wells for wells, _ in RELEASES.values())
        raise FileNotFoundError(f"{home} has no Level 3 wells; expected one of {expected}.")
    if "LINCS 2020" in there:
        there = {"LINCS 2020": there["LINCS 2020"]}
    for wells, info in there.values():
        if not info.is_file():
            raise FileNotFoundError(f"{wells} is there, and its table of wells, {info.name}, is not.")
    return there


def index_folder(folder: Path, path: Path, bundle: Bundle, level5: bool = True, **options) -> int:
    """Compute the signatures of a data folder and index them.

    Parameters
    ----------
    folder : path
        A data folder (see `releases_of`).
    path : path
        The index to write.
    bundle : Bundle
    level5 : bool
        Add the Level 5 signatures of GSE92742 if they are there, extended (see `ExtendedSource`).
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
    releases, home = releases_of(folder), Path(folder) / "l1000"
    extended = (home / "level5.gctx", home / "sig_info.txt")
    extended = extended if level5 and "GSE92742" in releases and extended[0].is_file() else ()
    (level3, info), *more = releases.values()
    return index_wells(level3, info, path, bundle, extended, more=more, **options)


def index_wells(
    level3: Path,
    info: Path,
    path: Path,
    bundle: Bundle,
    level5: tuple[Path, Path] | tuple = (),
    add: Sequence[Path] = (),
    more: Sequence[tuple[Path, Path]] = (),
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
    more : sequence of (path, path)
        Further Level 3 files, each with its table of wells.
    **options
        Of `build_index`.
    """
    check_output(path, options.get("force", False))
    sources: list = [source for index in add for source in sources_of(index)]
    for wells in ((level3, info), *more):
        sources += WellsSource.in_order(*wells, bundle, CONTROLS_IN_ORDER)
    if level5:
        sources.append(ExtendedSource.of(*level5, bundle, well_spread(level3, info)))
    return build_index(sources, path, bundle.reliability(), **options)


def well_spread(level3: Path, info: Path) -> pd.Series:
    """Return the spread of each gene between the wells of a plate (see `plate_spread`)."""
    file = open_profiles(level3, info, unlisted="blank")
    plates = describe_samples(file.sample_metadata, info, ("rna_plate",))["rna_plate"]
    plates = plates[plates != ""]
    return plate_spread(read_landmarks(file, LEVEL3, plates.index), plates)
