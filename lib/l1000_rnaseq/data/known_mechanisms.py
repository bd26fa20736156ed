"""Mechanisms and targets of the compounds of a data folder, wherever the folder has them."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.compounds import join_compounds, load_compounds

KNOWN = {"moa": "mechanism", "target": "targets"}
"""Column of sig_info → that of a table of compounds."""


def with_mechanisms(info: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add the columns moa and target to a table of signatures, those that it lacks.

    Parameters
    ----------
    info : DataFrame, signatures × (pert_id, pert_iname, …)
        As sig_info.txt has them. GSE92742's has neither column.
    folder : path
        A data folder. Its l1000/compoundinfo_beta.txt tells (LINCS 2020); without it, the table that ships.

    Returns
    -------
    DataFrame
        Text, several values separated by |; "" where nothing is known.

    Raises
    ------
    ValueError
        See `load_compounds` and `join_compounds`.

    Examples
    --------
    >>> table = pd.DataFrame({"pert_iname": ["vorinostat"]})
    >>> with_mechanisms(table, "no_folder")["moa"].tolist()
    ['HDAC inhibitor']
    """
    lacking = {name: column for name, column in KNOWN.items() if name not in info}
    if not lacking:
        return info
    path = Path(folder) / "l1000" / "compoundinfo_beta.txt"
    joined = join_compounds(info, load_compounds(path) if path.is_file() else None)
    return info.assign(**{name: joined[column] for name, column in lacking.items()})
