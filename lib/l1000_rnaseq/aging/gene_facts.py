"""Facts of genes: measured by L1000 or inferred, secreted or not, number of publications."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.gene_ids import canonical_symbols
from l1000_rnaseq.data.genes import gene_status

PUBLICATIONS = ("publications", "publications_aging")


def annotate(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add the facts that a data folder has of each gene to a table of genes.

    Parameters
    ----------
    table : DataFrame with a column `gene`
    folder : path
        Data folder; genesets/hpa_secretome.tsv and genesets/gene2pubmed*.tsv or .tsv.gz (tab-separated:
        gene, publications, publications_aging) are used if they are there. The latter has the hits in PubMed
        of GENE[Title/Abstract], and of that AND (aging[Title/Abstract] OR ageing[Title/Abstract]), as in
        Tables S1 and S2 of Jeon 2022.

    Returns
    -------
    DataFrame, `table` × further columns
        status: landmark, CMap-inferred or newly inferred. secreted: the Human Protein Atlas predicts it, with
        a location outside the cell; missing without that file. secretome_location: that location, "" for
        genes not predicted to be secreted. publications, publications_aging: missing without that file and
        for genes it does not list.

    Raises
    ------
    ValueError
        A file lacks a column, two tables of publications are there, or one lists a gene twice.
    """
    folder, genes = Path(folder) / "genesets", table["gene"].astype(str)
    table = table.assign(status=gene_status(genes).to_numpy())
    location = _locations(folder / "hpa_secretome.tsv")
    if location is None:
        table["secreted"], table["secretome_location"] = pd.array([pd.NA] * len(table), "boolean"), ""
    else:
        locations = genes.map(location).fillna("").to_numpy(object)
        table["secretome_location"] = locations
        table["secreted"] = pd.array([text.startswith("Secreted") for text in locations], "boolean")
    publications = _publications(folder)
    for name in PUBLICATIONS:
        values = genes.map(publications[name]) if publications is not None else pd.Series(pd.NA, table.index)
        table[name] = values.astype("Int64").array
    order = [*(c for c in table if c not in ("secretome_location", *PUBLICATIONS)), "secretome_location"]
    return table[[*order, *PUBLICATIONS]]


def _locations(path: Path) -> pd.Series | None:
    if not path.is_file():
        return None
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    _require_columns(path, table, ("Gene", "Secretome location"))
    names = canonical_symbols(table["Gene"])
    return pd.Series(table["Secretome location"].to_numpy(), names).groupby(level=0, sort=False).first()


def _publications(folder: Path) -> pd.DataFrame | None:
    paths = sorted([*folder.glob("gene2pubmed*.tsv"), *folder.glob("gene2pubmed*.tsv.gz")])
    if not paths:
        return None
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise ValueError(f"{folder} has {len(paths)} tables of publications: {names}; keep one.")
    table = pd.read_csv(paths[0], sep="\t", dtype={"gene": str}, keep_default_na=False, na_values={
        name: [""] for name in PUBLICATIONS})  # fmt: skip
    _require_columns(paths[0], table, ("gene", *PUBLICATIONS))
    table.index = canonical_symbols(table["gene"])
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        raise ValueError(f"{paths[0]} lists {len(twice)} genes twice, {twice[0]} for one; keep one row each.")
    return table


def _require_columns(path: Path, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    absent = [name for name in columns if name not in table]
    if absent:
        raise ValueError(f"{path} has no column {', '.join(absent)}; expected {', '.join(columns)}.")
