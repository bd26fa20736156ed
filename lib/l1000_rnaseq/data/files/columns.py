"""What the columns of a table are: ids of genes or samples, profiles, and what describes genes or samples.

One rule for every table, of text, Parquet, Feather or in memory. A column that describes genes is never a
profile, even if it has numbers.
"""

import logging
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.dialects import COLUMNS, meaning_of
from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import as_ids, first_five
from l1000_rnaseq.data.gene_ids import count_landmarks, resolve_ids

log = logging.getLogger(__name__)

# what programs call the columns that describe genes, in lower case
GENE_IDS = (
    "pr_gene_id", "pr_gene_symbol", "rid", "gene_symbol", "genesymbol", "symbol", "symbols", "hgnc_symbol",
    "gene_name", "genename", "external_gene_name", "gene name", "gene symbol", "gene.symbol", "gene", "genes",
    "geneid", "gene_id", "entrez", "entrez_id", "entrezid", "entrez_gene_id", "entrezgene", "entrezgene_id",
    "entrez gene", "ncbi_gene_id", "ensembl", "ensembl_id", "ensembl_gene_id", "ensg", "gene_ids",
    "feature_name", "feature_id", "name", "id", "id_ref", "pr_id", "probe",
    "probe_id", "probeset", "probeset_id", "hgnc_id",
)  # fmt: skip
GENE_FACTS = frozenset(GENE_IDS) | {
    "pr_is_lm", "pr_is_bing", "pr_is_inf", "pr_is_lmark", "is_lm", "is_bing", "is_landmark", "pr_type",
    "feature_space", "pr_gene_title", "gene_title", "gene_type", "gene_biotype", "biotype", "type",
    "pr_analyte_id", "pr_analyte_num", "pr_bset_id", "pr_lua_id", "pr_pool_id", "pr_model_id", "description",
    "title", "chr", "chrom", "chromosome", "seqnames", "start", "end", "strand", "length",
    "gene_length", "map_location", "hgnc", "taxid", "tax_id", "n_cells", "highly_variable", "dispersions",
    "dispersions_norm", "mean", "median", "average", "sd", "std", "var", "variance", "cv", "sum", "total",
}  # fmt: skip
SAMPLE_IDS = (
    *COLUMNS["id"], "sample", "sampleid", "sample_name", "samples", "id", "geo_accession", "barcode",
    "well_id", "cell_barcode", "name", "__index_level_0__",
)  # fmt: skip
# beside those whose meaning `dialects` knows
SAMPLE_FACTS = frozenset(SAMPLE_IDS) | {
    "batch", "replicate", "age", "sex", "group", "condition", "n_counts", "n_genes", "total_counts",
    "library_size", "size_factor", "cluster", "leiden", "row", "col", "column", "passage",
}  # fmt: skip
_SAMPLE_PREFIXES = ("pert_", "rna_", "det_", "cell_", "qc_", "distil_", "mfc_", "bead_", "inst_", "x_")


@dataclass(frozen=True)
class Roles:
    """A table whose columns are told apart.

    Attributes
    ----------
    profiles : DataFrame, samples × genes
        Numbers, under the ids that the table has.
    genes, samples : DataFrame
        What the table says of them; what is missing is NaN.
    """

    profiles: pd.DataFrame
    genes: pd.DataFrame
    samples: pd.DataFrame


def tell_apart(table: pd.DataFrame, name: str) -> Roles:
    """Find out which columns are ids, profiles and descriptions; genes may be in rows or in columns.

    Parameters
    ----------
    table : DataFrame
        Every column as it was read; its index counts.
    name : str
        Of the file, for messages.

    Raises
    ------
    ValueError
        No column of numbers; a profile or a gene has text.
    """
    unnamed = [label for label in table.columns[1:] if re.fullmatch(r"-?\d+\.\d+", str(label))]
    if 2 * len(unnamed) > len(table.columns) or _begins_with_values(list(map(str, table.columns))):
        unnamed = unnamed or list(table.columns)
        raise ValueError(f"{name} has numbers where names are expected: {first_five(unnamed)}; add a header.")
    table = _with_numbers(table)
    if not any(_is_number(column) for _, column in table.iloc[:, 1:].items()):
        for label, column in table.iloc[:, 1:].items():
            _refuse_mixed(column, label, name)
        cells = [str(cell)[:20] for cell in table.iloc[:1, 1:6].to_numpy().ravel()]
        raise ValueError(
            f"{name} has no column of numbers, its first row is {', '.join(cells) or 'empty'}; expected "
            "sample ids in the first column, then genes."
        )
    in_header = count_landmarks(table.columns)
    ids, in_rows = _gene_column(table)
    if in_rows > 3 * in_header and (2 * in_rows >= len(table) or in_rows >= 489):
        log.warning("%s has genes in rows (%d landmarks): read as its transpose", name, in_rows)
        return _genes_in_rows(table, ids, name)
    return _genes_in_columns(table, name)


