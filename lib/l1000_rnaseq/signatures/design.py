"""From well metadata to comparisons: which wells are one treatment, and which wells are its controls."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.samples import describe_samples, perturbagens_of

log = logging.getLogger(__name__)
CONTROL_TYPES = {
    "ctl_vehicle": ("trt_cp", "trt_lig", "trt_aby", "trt_poscon"),
    "ctl_vector": ("trt_sh", "trt_oe", "trt_xpr", "trt_si", "trt_sh.cgs", "trt_sh.css", "trt_oe.mut"),
    "ctl_untrt": (),
}
"""Control type → perturbation types it is the vehicle of; untreated wells are used where it is absent."""

NEEDED = ("pert", "pert_type", "cell_id", "pert_dose", "pert_time", "rna_plate")
KEY = ("batch", "pert", "pert_type", "cell_id", "pert_dose", "pert_dose_unit", "pert_time", "pert_time_unit")
"""Wells that are equal in all of these are replicates."""

METADATA = ("pert_id", "pert_iname", "pert_type", "cell_id", "pert_time", "pert_dose_unit", "pert_time_unit")


@dataclass(frozen=True)
class Design:
    """The signatures that an experiment supports.

    Attributes
    ----------
    signatures : DataFrame, sig_id × metadata
        Columns of GSE92742's sig_info (pert_id, pert_iname, pert_type, cell_id, pert_dose, pert_dose_unit,
        pert_time, pert_time_unit, distil_id: its wells joined by |), with batch, n_treated, n_controls,
        control and control_set. Signatures of one batch are side by side.
    controls : dict, sig_id → list of inst_id
    control_sets : dict, control_set → list of inst_id
        What `control_set` names; of the kind "others", a signature's own wells do not count.
    skipped : DataFrame, (the same description, n_treated, n_controls, reason)
    plates : Series, inst_id → plate
    """

    signatures: pd.DataFrame
    controls: dict[str, list[str]]
    control_sets: dict[str, list[str]]
    skipped: pd.DataFrame
    plates: pd.Series

    def treated(self, sig_id: str) -> list[str]:
        """Return the treated wells of a signature."""
        return self.signatures.loc[sig_id, "distil_id"].split("|")


def batch_of(plates: pd.Series) -> pd.Series:
    """Return the batch of each plate: its name without the replicate suffix (CPC006_HT115_6H_X2 → …_6H)."""
    return plates.astype(str).str.replace(r"_X\d+(?:[._].*)?$", "", regex=True)


def design(
    info: pd.DataFrame,
    control: str = "vehicle",
    pool_doses: bool = False,
    min_treated: int = 2,
    min_controls: int = 3,
    source: str | Path = "the well table",
) -> Design:
    """Group wells into signatures: perturbagen × cell line × dose × time within a batch.

    Parameters
    ----------
    info : DataFrame, inst_id × columns of inst_info, of any release (see `describe_samples`)
    control : str
        "vehicle": vehicle wells of the same batch and cell line (DMSO and H2O for compounds, empty and
        reporter vectors for genetic perturbagens; untreated wells where there are none). "others": every
        other well of the same batch and cell line (Jeon et al. 2022, "Computing signatures").
    pool_doses : bool
        One signature over all doses of a perturbagen, as in the paper; of one unit.
    min_treated, min_controls : int
        Fewer, and the group is skipped and listed.
    source : str or path
        Name of the table, for messages.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        Columns or ids are missing, an id is there twice, or nothing is left.
    """
    if control not in ("vehicle", "others"):
        raise ValueError(f"control is {control!r}; expected vehicle or others.")
    table = _checked(info, source)
    is_control = table["pert_type"].str.startswith("ctl").to_numpy()
    treated = np.flatnonzero(~is_control)
    keys = [key for key in KEY if not (pool_doses and key == "pert_dose")]
    rows = table.iloc[treated].groupby(keys, sort=True).ngroup().to_numpy()
    order = np.argsort(rows, kind="stable")
    groups = np.split(treated[order], np.flatnonzero(np.diff(rows[order])) + 1) if len(rows) else []
    plan = _described(table, groups, pool_doses)
    neighbours = table.groupby(["batch", "cell_id"]).indices
    chosen, against = {}, []
    for wells, batch, cell, kind in zip(
        groups, plan["batch"], plan["cell_id"], plan["pert_type"], strict=True
    ):
        near = neighbours[batch, cell]
        if control == "others":
            against.append((near[~np.isin(near, wells)], "others"))
        else:
            if (batch, cell, kind) not in chosen:
                chosen[batch, cell, kind] = _vehicles(table["pert_type"].to_numpy()[near], near, kind)
            against.append(chosen[batch, cell, kind])
    plan["n_treated"] = [len(wells) for wells in groups]
    plan["n_controls"] = [len(wells) for wells, _ in against]
    plan["control"] = [kind for _, kind in against]
    plan["reason"] = _shortages(plan, control, min_treated, min_controls)
    kept = (plan["reason"] == "").to_numpy()
    signatures, skipped = plan[kept].drop(columns="reason"), plan[~kept]
    if not kept.any():
        reasons = "; ".join(f"{n} × {reason}" for reason, n in skipped["reason"].value_counts().items())
        raise ValueError(
            f"No signature can be computed from {len(table):,} wells ({reasons or 'no treated wells'}); "
            "give controls of the same batch and cell line, or control='others'."
        )
    signatures["control_set"] = (
        signatures["batch"] + ":" + signatures["cell_id"] + ":" + signatures["control"]
    )
    ids, controls, sets = table.index.to_numpy(object), {}, {}
    for sig_id, of_set, number in zip(
        signatures.index, signatures["control_set"], np.flatnonzero(kept), strict=True
    ):
        wells, kind = against[number]
        controls[sig_id] = list(ids[wells])
        if of_set not in sets:
            near = neighbours[plan["batch"].iloc[number], plan["cell_id"].iloc[number]]
            sets[of_set] = list(ids[near]) if kind == "others" else controls[sig_id]
    return Design(signatures, controls, sets, skipped, table["rna_plate"])


def _checked(info: pd.DataFrame, source: str | Path) -> pd.DataFrame:
    """Return the wells in one vocabulary, with their batch and what tells their perturbagen from others."""
    twice = info.index[info.index.duplicated()]
    if len(twice):
        raise ValueError(f"{len(twice)} inst_id are repeated in {source}: {first_five(twice)}.")
    joined = info.index[info.index.astype(str).str.contains("|", regex=False)]
    if len(joined):
        raise ValueError(
            f"{len(joined)} inst_id of {source} have a | in them, which separates the wells of a signature: "
            f"{first_five(joined)}; rename them."
        )
    table = describe_samples(info, source, NEEDED)
    table["batch"] = batch_of(table["rna_plate"])
    table["pert"] = perturbagens_of(table, table["batch"], source)
    compound = table["pert_type"] == "trt_cp"
    treated = ~table["pert_type"].str.startswith("ctl")
    for what, lacking in (
        ("dose", compound & (table["pert_dose"] == "")),
        ("time", treated & (table["pert_time"] == "")),
    ):
        if lacking.any():
            log.info(
                "%s: %s treated wells have no %s; they are groups of their own",
                source,
                f"{lacking.sum():,}",
                what,
            )
    strange = ~treated & ~table["pert_type"].isin(CONTROL_TYPES)
    if strange.any():
        kinds = first_five(sorted(table.loc[strange, "pert_type"].unique()))
        log.warning("%s: %s wells are controls of an unknown type: %s", source, f"{strange.sum():,}", kinds)
    return table


def _vehicles(types: np.ndarray, wells: np.ndarray, of: str) -> tuple[np.ndarray, str]:
    """Return the control wells of a type of treatment among some wells, and what they are."""
    kinds = [kind for kind, treatments in CONTROL_TYPES.items() if of in treatments]
    for kind in [*kinds, "ctl_untrt"]:
        if (types == kind).any():
            return wells[types == kind], kind
    return wells[:0], "none"


def _described(table: pd.DataFrame, groups: list[np.ndarray], pool_doses: bool) -> pd.DataFrame:
    """Return one row per group of wells: sig_id × metadata."""
    plan = table.iloc[[wells[0] for wells in groups]].reset_index(drop=True)
    ids = table.index.to_numpy(object)
    if pool_doses:
        doses = table["pert_dose"].to_numpy()
        plan["pert_dose"] = ["|".join(sorted(set(doses[wells]), key=_by_size)) for wells in groups]
    plan["distil_id"] = ["|".join(ids[wells]) for wells in groups]
    plan.index = pd.Index(_sig_ids(plan, pool_doses), name="sig_id", dtype=object)
    return plan[[*METADATA, "pert_dose", "batch", "distil_id"]]


def _by_size(dose: str) -> tuple[float, str]:
    try:
        return float(dose), dose
    except ValueError:
        return np.inf, dose


def _sig_ids(plan: pd.DataFrame, pool_doses: bool) -> list[str]:
    """Return batch:perturbagen:dose, with all else that is needed for each to be the only one."""
    batch = plan["batch"]
    lines = {name: set(re.split(r"[_.]", name)) for name in batch.unique()}
    times = {name: {"", *re.findall(r"_(\d+)H", name)} for name in batch.unique()}
    cell = [
        cell if cell not in lines[name] else "" for cell, name in zip(plan["cell_id"], batch, strict=True)
    ]
    written = plan["pert_time"] + plan["pert_time_unit"]
    time = [
        "" if hours in times[name] else text
        for hours, text, name in zip(plan["pert_time"], written, batch, strict=True)
    ]
    dose = [""] * len(plan) if pool_doses else plan["pert_dose"]
    parts = zip(batch, cell, plan["pert"], dose, time, strict=True)
    ids = pd.Series([":".join(filter(None, row)) for row in parts], plan.index, dtype=object)
    lacking = (plan[["batch", "cell_id", "pert_type"]] == "").any(axis=1)
    ids = ids.mask(lacking, ids + ":?")  # never a signature, so the id of no other changes
    for name in ("pert_dose_unit", "pert_type", "cell_id", "pert_time", "pert_time_unit"):
        n_values = plan[name].groupby(ids).transform("nunique")
        ids = ids.where((n_values == 1) | (plan[name] == ""), ids + ":" + plan[name])
    nth = ids.groupby(ids).cumcount()
    return list(ids.where(nth == 0, ids + "#" + (nth + 1).astype(str)))


def _shortages(plan: pd.DataFrame, control: str, min_treated: int, min_controls: int) -> np.ndarray:
    """Say why there is no signature of a group; "" where there is one."""
    reasons = {
        "no plate": plan["batch"] == "",
        "no cell line": plan["cell_id"] == "",
        "no pert_type": plan["pert_type"] == "",
        "neither pert_id nor pert_iname": (plan["pert_id"] == "") & (plan["pert_iname"] == ""),
        f"fewer than {min_treated} treated wells": plan["n_treated"] < min_treated,
        f"no {'control' if control == 'vehicle' else 'other'} wells in the batch": plan["n_controls"] == 0,
        f"fewer than {min_controls} control wells": plan["n_controls"] < min_controls,
    }
    return np.select(list(reasons.values()), list(reasons), "")
