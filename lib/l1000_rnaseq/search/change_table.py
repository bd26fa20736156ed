"""A user's own table of differential expression, as the change of each gene."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.columns import GENE_IDS
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text_table import read_text_table
from l1000_rnaseq.data.gene_lists import find_genes

log = logging.getLogger(__name__)
CHANGES = (
    "log2foldchange", "log2fc", "log2_fc", "log2_fold_change", "logfc", "lfc", "avg_log2fc", "avg_logfc",
    "logfoldchanges", "logfoldchange", "log2fold_change", "log2(fold_change)", "coef",
)  # fmt: skip
"""What DESeq2, edgeR, limma, Seurat, scanpy and pertpy call a log2 fold change, in lower case."""


def read_changes(path: Path) -> pd.Series:
    """Read a table with a row per gene.

    Parameters
    ----------
    path : path
        Text, gzipped or not, of DESeq2, edgeR, limma, Seurat, scanpy, pertpy, …: one column with symbols,
        Ensembl or Entrez ids, and one with log2 fold changes (see `CHANGES`). Other columns are not used.

    Returns
    -------
    Series, symbol → log2 fold change
        Genes that are not known, and those without a value, are left out. Of a gene that is there several
        times the mean is taken. Both are told in the log, with counts.

    Raises
    ------
    ValueError
        No such column, or no gene is known.
    """
    table = read_text_table(path)
    by_name = {str(name).strip().lower(): name for name in table.columns}
    change = next((by_name[name] for name in CHANGES if name in by_name), None)
    if change is None:
        raise ValueError(
            f"{path} has no column of log2 fold changes; expected one called log2FoldChange, logFC or "
            f"log2FC. Its columns are {first_five([str(name) for name in table.columns])}."
        )
    ids = next((by_name[name] for name in GENE_IDS if name in by_name), table.columns[0])
    values = pd.to_numeric(table[change], errors="coerce")
    genes = pd.Series(find_genes(table[ids].astype(str)), table.index, dtype=object)
    known, given = genes.notna(), np.isfinite(values)
    if not (known & given).any():
        raise ValueError(
            f"{path} names no gene with a value in its columns {ids!r} and {change!r}; its genes look like "
            f"{first_five([str(name) for name in table[ids][:3]])}."
        )
    changes = values[known & given].groupby(genes[known & given]).mean()
    counts = {
        "rows of unknown genes are left out": (~known).sum(),
        "rows without a value are left out": (known & ~given).sum(),
        "genes are there several times, and averaged": (genes[known & given].value_counts() > 1).sum(),
    }
    for what, n in counts.items():
        if n:
            log.warning("%s: %s %s", path, f"{n:,}", what)
    return changes.rename_axis("gene")
