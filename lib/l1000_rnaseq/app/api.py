"""The JSON API beside the form: /api says what there is to ask."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial

from l1000_rnaseq import __version__
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.json_answers import (
    MOST_GENES,
    MOST_ROWS,
    about_index,
    complete,
    gene_answer,
    match_answer,
    search_answer,
)
from l1000_rnaseq.app.labels import RANKING_LABELS
from l1000_rnaseq.app.turns import Turns
from l1000_rnaseq.search.index import Index

AT_ONCE = 2  # answers that are computed at the same time
WAITING = 32  # that may wait for their turn; the next is refused
ENDPOINTS = {
    "GET /api": "This text.",
    "GET /api/gene/GENE": "Everything that the page of a gene shows. Parameters as for search, and compare.",
    "GET /api/search/GENE": "Which signatures move a gene. Parameters: direction (up, down, both), by "
    f"(log2fc, cd, rank), n (at most {MOST_ROWS}), and filters: cell, type, time, dose, perturbagen, source. "
    "Repeat one for several values. Give dose twice for a range.",
    "POST /api/match": "Which perturbagens move lists of genes. JSON: "
    '{"up": [genes], "down": [genes], "n": 10, "cell": "HT115"}, with the same filters. '
    f"At most {MOST_GENES:,} genes in a list.",
    "GET /api/genes?q=her": "Genes whose symbol or other name begins so.",
    "GET /api/check?gene=GENE": "Whether the form takes these fields, and what a name is taken for.",
}
# what a browser could take for a tag, should it ever read an answer as a page
ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
NO_OBJECT = 'The body is no JSON object of texts, numbers and lists, such as {"up": ["HMOX1", …]}.'


def api(index: Index):
    """Return the aiohttp application that answers under /api.

    An answer is a JSON object. What cannot be answered is {"error": sentence}, with status 400; 503 where too
    many wait.
    """
    from aiohttp import web

    app, turns = web.Application(), Turns(AT_ONCE, WAITING)

    async def about(_request):
        return _json({"l1000-rnaseq": __version__, **about_index(index), "ask": ENDPOINTS})

    def about_gene(answer: Callable[..., dict]):
        async def answered(request):
            chosen = _parameters(request.query, ("index", "gene"))
            return await _answered(turns, partial(answer, index, request.match_info["gene"], **chosen))

        return answered

    async def match(request):
        return await _answered(turns, partial(match_answer, index, **await _body(request)))

    async def genes(request):
        return await _answered(turns, lambda: {"genes": complete(index, request.query.get("q", ""))})

    async def check(request):
        return await _answered(turns, partial(checked, index, **_parameters(request.query)))

    app.router.add_get("", about)
    app.router.add_get("/", about)
    app.router.add_get("/gene/{gene}", about_gene(gene_answer))
    app.router.add_get("/search/{gene}", about_gene(search_answer))
    app.router.add_post("/match", match)
    app.router.add_get("/genes", genes)
    app.router.add_get("/check", check)
    return app


def checked(index: Index, **fields) -> dict:
    """Check the fields of the form; return the gene, and which names were taken for others.

    Raises
    ------
    ValueError
        A sentence for each field that is wrong (see `GeneQuery.from_form`).
    """
    by = {label: name for name, label in RANKING_LABELS.items()}
    ranking = fields.get("ranking", "log2fc")
    query = GeneQuery.from_form(index, **{**fields, "ranking": by.get(str(ranking), ranking)})
    names = filter(None, (str(fields.get(name, "")).strip() for name in ("gene", "compare")))
    return {"gene": query.gene, "taken_for": " ".join(filter(None, map(index.names.taken_for, names)))}


async def _answered(turns: Turns, question: Callable[[], dict]):
    if turns.full:
        return _json({"error": "Too many questions wait; ask again in a minute."}, 503, {"Retry-After": "60"})
    async with turns:
        try:
            return _json(await asyncio.to_thread(question))
        except ValueError as error:
            return _json({"error": str(error)}, 400)


def _parameters(query: Mapping, taken: tuple[str, ...] = ("index",)) -> dict[str, object]:
    """Return the parameters of an address; those that the address itself says already are refused."""
    given = {name: query.getall(name) for name in query}
    _refuse(given, taken)
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _refuse(given: Mapping, taken: tuple[str, ...] = ("index",)) -> None:
    from aiohttp import web

    if wrong := sorted(set(given) & set(taken)):
        said = {"error": f"{', '.join(wrong)} is no parameter here; leave it out."}
        raise web.HTTPBadRequest(text=_text(said), content_type="application/json")


async def _body(request) -> dict:
    from aiohttp import web

    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not all(
        isinstance(v, str | int | float | list | None) for v in body.values()
    ):
        said = {
            "error": 'The body is no JSON object of texts, numbers and lists, such as {"up": ["HMOX1", …]}.'
        }
        raise web.HTTPBadRequest(text=_text(said), content_type="application/json")
    _refuse(body)
    return body


def _text(answer: dict) -> str:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).translate(ESCAPES)


def _json(answer: dict, status: int = 200, headers: dict | None = None):
    from aiohttp import web

    return web.json_response(text=_text(answer), status=status, headers=headers)
