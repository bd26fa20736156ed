"""From a data folder to training matrices: filter, normalise, align, weigh (Jeon 2022, Methods)."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import HPA, Cohort, load_counts, load_hpa, load_l1000, paired_lines
from l1000_rnaseq.data.genes import cmap_genes, landmarks
from l1000_rnaseq.translate.normalize import Normalization, expressed_genes
from l1000_rnaseq.translate.presets import Preset

log = logging.getLogger(__name__)
FEWEST_LINES = 20  # fewer RNA-seq cell lines than this do not show a distribution


@dataclass(frozen=True)
class TrainingData:
    """Aligned, normalised training profiles of both technologies.

    Attributes
    ----------
    l1000 : DataFrame, samples × landmarks, log2 intensity
    l1000_info : DataFrame, samples × (source, series, line, kind, group)
    l1000_weights : array, samples
        Equal by cell line, then by plate.
    rnaseq : DataFrame, samples × genes, log(CPM+1), quantile normalised
        Count-based samples (ARCHS4, GTEx) and the HPA profiles; the landmarks are complete, NaN is where
        HPA does not measure another gene.
    rnaseq_info : DataFrame, samples × (source, series, line, kind, group)
    rnaseq_weights : array, samples
        Composition that step 1 aims at (`Preset.composition`).
    normalization : Normalization
    held_out : tuple of str
        Paired cell lines left out on both sides.
    partial : DataFrame, the samples of `rnaseq` × genes, in its units, optional
        CMap's genes that some sources measure and others do not; NaN where not.
    """

    l1000: pd.DataFrame
    l1000_info: pd.DataFrame
    l1000_weights: np.ndarray
    rnaseq: pd.DataFrame
    rnaseq_info: pd.DataFrame
    rnaseq_weights: np.ndarray
    normalization: Normalization
    held_out: tuple[str, ...]
    partial: pd.DataFrame | None = None

    @property
    def landmarks(self) -> tuple[str, ...]:
        """Landmark genes that both technologies measure, in L1000 order."""
        return tuple(self.l1000.columns)

    @property
    def count_based(self) -> np.ndarray:
        """Samples that came as counts (not HPA): what the paper's step 2 trains on; bool array."""
        return (self.rnaseq_info["source"] != HPA).to_numpy()

    @property
    def genes(self) -> tuple[str, ...]:
        """All genes of the training reference."""
        return self.normalization.genes


def prepare(
    folder: Path, preset: Preset, exclude_processing: str | None = None, seed: int = 0
) -> TrainingData:
    """Load a data folder and make it ready for training.

    Parameters
    ----------
    folder : path
        A data folder: simulated, fetched or your own.
    preset : Preset
        Log base, gene filter, composition, number of samples.
    exclude_processing : str, optional
        Leave out RNA-seq samples whose `data_processing` contains this text (say, for their licence).
    seed : int
        Seed of the random draw of samples, where there are more than the preset takes.

    Returns
    -------
    TrainingData

    Raises
    ------
    ValueError
        Fewer than half of the landmarks are on both sides.
    """
    held_out = tuple(paired_lines(folder))
    l1000 = load_l1000(folder, exclude_lines=held_out, max_wells=preset.max_samples, seed=seed)
    counts = load_counts(folder, exclude_processing, n=preset.max_samples, seed=seed)
    complete = counts.profiles.notna().all(axis=0).to_numpy()
    columns = counts.profiles.columns
    expressed = expressed_genes(counts.profiles.to_numpy(), strict=preset.strict_filter)
    genes = columns[complete & (expressed | columns.isin(landmarks().index))]
    shared = [gene for gene in landmarks().index if gene in l1000.profiles.columns and gene in genes]
    if len(shared) < 0.5 * len(landmarks()):
        raise ValueError(
            f"{folder}: {len(shared)} of {len(landmarks())} landmarks are on both sides; expected nearly "
            "all. Are the genes of human_matrix.h5 symbols?"
        )
    normalization = Normalization.fit(counts.profiles[genes], preset.log_base, counts.weights())
    rnaseq, info = normalization.transform(counts.profiles[genes]), counts.info
    others = cmap_genes().index.difference(columns[complete]) if preset.partial_genes else []
    partial = [normalization.transform_beside(counts.profiles, list(columns[columns.isin(others)]))]
    hpa = load_hpa(folder, exclude_lines=held_out)
    if hpa is not None:
        # HPA's scale is its own: only the order of genes within a profile enters, through the ranks
        lines = normalization.transform(hpa.profiles)
        whole = lines[shared].notna().all(axis=1).to_numpy()
        rnaseq, info = pd.concat([rnaseq, lines[whole]]), pd.concat([info, hpa.info[whole]])
        in_hpa = hpa.profiles.columns[hpa.profiles.columns.isin(others)]
        partial.append(normalization.transform_beside(hpa.profiles, list(in_hpa))[whole])
    return TrainingData(
        l1000=l1000.profiles[shared],
        l1000_info=l1000.info,
        l1000_weights=l1000.weights(),
        rnaseq=rnaseq,
        rnaseq_info=info,
        rnaseq_weights=compose(Cohort(rnaseq, info), preset.composition),
        normalization=normalization,
        held_out=held_out,
        partial=pd.concat(partial) if preset.partial_genes else None,
    )


def compose(cohort: Cohort, composition: str) -> np.ndarray:
    """Weigh the RNA-seq side of step 1.

    Parameters
    ----------
    composition : {"balanced", "cell_lines"}
        "cell_lines" gives all weight to cell lines, since L1000 profiles are cell lines; where there are too
        few of them it falls back to "balanced", with a warning.
    """
    if composition not in ("balanced", "cell_lines"):
        raise ValueError(f"unknown composition {composition!r}; expected 'balanced' or 'cell_lines'.")
    weights = cohort.weights()
    if composition == "balanced":
        return weights
    lines = (cohort.info["kind"] == "cell line").to_numpy()
    if lines.sum() < FEWEST_LINES:
        log.warning("only %d RNA-seq cell lines: the balanced composition is used instead", lines.sum())
        return weights
    return np.where(lines, weights, 0) / weights[lines].sum()
