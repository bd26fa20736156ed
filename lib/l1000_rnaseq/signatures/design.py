"""From well metadata to comparisons: which wells are one treatment, and which wells are its controls."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.samples import describe_samples, perturbagens_of
from l1000_rnaseq.signatures.controls import (
    CONTROL_TYPES,
    CONTROLS,
    Comparison,
    PlateControls,
    WellLists,
    placed,
    rows_of,
)
from l1000_rnaseq.signatures.shortages import nothing_left, shortages

log = logging.getLogger(__name__)
NEEDED = ("pert", "pert_type", "cell_id", "pert_dose", "pert_time", "rna_plate")
KEY = ("batch", "pert", "pert_type", "cell_id", "pert_dose", "pert_dose_unit", "pert_time", "pert_time_unit")
"""Wells that are equal in all of these are replicates."""

METADATA = ("pert_id", "pert_iname", "pert_type", "cell_id", "pert_time", "pert_dose_unit", "pert_time_unit")


class NoSignatures(ValueError):
    """The wells of a table support no signature."""


@dataclass(frozen=True)
class Design:
    """The signatures that an experiment supports.

    Attributes
    ----------
    signatures : DataFrame, sig_id × metadata
        Columns of GSE92742's sig_info (pert_id, pert_iname, pert_type, cell_id, pert_dose, pert_dose_unit,
        pert_time, pert_time_unit, distil_id: its treated wells joined by |), with batch, plates (joined by
        |), n_treated, n_left_out (wells of the group on plates without controls, which are not used),
        n_controls, control and control_set. Signatures of one batch are side by side.
    comparisons : dict, sig_id → Comparison
        Its wells and their controls, as row numbers of `ids`.
    ids : array of str
        The wells.
    control_sets : dict, control_set → list of inst_id
        What `control_set` names, joined by | where there are several plates. Where the controls are no
        vehicles, a signature's own wells are in the set and do not count.
    skipped : DataFrame, (the same description, n_treated, n_controls, reason)
    reasons : Series, reason → groups
        Why groups are skipped, in few words.
    plates : Series, inst_id → plate
    line_controls : dict, cell_id → list of inst_id
        Every control well of a line, on whatever plate.
    n_without_dose : int
        Wells of compounds without a dose. They are groups of their own.
    """

    signatures: pd.DataFrame
    comparisons: dict[str, Comparison]
    ids: np.ndarray
    control_sets: dict[str, list[str]]
    skipped: pd.DataFrame
    reasons: pd.Series
    plates: pd.Series
    line_controls: dict[str, list[str]]
    n_without_dose: int = 0

    @property
    def controls(self) -> WellLists:
        """The controls of each signature, all on the plates of its treated wells: sig_id → inst_ids."""
        return WellLists(self.comparisons, self.ids, "controls")

    @property
    def vehicles(self) -> WellLists:
        """The vehicle wells of those plates, whatever the controls are; [] where there are none."""
        return WellLists(self.comparisons, self.ids, "vehicles")

    def treated(self, sig_id: str) -> list[str]:
        """Return the treated wells of a signature."""
        return self.signatures.loc[sig_id, "distil_id"].split("|")

    def without(self, sig_ids: Iterable[str]) -> "Design":
        """Return the design without some signatures, such as those that are computed in another way.

        Raises
        ------
        NoSignatures
            None is left.
        """
        left = self.signatures.drop(index=list(sig_ids), errors="ignore")
        if not len(left):
            raise NoSignatures(f"all {len(self.signatures):,} signatures are computed in another way.")
        return replace(self, signatures=left, comparisons={sig: self.comparisons[sig] for sig in left.index})

    def of(self, sig_ids: Iterable[str]) -> "Design":
        """Return the design of some signatures alone: with their wells only, in the order of the table."""
        comparisons = {sig_id: self.comparisons[sig_id] for sig_id in sig_ids}
        signatures = self.signatures.loc[list(comparisons)]
        rows = rows_of(comparisons.values())
        moved = placed(comparisons.values(), rows.searchsorted)
        return replace(
            self,
            signatures=signatures,
            comparisons=dict(zip(comparisons, moved, strict=True)),
            ids=self.ids[rows],
            control_sets={},
            skipped=self.skipped[:0],
            reasons=self.reasons[:0],
            line_controls={},
            plates=self.plates.iloc[rows],
        )

    def wells(self, sig_ids: Iterable[str]) -> list[str]:
        """Return every well that some signatures need, each once, in the order of the table."""
        return self.ids[rows_of([self.comparisons[sig_id] for sig_id in sig_ids])].tolist()


def batch_of(plates: pd.Series) -> pd.Series:
    """Return the batch of each plate: its name without the replicate suffix (CPC006_HT115_6H_X2 → …_6H)."""
    return plates.astype(str).str.replace(r"_X\d+(?:[._].*)?$", "", regex=True)


def design(
    info: pd.DataFrame,
    controls: str = "vehicle",
    pool_doses: bool = False,
    min_treated: int = 1,
    min_controls: int = 3,
    source: str | Path = "the well table",
) -> Design:
    """Group wells into signatures: perturbagen × cell line × dose × time within a batch.

    A batch is the plates that differ in their replicate suffix only (X1, X2). Treated wells are compared with
    controls of their own plate. Those on a plate without controls are left out of their group and counted.

    Parameters
    ----------
    info : DataFrame, inst_id × columns of inst_info, of any release (see `describe_samples`)
    controls : str
        "vehicle": vehicle wells of the same plate and cell line. "others": wells of other treatments there.
        "both": every other well there. "medians": the median of all wells there. See `CONTROLS`.
    pool_doses : bool
        One signature over all doses of a perturbagen, as in Jeon et al. 2022; of one unit.
    min_treated, min_controls : int
        Wells of a signature, over its plates. Fewer, and the group is skipped and listed. A signature of one
        treated well has no replicate agreement.
    source : str or path
        Name of the table, for messages.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        Columns or ids are missing, or an id is there twice.
    NoSignatures
        No group has controls on its plates, or enough wells.
    """
    if controls not in CONTROLS:
        raise ValueError(f"controls is {controls!r}; expected {', '.join(CONTROLS)}.")
    for name, least in (("min_treated", min_treated), ("min_controls", min_controls)):
        if least < 1:
            raise ValueError(f"{name} is {least}; expected at least 1.")
    table = _checked(info, source)
    is_control = table["pert_type"].str.startswith("ctl").to_numpy()
    treated = np.flatnonzero(~is_control)
    keys = [key for key in KEY if not (pool_doses and key == "pert_dose")]
    rows = table.iloc[treated].groupby(keys, sort=True).ngroup().to_numpy()
    order = np.argsort(rows, kind="stable")
    groups = np.split(treated[order], np.flatnonzero(np.diff(rows[order])) + 1) if len(rows) else []
    choice, types = PlateControls(table, controls), table["pert_type"].to_numpy(object)
    compared = [choice.choose(wells, types[wells[0]]) for wells in groups]
    plan = _described(table, [comparison.treated for comparison in compared], pool_doses)
    plan["plates"] = ["|".join(comparison.plates) for comparison in compared]
    plan["n_treated"] = [len(comparison.treated) for comparison in compared]
    plan["n_left_out"] = [len(wells) for wells in groups] - plan["n_treated"]
    plan["n_controls"] = [comparison.n_controls for comparison in compared]
    plan["control"] = [comparison.kind for comparison in compared]
    short = shortages(plan, controls, min_treated, min_controls)
    kept = short == ""
    if not kept.any():
        raise NoSignatures(nothing_left(table, plan, short, controls, min_treated))
    signatures, skipped = plan[kept].copy(), plan[~kept].assign(reason=short[~kept])
    no_controls = skipped["n_controls"] == 0
    on_plates = [f" {first_five(plates.split('|'))}" for plates in skipped["plates"]]
    skipped["reason"] += np.where(no_controls, on_plates, "")
    named = zip(signatures["plates"], signatures["cell_id"], signatures["control"], strict=True)
    signatures["control_set"] = [
        "|".join(f"{plate}:{cell}:{kind}" for plate in plates.split("|")) for plates, cell, kind in named
    ]
    ids, sets = table.index.to_numpy(object), {}
    chosen = [compared[number] for number in np.flatnonzero(kept)]
    for comparison, cell, names in zip(chosen, signatures["cell_id"], signatures["control_set"], strict=True):
        for plate, name in zip(comparison.plates, names.split("|"), strict=True):
            if name not in sets:
                sets[name] = list(ids[choice.set_of(plate, cell, comparison.kind)])
    return Design(
        signatures,
        dict(zip(signatures.index, chosen, strict=True)),
        ids,
        sets,
        skipped,
        pd.Series(short[~kept]).value_counts(),
        table["rna_plate"],
        {cell: list(wells) for cell, wells in table[is_control].groupby("cell_id").groups.items()},
        int(((table["pert_type"] == "trt_cp") & (table["pert_dose"] == "")).sum()),
    )


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
