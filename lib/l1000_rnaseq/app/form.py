"""What the form offers: genes, types, cell lines and times of the index that it will search."""

import json
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

from l1000_rnaseq.app.environment import index_path
from l1000_rnaseq.app.gene_query import ANY
from l1000_rnaseq.app.labels import counted
from l1000_rnaseq.data.cell_line_tissues import tissues_of
from l1000_rnaseq.data.files.missing import is_missing
from l1000_rnaseq.search.index import Index

FEW = 5  # so few perturbagens are named
COLUMNS = {"type": "type", "cell": "cell_id", "time": "time"}
"""Field of the form that offers what there is → column of `Index.signatures`."""
EXAMPLES = {
    "What moves the stress gene HMOX1?": {"gene": "HMOX1"},
    "What lowers HER2 in breast cells?": {"gene": "HER2", "cell": "SKBR3", "direction": "down"},
    "What moves the p53 target CDKN1A within 6 hours?": {"gene": "CDKN1A", "time": "6"},
    "Do the same drugs move HMOX1 and NQO1?": {"gene": "HMOX1", "compare": "NQO1"},
}
TYPES = {
    "chemical": "drugs and other chemicals",
    "shRNA": "shRNA knock-downs",
    "CRISPR": "CRISPR knock-outs",
    "overexpression": "overexpressions",
}
MANY = 10  # signatures: a line with fewer says little


@lru_cache(maxsize=2)
def open_index(path: str | None) -> Index:
    """Open an index once; None is the demo index."""
    return Index(path)


def index_of_environment() -> Index:
    """Open the index that the server searches (see `environment.index_path`)."""
    return open_index(index_path())


def choices(column: str) -> list[str]:
    """Return "any" and the values of a column of `Index.signatures`, the most frequent first."""
    values = index_of_environment().signatures[column].astype(str).value_counts()
    return [ANY, *values.index[~is_missing(values.index)]]


def examples() -> list[tuple[str, str]]:
    """Return questions that this index can answer, each with the link that fills the form in."""
    index, offered = index_of_environment(), {name: choices(column) for name, column in COLUMNS.items()}

    def is_answered(fields: dict[str, str]) -> bool:
        genes = [fields[name] for name in ("gene", "compare") if name in fields]
        return all(len(index.names.find(gene)) == 1 for gene in genes) and all(
            fields[name] in offered[name] for name in COLUMNS if name in fields
        )

    return [(question, _link(fields)) for question, fields in EXAMPLES.items() if is_answered(fields)]


def _link(fields: dict[str, str]) -> str:
    return "#?" + urlencode({f"args.{name}": value for name, value in fields.items()})


def facts(index: Index | None = None) -> dict[str, str]:
    """Return what an index has: signatures, cell_lines and genes as text, and `holds`, a few sentences."""
    index = index or index_of_environment()
    lines = index.signatures["cell_id"].astype(str)
    return {
        "signatures": f"{len(index.signatures):,}",
        "cell_lines": f"{lines.nunique()}",
        "genes": f"{len(index.genes):,}",
        "holds": f"{_types_of(index)} {_lines_of(lines)}",
    }


def _types_of(index: Index) -> str:
    parts = {}
    for kind, rows in index.signatures.groupby(index.signatures["type"].astype(str), sort=False):
        names = sorted(rows["pert_iname"].astype(str).unique())
        what = TYPES.get(kind, f"{kind} perturbations")
        of = f"{what} ({', '.join(names)} only)" if len(names) < FEW else f"{len(names):,} {what}"
        parts[f"{len(rows):,} of {of}"] = len(rows)
    by_size = sorted(parts, key=parts.get, reverse=True)
    return f"{len(index.signatures):,} signatures: {'; '.join(by_size)}."


def _lines_of(lines: pd.Series) -> str:
    counts = lines.value_counts()
    most, few = line_label(str(counts.index[0])), int((counts < MANY).sum())
    said = f"{len(counts)} cell lines: {most} has the most signatures, {counts.iloc[0]:,}"
    return said + (f", and {few} lines have fewer than {MANY}." if few else ".")


def line_label(cell_line: str, n: int | None = None) -> str:
    """Return a cell line with its tissue, and how many signatures it has: "HT115 (colon), 355 signatures"."""
    tissue = tissues_of([cell_line])[0]
    name = f"{cell_line} ({tissue})" if tissue else cell_line
    return name if n is None else f"{name}, {counted(n)}"


def labels(field: str) -> dict[str, str]:
    """Return what a field of the form writes for its choices: the value, the tissue, how many signatures."""
    if field not in COLUMNS:
        return {}
    column = COLUMNS[field]
    counts = index_of_environment().signatures[column].astype(str).value_counts()
    label = line_label if column == "cell_id" else lambda value, n: f"{value}, {counted(n)}"
    return {value: label(value, int(counts[value])) for value in choices(column) if value in counts}


def write_genes(path: Path) -> int:
    """Write what the gene field completes: every name of its genes, as a JSON list; return how many."""
    table = index_of_environment().names.table
    names = set(table.index)
    for column in ("hgnc_symbol", "previous", "aliases", "everyday"):
        names |= {name for text in table[column] for name in text.split("|") if name}
    Path(path).write_text(json.dumps(sorted(names)))
    return len(names)
