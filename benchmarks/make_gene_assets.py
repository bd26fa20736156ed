"""Make the gene tables in lib/l1000_rnaseq/assets from a data folder; the same folder gives the same bytes.

Run as ``python benchmarks/make_gene_assets.py DATA_FOLDER [OUT_FOLDER]``.
"""

import gzip
import sys
from pathlib import Path

import h5py
import pandas as pd

ASSETS = Path(__file__).resolve().parents[1] / "lib" / "l1000_rnaseq" / "assets"


def ensembl_of_symbol(data: Path) -> dict[str, str]:
    """Ensembl id by symbol; GENCODE 29 (the GTEx file) first, then the ARCHS4 layout, then HPA."""
    reads = pd.read_csv(data / "rnaseq/gtex_gene_reads.gct.gz", sep="\t", skiprows=2, usecols=[0, 1])
    with h5py.File(data / "rnaseq/human_matrix.h5") as h5:
        archs4 = zip(
            h5["meta/genes/symbol"].asstr()[:], h5["meta/genes/ensembl_gene"].asstr()[:], strict=True
        )
        archs4 = list(archs4)
    hpa = pd.read_csv(data / "rnaseq/hpa_cell_lines.tsv.gz", sep="\t", usecols=["Gene", "Gene name"])
    pairs = list(zip(reads["Description"], reads["Name"], strict=True)) + archs4
    pairs += list(zip(hpa["Gene name"], hpa["Gene"], strict=True))
    ensembl_ids: dict[str, str] = {}
    for symbol, ensembl in pairs:
        if isinstance(symbol, str) and ensembl.startswith("ENSG") and not ensembl.endswith("_PAR_Y"):
            ensembl_ids.setdefault(symbol, ensembl.split(".")[0])
    return ensembl_ids


def gene_table(data: Path) -> pd.DataFrame:
    """All GSE92742 genes in their order, with aliases and, where known, the Ensembl id."""
    info = pd.read_csv(data / "l1000/gene_info.txt", sep="\t", keep_default_na=False)
    aliases = pd.read_csv(data / "rnaseq/gene_aliases.tsv", sep="\t", keep_default_na=False)
    aliases = aliases.groupby("l1000_symbol")["new_symbol"].agg(sorted)
    ensembl = ensembl_of_symbol(data)
    rows = []
    taken: set[str] = set()
    for gene in info.itertuples():
        names = aliases.get(gene.pr_gene_symbol, [])
        ensembl_id = next((ensembl[name] for name in [gene.pr_gene_symbol, *names] if name in ensembl), "")
        ensembl_id = "" if ensembl_id in taken else ensembl_id
        taken.add(ensembl_id)
        rows.append((gene.pr_gene_symbol, gene.pr_gene_id, ensembl_id, "|".join(names), gene.pr_gene_title))
    table = pd.DataFrame(rows, columns=["symbol", "entrez", "ensembl", "aliases", "title"])
    return table.assign(is_landmark=info["pr_is_lm"], is_bing=info["pr_is_bing"])


def main(data: Path, out: Path = ASSETS) -> None:
    """Write the three tables (no time stamp inside, so the bytes repeat)."""
    out.mkdir(parents=True, exist_ok=True)
    table = gene_table(data)
    landmarks = table[table["is_landmark"] == 1]
    landmarks[["symbol", "entrez", "ensembl", "aliases", "title"]].to_csv(
        out / "landmarks.tsv", sep="\t", index=False, lineterminator="\n"
    )
    genes = table[["symbol", "entrez", "is_landmark", "is_bing", "ensembl", "aliases"]]
    text = genes.to_csv(sep="\t", index=False, lineterminator="\n")
    (out / "cmap_genes.tsv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    ids = pd.Series(ensembl_of_symbol(data), name="ensembl").rename_axis("symbol")
    others = ids[~ids.index.isin(table["symbol"]) & ~ids.isin(table["ensembl"])].sort_index()
    others = others[~others.duplicated()].to_csv(sep="\t", lineterminator="\n")
    (out / "other_genes.tsv.gz").write_bytes(gzip.compress(others.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(Path(name) for name in sys.argv[2:3]))
