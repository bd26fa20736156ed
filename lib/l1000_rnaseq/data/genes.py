"""Name genes the L1000 way: landmark table, CMap table, id resolution and gene status."""

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import is_missing

ID_TYPES = ("auto", "entrez", "symbol", "ensembl", "probe")
_SYMBOL_COLUMNS = ("pr_gene_symbol", "gene_symbol", "symbol", "gene_name", "description", "gene name", "gene")
_ENTREZ_COLUMNS = ("pr_gene_id", "pr_entrez", "entrez", "entrez_id", "entrezid", "gene_id", "entrez_gene_id")


@cache
def _asset(name: str) -> pd.DataFrame:
    with resources.as_file(resources.files("l1000_rnaseq") / "assets" / name) as path:
        return pd.read_csv(path, sep="\t", keep_default_na=False, index_col="symbol")


def landmarks() -> pd.DataFrame:
    """Return the 978 landmark genes in GSE92742 order.

    Returns
    -------
    pandas.DataFrame
        978 rows, index = L1000 symbol; columns entrez (int), ensembl, aliases ('|'-separated), title.
    """
    return _asset("landmarks.tsv").copy()


def cmap_genes() -> pd.DataFrame:
    """Return the 12,328 genes of GSE92742 in its order.

    Returns
    -------
    pandas.DataFrame
        Index = symbol; columns entrez (int), is_landmark and is_bing (0 or 1), ensembl ('' where not known),
        aliases ('|'-separated).
    """
    return _asset("cmap_genes.tsv.gz").copy()


def other_genes() -> pd.DataFrame:
    """Return genes beyond GSE92742 (GENCODE 29, ARCHS4, HPA): index = symbol, column ensembl."""
    return _asset("other_genes.tsv.gz").copy()


def gene_synonyms() -> pd.Series:
    """Return what else people call a gene (NCBI Gene, 2016): symbol → names separated by '|'.

    Several genes share a name (GSR and NR3C1 were both GR), so these are for questions of people, never for
    the columns of a file.
    """
    return _asset("gene_synonyms.tsv.gz")["synonyms"].copy()


@cache
def _aliases() -> dict[str, str]:
    """Later or differently written name → L1000 symbol; no key is itself an L1000 symbol."""
    table = _asset("cmap_genes.tsv.gz")["aliases"]
    names = {alias: symbol for symbol, text in table.items() for alias in text.split("|") if alias}
    upper = {symbol.upper(): symbol for symbol in table.index if "orf" in symbol}
    return {name: symbol for name, symbol in (upper | names).items() if name not in table.index}


@cache
def _lookup(id_type: str) -> dict[str, str]:
    """Id as text → L1000 symbol, for one id type."""
    table = _asset("cmap_genes.tsv.gz")
    if id_type == "symbol":
        return dict(zip(table.index, table.index, strict=True)) | _aliases()
    keys = table["entrez" if id_type == "entrez" else "ensembl"].astype(str)
    return {key: symbol for symbol, key in keys.items() if key}


def canonical_symbols(symbols: Iterable[str]) -> list[str]:
    """Rename genes to their L1000 symbol where that symbol is not among `symbols` already.

    Of several aliases of one gene only the first is renamed, so no rename makes a duplicate.

    Parameters
    ----------
    symbols : iterable of str
        Gene symbols, any age.

    Returns
    -------
    list of str
        As many names as given, in the same order; unknown names are kept.
    """
    names = [str(symbol) for symbol in symbols]
    taken, renamed, aliases = set(names), {}, _aliases()
    for symbol in names:
        target = aliases.get(symbol)
        if target and target not in taken:
            taken.add(target)
            renamed[symbol] = target
    return [renamed.get(symbol, symbol) for symbol in names]


def _bare(ids: Iterable, id_type: str) -> list[str]:
    """Ids as text without what is no part of the id: an Ensembl version, the '.0' of a float."""
    pattern = {"ensembl": r"\.\d+$", "entrez": r"\.0$"}.get(id_type)
    text = [str(i).strip() for i in ids]
    return [re.sub(pattern, "", i) for i in text] if pattern else text


def _is_plain_count(ids: list[str]) -> bool:
    """Whether ids merely number the rows (0, 1, 2, … or 1, 2, 3, …), which says nothing about genes."""
    first = ids[0] if ids else ""
    return first in ("0", "1") and ids == [str(i) for i in range(int(first), int(first) + len(ids))]


def _best_type(ids: list) -> str | None:
    """The id type which names most rows, if that is half of them or half of the landmarks."""
    if _is_plain_count(_bare(ids, "entrez")):
        return None
    marks, best, most = set(_asset("landmarks.tsv").index), None, 0
    for id_type in ("symbol", "entrez", "ensembl"):
        symbol_of = _lookup(id_type)
        hits = [symbol_of[i] for i in _bare(ids, id_type) if i in symbol_of]
        names_half = 2 * len(hits) >= len(ids) or 2 * len(marks.intersection(hits)) >= len(marks)
        if names_half and len(hits) > most:
            best, most = id_type, len(hits)
    return best


def count_landmarks(ids: Iterable) -> int:
    """Count the landmark genes that ids name, by the id type that fits best.

    Parameters
    ----------
    ids : iterable
        Symbols, Entrez ids or Ensembl ids.

    Returns
    -------
    int
        Different landmark genes, 0 to 978; 0 for ids that merely number the rows.
    """
    ids, marks = list(ids), set(_asset("landmarks.tsv").index)
    if _is_plain_count(_bare(ids, "entrez")):
        return 0
    types = ("symbol", "entrez", "ensembl")
    return max(len(marks & {_lookup(kind).get(i) for i in _bare(ids, kind)}) for kind in types)


