"""Why a group of wells gives no signature, and what to do when no group does."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.signatures.controls import CONTROLS


def shortages(plan: pd.DataFrame, controls: str, min_treated: int, min_controls: int) -> np.ndarray:
    """Say why there is no signature of a group; "" where there is one.

    Parameters
    ----------
    plan : DataFrame, group × (the description of `Design.signatures`, n_treated, n_controls)
    controls, min_treated, min_controls
        See `design`.
    """
    wells = f"{CONTROLS[controls]} wells"
    reasons = {
        "no plate": plan["batch"] == "",
        "no cell line": plan["cell_id"] == "",
        "no pert_type": plan["pert_type"] == "",
        "neither pert_id nor pert_iname": (plan["pert_id"] == "") & (plan["pert_iname"] == ""),
        f"no {wells} of the cell line on the plate": plan["n_controls"] == 0,
        f"fewer than {min_treated} treated wells": plan["n_treated"] < min_treated,
        f"fewer than {min_controls} {wells}": plan["n_controls"] < min_controls,
        "fewer than 3 wells to compare": plan["n_treated"] + plan["n_controls"] < 3,
    }
    return np.select(list(reasons.values()), list(reasons), "").astype(object)


def nothing_left(
    table: pd.DataFrame, plan: pd.DataFrame, short: np.ndarray, controls: str, min_treated: int
) -> str:
    """Say in one sentence why there is no signature at all, and what to do.

    Parameters
    ----------
    table : DataFrame, wells × (rna_plate, pert_type)
    plan, controls, min_treated
        As in `shortages`.
    short : array, groups
        Of `shortages`.
    """
    counts = pd.Series(short).value_counts()
    told = ", ".join(f"{n:,} × {reason}" for reason, n in counts.items()) or "no treated wells"
    alone = sorted(set("|".join(plan["plates"][plan["n_controls"] == 0]).split("|")) - {""})
    where, advice = "", "expected treated wells, and controls of the same plate and cell line"
    if alone:
        is_control = table["pert_type"].str.startswith("ctl")
        elsewhere = sorted(set(table["rna_plate"][is_control]) - {"", *alone})
        only = f"; controls are on {first_five(elsewhere)} only" if elsewhere else ""
        where = f" (treated wells are on {first_five(alone)}{only})"
        every_other = "every other well (controls 'both') or " if controls in ("vehicle", "others") else ""
        advice = "give controls of the same plate and cell line, or compare with "
        advice += f"{every_other}the median of each plate (controls 'medians')"
    elif (plan["n_treated"] < min_treated).any():
        advice = "ask for fewer treated wells (min_treated)"
    return f"No signature can be computed from {len(table):,} wells: {told}{where}; {advice}."
