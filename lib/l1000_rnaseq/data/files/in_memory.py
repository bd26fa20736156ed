"""Profiles that are in memory already, behind the interface of a file."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.columns import tell_apart, with_index
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import ProfileFile
from l1000_rnaseq.data.files.tables import open_roles


def open_memory(profiles) -> ProfileFile:
    """Give a DataFrame or an AnnData the interface of a file.

    Parameters
    ----------
    profiles : DataFrame or AnnData, samples × genes
        Of an AnnData X is read, dense or sparse.

    Raises
    ------
    ValueError
        An AnnData without X, an empty table, or a sample id that is there twice.
    TypeError
        Anything else.
    """
    if isinstance(profiles, pd.DataFrame):
        name = Path("the DataFrame")
        return open_roles(name, tell_apart(with_index(profiles, "sample_id"), str(name)))
    if hasattr(profiles, "obs") and hasattr(profiles, "var"):
        name, values, tables = Path("the AnnData"), profiles.X, (profiles.var, profiles.obs)
        if values is None:
            raise ValueError("the AnnData has no X; put the profiles there.")
    else:
        kind = type(profiles).__name__
        raise TypeError(f"profiles are a {kind}; expected a path, a DataFrame or an AnnData.")
    rows, samples = (as_missing(t.set_axis(pd.Index(t.index.astype(str), dtype=object))) for t in tables)

    def load(start: int, stop: int, positions: np.ndarray | None) -> np.ndarray:
        slab = values[start:stop]
        slab = slab if positions is None else slab[:, positions]
        return slab.toarray() if hasattr(slab, "toarray") else np.asarray(slab)

    return ProfileFile(name, rows.index, samples.index, rows, samples, load)
