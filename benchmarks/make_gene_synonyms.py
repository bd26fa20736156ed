"""Make lib/l1000_rnaseq/assets/gene_synonyms.tsv.gz: what else people call a gene, for questions to an index.

Run as ``python benchmarks/make_gene_synonyms.py [OUT_FOLDER]`` where goatools 1.6.7 is installed: that
package carries NCBI Gene's table of human protein-coding genes (downloaded 2016-02-22), facts in the public
domain.
"""

import gzip
import importlib
import sys
from pathlib import Path

from l1000_rnaseq.data.genes import cmap_genes, other_genes

ASSETS = Path(__file__).resolve().parents[1] / "lib" / "l1000_rnaseq" / "assets"


def main(out: Path = ASSETS) -> None:
    """Write symbol and synonyms of every gene of our tables that NCBI Gene has more names for."""
    ncbi = importlib.import_module("goatools.test_data.genes_NCBI_9606_ProteinCoding").GENEID2NT
    ours = {int(entrez): symbol for symbol, entrez in cmap_genes()["entrez"].items()}
    others = set(other_genes().index)
    lines = ["symbol\tsynonyms"]
    for entrez, gene in sorted(ncbi.items()):
        symbol = ours.get(entrez, gene.Symbol if gene.Symbol in others else None)
        names = {name.strip() for name in [gene.Symbol, *gene.Aliases.split(",")]} - {symbol, ""}
        if symbol and names:
            lines.append(f"{symbol}\t{'|'.join(sorted(names))}")
    with (
        open(out / "gene_synonyms.tsv.gz", "wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file,
    ):
        file.write(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
