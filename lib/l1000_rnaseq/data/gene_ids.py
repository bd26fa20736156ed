"""Whatever people call a gene → one name: its L1000 symbol, or HGNC's symbol of today where CMap has none.

Stable ids come first: Entrez and Ensembl ids lead to the gene whatever its symbol was when the file was made.
A symbol is looked up as L1000's, as HGNC's of today, as a previous symbol, as an alias, in this order. A
previous symbol or an alias that several genes share leads nowhere.
"""

import logging
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import is_missing
from l1000_rnaseq.data.gene_tables import cmap_lookup, first_names, lookup, name_of_symbol
from l1000_rnaseq.data.genes import asset

log = logging.getLogger(__name__)
ID_TYPES = ("auto", "entrez", "symbol", "ensembl", "probe")
_KINDS = ("symbol", "entrez", "ensembl", "probe")  # of two that name as many rows, the first
_SYMBOL_COLUMNS = (
    "pr_gene_symbol", "gene_symbol", "genesymbol", "symbol", "hgnc_symbol", "gene_name", "external_gene_name",
    "description", "gene name", "gene symbol", "feature_name", "gene",
)  # fmt: skip
_ENTREZ_COLUMNS = ("pr_gene_id", "pr_entrez", "entrez", "entrez_id", "entrezid", "gene_id", "entrez_gene_id")
_ENSEMBL_COLUMNS = ("ensembl", "ensembl_id", "ensembl_gene_id", "ensembl_gene", "gene_ids", "gene_id", "name")


def _bare(ids: Iterable, id_type: str) -> list[str]:
    """Ids as text without what is no part of them: an Ensembl version, the '.0' of a float, R's X."""
    texts = [str(i).strip().strip("\"'") for i in ids]
    if id_type == "ensembl":
        return [re.sub(r"(ENSG\d{11})(\.\d+)?(_PAR_Y)?", r"\1\3", text) for text in texts]
    if id_type == "entrez":
        return [re.sub(r"^X?(\d+)(\.0+)?$", r"\1", text) for text in texts]
    if id_type == "probe":
        return [re.sub(r"^X(?=\d)", "", text) for text in texts]
    # A /// B of Affymetrix is A here; HMOX1 (3162) of DepMap and HMOX1|3162 of TCGA are HMOX1
    others = re.compile(r"\s*///.*| \(\d+\)$|\|\d+$")
    texts = [others.sub("", text) if {"/", ")", "|"}.intersection(text) else text for text in texts]
    return [text.upper() if text.islower() else text for text in texts] if _in_lower_case(texts) else texts


def _in_lower_case(ids: list[str]) -> bool:
    """Whether most ids that have letters are in lower case."""
    words = [text for text in ids if text.lower() != text.upper()]
    return bool(words) and 2 * sum(map(str.islower, words)) > len(words)


def canonical_symbols(symbols: Iterable[str]) -> list[str]:
    """Give genes their L1000 symbol, or HGNC's of today, where that name is not among `symbols` already.

    Of several names of one gene only the first is renamed, so no rename makes a duplicate.

    Parameters
    ----------
    symbols : iterable of str
        Gene symbols, any age.

    Returns
    -------
    list of str
        As many names as given, in the same order; unknown names are kept.

    Examples
    --------
    >>> canonical_symbols(["CCN2", "SEPTIN2", "no such gene"])
    ['CTGF', 'SEPT2', 'no such gene']
    """
    given = [str(symbol) for symbol in symbols]
    present, renamed = set(given), {}
    for symbol in given:
        name = name_of_symbol(symbol)
        if name and name not in present:
            present.add(name)
            renamed[symbol] = name
    return [renamed.get(symbol, symbol) for symbol in given]


