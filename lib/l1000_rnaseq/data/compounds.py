"""What a compound is: one name for its spellings, its mechanism, its targets, doubts about its wells.

A table of the compounds of the demo index comes with the library. CMap's compoundinfo_beta.txt and the Drug
Repurposing Hub's table are read as they are, and their words for mechanisms are kept.
"""

import logging
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import check_file
from l1000_rnaseq.data.files.missing import as_text, each_value
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text_table import read_text_table

log = logging.getLogger(__name__)
COLUMNS = {
    "pert_id": ("pert_id",),
    "name": ("name", "cmap_name", "pert_iname"),
    "mechanism": ("mechanism", "moa"),
    "targets": ("targets", "target"),
    "flags": ("flags",),
    "synonyms": ("synonyms", "compound_aliases"),
}
"""Column of a compound table → its names in files, the preferred one first."""
LISTS = ("mechanism", "targets", "flags", "synonyms")
"""Columns with several values in a cell, separated by |."""
JOINED = ("compound", "mechanism", "targets", "flags", "matched_by")
"""Columns that `join_compounds` adds."""
CHEMICAL = ("chemical", "trt_cp")
UNKNOWN = ("unknown", "")
_BROAD_ID = re.compile(r"(BRD-[A-Z]\d{8})(-\d+)*")
_PUNCTUATION = re.compile(r"[\W_]+")
_OF_BATCH = re.compile(r"batch (\S+): ")


def normalised_name(name: str) -> str:
    """Return a compound's name in lower case, letters and digits only.

    Examples
    --------
    >>> normalised_name("AS-605240") == normalised_name("AS605240")
    True
    """
    return _PUNCTUATION.sub("", str(name).lower())


def load_compounds(path: str | Path | None = None) -> pd.DataFrame:
    """Read a table of compounds: the one that ships, CMap's, the Repurposing Hub's, or your own.

    Several rows of one pert_id (CMap writes one for each mechanism and target) become one row. Without an id,
    rows of one name do.

    Parameters
    ----------
    path : path-like, optional
        Text, gzipped or not. Columns: pert_id or a name (name, cmap_name, pert_iname), and mechanism or moa,
        targets or target; flags and synonyms if there are any. Several values in a cell are separated by |.
        Without a path: the compounds of the demo index, from general pharmacology.

    Returns
    -------
    DataFrame, compounds × (pert_id, name, mechanism, targets, flags, synonyms)
        Text, "" where not known. targets: gene symbols as in the file. flags: reasons to doubt wells of the
        compound. "batch X: …" is about batches whose name begins with X.

    Raises
    ------
    FileNotFoundError
    ValueError
        It is no table, lacks a column, or no row has an id or a name.

    Examples
    --------
    >>> compounds = load_compounds().set_index("name")
    >>> compounds.loc["vorinostat", "mechanism"]
    'HDAC inhibitor'
    """
    if path is None:
        return _shipped()
    check_file(path, "a table of compounds")
    table = _in_our_columns(as_text(read_text_table(path, as_text=True)), path)
    is_named = (table["pert_id"] != "") | (table["name"].map(normalised_name) != "")
    if not is_named.any():
        raise ValueError(f"{path}: no row has an id or a name; expected one compound in each row.")
    if not is_named.all():
        log.warning("%s: %d rows without id and name are left out", path, (~is_named).sum())
    table = table[is_named]
    keys = table["pert_id"].where(table["pert_id"] != "", "name " + table["name"].str.lower())
    rows_of = {}
    for key, row in zip(keys, table.itertuples(index=False, name=None), strict=True):
        rows_of.setdefault(key, []).append(row)
    merged = pd.DataFrame([_merged(rows) for rows in rows_of.values()], columns=list(COLUMNS))
    merged["name"] = merged["name"].where(merged["name"] != "", merged["pert_id"])
    log.info("%s: %d rows are %d compounds", path, len(table), len(merged))
    has_id = merged[merged["pert_id"] != ""]
    shared = has_id["name"][has_id["name"].map(normalised_name).duplicated()].unique()
    if len(shared):
        log.info("%s: %d names have several ids: %s", path, len(shared), first_five(shared))
    return merged


def _shipped() -> pd.DataFrame:
    """Read the table that ships, which is in our columns already: every opening of an index waits for it."""
    text = (resources.files("l1000_rnaseq") / "assets" / "compounds.tsv").read_text("utf-8")
    header, *rows = (line.split("\t") for line in text.splitlines())
    table = pd.DataFrame(rows, columns=header)[list(COLUMNS)]
    return table.replace("unknown", "")


