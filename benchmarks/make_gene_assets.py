"""Make the gene tables in lib/l1000_rnaseq/assets from a data folder; the same folder gives the same bytes.

Run as ``python benchmarks/make_gene_assets.py DATA_FOLDER [OUT_FOLDER]``.
"""

import gzip
import sys
from pathlib import Path

import h5py
import pandas as pd

ASSETS = Path(__file__).resolve().parents[1] / "lib" / "l1000_rnaseq" / "assets"


def read_hgnc(data: Path) -> pd.DataFrame:
    """HGNC's complete set: names, previous and alias symbols, Entrez and Ensembl id of every human gene."""
    table = pd.read_csv(data / "names/hgnc.tsv.gz", sep="\t", dtype=str, keep_default_na=False)
    columns = {
        "symbol": "symbol",
        "name": "name",
        "prev_symbol": "previous",
        "alias_symbol": "aliases",
        "entrez_id": "entrez",
        "ensembl_gene_id": "ensembl",
    }
    return table.rename(columns=columns)[list(columns.values())]


def ensembl_of_symbol(data: Path) -> dict[str, str]:
    """Ensembl id by symbol; GENCODE 29 (the GTEx file) first, then the ARCHS4 layout, then HPA."""
    reads = pd.read_csv(data / "rnaseq/gtex_gene_reads.gct.gz", sep="\t", skiprows=2, usecols=[0, 1])
    with h5py.File(data / "rnaseq/human_matrix.h5") as h5:
        columns = (h5["meta/genes/symbol"].asstr()[:], h5["meta/genes/ensembl_gene"].asstr()[:])
    hpa = pd.read_csv(data / "rnaseq/hpa_cell_lines.tsv.gz", sep="\t", usecols=["Gene", "Gene name"])
    pairs = [*zip(reads["Description"], reads["Name"], strict=True), *zip(*columns, strict=True)]
    pairs += list(zip(hpa["Gene name"], hpa["Gene"], strict=True))
    by_symbol: dict[str, str] = {}
    for symbol, ensembl in pairs:
        if isinstance(symbol, str) and ensembl.startswith("ENSG") and not ensembl.endswith("_PAR_Y"):
            by_symbol.setdefault(symbol, ensembl.split(".")[0])
    return by_symbol


def cmap_table(data: Path, hgnc: pd.DataFrame) -> pd.DataFrame:
    """All GSE92742 genes in their order, with today's symbol by Entrez id, other spellings and Ensembl id."""
    info = pd.read_csv(data / "l1000/gene_info.txt", sep="\t", keep_default_na=False)
    spellings = pd.read_csv(data / "rnaseq/gene_aliases.tsv", sep="\t", keep_default_na=False)
    spellings = spellings.groupby("l1000_symbol")["new_symbol"].agg(sorted)
    today = hgnc[hgnc["entrez"] != ""].drop_duplicates("entrez").set_index("entrez")
    ensembl, rows, taken = ensembl_of_symbol(data), [], set()
    for gene in info.itertuples():
        entrez, names = str(gene.pr_gene_id), list(spellings.get(gene.pr_gene_symbol, []))
        symbol = today["symbol"].get(entrez, "")
        candidates = [ensembl.get(name, "") for name in (gene.pr_gene_symbol, *names)]
        candidates.append(today["ensembl"].get(entrez, ""))
        identifier = next((name for name in candidates if name and name not in taken), "")
        taken.add(identifier)
        rows.append(
            (gene.pr_gene_symbol, gene.pr_gene_id, identifier, symbol, "|".join(names), gene.pr_gene_title)
        )
    table = pd.DataFrame(rows, columns=["symbol", "entrez", "ensembl", "hgnc", "aliases", "title"])
    return table.assign(is_landmark=info["pr_is_lm"], is_bing=info["pr_is_bing"])


def main(data: Path, out: Path = ASSETS) -> None:
    """Write the four tables (no time stamp inside, so the bytes repeat)."""
    out.mkdir(parents=True, exist_ok=True)
    hgnc = read_hgnc(data)
    table = cmap_table(data, hgnc)
    landmarks = table[table["is_landmark"] == 1]
    landmarks[["symbol", "entrez", "ensembl", "hgnc", "aliases", "title"]].to_csv(
        out / "landmarks.tsv", sep="\t", index=False, lineterminator="\n"
    )
    by_symbol = pd.Series(ensembl_of_symbol(data), name="ensembl").rename_axis("symbol").reset_index()
    known = set(table["ensembl"]) | set(hgnc["ensembl"]) | {""}
    beyond = by_symbol[~by_symbol["ensembl"].isin(known) & ~by_symbol["symbol"].isin(table["symbol"])]
    beyond = beyond[~beyond["symbol"].isin(hgnc["symbol"])].drop_duplicates("ensembl").sort_values("symbol")
    columns = ["symbol", "entrez", "is_landmark", "is_bing", "ensembl", "hgnc", "aliases"]
    for name, part in (("cmap_genes", table[columns]), ("hgnc", hgnc), ("other_genes", beyond)):
        text = part.to_csv(sep="\t", index=False, lineterminator="\n")
        (out / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(Path(name) for name in sys.argv[2:3]))
