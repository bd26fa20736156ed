"""What each well or signature is of, in one vocabulary, whatever its table calls things."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.dialects import (
    COLUMNS,
    GSE92742,
    PERT_TYPES,
    columns_of,
    meaning_of,
    plain_name,
    release_of,
)
from l1000_rnaseq.data.files.missing import CMAP, as_text, each_value
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.quantities import parse_quantities, written

log = logging.getLogger(__name__)
WORDS = {
    "pert": "perturbagen",
    "cell_id": "cell line",
    "pert_dose": "dose",
    "pert_time": "time",
    "rna_plate": "plate",
}
NO_NAME = frozenset(("-", ".", "?", "unknown", "none", "n.a.", "not available"))
CONTROLS = {
    **dict.fromkeys(("dmso", "h2o", "water", "pbs", "ethanol", "etoh", "methanol", "vehicle"), "ctl_vehicle"),
    **dict.fromkeys(("untrt", "untreated"), "ctl_untrt"),
    **dict.fromkeys(("empty_vector", "gfp", "egfp", "rfp", "hcred", "luciferase", "lacz"), "ctl_vector"),
}
"""Names of controls in CMap's data, in lower case → their type."""


def describe_samples(
    table: pd.DataFrame,
    source: str | Path = "the table",
    needed: Sequence[str] = ("pert", "pert_type", "cell_id", "pert_dose", "pert_time"),
) -> pd.DataFrame:
    """Bring a table of wells or signatures into the columns and the words of GSE92742.

    Columns are found by the names that the releases have for them (see `dialects`). Doses are brought to µM,
    times to hours. What is assumed, or cannot be read, is told in the log, with counts.

    Parameters
    ----------
    table : DataFrame, id × anything
        inst_info, sig_info or your own.
    source : str or path
        Name of the table, for messages.
    needed : sequence of {"pert", "pert_type", "cell_id", "pert_dose", "pert_time", "rna_plate"}
        Columns that must be there. "pert" is an id or a name.

    Returns
    -------
    DataFrame, id × text, "" where missing
        pert_id, pert_iname, pert_type, cell_id, pert_dose, pert_dose_unit, pert_time, pert_time_unit,
        rna_plate, rna_well, distil_id; and all columns that the table has besides, as they are. A dose or a
        time that is no number is kept as it is written.

    Raises
    ------
    ValueError
        A column that is needed is missing, or a dose can be read in two ways.
    """
    about = {meaning: columns_of(table, meaning) for meaning in COLUMNS}
    _check_needed(about, needed, source, table.columns)
    texts = as_text(table[[name for names in about.values() for name in names]])
    described = {name: _stripped(texts, about[name][:1]) for name in ("pert_id", "pert_iname", "cell_id")}
    for name in ("pert_id", "pert_iname"):
        column = described[name]
        described[name] = column.mask(column.str.lower().isin(NO_NAME), "")
    for kind in ("dose", "time"):
        described[f"pert_{kind}"], described[f"pert_{kind}_unit"] = _quantity(texts, about, kind, source)
    described["rna_plate"] = _plates(texts, about["rna_plate"], source, "rna_plate" in needed)
    described["rna_well"] = _stripped(texts, about["rna_well"])
    described["distil_id"] = _stripped(texts, about["distil_id"])
    described["pert_type"] = _types(_stripped(texts, about["pert_type"]), described, source, needed)
    read = {about[name][0]: name for name in described if about[name]}
    renamed = {
        column: name
        for column, name in read.items()
        if GSE92742 not in COLUMNS[name].get(plain_name(column), ())
    }
    if renamed:
        told = ", ".join(f"{column} is {name}" for column, name in renamed.items())
        release = release_of(renamed)
        log.info("%s%s: %s", source, f" has the columns of {release}" if release else "", told)
    failed = as_text(table[["qc_pass"]]).isin(["0", "0.0", "False"]).sum().sum() if "qc_pass" in table else 0
    if failed:
        log.info(
            "%s: %s rows did not pass CMap's quality control (qc_pass); they count", source, f"{failed:,}"
        )
    besides = {name: texts[name] if name in texts else column for name, column in table.items()}
    return pd.DataFrame(
        described | {name: besides[name] for name in besides if name not in described}, copy=False
    )


