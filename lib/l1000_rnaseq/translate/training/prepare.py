"""From a data folder to training matrices: filter, normalise, align, weigh (Jeon 2022, Methods)."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.ccle import load_ccle
from l1000_rnaseq.data.cohorts import (
    HPA,
    Cohort,
    Pairs,
    load_counts,
    load_hpa,
    load_l1000,
    load_pairs,
    paired_lines,
)
from l1000_rnaseq.data.contrasts import Contrasts, load_contrasts
from l1000_rnaseq.data.genes import cmap_genes, landmarks
from l1000_rnaseq.stats.splits import balanced_weights, same_line
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
    pairs : Pairs, optional
        Paired cell lines that may be learned from: log2 intensity, and the units of `rnaseq` (genes of
        `partial` too). Their RNA-seq is among `rnaseq` as well.
    ccle : DataFrame, (file, line) × landmarks, log2(TPM+1), optional
        See `load_ccle`.
    contrasts : tuple of Contrasts
        Changes of RNA-seq by perturbations, where the preset learns from them.
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
    pairs: Pairs | None = None
    ccle: pd.DataFrame | None = None
    contrasts: tuple[Contrasts, ...] = ()

    def without(self, lines: list[str]) -> "TrainingData":
        """Return the data without cell lines (in any spelling), on both sides; weights add up to 1 again."""
        wells = ~same_line(self.l1000_info["line"], lines)
        is_line = (self.rnaseq_info["kind"] == "cell line").to_numpy()
        samples = ~(is_line & same_line(self.rnaseq.index, lines))
        weights = self.rnaseq_weights[samples]
        pairs, ccle = self.pairs, self.ccle
        if pairs is not None:
            kept = ~same_line(pairs.l1000.index, lines)
            pairs = Pairs(pairs.l1000[kept], pairs.rnaseq[kept])
        if ccle is not None:
            ccle = ccle[~same_line(ccle.index.get_level_values("line"), lines)]
        info = self.l1000_info[wells]
        return replace(
            self,
            l1000=self.l1000[wells],
            l1000_info=info,
            l1000_weights=balanced_weights(info["line"], info["series"]),
            rnaseq=self.rnaseq[samples],
            rnaseq_info=self.rnaseq_info[samples],
            rnaseq_weights=weights / weights.sum(),
            held_out=(*self.held_out, *lines),
            partial=None if self.partial is None else self.partial[samples],
            pairs=pairs,
            ccle=ccle,
        )

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
    folder: Path,
    preset: Preset,
    exclude_processing: str | None = None,
    seed: int = 0,
    learn_pairs: bool = False,
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

    learn_pairs : bool
        Learn from the paired lines too. A benchmark leaves them out; a bundle for use need not.

    Returns
    -------
    TrainingData

    Raises
    ------
    ValueError
        Fewer than half of the landmarks are on both sides.
    """
    held_out = () if learn_pairs else tuple(paired_lines(folder))
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
    normalization = Normalization.fit(counts.profiles, preset.log_base, counts.weights(), genes)
    rnaseq, info = normalization.transform(counts.profiles), counts.info
    further = cmap_genes().index.difference(columns[complete]).difference(landmarks().index)
    others = further if preset.partial_genes else []
    partial = [normalization.transform_beside(counts.profiles, list(columns[columns.isin(others)]))]
    del counts  # the largest table; only its normalised genes are needed from here
    pairs = load_pairs(folder) if learn_pairs and paired_lines(folder) else None
    hpa = load_hpa(folder, exclude_lines=held_out)
    if hpa is not None:
        if pairs is not None:
            hpa = _with_lines(hpa, pairs.rnaseq)
        # HPA's scale is its own: only the order of genes within a profile enters, through the ranks
        lines = normalization.transform(hpa.profiles)
        whole = lines[shared].notna().all(axis=1).to_numpy()
        rnaseq, info = pd.concat([rnaseq, lines[whole]]), pd.concat([info, hpa.info[whole]])
        in_hpa = hpa.profiles.columns[hpa.profiles.columns.isin(others)]
        partial.append(normalization.transform_beside(hpa.profiles, list(in_hpa))[whole])
    partial = pd.concat(partial)
    partial = partial if partial.shape[1] else None
    if pairs is not None:
        truth = normalization.transform(pairs.rnaseq)
        beside = [g for g in pairs.rnaseq.columns if partial is not None and g in partial.columns]
        truth = pd.concat([truth, normalization.transform_beside(pairs.rnaseq, beside)], axis=1)
        columns = [*normalization.genes, *([] if partial is None else partial.columns)]
        pairs = Pairs(pairs.l1000[shared], truth.reindex(columns=columns))
    ccle = load_ccle(folder, held_out)
    return TrainingData(
        l1000=l1000.profiles[shared],
        l1000_info=l1000.info,
        l1000_weights=l1000.weights(),
        rnaseq=rnaseq,
        rnaseq_info=info,
        rnaseq_weights=compose(Cohort(rnaseq, info), preset.composition),
        normalization=normalization,
        held_out=held_out,
        partial=partial,
        pairs=pairs,
        ccle=None if ccle is None else ccle[shared],
        contrasts=tuple(load_contrasts(folder)) if preset.changes else (),
    )


def _with_lines(hpa: Cohort, lines: pd.DataFrame) -> Cohort:
    """Return HPA's profiles with those of further cell lines (× genes, linear, on HPA's scale)."""
    info = pd.DataFrame(
        {"source": HPA, "series": lines.index, "line": "", "kind": "cell line", "group": lines.index},
        index=lines.index,
    )
    return Cohort(pd.concat([hpa.profiles, lines]), pd.concat([hpa.info, info]))


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
