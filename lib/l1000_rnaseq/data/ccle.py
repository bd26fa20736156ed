"""CCLE's cell lines in landmark space: RNA-seq of lines that no other source of a data folder has."""

import re
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.stats.splits import same_line

FILES = ("ccle_landmarks_transcript", "ccle_l1000_lines", "ccle_nci60_subset")


def load_ccle(folder: Path, exclude_lines: list[str] = ()) -> pd.DataFrame | None:
    """Load the tables of CCLE, rnaseq/ccle_*.tsv.gz (genes × lines); None where the folder has none.

    Each table has a scale of its own (one counts single transcripts), so levels of two tables cannot be
    compared, and contrasts between lines of one table can.

    Parameters
    ----------
    folder : path
        A data folder.
    exclude_lines : list of str
        Cell lines to leave out, in any spelling.

    Returns
    -------
    DataFrame, (file, line) × landmarks, log2(TPM+1); NaN where a table lacks a landmark.

    Raises
    ------
    ValueError
        A table has no landmark, a gene or line twice, or values that are not log2(TPM+1).
    """
    tables = {}
    for name in FILES:
        path = Path(folder) / "rnaseq" / f"{name}.tsv.gz"
        if path.is_file():
            table = pd.read_csv(path, sep="\t", index_col=0).T
            _check(table, path)
            table = table.loc[~same_line(table.index, list(exclude_lines))]
            tables[name.removeprefix("ccle_")] = table.reindex(columns=landmarks().index)
    return pd.concat(tables, names=["file", "line"]) if tables else None


def _check(table: pd.DataFrame, path: Path) -> None:
    keys = [re.sub("[^A-Z0-9]", "", str(line).upper()) for line in table.index]
    for what, labels in (("gene", table.columns), ("line", pd.Index(keys))):
        if labels.has_duplicates:
            raise ValueError(
                f"{path} has the {what} {labels[labels.duplicated()][0]} twice; expected it once."
            )
    if not table.columns.isin(landmarks().index).any():
        raise ValueError(f"{path} has no landmark among its {table.shape[1]:,} genes; expected symbols.")
    values = table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not ((values >= 0) & (values < 25)).all():
        raise ValueError(f"{path} has values outside 0 to 25, or none; expected log2(TPM+1).")
