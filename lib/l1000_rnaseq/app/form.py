"""What the form offers: genes, types, cell lines and times of the index that it will search."""

import json
from functools import cache
from pathlib import Path

from l1000_rnaseq.app.environment import index_path
from l1000_rnaseq.app.gene_query import ANY
from l1000_rnaseq.data.files.missing import is_missing
from l1000_rnaseq.search.index import Index


@cache
def _index(path: str | None) -> Index:
    return Index(path)


def index_of_environment() -> Index:
    """Open the index that the server searches (see `environment.index_path`)."""
    return _index(index_path())


def choices(column: str) -> list[str]:
    """Return "any" and the values of a column of `Index.signatures`, the most frequent first."""
    values = index_of_environment().signatures[column].astype(str).value_counts()
    return [ANY, *values.index[~is_missing(values.index)]]


def facts() -> dict[str, str]:
    """Return how many signatures, cell_lines and genes the index has, as text."""
    index = index_of_environment()
    lines = index.signatures["cell_id"].nunique()
    return {
        "signatures": f"{len(index.signatures):,}",
        "cell_lines": f"{lines}",
        "genes": f"{len(index.genes):,}",
    }


def write_genes(path: Path) -> int:
    """Write what the gene field completes: every name of its genes, as a JSON list; return how many."""
    table = index_of_environment().names.table
    names = set(table.index)
    for column in ("hgnc_symbol", "previous", "aliases", "everyday"):
        names |= {name for text in table[column] for name in text.split("|") if name}
    Path(path).write_text(json.dumps(sorted(names)))
    return len(names)
