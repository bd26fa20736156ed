"""Signatures of one batch: log2 fold change and the score of a method, within plates, with their measures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.characteristic_direction import (
    DEFAULT,
    DirectionSettings,
    characteristic_directions,
)
from l1000_rnaseq.signatures.controls import Comparison, placed
from l1000_rnaseq.signatures.design import Design
from l1000_rnaseq.signatures.limma import fit_genes, moderated_t, two_group_design
from l1000_rnaseq.signatures.measures import Measures, place_in_null
from l1000_rnaseq.signatures.plate_contrast import plate_contrast
from l1000_rnaseq.stats.ranks import ranks

METHODS = {"cd": "characteristic direction", "limma": "moderated t", "fc": "log2 fold change"}
MEASURES = ("agreement", "strength", "p_vehicle", "n_null")


def compare(
    profiles: pd.DataFrame,
    treated: list[str],
    controls: list[str],
    plates: pd.Series | None = None,
    direction: DirectionSettings = DEFAULT,
) -> pd.DataFrame:
    """Compare treated with control wells by every method: the whole signature of one treatment.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 expression
    treated, controls : list of sample ids
    plates : Series, sample id → plate, optional
        Differences are taken within plates; one plate when absent.
    direction : DirectionSettings

    Returns
    -------
    DataFrame, genes × (log2fc, cd, t, p, fdr, rank)
        log2fc: difference of the means, within plates (see `plate_contrast`). cd: characteristic direction.
        t, p, fdr: limma's, with the plates as a covariate. rank: 1 is the gene with the largest cd.

    Raises
    ------
    ValueError
        A treated well has no control on its plate, or there are fewer than 3 wells.
    """
    wells = profiles.loc[[*treated, *controls]]
    is_treated = np.arange(len(wells)) < len(treated)
    values = wells.to_numpy(np.float64)
    names = np.zeros(len(wells), int) if plates is None else plates.loc[wells.index].to_numpy()
    rows = (np.flatnonzero(is_treated), np.flatnonzero(~is_treated))
    log2fc = plate_contrast(*rows, names) @ values
    table = _moderated(values, is_treated, names)
    table.index = wells.columns
    table["log2fc"] = log2fc
    table["cd"] = characteristic_directions(values, [rows], direction, names)[0]
    table["rank"] = ranks(table["cd"].to_numpy())
    return table[["log2fc", "cd", "t", "p", "fdr", "rank"]]


def _moderated(values: np.ndarray, is_treated: np.ndarray, plates: np.ndarray) -> pd.DataFrame:
    return moderated_t(fit_genes(values, two_group_design(is_treated, plates)))


@dataclass(frozen=True)
class BatchSignatures:
    """Signatures of one batch.

    Attributes
    ----------
    table : DataFrame, sig_id × (agreement, strength, p_vehicle, n_null)
        agreement: mean pairwise Pearson correlation of the replicates' log fold changes; NaN for one
        replicate, and against plate medians. strength: root mean square log2 fold change, divided by
        what vehicle wells alone would give (all controls, where no plate has two vehicles); 1 is no effect.
        p_vehicle: share of n_null signatures of vehicle wells that are as strong: (1 + those as strong) /
        (1 + n_null). They are of the same plates and of as many wells. They share wells, so it is not a
        strict p-value. NaN where a plate has fewer than two vehicles.
    log2fc, score : array, signatures × genes, float32
        `score` is None for the method "fc".
    """

    table: pd.DataFrame
    log2fc: np.ndarray
    score: np.ndarray | None


def batch_signatures(
    profiles: pd.DataFrame,
    plates: pd.Series,
    plan: Design,
    sig_ids: list[str],
    method: str = "cd",
    direction: DirectionSettings = DEFAULT,
    ones: np.ndarray | None = None,
) -> BatchSignatures:
    """Compute the signatures of a batch.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2 expression
        Every well that the signatures need (see `Design.wells`).
    plates : Series, sample id → plate
    plan : Design
    sig_ids : list of str
    method : str
        A key of `METHODS`.
    direction : DirectionSettings
    ones : array, optional
        The profiles are orthonormal coordinates, and these are the coordinates of a genome of ones (see
        `Coordinates`). So are `log2fc` and `score` of the result then.

    Raises
    ------
    ValueError
        An unknown method, or limma against plate medians, which have no variance. Coordinates for a method
        that looks at single genes.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}.")
    medians = (plan.signatures.loc[sig_ids, "control"] == "medians").any()
    check_method(method, medians)
    if ones is not None and (medians or method == "limma" or direction.standardise == "gene"):
        raise ValueError(
            "plate medians, limma and z-scores by gene need whole genomes; write signatures with "
            "`l1000-rnaseq signatures --transform`, then index their folder."
        )
    values, part = profiles.to_numpy(np.float32), plan.of(sig_ids)
    positions = pd.Index(profiles.index).get_indexer(part.ids)
    # plates as numbers, in the order of their names
    names = pd.factorize(plates.loc[profiles.index].to_numpy(object), sort=True)[0]
    compared = placed(part.comparisons.values(), positions.__getitem__)
    groups = [(each.treated, each.controls) for each in compared]
    rows = groups
    if medians:
        values, names, rows = _with_medians(values, names, groups)
    contrasts = np.array([plate_contrast(*row[:2], names) for row in rows])
    log2fc = contrasts.astype(np.float32) @ values
    table = _measured(Measures.of(values, names, ones), compared, groups, rows, contrasts)
    score = None
    if method == "cd":
        score = characteristic_directions(values, rows, direction, names, ones, contrasts)
    elif method == "limma":
        score = np.empty_like(log2fc)
        for number, group in enumerate(groups):
            wells = np.concatenate(group)
            is_treated = np.arange(len(wells)) < len(group[0])
            fitted = _moderated(values[wells].astype(np.float64), is_treated, names[wells])
            log2fc[number], score[number] = fitted["log2fc"], fitted["t"]
    return BatchSignatures(table.set_index(pd.Index(sig_ids, name="sig_id")), log2fc, score)


