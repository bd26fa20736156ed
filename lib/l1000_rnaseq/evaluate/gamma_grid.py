"""Which γ and which controls: same-drug AUC over replicate plates, and glucocorticoid genes, for each pair.

Every signature is of one plate. So two signatures of one drug share the drug, its position, and what
replicate plates of a batch share, such as the positions of their vehicles. `auc_near` takes this into
account: it compares with other drugs of the same batch whose wells are at most two rows and two columns
away. Against drugs of other batches, vehicles would look better than they are.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.samples import describe_samples, names_of
from l1000_rnaseq.evaluate.replicate_auc import replicate_auc
from l1000_rnaseq.signatures.characteristic_direction import (
    DEFAULT,
    DirectionSettings,
    characteristic_directions,
)
from l1000_rnaseq.signatures.design import NEEDED, batch_of, design
from l1000_rnaseq.stats.metrics import auroc

GAMMAS = (1.0, 0.5, 0.3, 0.1, 0.05, 0.03, 0.01)
SCHEMES = ("vehicle", "others", "both")
RESPONDERS = ("FKBP5", "TSC22D3", "PER1", "ZBTB16", "KLF9", "DUSP1", "SGK1")
"""Genes that glucocorticoids raise in most cell types."""
GLUCOCORTICOIDS = ("dexamethasone", "budesonide")
REACH = 2  # rows and columns


@dataclass(frozen=True)
class PlateSignatures:
    """Signatures of single plates.

    Attributes
    ----------
    values : dict, γ → array, signatures × genes
    plate, drug : array of str, signatures
        `drug` has the dose.
    name : array of str, signatures
        Perturbagen, in lower case.
    place : array, signatures × (row, column) of the first treated well
    """

    values: dict[float, np.ndarray]
    plate: np.ndarray
    drug: np.ndarray
    name: np.ndarray
    place: np.ndarray

    @property
    def near(self) -> np.ndarray:
        """Mark the pairs of signatures of one batch whose wells are near each other, or of one drug."""
        batch = batch_of(pd.Series(self.plate)).to_numpy()
        is_near = np.abs(self.place[:, None] - self.place).max(axis=-1) <= REACH
        return (batch[:, None] == batch) & (is_near | (self.drug[:, None] == self.drug))


def plate_signatures(
    profiles: pd.DataFrame,
    info: pd.DataFrame,
    controls: str,
    gammas: tuple[float, ...] = GAMMAS,
    settings: DirectionSettings = DEFAULT,
) -> PlateSignatures:
    """Compute the characteristic directions of every plate by itself.

    Parameters
    ----------
    profiles : DataFrame, wells × genes, log2
        Wells of one cell line and time.
    info : DataFrame, wells × columns of inst_info
        Plates with fewer than four treatments are left out, and for vehicles those with fewer than three.
    controls : str
        See `CONTROLS`.
    gammas : tuple of float
    settings : DirectionSettings
        All but γ.

    Raises
    ------
    ValueError
        No plate is left.
    """
    info = describe_samples(info, needed=NEEDED)
    parts, about = {gamma: [] for gamma in gammas}, []
    for _, wells in info.groupby("rna_plate"):
        treated = wells[wells["pert_type"].str.startswith("trt")]
        n_vehicles = (wells["pert_type"] == "ctl_vehicle").sum()
        if names_of(treated).nunique() < 4 or (controls == "vehicle" and n_vehicles < 3):
            continue
        plan, positions = design(wells, controls), pd.Index(wells.index)
        values = profiles.loc[wells.index].to_numpy(np.float32)
        groups = [
            tuple(positions.get_indexer(part) for part in (plan.treated(sig), plan.controls[sig]))
            for sig in plan.signatures.index
        ]
        for gamma in gammas:
            parts[gamma].append(characteristic_directions(values, groups, replace(settings, gamma=gamma)))
        about.append(wells.iloc[[treated[0] for treated, _ in groups]])
    if not about:
        raise ValueError(
            f"none of the {info['rna_plate'].nunique()} plates has four treatments and, for vehicle, three "
            "vehicle wells; give larger plates."
        )
    table = pd.concat(about)
    wells = table["rna_well"].str.extract(r"^([A-P])(\d+)$")
    return PlateSignatures(
        {gamma: np.concatenate(each) for gamma, each in parts.items()},
        table["rna_plate"].to_numpy(),
        (names_of(table) + " " + table["pert_dose"] + table["pert_dose_unit"]).to_numpy(),
        names_of(table).str.lower().to_numpy(),
        np.column_stack([wells[0].map(ord), wells[1].astype(float)]),
    )


def gamma_grid(
    lines: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
    targets: set[str] = frozenset(),
    gammas: tuple[float, ...] = GAMMAS,
    schemes: tuple[str, ...] = SCHEMES,
    progress: bool = True,
) -> pd.DataFrame:
    """Score every γ with every kind of controls.

    Parameters
    ----------
    lines : dict, name → (profiles, info)
        Wells of one cell line and time on several plates (see `plate_signatures`).
    targets : set of str
        Genes that a glucocorticoid's signature is to rank high, up or down.
    gammas, schemes : tuple
    progress : bool

    Returns
    -------
    DataFrame, (line, controls, gamma) × (auc, auc_near, n_same, n_near, targets, responders)
        auc: of pairs of one drug among all pairs of two plates, by Pearson correlation; chance is .5.
        auc_near: among pairs of near wells of one batch. n_same, n_near: pairs of one drug, and of two drugs
        near each other. targets: share of the other drugs' signatures that rank `targets` lower by absolute
        score. responders: share that rank `RESPONDERS` lower by score. Both are means over the signatures of
        `GLUCOCORTICOIDS`, chance is .5; NaN without any. They are shares because every drug raises the same
        genes against vehicles, whose wells have positions of their own.

    Raises
    ------
    ValueError
        A line has no plate with such controls.
    """
    rows = []
    with tqdm(total=len(lines) * len(schemes) * len(gammas), disable=not progress, unit="cell") as bar:
        for line, (profiles, info) in lines.items():
            genes = profiles.columns.str.upper()
            is_target, responds = genes.isin(targets), genes.isin(RESPONDERS)
            for controls in schemes:
                signatures = plate_signatures(profiles, info, controls, gammas)
                is_drug, near = np.isin(signatures.name, GLUCOCORTICOIDS), signatures.near
                for gamma, values in signatures.values.items():
                    every = replicate_auc(values, signatures.plate, signatures.drug)
                    close = replicate_auc(values, signatures.plate, signatures.drug, comparable=near)
                    row = {"line": line, "controls": controls, "gamma": gamma, "auc": every["auc"]}
                    row |= {"auc_near": close["auc"], "n_same": close["same"], "n_near": close["other"]}
                    row["targets"] = _place(np.abs(values), is_target, is_drug)
                    row["responders"] = _place(values, responds, is_drug)
                    rows.append(row)
                    bar.update()
    return (
        pd.DataFrame(rows).set_index(["line", "controls", "gamma"]).sort_index(ascending=[True, True, False])
    )


def _place(scores: np.ndarray, inside: np.ndarray, is_drug: np.ndarray) -> float:
    """Return the share of other drugs' signatures (signatures × genes) in which some genes rank lower."""
    if not is_drug.any() or is_drug.all() or not inside.any():
        return float("nan")
    aucs = np.array([auroc(inside, row) for row in scores])
    return float((aucs[~is_drug] < aucs[is_drug][:, None]).mean())