def _resolve(ids: list, id_type: str) -> list[str]:
    if id_type == "symbol":
        return canonical_symbols(_bare(ids, "symbol"))
    symbol_of = _lookup(id_type)
    return [symbol_of.get(bare, str(i)) for i, bare in zip(ids, _bare(ids, id_type), strict=True)]


def _from_metadata(row_ids: list, row_metadata: pd.DataFrame | None) -> list[str] | None:
    """Names from a metadata column of symbols or Entrez ids; a row without one keeps its id."""
    columns = {} if row_metadata is None else {str(c).lower(): c for c in row_metadata.columns}
    for names in (_SYMBOL_COLUMNS, _ENTREZ_COLUMNS):
        for name in (n for n in names if n in columns):
            values = row_metadata[columns[name]].astype(object).tolist()
            id_type = _best_type(values)
            if id_type:
                named = _resolve(values, id_type)
                return np.where(is_missing(named), [str(i) for i in row_ids], named).tolist()
    return None


def resolve_ids(
    row_ids: Iterable, row_metadata: pd.DataFrame | None = None, id_type: str = "auto"
) -> list[str]:
    """Turn the row ids of a file into gene symbols, L1000 ones where the gene is in GSE92742.

    Parameters
    ----------
    row_ids : iterable
        Entrez ids, symbols (any alias), Ensembl ids (with or without version) or Affymetrix probe ids.
    row_metadata : pandas.DataFrame, optional
        One row per id; needed for probe ids (a column such as pr_gene_symbol, symbol, pr_gene_id or entrez).
    id_type : {'auto', 'entrez', 'symbol', 'ensembl', 'probe'}
        'auto' takes the type that names most rows.

    Returns
    -------
    list of str
        One name per id, in the same order; an id that names no GSE92742 gene is kept as it is.

    Raises
    ------
    ValueError
        If `id_type` is unknown, or no id (with 'auto': too few ids) names a gene.
    """
    ids = list(row_ids)
    if id_type not in ID_TYPES:
        raise ValueError(f"id_type is {id_type!r}; expected one of {', '.join(ID_TYPES)}.")
    example = f"Row ids are {', '.join(str(i) for i in ids[:3])}, … ({len(ids):,} in all)"
    probes = 2 * sum(bool(re.search(r"_at$", str(i))) for i in ids) > len(ids)
    if id_type == "probe" or (id_type == "auto" and probes):
        named = _from_metadata(ids, row_metadata)
        if named is None:
            have = [] if row_metadata is None else list(map(str, row_metadata.columns))
            raise ValueError(
                f"{example}: Affymetrix probe ids without a gene in the row metadata (columns: "
                f"{', '.join(have) or 'none'}); add a column pr_gene_symbol or pr_gene_id to the file."
            )
        return named
    best_type = id_type if id_type != "auto" else _best_type(ids)
    if best_type is None:
        named = _from_metadata(ids, row_metadata)
        if named is not None:
            return named
    elif any(i in _lookup(best_type) for i in _bare(ids, best_type)):
        return _resolve(ids, best_type)
    kind = "Entrez ids, symbols, Ensembl ids or probe ids" if best_type is None else f"{best_type} ids"
    raise ValueError(
        f"{example}: too few name an L1000 gene; expected {kind} of human genes, such as 780, DDR1 or "
        f"ENSG00000204580. Pass id_type= one of {', '.join(ID_TYPES[1:])} if you know them, or check that "
        "genes are where the file format has them."
    )


def gene_status(symbols: Iterable[str]) -> pd.Series:
    """Say how each gene comes to its value in a translated profile.

    Parameters
    ----------
    symbols : iterable of str
        Gene symbols.

    Returns
    -------
    pandas.Series of str
        Index = `symbols`; 'landmark' (measured by L1000), 'CMap-inferred' (one of the other 11,350 genes of
        GSE92742) or 'newly inferred'.
    """
    index = pd.Index([str(s) for s in symbols], dtype=object)
    names = canonical_symbols(index)
    is_landmark = np.isin(names, _asset("landmarks.tsv").index.to_numpy(str)) if names else []
    in_cmap = np.isin(names, _asset("cmap_genes.tsv.gz").index.to_numpy(str)) if names else []
    status = np.where(is_landmark, "landmark", np.where(in_cmap, "CMap-inferred", "newly inferred"))
    return pd.Series(status, index=index, name="status", dtype=object)


def describe_genes(symbols: Iterable[str]) -> pd.DataFrame:
    """Return what is known of genes besides their symbol.

    Parameters
    ----------
    symbols : iterable of str
        L1000 symbols.

    Returns
    -------
    pandas.DataFrame
        Index = `symbols`; columns entrez_id and ensembl_id (text, '' where not known), aliases
        ('|'-separated) and status (see `gene_status`).

    Examples
    --------
    >>> describe_genes(["DDR1"]).loc["DDR1", ["entrez_id", "status"]].tolist()
    ['780', 'landmark']
    """
    index = pd.Index([str(symbol) for symbol in symbols], dtype=object)
    cmap = _asset("cmap_genes.tsv.gz").reindex(index)
    ensembl = cmap["ensembl"].fillna("").to_numpy(object)
    beyond = _asset("other_genes.tsv.gz")["ensembl"].reindex(index).fillna("").to_numpy(object)
    columns = {
        "entrez_id": ["" if pd.isna(entrez) else str(int(entrez)) for entrez in cmap["entrez"]],
        "ensembl_id": np.where(ensembl == "", beyond, ensembl),
        "aliases": cmap["aliases"].fillna("").to_numpy(object),
        "status": gene_status(index).to_numpy(object),
    }
    return pd.DataFrame(columns, index=index)


def check_unique(symbols: Iterable[str], source: str) -> None:
    """Raise if a gene is repeated in `symbols`.

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
