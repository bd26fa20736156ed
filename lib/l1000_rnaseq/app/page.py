"""The answer to the fields of the form, as the Appyter's notebook and a report show it.

A question that cannot be answered is no error here: the card then has a `problem`, one sentence, and the page
shows how to ask again.
"""

from pathlib import Path

from l1000_rnaseq.app.form import open_index
from l1000_rnaseq.app.gene_card import gene_card, gene_sets
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.labels import in_words_of_the_form
from l1000_rnaseq.search.index import Index


def answer_form(path: Path | None = None, **fields) -> dict:
    """Answer the fields of the form (see `GeneQuery.from_form`).

    Parameters
    ----------
    path : path, optional
        An index; the demo index when absent.

    Returns
    -------
    dict
        The card (see `gene_card`) with the gene sets of its best signatures; or problem and suggestions.

    Examples
    --------
    >>> answer_form(gene="HMXO1")["suggestions"]
    ['HMOX1']
    """
    try:
        index = open_index(path and str(path))
    except ValueError as error:
        return {"problem": str(error)}
    try:
        query = GeneQuery.from_form(index, **fields)
    except ValueError as error:
        return _problem(index, str(fields.get("gene", "")), error)
    return answer_query(index, query)


def answer_query(index: Index, query: GeneQuery) -> dict:
    """Answer a question (see `answer_form`)."""
    try:
        card = gene_card(index, query)
    except ValueError as error:
        return _problem(index, query.gene, error)
    return card | {"gene_sets": gene_sets(index, card["rows"])}


def _problem(index: Index, gene: str, error: ValueError) -> dict:
    return {"problem": in_words_of_the_form(error), "suggestions": index.names.similar(gene)}
