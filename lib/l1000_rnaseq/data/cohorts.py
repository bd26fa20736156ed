"""A data folder as cohorts: profiles with the metadata that splits, weights and licences need."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.archs4 import Archs4File, open_archs4, select_samples
from l1000_rnaseq.data.files.disk import physical_memory
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gtex import read_gct_counts, read_hpa, read_sample_info
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.gse92743 import has_gtex_pairs
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.data.scale import LEVEL3, LINEAR, check_scale, read_landmarks
from l1000_rnaseq.stats.splits import balanced_weights, same_line

log = logging.getLogger(__name__)
NON_COMMERCIAL = "D2H2"
"""In `data_processing` of samples whose licence forbids commercial use; ARCHS4 itself has none."""
HPA = "HPA"  # the source whose profiles are linear but not counts
PAIR_FILES = ("paired/hpa_l1000.gctx", "paired/hpa_rnaseq.tsv.gz")
HPA_TISSUES = Path(__file__).parents[1] / "assets" / "hpa_tissues.txt"


def default_folder(name: str | Path = "") -> Path:
    """Return the data folder to use: the one named, or the first that is there.

    Parameters
    ----------
    name : str or path
        Taken as it is, unless empty. Then the environment variable L1000_RNASEQ_DATA, `../shared/data`
        and `demo/data` are tried, the last two from the working directory and the folders above it.

    Raises
    ------
    ValueError
        There is no data folder.
    """
    chosen = str(name) or os.environ.get("L1000_RNASEQ_DATA", "")
    working = Path.cwd()
    candidates = [up / part for part in ("../shared/data", "demo/data") for up in (working, *working.parents)]
    for folder in [Path(chosen)] if chosen else candidates:
        if (folder / "l1000").is_dir():
            return folder.resolve()
    raise ValueError(
        f"no data folder{f' at {chosen}' if chosen else ''}: expected a folder with l1000/level3.gctx. Make "
        "one with `l1000-rnaseq simulate demo/data`, or name yours in L1000_RNASEQ_DATA."
    )


@dataclass(frozen=True)
class Cohort:
    """Samples of one technology.

    Attributes
    ----------
    profiles : DataFrame, samples × genes
        L1000: log2 intensity. RNA-seq: linear counts (HPA: its own linear scale); NaN where a source does
        not measure a gene. Columns are L1000 symbols.
    info : DataFrame, samples × (source, series, line, kind, group; of L1000 also control: not treated)
        `source` is the laboratory pipeline, `series` the plate, study, project or tissue, `line` the cell
        line ("" where not known), `kind` one of cell line, tissue or "" (not known), and `group` what a split
        must keep together: the study, the GTEx donor, the cell line.
    """

    profiles: pd.DataFrame
    info: pd.DataFrame

    def keep(self, mask: np.ndarray) -> "Cohort":
        """Return the samples where `mask` is True."""
        return Cohort(self.profiles[mask], self.info[mask])

    def weights(self) -> np.ndarray:
        """Weigh samples equally by cell line (L1000), or by source and series (RNA-seq)."""
        info = self.info
        if (info["line"] != "").all():
            return balanced_weights(info["line"], info["series"])
        return balanced_weights(info["source"] + "/" + info["kind"], info["series"])


def _landmark_profiles(path: Path) -> pd.DataFrame:
    return read_landmarks(open_profiles(path), LEVEL3)


def load_l1000(
    folder: Path, exclude_lines: list[str] = (), max_wells: int | None = None, seed: int = 0
) -> Cohort:
    """Load the L1000 Level 3 wells and, where the folder has them, the averaged baselines of cell lines.

    Parameters
    ----------
    folder : path
        A data folder (see the README); needs l1000/level3.gctx and l1000/inst_info.txt.
    exclude_lines : list of str
        Cell lines to leave out, in any spelling: the paired test lines.
    max_wells : int, optional
        Draw at most so many wells at random (the paper: 50,000).
    seed : int
        Seed of that draw.

    Raises
    ------
    ValueError
        Wells of the GCTX that inst_info does not list.
    """
    folder = Path(folder) / "l1000"
    file = open_profiles(folder / "level3.gctx", folder / "inst_info.txt")
    info = describe_samples(file.sample_metadata, folder / "inst_info.txt", ("cell_id", "rna_plate"))
    chosen = np.flatnonzero(~same_line(info["cell_id"], list(exclude_lines)))
    if max_wells is not None and len(chosen) > max_wells:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, max_wells, replace=False))
    info = info.iloc[chosen]
    profiles = read_landmarks(file, LEVEL3, info.index)
    wells = pd.DataFrame(
        {"source": "L1000 Level 3", "series": info["rna_plate"], "line": info["cell_id"], "kind": "cell line"}
    )
    wells["group"] = wells["line"]
    wells["control"] = info["pert_type"].str.startswith("ctl") if "pert_type" in info else False
    if not (folder / "baseline.gctx").is_file():
        return Cohort(profiles, wells)
    baseline = _landmark_profiles(folder / "baseline.gctx")[profiles.columns]
    baseline = baseline[~same_line(baseline.index, list(exclude_lines))]
    lines = pd.DataFrame(
        {"source": "L1000 baseline", "series": "baseline", "line": baseline.index, "kind": "cell line"},
        index=baseline.index,
    )
    lines["group"], lines["control"] = lines["line"], True
    return Cohort(pd.concat([profiles, baseline]), pd.concat([wells, lines]))


def load_counts(
    folder: Path, exclude_processing: str | None = None, n: int | None = None, seed: int = 0
) -> Cohort:
    """Load RNA-seq counts: the ARCHS4 matrix with the paper's sample filter, and GTEx where it may be used.

    GTEx is left out of a folder that has the GTEx pairs of GSE92743: they are test material.

    Parameters
    ----------
    folder : path
        Needs rnaseq/human_matrix.h5; rnaseq/gtex_gene_reads.gct.gz is optional.
    exclude_processing : str, optional
        Leave out the samples whose `data_processing` contains this text (a licence, a pipeline). At least
        one has to, unless the text is `NON_COMMERCIAL`.
    n : int, optional
        Draw at most so many ARCHS4 samples (the paper: 50,000).
    seed : int
        Seed of that draw.
    """
    folder = Path(folder) / "rnaseq"
    file = open_archs4(folder / "human_matrix.h5")
    samples = file.samples
    processing = samples.get("data_processing", pd.Series("ARCHS4", index=samples.index)).astype(str)
    allowed = np.ones(len(samples), dtype=bool)
    if exclude_processing:
        allowed = ~processing.str.contains(exclude_processing, regex=False).to_numpy()
        if (allowed.all() and exclude_processing != NON_COMMERCIAL) or not allowed.any():
            raise ValueError(
                f"{'no' if allowed.all() else 'every'} sample of {folder / 'human_matrix.h5'} has "
                f"{exclude_processing!r} in its data_processing; it has {first_five(processing.unique())}."
            )
        if allowed.all():
            log.warning(
                "no sample of %s has %r in its data_processing: none is left out", file.path, NON_COMMERCIAL
            )
    chosen = np.intersect1d(np.flatnonzero(allowed), select_samples(samples, n=n, seed=seed))
    counts = _counts_of(file, chosen)
    check_scale(counts.to_numpy(), str(folder / "human_matrix.h5"), LINEAR)
    info = pd.DataFrame(
        {
            "source": processing.to_numpy()[chosen],
            "series": samples["series_id"].astype(str).to_numpy()[chosen],
            "line": "",
            "kind": "",
        },
        index=counts.index,
    )
    info["group"] = info["series"]
    gtex_path = folder / "gtex_gene_reads.gct.gz"
    if not gtex_path.is_file() or has_gtex_pairs(folder.parent):
        return Cohort(counts, info)
    gtex = read_gct_counts(gtex_path)
    check_scale(gtex.to_numpy(), str(gtex_path), LINEAR)
    table = read_sample_info(folder).reindex(gtex.index)
    gtex_info = pd.DataFrame(
        {"source": "GTEx", "series": "GTEx " + table["SMTSD"].astype(str), "line": "", "kind": "tissue"},
        index=gtex.index,
    )
    gtex_info["group"] = table["SUBJID"].astype(str)
    return Cohort(pd.concat([counts, gtex.astype(np.float32)]), pd.concat([info, gtex_info]))


def _counts_of(file: Archs4File, chosen: np.ndarray) -> pd.DataFrame:
    """Read samples into one table, float32, which is in memory once; tell where that may not fit."""
    need, there = 2 * 4 * len(chosen) * len(file.genes) / 2**30 + 2, physical_memory() / 2**30
    if need > there:
        log.warning(
            "training on %s samples × %s genes may need %.0f GiB of memory, and this machine has %.0f: "
            "--max-samples takes fewer",
            *(f"{len(chosen):,}", f"{len(file.genes):,}", need, there),
        )
    values, start = np.empty((len(chosen), len(file.genes)), np.float32), 0
    for part in file.iter(index=chosen):
        values[start : start + len(part)] = part
        start += len(part)
    return pd.DataFrame(values, file.samples.index[chosen], file.genes, copy=False)


def load_hpa(folder: Path, exclude_lines: list[str] = ()) -> Cohort | None:
    """Load the averaged cell lines and tissues of the Human Protein Atlas; None where the folder has none.

    The profiles are linear and on HPA's own scale, not counts.
    """
    path = Path(folder) / "rnaseq" / "hpa_cell_lines.tsv.gz"
    if not path.is_file():
        return None
    profiles = read_hpa(path)
    check_scale(profiles.to_numpy(), str(path), LINEAR)
    profiles = profiles[~same_line(profiles.index, list(exclude_lines))]
    tissues = set(HPA_TISSUES.read_text().splitlines())
    kind = np.where(profiles.index.isin(tissues), "tissue", "cell line")
    info = pd.DataFrame(
        {"source": HPA, "series": profiles.index, "line": "", "kind": kind, "group": profiles.index},
        index=profiles.index,
    )
    return Cohort(profiles, info)


@dataclass(frozen=True)
class Pairs:
    """Cell lines measured by both technologies: the test material, never fitted to.

    Attributes
    ----------
    l1000 : DataFrame, lines × landmarks, log2 intensity.
    rnaseq : DataFrame, the same lines × genes, linear, HPA's own scale.
    """

    l1000: pd.DataFrame
    rnaseq: pd.DataFrame


def load_pairs(folder: Path) -> Pairs:
    """Load the real (or simulated) pairs of a data folder.

    Raises
    ------
    FileNotFoundError
        A file is missing.
    ValueError
        The two files name different lines.
    """
    if missing := [name for name in PAIR_FILES if not (Path(folder) / name).is_file()]:
        raise FileNotFoundError(
            f"There is no file {Path(folder) / missing[0]}. Profiles by both technologies are in it, or in "
            "GSE92743: `l1000-rnaseq fetch gse92743_l1000 gse92743_rnaseq`."
        )
    levels, counts = (Path(folder) / name for name in PAIR_FILES)
    l1000, rnaseq = _landmark_profiles(levels), read_hpa(counts)
    if list(l1000.index) != list(rnaseq.index):
        raise ValueError(
            f"{levels.parent}: {levels.name} has {', '.join(l1000.index)}, {counts.name} "
            f"{', '.join(rnaseq.index)}; expected the same lines in the same order."
        )
    return Pairs(l1000, rnaseq)


def has_pairs(folder: Path) -> bool:
    """Say whether a data folder has both files of the paired cell lines."""
    return all((Path(folder) / name).is_file() for name in PAIR_FILES)


def paired_lines(folder: Path) -> list[str]:
    """Return the names of the paired lines, which every training leaves out on both sides."""
    path = Path(folder) / PAIR_FILES[0]
    return list(open_profiles(path).sample_ids) if path.is_file() else []