def _begins_with_values(labels: list[str]) -> bool:
    """Whether the names of columns are a row of values: a gene, then numbers that are no genes."""
    are_numbers = all(re.fullmatch(r"-?\d+(\.\d+)?", label) for label in labels[1:])
    is_gene = are_numbers and count_landmarks(labels[:1]) > 0
    return len(labels) > 1 and is_gene and 2 * count_landmarks(labels) <= len(labels)


def _with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of numbers as text, but for ids, are numbers."""
    named = {*GENE_IDS, *SAMPLE_IDS}
    texts = [label for label in table.columns[1:] if table[label].dtype.kind == "O"]
    for label in (label for label in texts if str(label).lower() not in named):
        numbers = pd.to_numeric(table[label], errors="coerce")
        if numbers.notna().any() and numbers.notna().equals(table[label].notna()):
            table = table.assign(**{label: numbers})
    return table


def with_index(table: pd.DataFrame, label: str = "") -> pd.DataFrame:
    """Return a table with its index as the first column."""
    label = table.index.name or label
    label = "" if label in table else label
    ids = pd.Series(table.index, index=table.index, name=label)
    return pd.concat([ids, table], axis=1).reset_index(drop=True)


def _genes_in_rows(table: pd.DataFrame, ids: str, name: str) -> Roles:
    rows, table = as_ids(table[ids]), _without(table, ids)
    described = {}
    whole = all(column.dtype.kind in "iu" for _, column in table.items() if _is_number(column))
    for label, column in table.items():
        if not _is_number(column):
            _refuse_mixed(column, label, name)
        elif not _describes_genes(label, column, rows, whole):
            continue
        described[label] = column
    told = [label for label, column in described.items() if _is_number(column)]
    if told:
        log.warning("%s: columns that describe genes, not profiles: %s", name, first_five(told))
    profiles = _numbers(table.drop(columns=list(described))).set_axis(rows).T
    profiles.index = pd.Index([str(label) for label in profiles.index], dtype=object)
    genes = as_missing(pd.DataFrame(described, index=table.index).set_axis(rows))
    return Roles(profiles, genes, pd.DataFrame(index=profiles.index))


def _genes_in_columns(table: pd.DataFrame, name: str) -> Roles:
    ids = _sample_column(table)
    if ids is None:
        log.warning("%s names no sample: they are called 1 to %d", name, len(table))
        samples = pd.Index([str(number) for number in range(1, len(table) + 1)], dtype=object)
    else:
        samples = as_ids(table[ids])
        if ids != table.columns[0]:
            log.warning("%s: the sample ids are those of the column %s", name, ids)
    table = _without(table, ids)
    is_number = np.array([_is_number(column) for _, column in table.items()])
    text = table.columns[~is_number]
    if len(text) and count_landmarks(text):
        raise ValueError(
            f"{name}: columns {first_five(text)} have text; expected numbers, or empty for missing."
        )
    facts = [label for label in table.columns[is_number] if _describes_samples(label, table[label])]
    if facts:
        log.warning("%s: columns that describe samples, not genes: %s", name, first_five(facts))
    is_fact = ~is_number | table.columns.isin(facts)
    profiles = _numbers(table.loc[:, ~is_fact]).set_axis(samples)
    profiles.columns = pd.Index([str(label) for label in profiles.columns], dtype=object)
    return Roles(
        profiles, pd.DataFrame(index=profiles.columns), as_missing(table.loc[:, is_fact].set_axis(samples))
    )


def _without(table: pd.DataFrame, ids: str | None) -> pd.DataFrame:
    """Leave out the column of ids, and a first column that merely numbers the rows."""
    first = table.columns[0]
    if first == ids or _is_count(table[first]):
        return table.drop(columns={first, ids} - {None})
    numbers = pd.to_numeric(table[first], errors="coerce")  # the first column is read as text
    if len(numbers) and numbers.notna().all():
        table = table.assign(**{first: numbers})
    return table if ids is None else table.drop(columns=ids)


def _is_number(column: pd.Series) -> bool:
    return column.dtype.kind in "biuf"


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return columns of numbers as float32, what is missing as NaN."""
    if any(isinstance(dtype, pd.api.extensions.ExtensionDtype) for dtype in table.dtypes):
        table = table.astype(dict.fromkeys(table.columns, "float64"))
    return table.astype(np.float32)


