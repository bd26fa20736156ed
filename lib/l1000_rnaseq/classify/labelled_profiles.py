"""Profiles with the perturbation that made them: by mechanism, by perturbagen, by gene knocked down."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.missing import as_text
from l1000_rnaseq.data.files.profile_file import ProfileFile, first_five
from l1000_rnaseq.data.known_mechanisms import KNOWN, with_mechanisms
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.data.scale import LEVEL3, SCORES, read_landmarks
from l1000_rnaseq.signatures.design import batch_of
from l1000_rnaseq.stats.variance import MAD_TO_SD, from_plate_medians, robust_sd

GSE106127 = "gse106127_level5.gctx", "gse106127_sig_info.txt"
RULES = ("single", "first", "joint")
LEAST_MAD = 0.1  # CMap's floor of a gene's spread on a plate, log2


@dataclass(frozen=True)
class Labelled:
    """Profiles and the class of each.

    Attributes
    ----------
    profiles : DataFrame, samples × landmarks, z-scores
    labels : Series of str, samples
    info : DataFrame, samples × (cell, plate, batch, pert_id)
        What a split may keep together; batch is the plate without its replicate.
    """

    profiles: pd.DataFrame
    labels: pd.Series
    info: pd.DataFrame

    def keep(self, mask: np.ndarray) -> "Labelled":
        """Return the samples where `mask` is True."""
        return Labelled(self.profiles[mask], self.labels[mask], self.info[mask])

    @property
    def classes(self) -> list[str]:
        """The labels there are, in alphabetical order."""
        return sorted(self.labels.unique())

    def sizes(self) -> dict[str, int]:
        """Count samples, classes, cell lines, plates and compounds."""
        counts = {"cell lines": "cell", "plates": "plate", "compounds": "pert_id"}
        numbers = {name: int(self.info[column].nunique()) for name, column in counts.items()}
        return {"samples": len(self.labels), "classes": len(self.classes), **numbers}

    def with_members(self, least: int) -> "Labelled":
        """Keep classes of at least so many samples.

        Raises
        ------
        ValueError
            Fewer than two classes are left.
        """
        return self.keep(self.labels.isin(_large(self.labels, least)).to_numpy())


def compound_signatures(folder: Path, column: str = "moa", rule: str = "single", least: int = 20) -> Labelled:
    """Load Level 5 signatures, labelled by what is known of their compound.

    Parameters
    ----------
    folder : path
        A data folder with l1000/level5.gctx and l1000/sig_info.txt.
    column : str
        "moa", mechanisms of action separated by |, or "target", genes so (see `with_mechanisms`). Or another
        column of sig_info.txt.
    rule : {"single", "first", "joint"}
        What to do with a compound of several: leave it out (the softmax knows one true class), take the
        first that is named, or make the whole set a class of its own.
    least : int
        Members that a class must have.

    Returns
    -------
    Labelled, z-scores (moderated, of replicates)

    Raises
    ------
    ValueError
        No such column, an unknown rule, or fewer than two classes.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}; expected one of {', '.join(RULES)}.")
    file, info = _open(folder, "level5.gctx", "sig_info.txt")
    if column in KNOWN:
        info = with_mechanisms(info, folder)
    if column not in info:
        raise ValueError(
            f"sig_info.txt of {folder} has no column {column}; it has {', '.join(info.columns)}."
        )
    named = as_text(info[[column]])[column]
    several = named.str.contains("|", regex=False)
    label = {"single": named.mask(several, ""), "first": named.str.split("|").str[0], "joint": named}[rule]
    return _signatures(file, info.assign(label=label), least)


def gse106127_types(folder: Path) -> list[str]:
    """Return the perturbation types of GSE106127's Level 5 signatures, sorted; none where it is absent.

    Parameters
    ----------
    folder : path
        See `gse106127_signatures`.
    """
    if not (Path(folder) / "l1000" / GSE106127[0]).is_file():
        return []
    return sorted(_open(folder, *GSE106127)[1]["pert_type"].unique())


def gse106127_signatures(folder: Path, pert_type: str = "trt_sh", least: int = 1) -> Labelled:
    """Load GSE106127's Level 5 signatures of genetic perturbations, labelled by the gene (Liu, "Data").

    Parameters
    ----------
    folder : path
        A data folder with l1000/gse106127_level5.gctx and l1000/gse106127_sig_info.txt (see
        data_manifest.yaml); pert_iname is the gene, pert_id the hairpin or guide.
    pert_type : str
        "trt_sh" (shRNA: what Liu et al. train on) or "trt_xpr" (CRISPR: what they test on). Vector controls
        have types of their own and are never loaded. Liu et al. took Level 4, single wells.
    least : int
        Members that a gene must have.

    Returns
    -------
    Labelled, z-scores

    Raises
    ------
    ValueError
        No signature of that type; the message names those there are.
    """
    file, info = _open(folder, *GSE106127)
    if not (info["pert_type"] == pert_type).any():
        types = ", ".join(gse106127_types(folder))
        raise ValueError(f"gse106127_sig_info.txt has no signature of type {pert_type!r}; it has {types}.")
    label = info["pert_iname"].where(info["pert_type"] == pert_type, "")
    return _signatures(file, info.assign(label=label), least)


