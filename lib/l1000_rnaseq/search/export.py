"""The precomputed tables of the paper: for each gene the signatures that move it most, a small file each."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.disk import atomic, file_hash, write_text
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.search.annotation import digest
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index

SUMS, GENES, MADE = "SHA256SUMS", "genes.tsv", "provenance.json"


def export(
    index: Index,
    folder: Path,
    top: int = 100,
    genes: Sequence[str] | None = None,
    by: str = "log2fc",
    filters: Filters = EVERY,
    force: bool = False,
    progress: bool = True,
) -> int:
    """Write one table per gene, as Parquet and as TSV, for a catalog or a static site.

    Parameters
    ----------
    index : Index
    folder : path
        Gets parquet/GENE.parquet and tsv/GENE.tsv (the table of `search`), genes.tsv (every gene with what
        the index knows of it), SHA256SUMS and provenance.json. A killed run goes on where it stopped.
    top : int
        Signatures up and down of each gene.
    genes : sequence of str, optional
        All genes of the index when absent.
    by, filters
        See `search`.
    force : bool
        Replace the tables of an earlier run.
    progress : bool

    Returns
    -------
    int
        Number of genes.

    Raises
    ------
    ValueError
        Unknown gene or option.
    OSError
        The folder has tables already and `force` is not given, or cannot be written.
    """
    symbols = index.names.resolve_all(genes) if genes is not None else list(index.genes.index)
    made = {"library": __version__, "index": index.provenance, "signatures": len(index.signatures)}
    made |= {"top": top, "by": by, "filters": repr(filters), "genes": len(symbols)}
    made["compounds"] = digest(index.signatures)
    with output(folder, folder=True) as folder:
        is_same = (folder / MADE).is_file() and json.loads((folder / MADE).read_text("utf-8")) == made
        if (folder / SUMS).exists() and not force:
            raise FileExistsError(f"{folder} has tables already; pass --force to overwrite them.")
        for name in ("parquet", "tsv"):
            (folder / name).mkdir(exist_ok=True)
        (folder / SUMS).unlink(missing_ok=True)
        write_text(folder / MADE, json.dumps(made, indent=1))
        sums = []
        for symbol in tqdm(symbols, unit="gene", disable=not progress):
            paths = [folder / "parquet" / f"{symbol}.parquet", folder / "tsv" / f"{symbol}.tsv"]
            if not (is_same and all(path.is_file() for path in paths)):
                table = _of_gene(index, symbol, by, filters, top)
                with atomic(paths[0]) as part:
                    table.to_parquet(part, index=False)
                write_text(paths[1], table.to_csv(sep="\t", index=False, float_format="%.6g"))
            sums += [f"{file_hash(path)}  {path.relative_to(folder)}" for path in paths]
        write_text(folder / GENES, index.genes.loc[symbols].to_csv(sep="\t", float_format="%.4g"))
        write_text(folder / SUMS, "\n".join([*sums, f"{file_hash(folder / GENES)}  {GENES}", ""]))
    return len(symbols)


def _of_gene(index: Index, symbol: str, by: str, filters: Filters, top: int) -> pd.DataFrame:
    table = search(index, symbol, "both", by, filters, top)
    return table.assign(**{name: table[name].astype(str) for name in table.select_dtypes("category")})