def _is_count(column: pd.Series) -> bool:
    """Whether a column merely numbers the rows, from 0 or from 1."""
    texts = as_ids(column)
    return any(list(texts) == [str(i) for i in range(first, first + len(texts))] for first in (0, 1))


def _gene_column(table: pd.DataFrame) -> tuple[str, int]:
    """Return the column that names most landmarks, and how many; the first one where several name as many."""
    labels = [label for place, label in enumerate(table) if _may_name_genes(label, table[label], place)]
    n_landmarks = {label: count_landmarks(as_ids(table[label])) for label in labels}
    if not any(n_landmarks.values()):  # Entrez ids under a name of their own
        whole = [label for label, column in table.items() if column.dtype.kind in "iu" and column.is_unique]
        n_landmarks |= {label: count_landmarks(as_ids(table[label])) for label in whole[:5]}
    best = max(n_landmarks, key=n_landmarks.get, default=table.columns[0])
    return best, n_landmarks.get(best, 0)


def _may_name_genes(label: str, column: pd.Series, place: int) -> bool:
    is_named = str(label).lower() in GENE_IDS
    return is_named or not _is_number(column) or (place == 0 and column.dtype.kind in "iu")


def _describes_genes(label: str, column: pd.Series, rows: pd.Index, whole: bool) -> bool:
    """Whether a column of numbers says something of the genes in rows: by its name, or by what is in it."""
    if column.dtype.kind == "b" or str(label).lower() in GENE_FACTS:
        return True
    if column.dtype.kind == "i" or (column.dtype.kind == "f" and (column.dropna() % 1 == 0).all()):
        values = set(column.dropna().unique())
        if values <= {0, 1} and 1 in values and not whole:
            return True  # a flag among measured values
        if len(values) > 0.9 * len(column):
            return _names_the_same(column, rows)
    return False


def _names_the_same(column: pd.Series, rows: pd.Index) -> bool:
    """Whether numbers are the Entrez ids of the genes in rows."""
    try:
        genes, same = resolve_ids(rows), resolve_ids(as_ids(column), id_type="entrez")
    except ValueError:
        return False
    return 2 * sum(a == b for a, b in zip(genes, same, strict=True)) > len(rows)


def _refuse_mixed(column: pd.Series, label: str, name: str) -> None:
    """Raise where a column has both numbers and text: a profile with a wrong cell, no description."""
    is_id = str(label).lower() in GENE_IDS
    if is_id and column.astype(str).str.fullmatch(r"-?\d+[.,]\d+").mean() > 0.5:
        raise ValueError(
            f"{name}: the column {label} has the values of a profile, but a name that ids have; rename it."
        )
    numbers = pd.to_numeric(column, errors="coerce")
    is_text = numbers.isna() & column.notna()
    if str(label).lower() in GENE_FACTS or 10 * numbers.notna().sum() <= column.notna().sum():
        return
    row = int(np.flatnonzero(is_text)[0])
    hint = " (a header of several lines? keep one line of names)" if row < 3 else ""
    raise ValueError(
        f"{name}: columns {label} have text; expected numbers, or empty for missing: row {row + 1} "
        f"has {str(column.iloc[row])[:40]!r}{hint}."
    )


def _sample_column(table: pd.DataFrame) -> str | None:
    """Return the column that has the sample ids; None where every column is a gene."""
    first = table.columns[0]
    may_be = {label: _may_be_ids(label, table[label]) for label in table if not _is_number(table[label])}
    may_be[first] = _may_be_ids(first, table[first])
    is_count = _is_count(table[first])
    if may_be[first] and (not is_count or str(first).lower() in SAMPLE_IDS):
        return first
    names = {str(label).lower(): label for label in table}
    named = [names[name] for name in SAMPLE_IDS if name in names]
    for label in (*named, *(may_be if is_count else ())):
        if label != first and _may_be_ids(label, table[label]):
            return label
    return None if _is_gene(first, table[first]) else first


def _may_be_ids(label: str, column: pd.Series) -> bool:
    is_named = str(label).lower() in SAMPLE_IDS
    return bool(column.is_unique and (is_named or not _is_gene(label, column)))


def _is_gene(label: str, column: pd.Series) -> bool:
    """Whether a column has the values of a gene: numbers, under the name of a gene or with fractions."""
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(numbers.notna().all() and (count_landmarks([label]) or (numbers % 1 > 0).any()))


def _describes_samples(label: str, column: pd.Series) -> bool:
    name = str(label).lower()
    is_known = name in SAMPLE_FACTS or name.startswith(_SAMPLE_PREFIXES) or meaning_of(name)[0]
    return bool(column.dtype.kind == "b" or is_known)
