"""The gene tables that ship, and what they say of a gene: ids, today's name, status."""

from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd


@cache
def asset(name: str) -> pd.DataFrame:
    """Read a gene table of `assets`, all text but the flags; index = symbol. Do not change it."""
    with resources.as_file(resources.files("l1000_rnaseq") / "assets" / name) as path:
        text = {"symbol": str, "ensembl": str, "hgnc": str, "aliases": str}
        return pd.read_csv(path, sep="\t", keep_default_na=False, index_col="symbol", dtype=text)


def landmarks() -> pd.DataFrame:
    """Return the 978 landmark genes in GSE92742 order.

    Returns
    -------
    DataFrame
        978 rows, index = L1000 symbol. Columns: entrez (int), ensembl, hgnc (today's symbol), aliases (other
        spellings in RNA-seq gene lists, '|'-separated), title.
    """
    return asset("landmarks.tsv").copy()


def cmap_genes() -> pd.DataFrame:
    """Return the 12,328 genes of GSE92742 in its order.

    Returns
    -------
    DataFrame
        Index = L1000 symbol. Columns: entrez (int), is_landmark and is_bing (0 or 1), ensembl and hgnc
        (today's symbol), '' where not known, aliases ('|'-separated).
    """
    return asset("cmap_genes.tsv.gz").copy()


@cache
def hgnc() -> pd.DataFrame:
    """Return HGNC's complete set of 2024-10-18.

    Returns
    -------
    DataFrame
        Index = symbol of that day. Columns, all text: name, previous and aliases ('|'-separated symbols),
        entrez, ensembl. Do not change it.
    """
    with resources.as_file(resources.files("l1000_rnaseq") / "assets" / "hgnc.tsv.gz") as path:
        return pd.read_csv(path, sep="\t", keep_default_na=False, index_col="symbol", dtype=str)


def gene_synonyms() -> pd.Series:
    """Return what else people call a gene (NCBI Gene, 2016): symbol → names separated by '|'.

    Several genes share a name (GSR and NR3C1 were both GR), so these are for questions of people, never for
    the columns of a file.
    """
    return asset("gene_synonyms.tsv.gz")["synonyms"]


def gene_status(symbols: Iterable[str]) -> pd.Series:
    """Say how each gene comes to its value in a translated profile.

    Parameters
    ----------
    symbols : iterable of str
        L1000 symbols, as `gene_ids.resolve_ids` returns them.

    Returns
    -------
    Series of str
        Index = `symbols`; 'landmark' (measured by L1000), 'CMap-inferred' (one of the other 11,350 genes of
        GSE92742) or 'newly inferred'.

    Examples
    --------
    >>> gene_status(["DDR1", "A1CF", "MALAT1"]).tolist()
    ['landmark', 'CMap-inferred', 'newly inferred']
    """
    index = pd.Index([str(symbol) for symbol in symbols], dtype=object)
    is_landmark = index.isin(asset("landmarks.tsv").index)
    in_cmap = index.isin(asset("cmap_genes.tsv.gz").index)
    status = np.where(is_landmark, "landmark", np.where(in_cmap, "CMap-inferred", "newly inferred"))
    return pd.Series(status, index=index, name="status", dtype=object)


def describe_genes(symbols: Iterable[str]) -> pd.DataFrame:
    """Return what is known of genes besides their L1000 symbol.

    Parameters
    ----------
    symbols : iterable of str
        L1000 symbols.

    Returns
    -------
    DataFrame, index = `symbols`
        entrez_id, ensembl_id and hgnc_symbol (today's symbol) as text, '' where not known; name; previous
        (earlier symbols and spellings) and aliases, both '|'-separated; status (see `gene_status`).

    Examples
    --------
    >>> describe_genes(["CTGF"]).loc["CTGF", ["entrez_id", "hgnc_symbol", "status"]].tolist()
    ['1490', 'CCN2', 'CMap-inferred']
    """
    index = pd.Index([str(symbol) for symbol in symbols], dtype=object)
    cmap, today = asset("cmap_genes.tsv.gz").reindex(index), hgnc()
    symbol = cmap["hgnc"].where(
        cmap["hgnc"].notna(), pd.Series(index.where(index.isin(today.index), ""), index)
    )
    about = today.reindex(pd.Index(symbol)).fillna("").set_axis(index)
    ensembl = cmap["ensembl"].fillna("")
    ensembl = ensembl.where(ensembl != "", about["ensembl"])
    beyond = asset("other_genes.tsv.gz")["ensembl"].reindex(index).fillna("")
    entrez = pd.Series(["" if pd.isna(number) else str(int(number)) for number in cmap["entrez"]], index)
    previous = cmap["aliases"].fillna("") + "|" + about["previous"]
    columns = {
        "entrez_id": entrez.where(entrez != "", about["entrez"]),
        "ensembl_id": ensembl.where(ensembl != "", beyond),
        "hgnc_symbol": symbol,
        "name": about["name"],
        "previous": ["|".join(dict.fromkeys(filter(None, names.split("|")))) for names in previous],
        "aliases": about["aliases"],
        "status": gene_status(index),
    }
    return pd.DataFrame({name: np.asarray(values, object) for name, values in columns.items()}, index=index)
