"""A user's own table of differential expression, as the change of each gene, by perturbagen or not."""

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
COMPOUND_COLUMNS = ("compound", "drug", "pert_iname", "cmap_name")
GENE_COLUMNS = ("target", "target_gene", "perturbed_gene")
EITHER_COLUMNS = ("perturbagen", "perturbation", "treatment")
PERTURBAGEN_COLUMNS = (*COMPOUND_COLUMNS, *GENE_COLUMNS, *EITHER_COLUMNS)
"""Names of a column that says what was done, in lower case: a compound, a gene that is lost, or either."""
CONTRAST_COLUMNS = ("contrast", "comparison", "cell_id", "cell_line", "cell", "dose", "time")
"""Names of columns that tell contrasts of one perturbagen apart, in lower case."""


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
    _, _, genes, values = _read(path)
    changes = values.groupby(genes).mean()
    if n := (genes.value_counts() > 1).sum():
        log.warning("%s: %s genes are there several times, and averaged", path, f"{n:,}")
    return changes.rename_axis("gene")


def read_contrasts(path: Path) -> tuple[str, pd.DataFrame]:
    """Read a table of several contrasts, with a row per gene and contrast, or of one.

    Parameters
    ----------
    path : path
        As in `read_changes`, with a column that says what was done (see `PERTURBAGEN_COLUMNS`). Without one,
        the name of the file is taken. Rows that differ in a column of `CONTRAST_COLUMNS` are of different
        contrasts.

    Returns
    -------
    column : str
        The name of that column, in lower case; "" where there is none.
    changes : DataFrame, contrasts × symbols, log2 fold change
        Its index says what was done. NaN where a gene was not tested. Several values of a gene in one
        contrast are averaged, and that is told.

    Raises
    ------
    ValueError
        As in `read_changes`; or no row says what was done.
    """
    table, ids, genes, values = _read(path)
    by_name = {str(name).strip().lower(): name for name in table.columns if name != ids}
    column = next((name for name in PERTURBAGEN_COLUMNS if name in by_name), "")
    labels = pd.Series(Path(path).name.split(".")[0], values.index, dtype=object)
    if column:
        texts = table.loc[values.index, by_name[column]]
        labels = texts.astype(str).str.strip().where(texts.notna()).replace("", np.nan)
        if labels.isna().all():
            raise ValueError(f"{path} names nothing in its column {by_name[column]!r}; fill it, or drop it.")
        if n := labels.isna().sum():
            log.warning("%s: %s rows without a perturbagen are left out", path, f"{n:,}")
    apart = [by_name[name] for name in CONTRAST_COLUMNS if name in by_name and name != column]
    rows = table.loc[values.index, apart].astype(str)
    contrast = rows.assign(label=labels).fillna("").groupby(["label", *apart], sort=True).ngroup()
    long = pd.DataFrame({"contrast": contrast, "gene": genes, "change": values})[labels.notna()]
    if n := long[["contrast", "gene"]].duplicated().sum():
        log.warning("%s: %s values of a gene and contrast that has several are averaged", path, f"{n:,}")
    changes = long.pivot_table("change", "contrast", "gene", "mean")
    done = labels.groupby(contrast).first().loc[changes.index]
    return column, changes.set_axis(pd.Index(done, name="perturbagen"))


def _read(path: Path) -> tuple[pd.DataFrame, str, pd.Series, pd.Series]:
    """Return a table, the name of its column of genes, and gene and fold change of rows that have both."""
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
    counts = {
        "rows of unknown genes are left out": (~known).sum(),
        "rows without a value are left out": (known & ~given).sum(),
    }
    for what, n in counts.items():
        if n:
            log.warning("%s: %s %s", path, f"{n:,}", what)
    return table, ids, genes[known & given], values[known & given]
