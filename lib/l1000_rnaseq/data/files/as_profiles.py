"""Profiles that are in memory already, behind the same interface as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.profile_file import ProfileFile

if TYPE_CHECKING:
    import anndata


def as_profiles(profiles: "str | Path | pd.DataFrame | anndata.AnnData") -> ProfileFile:
    """Give profiles one interface, whether they are in memory or in a file.

    Parameters
    ----------
    profiles : path, DataFrame or AnnData
        Samples × genes. A path is opened by its suffix (`open_profiles`). Of an AnnData X is read, dense or
        sparse.

    Returns
    -------
    ProfileFile

    Raises
    ------
    ValueError
        An AnnData without X, an empty table, or a sample id that is there twice.
    TypeError
        Anything else.
    """
    if isinstance(profiles, str | Path):
        return open_profiles(profiles)
    if isinstance(profiles, pd.DataFrame):
        values, name = profiles.to_numpy(), Path("the DataFrame")
        rows = pd.DataFrame(index=profiles.columns.astype(str))
        samples = pd.DataFrame(index=profiles.index.astype(str))
    elif hasattr(profiles, "obs") and hasattr(profiles, "var"):
        values, name, rows, samples = profiles.X, Path("the AnnData"), profiles.var, profiles.obs
        if values is None:
            raise ValueError("the AnnData has no X; put the profiles there.")
    else:
        kind = type(profiles).__name__
        raise TypeError(f"profiles are a {kind}; expected a path, a DataFrame or an AnnData.")
    rows, samples = (table.set_axis(pd.Index(table.index.astype(str), dtype=object)) for table in (rows, samples))

    def load(start: int, stop: int, positions: np.ndarray | None) -> np.ndarray:
        slab = values[start:stop]
        slab = slab if positions is None else slab[:, positions]
        return slab.toarray() if hasattr(slab, "toarray") else np.asarray(slab)

    return ProfileFile(name, rows.index, samples.index, rows, samples, load)
