"""The answer of `l1000-rnaseq query`: a table for people, TSV or JSON for programs."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from l1000_rnaseq.search.by_gene_list import (
    LEAST_GENES,
    UNITS,
    GeneNames,
    Query,
    perturbagens,
    score_index,
    score_signatures,
)
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.sources import open_source

log = logging.getLogger(__name__)
MISSING = ("", "NA", "NaN", "-666")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def read_genes(path: Path) -> list[str]:
    """Read one gene a line, or several by spaces or commas.

    Of a table (fields by tabs, or numbers beside the gene) the first column is read. What follows a #, quotes
    and NA are left out.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file; not text; no gene in it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; expected one with a gene a line.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text; expected a file with one gene a line.") from error
    genes = [gene for line in lines for gene in _fields(line.split("#")[0]) if gene not in MISSING]
    if not genes:
        raise ValueError(f"{path} names no gene; expected one a line.")
    return genes


def _fields(line: str) -> list[str]:
    fields = [field.strip("\"'") for field in re.split(r"[\s,;]+", line) if field]
    numbers = [bool(NUMBER.fullmatch(field)) for field in fields]
    # Entrez ids in a row are genes all; a number beside a name is not
    is_table = "\t" in line.strip() or (any(numbers) and not numbers[0])
    return fields[:1] if is_table else fields


def answer(
    up: Sequence[str] = (),
    down: Sequence[str] = (),
    index: Path | None = None,
    signatures: Path | None = None,
    by: str = "cd",
    n: int = 10,
    least: int = LEAST_GENES,
    style: str = "table",
    progress: bool = True,
) -> str:
    """Query whole signatures, or an index, and write the perturbagens.

    Parameters
    ----------
    up, down : sequence of str
    index : path, optional
        An index, approximately; the shipped demo index when neither is named.
    signatures : path, optional
        Whole signatures, exactly (`references.open_source`).
    by : {"cd", "log2fc"}
        Exact queries only.
    n : int
        Perturbagens in each direction.
    least : int
        Known genes that each side must have.
    style : {"table", "tsv", "json"}
    progress : bool
    """
    if index and signatures:
        raise ValueError("name an index or signatures, not both.")
    if n < 1 or least < 1:
        raise ValueError(f"n is {n} and least is {least}; expected at least 1 of each.")
    if signatures:
        source = open_source(signatures)
        query = Query.of(GeneNames.of(list(source.genes)), up, down, least)
        scored = score_signatures(source, query, by, progress=progress)
        how = "exact: whole signatures"
    else:
        if by != "cd":
            raise ValueError("an index ranks by cd only; name whole signatures with --signatures.")
        opened = Index.open(index)
        query = Query.of(opened, up, down, least)
        scored = score_index(opened, query)
        how = f"approximate: the index stores {scored['known'].mean():.0%} of these genes' places"
        how = "exact up to rounding: the index is complete" if opened.complete else how
    if query.unknown:
        told = "left out, being unknown here or a name of several genes: %s"
        log.warning(told, _some(query.unknown))
    if query.renamed:
        log.warning("read by another name: %s", _some(query.renamed))
    found = perturbagens(scored, n)
    if style == "tsv":
        return found.to_csv(sep="\t", index=False, float_format="%.6g").rstrip("\n")
    if style == "json":
        return found.to_json(orient="records", double_precision=6)
    head = f"{len(query.up)} genes up, {len(query.down)} down, {len(scored):,} signatures ({how})."
    signed = dict.fromkeys(("score", "ncs", "median"), "{:+.3f}".format)
    shown = found.drop(columns=["sig_id", *UNITS])
    for name, unit in zip(("dose", "time"), UNITS, strict=True):
        shown[name] = (found[name].astype(str) + " " + found[unit].astype(str)).where(found[name].notna(), "")
    return f"{head}\n\n{shown.to_string(index=False, formatters=signed, na_rep='')}"


def _some(names: Sequence[str], n: int = 10) -> str:
    return ", ".join(names[:n]) + (", …" if len(names) > n else "")
