"""What the signatures of an index are of: compound, mechanism, targets, doubts."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.compounds import CHEMICAL, JOINED, flags_of, join_compounds, load_compounds

KEYS = ["pert_id", "pert_iname", "type"]
"""What tells perturbagens apart."""


def annotated(signatures: pd.DataFrame, compounds: str | Path | pd.DataFrame | None = None) -> pd.DataFrame:
    """Add to each signature what its compound is.

    Each different perturbagen is looked up once (see `join_compounds`). Your own table comes first. What it
    does not have is looked up in the table that ships, whose flags always count.

    Parameters
    ----------
    signatures : DataFrame, signatures × (pert_id, pert_iname, type, batch, …)
    compounds : path or DataFrame, optional
        Your own table of compounds (see `load_compounds`).

    Returns
    -------
    DataFrame, the signatures × (their columns, compound, mechanism, targets, flags, matched_by)
        Categories; "" where not known. compound: one name for all spellings.

    Raises
    ------
    ValueError
        The table is not one of compounds.

    Examples
    --------
    >>> wells = pd.DataFrame({"pert_id": "", "pert_iname": ["SAHA", "TP53"], "type": ["chemical", "shRNA"]})
    >>> annotated(wells.assign(batch=""))[["compound", "mechanism"]].to_numpy().tolist()
    [['vorinostat', 'HDAC inhibitor'], ['TP53', '']]
    """
    codes = np.zeros(len(signatures), np.int64)
    for name in KEYS:
        code, values = pd.factorize(signatures[name], use_na_sentinel=False)
        codes = codes * max(len(values), 1) + code
    row_of, distinct = pd.factorize(codes)
    first = np.zeros(len(distinct), np.int64)
    first[row_of[::-1]] = np.arange(len(signatures))[::-1]
    perturbagens = signatures[KEYS].iloc[first].astype(object).reset_index(drop=True)
    joined = join_compounds(perturbagens, tell=False)
    if compounds is not None:
        table = compounds if isinstance(compounds, pd.DataFrame) else load_compounds(compounds)
        joined = _first_of(join_compounds(perturbagens, table), joined)
    columns = {}
    for name in JOINED:
        code, values = pd.factorize(joined[name])
        columns[name] = pd.Categorical.from_codes(code[row_of], pd.Index(values, dtype=object))
    columns["flags"] = _flags_by_batch(columns["flags"], signatures["batch"])
    return signatures.drop(columns=[*JOINED], errors="ignore").assign(**columns)


def _first_of(own: pd.DataFrame, shipped: pd.DataFrame) -> pd.DataFrame:
    """Return what the own table says of a perturbagen, or else what the other says; flags of both."""
    is_own = own["matched_by"] != ""
    chosen = own.where(is_own, shipped)
    pairs = zip(own["flags"], shipped["flags"], strict=True)
    chosen["flags"] = ["|".join(dict.fromkeys(filter(None, pair))) for pair in pairs]
    return chosen


def _flags_by_batch(flags: pd.Categorical, batches: pd.Series) -> pd.Categorical:
    """Keep of each flag what is about the batch of its signature."""
    texts = np.full(len(flags), "", object)
    for row in np.flatnonzero(flags != ""):
        texts[row] = flags_of(flags[row], str(batches.iloc[row]))
    return pd.Categorical(texts)


def digest(signatures: pd.DataFrame) -> str:
    """Return a text that tells what is known of the compounds of some signatures from anything else."""
    parts = hashlib.sha256()
    for name in JOINED:
        parts.update(signatures[name].cat.codes.to_numpy(np.int64).tobytes())
        parts.update("\n".join(signatures[name].cat.categories).encode())
    return parts.hexdigest()


def known(signatures: pd.DataFrame) -> str:
    """Say in a sentence how many chemicals are in a table of compounds, and how many signatures are flagged.

    Parameters
    ----------
    signatures : DataFrame
        Of `annotated`.

    Examples
    --------
    >>> wells = pd.DataFrame({"pert_id": "", "pert_iname": ["SAHA", "new"], "type": "chemical", "batch": ""})
    >>> known(annotated(wells))
    'Compounds: 1 of 2 are in a table of compounds, 1 with a mechanism.'
    """
    chemicals = signatures[signatures["type"].isin(CHEMICAL)].drop_duplicates("compound")
    found, named = (chemicals[name] != "" for name in ("matched_by", "mechanism"))
    told = (
        f"Compounds: {found.sum():,} of {len(chemicals):,} are in a table of compounds, "
        f"{named.sum():,} with a mechanism"
    )
    n_flagged = int((signatures["flags"] != "").sum())
    return f"{told}. {n_flagged:,} signatures are flagged as doubtful." if n_flagged else f"{told}."
