"""The answers to scripts and assistants: the tables of `lr.search` and `lr.match` as JSON, within limits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from l1000_rnaseq.app.form import facts
from l1000_rnaseq.app.gene_card import gene_card
from l1000_rnaseq.app.gene_query import LONGEST, GeneQuery
from l1000_rnaseq.search.by_gene import DIRECTIONS, RANKINGS, search
from l1000_rnaseq.search.by_gene_list import perturbagens, score_query
from l1000_rnaseq.search.filters import Filters, listed
from l1000_rnaseq.search.index import Index

MOST_ROWS = 500  # of a table, for each direction
MOST_GENES = 2000  # of a list
MOST_VALUES = 50  # of one filter
NAMES = {field.name: str(field.type) for field in fields(Filters)}


def search_answer(index: Index, gene: str, direction="both", by="log2fc", n=50, **filters) -> dict:
    """Return which signatures move a gene.

    Parameters
    ----------
    index : Index
    gene : str
        Symbol, alias, Ensembl or Entrez id.
    direction, by, n, **filters
        As for `l1000_rnaseq.search`, as text or as numbers; n is at most 500.

    Returns
    -------
    dict
        gene, taken_for (a sentence, where another name was typed), about (what the gene's values are worth),
        signatures (how many passed the filters) and rows.

    Raises
    ------
    ValueError
        Unknown gene, option or filter; nothing is left; or more is asked for than is allowed.

    Examples
    --------
    >>> answer = search_answer(Index(), "HER2", direction="up", n="2", cell="SKBR3")
    >>> answer["gene"], answer["taken_for"], len(answer["rows"])
    ('ERBB2', 'HER2 was taken for ERBB2.', 2)
    """
    symbol, chosen = index.names.resolve(_short(gene, "gene")), read_filters(filters)
    table = search(index, symbol, _short(direction, "direction"), _short(by, "by"), chosen, _count(n))
    counts = chosen.counts(index.signatures)
    return {
        "gene": symbol,
        "taken_for": index.names.taken_for(gene),
        "about": index.about_gene(symbol),
        "signatures": list(counts.values())[-1],
        "rows": records(table),
    }


def gene_answer(index: Index, gene: str, compare="", direction="both", by="log2fc", n=50, **filters) -> dict:
    """Return everything that the page of a gene shows (see `gene_card`).

    Parameters
    ----------
    index : Index
    gene, compare : str
        A gene, and a second one to compare with or "".
    direction, by, n, **filters
        As for `search_answer`.

    Raises
    ------
    ValueError
        As for `search_answer`.

    Examples
    --------
    >>> card = gene_answer(Index(), "HER2")
    >>> card["gene"]["symbol"], card["gene"]["taken_for"]
    ('ERBB2', 'HER2 was taken for ERBB2.')
    """
    chosen = {"direction": _short(direction, "direction"), "by": _short(by, "by"), "n": _count(n)}
    for name, allowed in (("direction", DIRECTIONS), ("by", RANKINGS)):
        if chosen[name] not in allowed:
            raise ValueError(f"{name} is {chosen[name]!r}; expected one of {', '.join(allowed)}.")
    symbol, second = index.names.resolve(_short(gene, "gene")), _short(compare, "compare")
    second = index.names.resolve(second) if second else ""
    return gene_card(
        index, GeneQuery(symbol, second, filters=read_filters(filters), typed=_short(gene, ""), **chosen)
    )


def match_answer(index: Index, up=(), down=(), n=10, least=10, **filters) -> dict:
    """Return which perturbagens move lists of genes the same way, and which the opposite way.

    Parameters
    ----------
    index : Index
    up, down : sequence of str, or a text
        Genes that go up, genes that go down; in a text they are separated by blanks, commas or semicolons.
        At most 2,000 each.
    n, least, **filters
        As for `l1000_rnaseq.match`; n is at most 500.

    Returns
    -------
    dict
        genes (how many of each list were found), unknown and renamed (names), and rows.

    Raises
    ------
    ValueError
        Too few or too many genes, a gene in both lists, or as for `search_answer`.
    """
    up, down = _genes(up, "up"), _genes(down, "down")
    chosen = {"least": _count(least, "least"), "filters": read_filters(filters), "progress": False}
    query, scored = score_query(up, down, index, **chosen)
    return {
        "genes": query.told,
        "unknown": list(query.unknown),
        "renamed": list(query.renamed),
        "rows": records(perturbagens(scored, _count(n))),
    }


def about_index(index: Index) -> dict:
    """Return what an index has, in numbers and in a sentence."""
    return {"index": index.path.name, **facts(index)}


def complete(index: Index, typed: str, n: int = 8) -> list[dict]:
    """Return the genes whose name begins as typed: the symbols first, then other names.

    Returns
    -------
    list of dict
        name, as it is called; symbol, under which it is searched.
    """
    start = _short(typed, "the gene").upper()
    if not start:
        return []
    names = index.names.symbols_by_name
    of = {name: symbols[0] for name, symbols in names.items() if name.startswith(start) and len(symbols) == 1}
    ranked = sorted(of, key=lambda name: (name != start, of[name].upper() != name, len(name), name))
    return [{"name": name, "symbol": of[name]} for name in ranked[:n]]


def read_filters(given: Mapping[str, object]) -> Filters:
    """Return filters from texts, as they come in an address or in JSON.

    Parameters
    ----------
    given : mapping
        Field of `Filters` → a text, a number, or several of them. Two doses are the ends of a range.

    Raises
    ------
    ValueError
        Unknown field, no number where one is expected, or too many values.
    """
    unknown = sorted(str(name)[:40] for name in set(given) - set(NAMES))
    if unknown:
        raise ValueError(f"Unknown: {', '.join(unknown)}. Expected filters among {', '.join(NAMES)}.")
    chosen = {}
    for name, value in given.items():
        values = [_short(part, name) for part in listed(value)]
        if len(values) > MOST_VALUES:
            raise ValueError(f"{name} has {len(values)} values; at most {MOST_VALUES} are taken.")
        if "str" not in NAMES[name]:
            values = [_truth(v) if "bool" in NAMES[name] else _number(v, name) for v in values]
        values = [part for part in values if part != ""]
        if values:
            chosen[name] = values[0] if len(values) == 1 else tuple(values)
    return Filters(**chosen)


def records(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table as JSON has them: missing is null, numbers have six digits."""
    numbers = table.select_dtypes("number").columns
    table = table.assign(**{name: table[name].map(lambda x: _round(x)) for name in numbers})
    return json.loads(table.to_json(orient="records", double_precision=15))


def _round(value):
    is_whole = isinstance(value, int | np.integer)
    return value if is_whole or not np.isfinite(value) else float(f"{value:.6g}")


def _short(value, what: str) -> str:
    text = " ".join(str(value if value is not None else "").split())
    if len(text) > LONGEST:
        raise ValueError(f"{what} has {len(text):,} characters; at most {LONGEST} are taken.")
    return text


def _number(value, what: str) -> float:
    text = _short(value, what)
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"{what} is {text!r}; expected a number.")
    return int(number) if number == int(number) else number


def _truth(value) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if str(value).lower() not in words:
        raise ValueError(f"{value!r} is neither true nor false.")
    return words[str(value).lower()]


def _count(value, what: str = "n") -> int:
    number = _number(value, what)
    if number != int(number) or not 1 <= number <= MOST_ROWS:
        raise ValueError(f"{what} is {value}; expected a whole number from 1 to {MOST_ROWS}.")
    return int(number)


def _genes(genes: str | Sequence[str], side: str) -> list[str]:
    names = genes.replace(",", " ").replace(";", " ").split() if isinstance(genes, str) else listed(genes)
    if len(names) > MOST_GENES:
        raise ValueError(f"{side} has {len(names):,} genes; at most {MOST_GENES:,} are taken.")
    return [_short(name, f"a gene of {side}") for name in names]