def genes_of_rows(symbols: Iterable[str], ensembl: Iterable[str] | None = None) -> list[str]:
    """Name the rows of a gene list: by the Ensembl id where it is known, else by the symbol.

    Parameters
    ----------
    symbols, ensembl : iterable of str
        Columns of the same list; several rows may name one gene.

    Returns
    -------
    list of str
        As many names as rows; a row that names no gene keeps its symbol.

    Examples
    --------
    >>> genes_of_rows(["CCN2", "old name", "new"], ["ENSG00000118523.9", "ENSG00000204580", ""])
    ['CTGF', 'DDR1', 'new']
    """
    names = canonical_symbols(symbols)
    if ensembl is None:
        return names
    by_id = lookup("ensembl")
    keys = [key.removesuffix("_PAR_Y") for key in _bare(ensembl, "ensembl")]
    return [by_id.get(key, name) for key, name in zip(keys, names, strict=True)]


def _is_plain_count(ids: list[str]) -> bool:
    """Whether ids merely number the rows (0, 1, 2, … or 1, 2, 3, …), which says nothing about genes."""
    first = ids[0] if ids else ""
    return first in ("0", "1") and ids == [str(i) for i in range(int(first), int(first) + len(ids))]


def _named(ids: list, id_type: str) -> list[str]:
    """Names of those ids that CMap's own table knows: enough to tell what kind of ids they are."""
    known = first_names() if id_type == "symbol" else cmap_lookup(id_type)
    return [known[i] for i in _bare(ids, id_type) if i in known]


def best_type(ids: list) -> str | None:
    """Return the id type which names most rows, if that is half of them or half of the landmarks."""
    if _is_plain_count(_bare(ids, "entrez")):
        return None
    marks, best, most = set(asset("landmarks.tsv").index), None, 0
    for id_type in _KINDS:
        hits = _named(ids, id_type)
        enough = 2 * len(hits) >= len(ids) or 2 * len(marks.intersection(hits)) >= len(marks)
        if enough and len(hits) > most:
            best, most = id_type, len(hits)
    return best


def count_landmarks(ids: Iterable) -> int:
    """Count the landmark genes that ids name, by the id type that fits best.

    Parameters
    ----------
    ids : iterable
        Symbols, Entrez ids, Ensembl ids or landmark probes.

    Returns
    -------
    int
        Different landmark genes, 0 to 978; 0 for ids that merely number the rows.
    """
    ids, marks = list(ids), set(asset("landmarks.tsv").index)
    if _is_plain_count(_bare(ids, "entrez")):
        return 0
    return max(len(marks.intersection(_named(ids, kind))) for kind in _KINDS)


def _resolve(ids: list, id_type: str) -> list[str]:
    if id_type == "symbol":
        if _in_lower_case(list(map(str, ids))):
            log.warning(
                "gene symbols in lower case are read as human ones: %s, …", ", ".join(map(str, ids[:3]))
            )
        return canonical_symbols(_bare(ids, "symbol"))
    bare, known = _bare(ids, id_type), cmap_lookup(id_type)
    if id_type != "probe" and any(i not in known for i in bare):
        known = lookup(id_type)
    return [known.get(key, str(i)) for i, key in zip(ids, bare, strict=True)]


def _from_metadata(row_ids: list, row_metadata: pd.DataFrame | None) -> list[str] | None:
    """Names from a metadata column of ids or symbols; a row without one keeps its id."""
    columns = {} if row_metadata is None else {str(c).lower(): c for c in row_metadata.columns}
    for names in (_ENTREZ_COLUMNS, _ENSEMBL_COLUMNS, _SYMBOL_COLUMNS):
        for name in (n for n in names if n in columns):
            values = row_metadata[columns[name]].astype(object).tolist()
            id_type = best_type(values)
            if id_type:
                named = _resolve(values, id_type)
                return np.where(is_missing(named), [str(i) for i in row_ids], named).tolist()
    return None


