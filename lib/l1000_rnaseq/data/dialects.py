"""What the releases of CMap's data, and others who publish such tables, call the columns about a sample."""

import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from l1000_rnaseq.data.quantities import UNITS

GSE92742, GSE70138, LINCS2020, ILINCS = "GSE92742", "GSE70138", "LINCS 2020", "iLINCS"
CMAPM, SIGCOM, BUILD2, PRISM, OTHERS = "cmapM", "SigCom LINCS", "CMap build 02", "PRISM", "others"
BOTH = (GSE92742, GSE70138)

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "id": {
        "sig_id": (*BOTH, LINCS2020),
        "inst_id": BOTH,
        "sample_id": (LINCS2020,),
        "signatureid": (ILINCS,),
        "instance_id": (BUILD2,),
        "distil_id": (CMAPM,),
        "cid": (CMAPM,),
        "profile_id": (PRISM,),
    },
    "pert_id": {
        "pert_id": (*BOTH, LINCS2020, CMAPM),
        "lincspertid": (ILINCS,),
        "perturbagenid": (ILINCS,),
        "broad_id": (PRISM,),
        "pert_mfc_id": (GSE70138, LINCS2020, CMAPM),
    },
    "pert_iname": {
        "pert_iname": BOTH,
        "cmap_name": (LINCS2020, BUILD2),
        "pert_desc": (CMAPM,),
        "pert_name": (SIGCOM, PRISM),
        "compound": (ILINCS, OTHERS),
        "treatment": (ILINCS, OTHERS),
        "perturbagen": (OTHERS,),
        "perturbation": (OTHERS,),
        "drug": (OTHERS,),
        "drug_name": (OTHERS,),
        "compound_name": (OTHERS,),
    },
    "pert_type": {"pert_type": (*BOTH, LINCS2020, CMAPM, SIGCOM), "perturbation_type": (OTHERS,)},
    "cell_id": {
        "cell_id": (*BOTH, CMAPM),
        "cell_iname": (LINCS2020,),
        "cell_mfc_name": (LINCS2020,),
        "cellline": (ILINCS,),
        "cell_line": (SIGCOM, OTHERS),
        "cell_line_name": (OTHERS,),
        "cell2": (BUILD2,),
        "cell": (OTHERS,),
        "ccle_name": (PRISM,),
    },
    "pert_dose": {
        "pert_dose": (*BOTH, LINCS2020, CMAPM, SIGCOM, PRISM),
        "pert_idose": (*BOTH, LINCS2020),
        "nearest_dose": (LINCS2020,),
        "concentration": (ILINCS, BUILD2, OTHERS),
        "conc": (OTHERS,),
        "dose": (PRISM, OTHERS),
        "dose_value": (OTHERS,),
    },
    "pert_dose_unit": {
        "pert_dose_unit": (*BOTH, LINCS2020, CMAPM),
        "dose_unit": (OTHERS,),
        "concentration_unit": (OTHERS,),
    },
    "pert_time": {
        "pert_time": (*BOTH, LINCS2020, CMAPM, SIGCOM, PRISM),
        "pert_itime": (*BOTH, LINCS2020),
        "time": (ILINCS, OTHERS),
        "duration": (BUILD2, OTHERS),
        "timepoint": (OTHERS,),
        "time_point": (OTHERS,),
    },
    "pert_time_unit": {"pert_time_unit": (*BOTH, LINCS2020, CMAPM), "time_unit": (OTHERS,)},
    "rna_plate": {
        "rna_plate": (GSE92742, LINCS2020, CMAPM),
        "det_plate": (GSE70138, LINCS2020, CMAPM),
        "plate": (OTHERS,),
        "plate_id": (OTHERS,),
        "batch_id": (BUILD2,),
    },
    "rna_well": {
        "rna_well": (GSE92742, LINCS2020, CMAPM),
        "det_well": (GSE70138, LINCS2020, CMAPM),
        "well": (OTHERS,),
        "well_position": (OTHERS,),
    },
    "distil_id": {"distil_id": BOTH, "distil_ids": (LINCS2020,)},
}
"""Meaning, by the name of GSE92742 → names of columns, the first the one to read where a table has several →
the releases that have them. Other columns are kept as they are."""

PERT_TYPES = {
    "trt_cp": ("compound", "compounds", "chemical", "chemicals", "small molecule", "drug"),
    "trt_lig": ("ligand",),
    "trt_aby": ("antibody",),
    "trt_xpr": ("crispr",),
    "trt_sh": ("shrna",),
    "trt_si": ("sirna",),
    "trt_oe": ("overexpression", "orf"),
    "ctl_vehicle": ("vehicle", "ctl_vehicle.cns", "negcon", "dmso"),
    "ctl_vector": ("vector", "ctl_vector.cns", "empty vector"),
    "ctl_untrt": ("untreated", "ctl_untrt.cns", "untrt"),
    "trt_poscon": ("poscon", "positive control"),
}
"""pert_type of GSE92742 → what else it is called, in lower case."""

_NAMES = {name: meaning for meaning, names in COLUMNS.items() for name in names}


def plain_name(name: str) -> str:
    """Return the name of a column in lower case, words joined by _: "Cell Line" and "cell.line" are one."""
    name = str(name).strip().lower().replace("µ", "u").replace("μ", "u")
    return re.sub(r"\W+", "_", name).strip("_").removeprefix("metadata_")


def meaning_of(name: str) -> tuple[str, str]:
    """Say what a column is about.

    Returns
    -------
    meaning : str
        A key of `COLUMNS`; "" where nothing is known.
    unit : str
        That the name of a dose or a time ends with, else "".

    Examples
    --------
    >>> meaning_of("cell_iname"), meaning_of("Concentration (nM)")
    (('cell_id', ''), ('pert_dose', 'nm'))
    """
    name = plain_name(name)
    stem, _, unit = name.rpartition("_")
    for kind in ("dose", "time"):
        if name not in _NAMES and _NAMES.get(stem) == f"pert_{kind}" and unit in UNITS[kind]:
            return f"pert_{kind}", unit
    return _NAMES.get(name, ""), ""


def id_columns(columns: Iterable[str]) -> list[str]:
    """Return the columns that have ids of samples or signatures, the most likely first."""
    order = list(COLUMNS["id"])
    named = [name for name in columns if plain_name(name) in order]
    return sorted(named, key=lambda name: order.index(plain_name(name)))


def columns_of(table: pd.DataFrame, meaning: str) -> list[str]:
    """Return the columns of a table about a thing, the one to read first."""
    order = list(COLUMNS[meaning])
    about = [name for name in table.columns if meaning_of(name)[0] == meaning]
    names = {name: plain_name(name) for name in about}
    return sorted(about, key=lambda name: order.index(names[name]) if names[name] in order else len(order))


def release_of(columns: Iterable[str]) -> str:
    """Return the release whose names most columns have; "" where all are names that anybody gives."""
    seen = Counter()
    for name in map(plain_name, columns):
        releases = [release for names in COLUMNS.values() for release in names.get(name, ())]
        seen.update(releases if OTHERS not in releases else ())
    return max(seen, key=seen.get) if seen else ""