def perturbagens_of(
    described: pd.DataFrame, groups: pd.Series, source: str | Path = "the table"
) -> pd.Series:
    """Return what tells the perturbagen of a row from all others of its group.

    It is the id, and the name where there is no id. An id that several perturbagens of a group share, by
    their names, tells nothing alone: the name is added. Without id and name every row is a perturbagen of its
    own.

    Parameters
    ----------
    described : DataFrame
        Of `describe_samples`.
    groups : Series
        Batch of each row: in another batch the same compound may have another name.
    source : str or path
        Name of the table, for messages.

    Returns
    -------
    Series of str
    """
    ids, names = described["pert_id"], described["pert_iname"]
    plain = pd.Series(each_value(names, lambda name: re.sub(r"\W|_", "", name.lower()), ""), names.index)
    pairs = pd.DataFrame({"group": groups, "id": ids, "name": plain})[(ids != "") & (plain != "")]
    n_names = pairs.drop_duplicates().groupby(["group", "id"]).size()
    shared = n_names.index[n_names > 1]
    if len(shared):
        log.warning(
            "%s has %d pert_id of several pert_iname in one batch, which are kept apart: %s",
            source,
            len(set(shared.get_level_values("id"))),
            first_five(sorted(set(shared.get_level_values("id")))),
        )
    keys = ids.where(ids != "", names)
    if len(shared):
        is_shared = pd.MultiIndex.from_arrays([groups, ids]).isin(shared)
        keys = keys.mask(is_shared, (ids + " " + names).str.strip())
    nameless = keys == ""
    if nameless.any():
        log.warning(
            "%s has %s rows without pert_id and pert_iname; they are no replicates of each other",
            source,
            f"{nameless.sum():,}",
        )
    return keys.where(~nameless, described.index.to_series().astype(str))


def names_of(described: pd.DataFrame) -> pd.Series:
    """Return the name of each row's perturbagen; without one its id, without both the row's own id."""
    names = described["pert_iname"].where(described["pert_iname"] != "", described["pert_id"])
    return names.where(names != "", described.index.to_series().astype(str))


def _check_needed(about: dict, needed: Sequence[str], source: str | Path, columns: pd.Index) -> None:
    asked = {
        what: ("pert_id", "pert_iname") if what == "pert" else (what,) for what in needed if what in WORDS
    }
    lacking = {what: names for what, names in asked.items() if not any(about[name] for name in names)}
    lacking.pop("rna_plate", None)  # the ids may have it
    if lacking:
        names = [
            f"{WORDS[what]} ({' or '.join(name for meaning in meanings for name in [*COLUMNS[meaning]][:3])})"
            for what, meanings in lacking.items()
        ]
        raise ValueError(
            f"{source} lacks a column for: {'; '.join(names)}. It has {', '.join(map(str, columns))}."
        )