def resolve_ids(
    row_ids: Iterable, row_metadata: pd.DataFrame | None = None, id_type: str = "auto"
) -> list[str]:
    """Turn the row ids of a file into gene names: L1000 symbols, and HGNC's where CMap has no such gene.

    Parameters
    ----------
    row_ids : iterable
        Entrez ids, symbols of any age, Ensembl ids (with or without version) or Affymetrix probe ids.
    row_metadata : DataFrame, optional
        One row per id. Of probe ids it names the gene (a column such as pr_gene_symbol, symbol, pr_gene_id or
        entrez); without it, only those of landmarks are known.
    id_type : {'auto', 'entrez', 'symbol', 'ensembl', 'probe'}
        'auto' takes the type that names most rows.

    Returns
    -------
    list of str
        One name per id, in the same order; an id that names no gene is kept as it is.

    Raises
    ------
    ValueError
        If `id_type` is unknown, or no id (with 'auto': too few ids) names a gene.

    Examples
    --------
    >>> resolve_ids(["ENSG00000204580.13", "ENSG00000118523"])
    ['DDR1', 'CTGF']
    """
    ids = list(row_ids)
    if id_type not in ID_TYPES:
        raise ValueError(f"id_type is {id_type!r}; expected one of {', '.join(ID_TYPES)}.")
    seen = f"Row ids are {', '.join(str(i) for i in ids[:3])}, … ({len(ids):,} in all)"
    probes = 2 * sum(bool(re.search(r"_at$", str(i))) for i in ids) > len(ids)
    if id_type == "probe" or (id_type == "auto" and probes):
        named = _from_metadata(ids, row_metadata)
        if named is None and 2 * len(_named(ids, "probe")) >= min(len(ids), len(asset("landmarks.tsv"))):
            return _resolve(ids, "probe")
        if named is None:
            have = [] if row_metadata is None else list(map(str, row_metadata.columns))
            raise ValueError(
                f"{seen}: Affymetrix probe ids without a gene in the row metadata (columns: "
                f"{', '.join(have) or 'none'}); add a column pr_gene_symbol or pr_gene_id to the file."
            )
        return named
    chosen = id_type if id_type != "auto" else best_type(ids)
    if chosen is None:
        named = _from_metadata(ids, row_metadata)
        if named is not None:
            return named
    elif _named(ids, chosen):
        return _resolve(ids, chosen)
    kind = "Entrez ids, symbols, Ensembl ids or probe ids" if chosen is None else f"{chosen} ids"
    mouse = " They look like genes of the mouse: name their human orthologues." if of_mouse(ids) else ""
    raise ValueError(
        f"{seen}: too few name an L1000 gene; expected {kind} of human genes, such as 780, DDR1 or "
        f"ENSG00000204580.{mouse} Pass id_type= one of {', '.join(ID_TYPES[1:])} if you know them, or check "
        "that genes are where the file format has them."
    )


def of_mouse(ids: Iterable) -> bool:
    """Whether most ids are symbols as they are written for the mouse, or its Ensembl ids."""
    texts = _bare(ids, "symbol")
    mice = [text for text in texts if re.fullmatch(r"[A-Z][a-z0-9]+|ENSMUSG\d{11}(\.\d+)?", text)]
    are_known = any(text.startswith("ENSMUSG") for text in mice) or _named(
        [t.upper() for t in mice], "symbol"
    )
    return 2 * len(mice) > len(texts) and bool(are_known)


def check_unique(symbols: Iterable[str], source: str) -> None:
    """Raise if a gene is in `symbols` twice.

    Parameters
    ----------
    symbols : iterable of str
        Gene symbols after `resolve_ids`.
    source : str
        Name of the file or table, for the message.

    Raises
    ------
    ValueError
        Naming up to five duplicated genes.
    """
    index = pd.Index(list(symbols))
    repeated = index[index.duplicated()].unique()
    if len(repeated):
        raise ValueError(
            f"{len(repeated)} genes are repeated in {source}: {', '.join(map(str, repeated[:5]))}"
            f"{', …' if len(repeated) > 5 else ''}; expected each gene once. Sum or drop the repeated rows."
        )
