"""The answer of the form as one HTML page, without a server."""

from pathlib import Path

from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.markup import document
from l1000_rnaseq.app.page import answer_query
from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.search.index import Index


def write_page(out: Path, query: GeneQuery, index: Path | None = None) -> str:
    """Write the page of a gene.

    Parameters
    ----------
    out : path
        HTML file; it appears under this name only when whole.
    query : GeneQuery
        Its gene may be any name; a page on an unknown gene says so.
    index : path, optional
        The demo index when absent.

    Returns
    -------
    str
        Why there is no answer, else "".

    Raises
    ------
    ValueError
        The index is missing.
    OSError
        The page cannot be written.
    """
    opened = Index(index)
    with output(out, inputs=[opened.path], begins=b"<!DOCTYPE html") as out:
        card = answer_query(opened, query)
        write_text(out, document(card))
    return card.get("problem", "")