def check_method(method: str, medians: bool) -> None:
    """Refuse a moderated t against plate medians, which are no wells and have no variance."""
    if method == "limma" and medians:
        raise ValueError(
            "the method limma needs control wells, and plate medians are not wells; use the method cd or fc."
        )


def _with_medians(values: np.ndarray, names: np.ndarray, groups: list) -> tuple[np.ndarray, np.ndarray, list]:
    """Add the median of each plate's compared wells as a row, and compare with those rows."""
    medians, plate_of, row_of, against = [], [], {}, []
    for treated, others in groups:
        wells = np.sort(np.concatenate([treated, others]))
        chosen = []
        for plate in np.unique(names[treated]):
            on_plate = wells[names[wells] == plate]
            key = on_plate.tobytes()
            if key not in row_of:
                row_of[key] = len(values) + len(medians)
                medians.append(np.median(values[on_plate], axis=0))
                plate_of.append(plate)
            chosen.append(row_of[key])
        against.append((treated, np.array(chosen), others))
    return (
        np.concatenate([values, medians]),
        np.concatenate([names, np.array(plate_of, names.dtype)]),
        against,
    )


def _measured(
    measures: Measures, compared: list[Comparison], groups: list, rows: list, contrasts: np.ndarray
) -> pd.DataFrame:
    """Return the measures of each signature; `rows` have three parts where plate medians are compared."""
    medians = len(rows[0]) > 2
    if medians:
        agreements, sizes = [float("nan")] * len(rows), measures.sizes(contrasts)
        # a median varies about as little as the mean of its wells
        sizes /= np.linalg.norm([plate_contrast(*group, measures.plates) for group in groups], axis=1)
    else:
        agreements, sizes = measures.agreements_and_sizes(compared)
        sizes /= np.linalg.norm(contrasts, axis=1)
    table, null_of, scatter_of = [], {}, {}
    for number, (each, (_, controls)) in enumerate(zip(compared, groups, strict=True)):
        key = id(each.vehicles)
        if key not in scatter_of:
            scatter_of[key] = measures.scatter(each.vehicles)
        scatter = scatter_of[key]
        if not np.isfinite(scatter):
            scatter = measures.scatter(controls)
        others = controls
        if medians or not np.array_equal(controls, each.vehicles):
            others = np.sort(np.concatenate([each.treated, controls]))
        counts = np.unique(measures.plates[each.treated], return_counts=True)
        key = (others.tobytes(), each.vehicles.tobytes(), *map(np.ndarray.tobytes, counts))
        if key not in null_of:
            reference = rows[number][1] if medians else None
            null_of[key] = measures.null_sizes(each.treated, each.vehicles, others, reference)
        null, size = null_of[key], sizes[number]
        strength = size / scatter if scatter > 0 else np.nan
        table.append((agreements[number], strength, place_in_null(size, null), len(null)))
    return pd.DataFrame(table, columns=list(MEASURES))