def _in_our_columns(table: pd.DataFrame, path) -> pd.DataFrame:
    chosen = {ours: next((name for name in names if name in table), None) for ours, names in COLUMNS.items()}
    for wanted in (("pert_id", "name"), ("mechanism", "targets")):
        if not any(chosen[name] for name in wanted):
            names = [name for ours in wanted for name in COLUMNS[ours]]
            raise ValueError(
                f"{path} lacks a column: expected one of {', '.join(names)}; it has "
                f"{first_five(list(table.columns))}. Rename yours."
            )
    columns = {ours: table[name].str.strip() if name else "" for ours, name in chosen.items()}
    ours = pd.DataFrame(columns, table.index)
    ours["pert_id"] = each_value(ours["pert_id"], _short_id, "")
    return ours


def _short_id(pert_id: str) -> str:
    """Return an id without its salt and batch: BRD-K81418486-001-12-3 → BRD-K81418486."""
    matched = _BROAD_ID.fullmatch(pert_id.strip())
    return matched[1] if matched else pert_id.strip()


def _merged(rows: list[tuple[str, ...]]) -> list[str]:
    """Return one row: the union of lists, the first of other texts."""
    columns = zip(COLUMNS, zip(*rows, strict=True), strict=True)
    return [_union(texts) if name in LISTS else next(filter(None, texts), "") for name, texts in columns]


def _union(texts: Iterable[str]) -> str:
    values = [value.strip() for text in texts for value in text.split("|")]
    return "|".join(dict.fromkeys(value for value in values if value.lower() not in UNKNOWN))


def join_compounds(
    signatures: pd.DataFrame, compounds: pd.DataFrame | None = None, tell: bool = True
) -> pd.DataFrame:
    """Add to each signature what its compound is.

    A compound is found by pert_id. Otherwise by its normalised name: as a whole, then by the parts of a
    vendor's name such as "AB1010;Masitinib", unless they are different compounds. Names count before
    synonyms. A name that several compounds have, of which the table tells different things, finds none. Only
    chemicals are joined, where a column type or pert_type says what is one. What was joined by which, and
    what was not, is told in the log.

    Parameters
    ----------
    signatures : DataFrame, signatures × (pert_id, pert_iname, …)
        At least one of both. With batch, a flag counts for the batches that it names only.
    compounds : DataFrame, optional
        Of `load_compounds`; without it the table that ships.
    tell : bool
        Tell in the log how many rows were joined. Contradictions are always told.

    Returns
    -------
    DataFrame, the signatures × (their columns, compound, mechanism, targets, flags, matched_by)
        compound: one name for all spellings. Where it was not found, the first spelling of the same pert_id
        and normalised name.
        matched_by: "pert_id", "name", or "" where not found. Columns of these names are replaced.

    Raises
    ------
    ValueError
        There is neither pert_id nor pert_iname, or the compounds have an id twice.

    Examples
    --------
    >>> wells = pd.DataFrame({"pert_iname": ["AS605240", "AB1010;Masitinib"]})
    >>> join_compounds(wells)["compound"].tolist()
    ['AS-605240', 'masitinib']
    """
    given = [name for name in ("pert_id", "pert_iname") if name in signatures]
    if not given:
        raise ValueError(
            f"The signatures have no pert_id and no pert_iname, but {first_five(list(signatures.columns))}; "
            "rename the column of the compounds."
        )
    compounds = load_compounds() if compounds is None else compounds.reset_index(drop=True)
    texts = as_text(signatures[given]).reindex(columns=["pert_id", "pert_iname"], fill_value="")
    ids = pd.Series(each_value(texts["pert_id"], _short_id, ""), signatures.index)
    names = pd.Series(each_value(texts["pert_iname"], str.strip, ""), signatures.index)
    kinds = signatures.get("type", signatures.get("pert_type"))
    is_chemical = np.ones(len(signatures), bool) if kinds is None else kinds.isin(CHEMICAL).to_numpy()
    by_id = np.where(is_chemical, ids.map(_row_of_id(compounds)).fillna(-1), -1).astype(int)
    of_name = _row_of_name(compounds)
    by_name = each_value(names, lambda name: _find(name, of_name), -1).astype(int)
    by_name = np.where(is_chemical, by_name, -1)
    row = np.where(by_id >= 0, by_id, by_name)
    is_found = row >= 0

    about = np.vstack([compounds[["name", *JOINED[1:4]]], [""] * 4])[row]  # the last row is that of -1
    about[~is_found, 0] = _first_spelling(ids, names)[~is_found]
    joined = pd.DataFrame(about, signatures.index, JOINED[:4])
    if "batch" in signatures:
        pairs = zip(joined["flags"], signatures["batch"].astype(str), strict=True)
        joined["flags"] = [flags_of(flags, batch) if flags else "" for flags, batch in pairs]
    joined["matched_by"] = np.where(by_id >= 0, "pert_id", np.where(is_found, "name", ""))
    if tell:
        _tell(joined, by_id, is_chemical)
    _tell_contradictions(joined, by_id, by_name, compounds)
    return pd.concat([signatures.drop(columns=[*JOINED], errors="ignore"), joined], axis=1)