def _stripped(texts: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Return the first of some columns that has a value in a row; "" where none has."""
    columns = [pd.Series(each_value(texts[name], str.strip, ""), texts.index) for name in names]
    if not columns:
        return pd.Series("", texts.index, dtype=object)
    result = columns[0]
    for column in columns[1:]:
        result = result.where(result != "", column)
    return result


def _quantity(texts: pd.DataFrame, about: dict, kind: str, source: str | Path) -> tuple[pd.Series, pd.Series]:
    """Return values and units of doses or times: of the first column that has both, else that has either."""
    units = _stripped(texts, about[f"pert_{kind}_unit"])
    value, unit = (pd.Series("", texts.index, dtype=object) for _ in range(2))
    best = np.zeros(len(texts), int)  # 1: a text that cannot be read, 2: a number, 3: a number with its unit
    for name in about[f"pert_{kind}"]:
        beside = meaning_of(name)[1]
        try:
            read = parse_quantities(texts[name], kind, [beside] * len(texts) if beside else units)
        except ValueError as error:
            raise ValueError(f"The column {name} of {source}: {error}") from error
        number = read["value"].notna().to_numpy()
        is_text = each_value(texts[name], _is_quantity, False).astype(bool)
        worth = np.where(number, 2 + (read["unit"] != "").to_numpy(), is_text.astype(int))
        better = worth > best
        shown = written(read["value"]).where(number, _stripped(texts, [name]))
        value, unit = value.mask(better, shown), unit.mask(better, read["unit"])
        best = np.maximum(best, worth)
    unread = value[best == 1].unique()
    if len(unread):
        log.warning(
            "%s has %s of %s rows that are not one number; each text is a group of its own: %s",
            source,
            f"pert_{kind}",
            f"{(best == 1).sum():,}",
            first_five(list(unread)),
        )
    return value, unit


def _is_quantity(text: str) -> bool:
    """Whether something is said; "-666 uM" says nothing."""
    return text.split()[:1] not in ([], [str(CMAP)])


def _plates(texts: pd.DataFrame, names: list[str], source: str | Path, is_needed: bool) -> pd.Series:
    """Return the plate of each row; where no column has it, the id up to the colon before the well."""
    plates = _stripped(texts, names)
    lacking = (plates == "").to_numpy()
    if lacking.any() and is_needed:
        of_id = texts.index.to_series().astype(str).str.extract(r"^(.+):[A-P]\d\d$", expand=False)
        found = lacking & of_id.notna().to_numpy()
        plates = plates.mask(found, of_id)
        if found.any():
            log.info("%s: the plate of %s rows is read from their ids", source, f"{found.sum():,}")
        if (plates == "").all():
            raise ValueError(
                f"{source} lacks a column for: plate ({', '.join(COLUMNS['rna_plate'])}); its ids are not "
                f"such as PLATE:A01. It has {', '.join(map(str, texts.columns))}."
            )
    return plates


def _control(name: str) -> str:
    """Return the type of a control by its name; "0.1 % DMSO" is DMSO."""
    bare = re.sub(r"\(?\d+([.,]\d+)?\s*%\s*(\(?v/v\)?)?\)?", "", name.lower()).strip()
    return CONTROLS.get(bare, "")


def _types(types: pd.Series, described: dict, source: str | Path, needed: Sequence[str]) -> pd.Series:
    """Return CMap's types of perturbagens; where there is none, what id, name and dose tell."""
    standard = {name: kind for kind, names in PERT_TYPES.items() for name in names}
    types = pd.Series(each_value(types.str.lower(), lambda kind: standard.get(kind, kind), ""), types.index)
    lacking = types == ""
    if not lacking.any() or "pert_type" not in needed:
        return types
    ids = described["pert_id"]
    for name in (described["pert_iname"], ids):
        types = types.mask(types == "", pd.Series(each_value(name, _control, ""), name.index))
    types = types.mask((types == "") & ids.str.match("TRCN"), "trt_sh")
    is_compound = ids.str.match(r"BRD-[A-Z]\d") | (
        (described["pert_dose_unit"] == "uM") & (described["pert_dose"] != "")
    )
    types = types.mask((types == "") & is_compound, "trt_cp")
    told = types[lacking & (types != "")].value_counts()
    if len(told):
        log.warning(
            "%s: pert_type is missing in %s rows and read from id, name and dose: %s",
            source,
            f"{told.sum():,}",
            ", ".join(f"{kind} {n:,}" for kind, n in told.items()),
        )
    still = types == ""
    if still.all():
        raise ValueError(
            f"{source} has no column pert_type, and neither id, name nor dose tells the type "
            f"of {first_five(types.index[still])}; add the column, with words such as trt_cp or ctl_vehicle."
        )
    if still.any():
        log.warning("%s: the pert_type of %s rows is unknown", source, f"{still.sum():,}")
    return types
