"""Read GTEx counts with their donors, and the averaged profiles of the Human Protein Atlas."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.gct import read_head
from l1000_rnaseq.data.files.metadata import once
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text import open_text
from l1000_rnaseq.data.gene_ids import genes_of_rows

_BLOCK_CELLS = 5_000_000
_INFO = ["SMTS", "SMTSD", "SUBJID", "SEX", "AGE", "DTHHRDY"]


def read_gct_counts(path, samples: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a GTEx gene_reads file (GCT 1.2, gzipped or not) block by block.

    Memory is that of the result in float32 plus one block of rows, whatever the size of the file.

    Parameters
    ----------
    path : path-like
        Columns Name (Ensembl), Description (symbol), one for each sample.
    samples : iterable of str, optional
        SAMPIDs to read, in the order wanted; None reads all.

    Returns
    -------
    pandas.DataFrame
        Samples × genes, linear counts (float32: exact to 16.7 million), columns = genes in file order, by
        Ensembl id where it is known; the counts of rows of one gene are summed.

    Raises
    ------
    ValueError
        If it is no GCT 1.2, if a sample is not in it, or if the dimension line disagrees with the table.
    """
    path = Path(path)
    n_genes, in_file = read_gct_header(path)
    asked = in_file if samples is None else [str(sample) for sample in samples]
    absent = sorted(set(asked) - set(in_file))
    if absent:
        raise ValueError(f"{len(absent)} of {len(asked)} samples are not in {path}: {first_five(absent)}.")
    counts, names, ids = np.zeros((n_genes, len(asked)), np.float32), [], []
    for block in pd.read_csv(
        path,
        sep="\t",
        skiprows=2,
        usecols=["Name", "Description", *asked],
        converters={"Name": str, "Description": str},
        dtype=dict.fromkeys(asked, np.float32),
        chunksize=max(1, _BLOCK_CELLS // (len(in_file) + 2)),
    ):
        if len(names) + len(block) <= n_genes:
            counts[len(names) : len(names) + len(block)] = block[asked]
        names.extend(block["Description"])
        ids.extend(block["Name"])
    if len(names) != n_genes:
        raise ValueError(f"{path}: the dimension line says {n_genes} genes, but the table has {len(names)}.")
    counts, genes = sum_by_gene(counts, genes_of_rows(names, ids))
    return pd.DataFrame(counts.T, index=asked, columns=genes)


def read_gct_header(path) -> tuple[int, list[str]]:
    """Return how many genes a GTEx gene_reads file says it has, and its samples.

    Raises
    ------
    ValueError
        If it is no GCT 1.2, or its dimension line disagrees with its header.
    """
    with open_text(path) as lines:
        n_genes, n_sample_meta, ahead, head = read_head(path, lines)
    if n_sample_meta or head[:ahead][-2:] != ["Name", "Description"]:
        raise ValueError(
            f"{path} is not GCT 1.2 as GTEx writes it: it begins with the columns {', '.join(head[:ahead])} "
            f"and {n_sample_meta} rows about samples; expected Name and Description, and no such row."
        )
    return n_genes, head[ahead:]


def sum_by_gene(counts: np.ndarray, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sum the counts of rows of one gene, in place.

    Parameters
    ----------
    counts : array, genes × samples
        Overwritten.
    names : list of str
        The gene of each row.

    Returns
    -------
    counts : array, different genes × samples, a view of the array given
    genes : array of str, each once, in file order
    """
    codes, genes = pd.factorize(np.array(names, dtype=object))
    for row, code in enumerate(codes):  # code <= row, so the row of every gene is free, or its own
        if code < row:
            later = counts[row].copy()
            counts[row] = 0
            counts[code] += later
    return counts[: len(genes)], genes


def read_sample_info(source) -> pd.DataFrame:
    """Join GTEx sample attributes with the phenotypes of their donors.

    Parameters
    ----------
    source : path-like or pair of path-like
        A folder that has both files (names with 'attributes' and 'phenotypes'), or the pair of
        paths.

    Returns
    -------
    pandas.DataFrame
        Index = SAMPID; SMTS, SMTSD (tissue), SUBJID (donor, the first two parts of SAMPID), SEX (1 male,
        2 female), AGE (ten-year bracket), DTHHRDY (Hardy scale); NaN where the donor is not listed.

    Raises
    ------
    FileNotFoundError
        If the folder lacks one of the files.
    ValueError
        If a column is absent.
    """
    if isinstance(source, (str, Path)):
        source = [_find(Path(source), word) for word in ("attributes", "phenotypes")]
    attributes, phenotypes = (pd.read_csv(path, sep="\t", low_memory=False) for path in source)
    for path, table, needed in (
        (source[0], attributes, ["SAMPID", "SMTS", "SMTSD"]),
        (source[1], phenotypes, ["SUBJID", "SEX", "AGE", "DTHHRDY"]),
    ):
        absent = [name for name in needed if name not in table]
        if absent:
            raise ValueError(f"{path} has no column {', '.join(absent)}; expected {', '.join(needed)}.")
    attributes = once(attributes.set_index("SAMPID"), source[0])
    phenotypes = once(phenotypes.set_index("SUBJID"), source[1])
    donor = attributes.index.to_series().str.split("-").str[:2].str.join("-")
    attributes = attributes.drop(columns=phenotypes.columns, errors="ignore").assign(SUBJID=donor)
    return attributes.join(phenotypes, on="SUBJID", validate="many_to_one")[_INFO]


def _find(folder: Path, word: str) -> Path:
    paths = sorted(p for p in folder.glob("*.txt") if "gtex" in p.name.lower() and word in p.name.lower())
    if not paths:
        raise FileNotFoundError(
            f"{folder} has no GTEx file *{word}*.txt; give both paths, or fetch the data."
        )
    return paths[0]


def read_hpa(path) -> pd.DataFrame:
    """Read a table of Human Protein Atlas profiles.

    Parameters
    ----------
    path : path-like
        Tab-separated, genes in rows: Gene (Ensembl), Gene name (symbol), one column for each line or tissue.

    Returns
    -------
    pandas.DataFrame
        Lines or tissues × genes, linear HPA expression (its own scale, no counts); columns = genes,
        by Ensembl id where it is known; rows of one gene are summed; what is missing stays NaN.

    Raises
    ------
    ValueError
        If the columns Gene and Gene name are absent.
    """
    try:
        table = pd.read_csv(path, sep="\t", converters={"Gene": str, "Gene name": str})
        names = genes_of_rows(table.pop("Gene name"), table.pop("Gene"))
    except KeyError as error:
        raise ValueError(
            f"{path} has no column {error}; expected Gene, Gene name and the profiles."
        ) from error
    table.index = names
    if not table.index.is_unique:
        table = table.groupby(level=0, sort=False).sum(min_count=1)
    return table.T