def _first_spelling(ids: pd.Series, names: pd.Series) -> np.ndarray:
    """Return one name for names of one id that differ in case and punctuation only; without a name the id."""
    spelled, first = names.where(names != "", ids), {}
    keys = each_value(spelled, normalised_name, "")  # beside the id: (-)-x and (+)-x may be two compounds
    rows = zip(ids, keys, spelled, strict=True)
    return np.array([first.setdefault((i, key), name) if i else name for i, key, name in rows], object)


def _row_of_id(compounds: pd.DataFrame) -> pd.Series:
    ids = compounds["pert_id"][compounds["pert_id"] != ""]
    if ids.duplicated().any():
        raise ValueError(
            f"The compounds have {ids.duplicated().sum()} ids more than once: "
            f"{first_five(ids[ids.duplicated()].tolist())}; expected one row each. Read the table with "
            "load_compounds."
        )
    return pd.Series(ids.index, ids)


def _row_of_name(compounds: pd.DataFrame) -> dict[str, int]:
    """Return normalised name → row; a name that means different things is left out and told."""
    facts = list(compounds[["mechanism", "targets", "flags"]].itertuples(index=False, name=None))
    rows, ambiguous = {}, []
    for column in ("name", "synonyms"):
        owners = {}
        for row, text in enumerate(compounds[column]):
            for name in text.split("|") if column in LISTS else [text]:
                owners.setdefault(normalised_name(name), []).append(row)
        for name, of in owners.items():
            if name and name not in rows and name not in ambiguous:
                if len({facts[row] for row in of}) == 1:
                    rows[name] = of[0]
                else:
                    ambiguous.append(name)
    if ambiguous:
        log.warning(
            "%d names are of several compounds that differ, and find none: %s",
            len(ambiguous),
            first_five(ambiguous),
        )
    return rows


def _find(name: str, of_name: dict[str, int]) -> int:
    """Return the row of a name, or of the parts of a vendor's name if they are one compound; else -1."""
    whole = normalised_name(name)
    if whole in of_name or not (":" in name or ";" in name):
        return of_name.get(whole, -1)
    parts = map(normalised_name, re.split("[:;]", name))
    rows = {of_name[part] for part in parts if part in of_name}
    return rows.pop() if len(rows) == 1 else -1


def flags_of(flags: str, batch: str) -> str:
    """Return the flags that are about this batch, or about every batch."""
    named = [(flag, _OF_BATCH.match(flag)) for flag in flags.split("|")]
    return "|".join(flag for flag, of in named if of is None or batch.startswith(of[1]))


def _tell(joined, by_id: np.ndarray, is_chemical: np.ndarray) -> None:
    is_lost = is_chemical & (joined["matched_by"] == "").to_numpy()
    log.info(
        "compounds: %d rows are joined by pert_id and %d by name. Not joined: %d of %d chemicals (%s), and "
        "%d rows that are no chemicals",
        (by_id >= 0).sum(),
        (joined["matched_by"] == "name").sum(),
        is_lost.sum(),
        is_chemical.sum(),
        first_five(joined["compound"][is_lost].unique()) or "none",
        (~is_chemical).sum(),
    )


def _tell_contradictions(joined, by_id: np.ndarray, by_name: np.ndarray, compounds) -> None:
    names = np.array([*compounds["name"].map(normalised_name), ""], object)
    differ = (by_id >= 0) & (by_name >= 0) & (names[by_id] != names[by_name])
    if differ.any():
        log.warning(
            "%d rows have the pert_id of one compound and the name of another; the id counts: %s",
            differ.sum(),
            first_five(joined["compound"][differ].unique()),
        )
