"""From well metadata to comparisons: which wells are one treatment, and which wells are its controls."""

import re
from dataclasses import dataclass

import pandas as pd

from l1000_rnaseq.data.files.missing import as_text
from l1000_rnaseq.data.files.profile_file import first_five

CONTROL_TYPES = {
    "ctl_vehicle": ("trt_cp", "trt_lig", "trt_aby", "trt_poscon"),
    "ctl_vector": ("trt_sh", "trt_oe", "trt_xpr", "trt_si", "trt_sh.cgs", "trt_sh.css", "trt_oe.mut"),
    "ctl_untrt": (),
}
"""Control type → perturbation types it is the vehicle of; untreated wells are used where it is absent."""

COLUMNS = ("rna_plate", "pert_id", "pert_iname", "pert_type", "pert_dose", "pert_time", "cell_id")
SIGNATURE = ("batch", "pert", "pert_type", "cell_id", "pert_dose", "pert_time")


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
    """

    signatures: pd.DataFrame
    controls: dict[str, list[str]]
    control_sets: dict[str, list[str]]
    skipped: pd.DataFrame

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
) -> Design:
    """Group wells into signatures: perturbagen × cell line × dose × time within a batch.

    Parameters
    ----------
    info : DataFrame, inst_id × columns of GSE92742's inst_info
    control : str
        "vehicle": vehicle wells of the same batch and cell line (DMSO and H2O for compounds, empty and
        reporter vectors for genetic perturbagens; untreated wells where there are none). "others": every
        other well of the same batch and cell line (Jeon et al. 2022, "Computing signatures").
    pool_doses : bool
        One signature over all doses of a perturbagen, as in the paper.
    min_treated, min_controls : int
        Fewer, and the group is skipped and listed.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        Columns or ids are missing, an id is there twice, or nothing is left.
    """
    table = _checked(info)
    if control not in ("vehicle", "others"):
        raise ValueError(f"control is {control!r}; expected vehicle or others.")
    keys = [key for key in SIGNATURE if not (pool_doses and key == "pert_dose")]
    is_control = table["pert_type"].isin(CONTROL_TYPES)
    rows, controls, sets, skipped = [], {}, {}, []
    by_batch_and_line = dict(list(table.groupby(["batch", "cell_id"])))
    for _, wells in table[~is_control].groupby(keys, sort=True):
        neighbours = by_batch_and_line[wells["batch"].iloc[0], wells["cell_id"].iloc[0]]
        against, kind = _controls(neighbours, wells, control)
        row = _describe(wells, pool_doses) | {
            "n_treated": len(wells),
            "n_controls": len(against),
            "control": kind,
        }
        reason = _shortage(row, control, min_treated, min_controls)
        if reason:
            skipped.append(row | {"reason": reason})
            continue
        row["control_set"] = f"{row['batch']}:{row['cell_id']}:{kind}"
        sets[row["control_set"]] = list((neighbours if kind == "others" else against).index)
        controls[row["sig_id"]] = list(against.index)
        rows.append(row)
    skipped = pd.DataFrame(skipped, columns=None if skipped else ["sig_id", "reason"]).set_index("sig_id")
    if not rows:
        reasons = "; ".join(f"{n} × {reason}" for reason, n in skipped["reason"].value_counts().items())
        raise ValueError(
            f"No signature can be computed from {len(table):,} wells ({reasons or 'no treated wells'}); "
            "give controls of the same batch and cell line, or control='others'."
        )
    return Design(pd.DataFrame(rows).set_index("sig_id"), controls, sets, skipped)


def _checked(info: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in info.columns]
    if absent:
        raise ValueError(f"The well table lacks {', '.join(absent)}; expected the columns of inst_info.")
    if not info.index.is_unique:
        twice = info.index[info.index.duplicated()]
        raise ValueError(f"{len(twice)} inst_id are repeated in the well table: {first_five(twice)}.")
    table = as_text(info)
    for column in ("pert_dose_unit", "pert_time_unit"):
        if column not in table:
            table[column] = ""
    for column in ("pert_dose", "pert_time"):
        table[column] = [_plain_number(value) for value in table[column]]
    table["batch"] = batch_of(table["rna_plate"])
    # demo data and private plates often have a name but no BRD id
    table["pert"] = table["pert_id"].where(table["pert_id"] != "", table["pert_iname"])
    return table


def _plain_number(text: str) -> str:
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def _controls(neighbours: pd.DataFrame, wells: pd.DataFrame, control: str) -> tuple[pd.DataFrame, str]:
    """Return the control wells of a treatment and what they are."""
    if control == "others":
        return neighbours.drop(index=wells.index), "others"
    kinds = [kind for kind, of in CONTROL_TYPES.items() if wells["pert_type"].iloc[0] in of]
    for kind in [*kinds, "ctl_untrt"]:
        controls = neighbours[neighbours["pert_type"] == kind]
        if len(controls):
            return controls, kind
    return neighbours.iloc[:0], "none"


def _describe(wells: pd.DataFrame, pool_doses: bool) -> dict:
    first = wells.iloc[0]
    doses = sorted(wells["pert_dose"].unique(), key=lambda dose: (len(dose), dose))
    dose = "|".join(doses) if pool_doses else first["pert_dose"]
    parts = [first["batch"], first["pert"], *([] if pool_doses else [dose])]
    if wells["cell_id"].iloc[0] not in re.split(r"[_.]", first["batch"]):  # plates of several lines
        parts.insert(1, first["cell_id"])
    if first["pert_time"] not in ("", *re.findall(r"_(\d+)H", first["batch"])):
        parts.append(first["pert_time"] + first["pert_time_unit"])
    names = ("pert_id", "pert_iname", "pert_type", "cell_id", "pert_time", "pert_dose_unit", "pert_time_unit")
    return {
        "sig_id": ":".join(part for part in parts if part),
        **{name: first[name] for name in names},
        "pert_dose": dose,
        "batch": first["batch"],
        "distil_id": "|".join(wells.index),
    }


def _shortage(row: dict, control: str, min_treated: int, min_controls: int) -> str:
    if row["n_treated"] < min_treated:
        return f"fewer than {min_treated} treated wells"
    if not row["n_controls"]:
        return "no control wells in the batch" if control == "vehicle" else "no other wells in the batch"
    return f"fewer than {min_controls} control wells" if row["n_controls"] < min_controls else ""
