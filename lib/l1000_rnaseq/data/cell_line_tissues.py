"""The tissue that a cell line of L1000 comes from."""

from collections.abc import Iterable
from functools import cache
from importlib import resources

import pandas as pd


@cache
def _tissues() -> dict[str, str]:
    with resources.as_file(resources.files("l1000_rnaseq") / "assets" / "cell_lines.tsv") as path:
        return dict(pd.read_csv(path, sep="\t", dtype=str).itertuples(index=False))


def tissues_of(cell_lines: Iterable[str]) -> list[str]:
    """Return the tissue of each cell line in one or two plain words.

    Parameters
    ----------
    cell_lines : iterable of str
        Names as L1000 writes them, in any case. "A549.311" is a derivative of A549 and has its tissue.

    Returns
    -------
    list of str
        "" where the tissue is not known.

    Examples
    --------
    >>> tissues_of(["HT115", "A549.311", "XC.L10"])
    ['colon', 'lung', '']
    """
    names = (str(name).upper() for name in cell_lines)
    return [_tissues().get(name) or _tissues().get(name.split(".")[0], "") for name in names]
