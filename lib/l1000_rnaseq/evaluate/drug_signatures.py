"""Signatures of a drug from the same wells in several forms: as measured, and as models translate them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.signatures.batch import compare
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings, characteristic_directions
from l1000_rnaseq.signatures.design import NEEDED, batch_of, design
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.transform import transform

METHODS = {"cd": "characteristic direction", "t": "limma", "log2fc": "fold change"}


@dataclass(frozen=True)
class DrugSignatures:
    """Signatures of some perturbagens, and of random others from the same batches.

    Attributes
    ----------
    table : DataFrame, sig_id × (pert_iname, cell_id, batch, n_treated, n_controls)
    genes : dict, form → genes
    scores : dict, (form, method) → array, signatures × genes
    random : dict, form → array, other signatures × genes
        Characteristic directions of other perturbagens, drawn at random from the same batches.
    """

    table: pd.DataFrame
    genes: dict[str, pd.Index]
    scores: dict[tuple[str, str], np.ndarray]
    random: dict[str, np.ndarray]

    def of(self, form: str, method: str, genes: pd.Index) -> np.ndarray:
        """Return the scores of these genes, all of which the form must have: signatures × genes."""
        return self.scores[form, method][:, self._columns(form, genes)]

    def random_of(self, form: str, genes: pd.Index) -> np.ndarray:
        """Return the random signatures' scores of these genes: signatures × genes."""
        return self.random[form][:, self._columns(form, genes)]

    def _columns(self, form: str, genes: pd.Index) -> np.ndarray:
        columns = self.genes[form].get_indexer(genes)
        if (columns < 0).any():
            lacking = list(pd.Index(genes)[columns < 0])
            raise ValueError(
                f"{form} lacks {len(lacking)} of the {len(columns)} genes: {first_five(lacking)}. Ask for "
                "genes that every form has."
            )
        return columns


def drug_signatures(
    folder: Path, names: list[str], bundles: dict[str, Bundle], n_random: int = 20, seed: int = 0
) -> DrugSignatures:
    """Compute the signatures of some perturbagens as Jeon et al. 2022 do ("Computing signatures").

    Treated wells of one name, cell line and batch (doses and times of a batch together) against every other
    well of their plates.

    Parameters
    ----------
    folder : path
        A data folder; only the wells of batches with these perturbagens are read.
    names : list of str
        Perturbagens (pert_iname, lower case).
    bundles : dict, form → Bundle
        The form "L1000", as measured, is always included.
    n_random : int
        Other perturbagens drawn from those batches.
    seed : int

    Raises
    ------
    ValueError
        No well has such a name, or none of them has two replicates and three controls.
    """
    table = Path(folder) / "l1000/inst_info.txt"
    file = open_profiles(Path(folder) / "l1000/level3.gctx", table)
    info = describe_samples(file.sample_metadata, table, NEEDED)
    is_drug_well = info["pert_iname"].str.lower().isin(names)
    if not is_drug_well.any():
        raise ValueError(f"{folder} has no well of {', '.join(names)}.")
    batches = batch_of(info["rna_plate"])
    info = info[batches.isin(batches[is_drug_well].unique())]
    plan = design(info.assign(pert_id=info["pert_iname"]), "both", pool_doses=True, min_treated=2)
    is_drug = plan.signatures["pert_iname"].str.lower().isin(names)
    if not is_drug.any():
        raise ValueError(f"{folder}: no perturbagen of {', '.join(names)} has two wells in one batch.")
    other_sigs = plan.signatures.index[~is_drug]
    other_sigs = np.random.default_rng(seed).permutation(other_sigs)[:n_random]
    raw, plates = file.frame(info.index), info["rna_plate"].to_numpy()
    genes, scores, random, direction = {}, {}, {}, DirectionSettings.as_published()
    for form in ("L1000", *bundles):
        profiles = raw if form == "L1000" else transform(raw, bundles[form])
        parts = [
            compare(profiles, plan.treated(sig), plan.controls[sig], info["rna_plate"], direction)
            for sig in plan.signatures.index[is_drug]
        ]
        genes[form] = profiles.columns
        for method in METHODS:
            scores[form, method] = np.array([part[method].to_numpy() for part in parts])
        groups = [
            (profiles.index.get_indexer(plan.treated(sig)), profiles.index.get_indexer(plan.controls[sig]))
            for sig in other_sigs
        ]
        random[form] = characteristic_directions(profiles.to_numpy(np.float32), groups, direction, plates)
    columns = ["pert_iname", "cell_id", "batch", "n_treated", "n_controls"]
    return DrugSignatures(plan.signatures.loc[is_drug, columns], genes, scores, random)