def perturbagen_wells(folder: Path, least: int = 8, least_wells: int = 10) -> Labelled:
    """Load Level 3 wells as plate z-scores, labelled by perturbagen, whatever the dose and the time.

    Parameters
    ----------
    folder : path
        A data folder with l1000/level3.gctx and l1000/inst_info.txt.
    least : int
        Wells that a perturbagen must have.
    least_wells : int
        Wells that a plate must have for its median and spread to mean anything.

    Returns
    -------
    Labelled, robust z-scores against all wells of the plate (see `plate_zscores`); treated wells only.
    """
    file, info = _open(folder, "level3.gctx", "inst_info.txt", "rna_plate")
    profiles = read_landmarks(file, LEVEL3)
    scores = plate_zscores(profiles, info["rna_plate"], least_wells)
    info = info.loc[scores.index]
    name = info["pert_iname"].where(info["pert_iname"] != "", info["pert_id"])
    treated = info["pert_type"].str.startswith("trt") & (name != "")
    sample_info = _sample_info(info, info["rna_plate"])
    return Labelled(scores, name, sample_info).keep(treated.to_numpy()).with_members(least)


def plate_zscores(profiles: pd.DataFrame, plates: pd.Series, least_wells: int = 10) -> pd.DataFrame:
    """Score each well against all wells of its plate, as CMap's Level 4 does (ZSPC).

    z = (x − median) / (1.4826 · MAD), the MAD of each gene on the plate, at least 0.1, clipped to ±10.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 intensity
    plates : Series, well → plate
    least_wells : int
        Plates with fewer wells are left out.

    Returns
    -------
    DataFrame, wells × genes, float32, in file order.

    Raises
    ------
    ValueError
        No plate is large enough.
    """
    out, scored = np.empty(profiles.shape, np.float32), np.zeros(len(profiles), bool)
    for rows, deviations in from_plate_medians(profiles, plates):
        if len(rows) >= least_wells:
            spread = np.maximum(robust_sd(deviations), MAD_TO_SD * LEAST_MAD)
            out[rows], scored[rows] = np.clip(deviations / spread, -10, 10), True
    if not scored.any():
        raise ValueError(f"no plate has {least_wells} wells; plate z-scores cannot be computed.")
    return pd.DataFrame(out[scored], profiles.index[scored], profiles.columns)


def transferred(train: Labelled, test: Labelled) -> Labelled:
    """Return the test samples whose class was trained on (Liu: 50 of 53 CRISPR genes), genes aligned.

    Raises
    ------
    ValueError
        No class, or not the same genes, in common.
    """
    is_trained = test.labels.isin(train.labels.unique()).to_numpy()
    if not is_trained.any():
        raise ValueError("no class of the test samples was trained on.")
    lacking = train.profiles.columns.difference(test.profiles.columns)
    if len(lacking):
        raise ValueError(
            f"{len(lacking)} genes of the training profiles are not in the test's: {first_five(lacking)}."
        )
    kept = test.keep(is_trained)
    return Labelled(kept.profiles[train.profiles.columns], kept.labels, kept.info)


def _open(folder: Path, profiles: str, info: str, *needed: str) -> tuple[ProfileFile, pd.DataFrame]:
    """Open profiles of a data folder; return them and what each is of."""
    table = Path(folder) / "l1000" / info
    file = open_profiles(Path(folder) / "l1000" / profiles, table)
    return file, describe_samples(file.sample_metadata, table, ("pert", "pert_type", "cell_id", *needed))


def _sample_info(info: pd.DataFrame, plate: pd.Series) -> pd.DataFrame:
    columns = {"cell": info["cell_id"], "plate": plate, "batch": batch_of(plate), "pert_id": info["pert_id"]}
    return pd.DataFrame(columns, index=info.index)


def _signatures(file: ProfileFile, info: pd.DataFrame, least: int) -> Labelled:
    """Read the labelled signatures of a Level 5 file; the plate is the id up to the first colon."""
    # before reading: of 119,013 few may be left
    info = info[info["label"].isin(_large(info["label"][info["label"] != ""], least))]
    plate = pd.Series([str(name).split(":")[0] for name in info.index], info.index, dtype=object)
    profiles = read_landmarks(file, SCORES, info.index)
    return Labelled(profiles, info["label"], _sample_info(info, plate))


def _large(labels: pd.Series, least: int) -> pd.Index:
    """Return the classes of at least so many samples; a ValueError where there are not two."""
    sizes = labels.value_counts()
    kept = sizes.index[sizes >= least]
    if len(kept) < 2:
        raise ValueError(
            f"{len(kept)} of {len(sizes)} classes have {least} members or more (the largest has "
            f"{sizes.max() if len(sizes) else 0}); expected at least two such classes."
        )
    return kept
