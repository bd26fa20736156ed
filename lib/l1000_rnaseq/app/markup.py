"""A gene's card as HTML: it travels as JSON and is drawn by the scripts in `assets`, which escape it."""

import json
from functools import cache
from html import escape
from importlib import resources

from l1000_rnaseq.app.environment import plotly_is_served

SCRIPTS = ("page_tables.js", "page_figures.js", "page_several.js", "page.js")
STYLE = "page.css"


class Html(str):
    """Text that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


@cache
def asset(name: str) -> str:
    """Return a text file of `assets`."""
    return (resources.files("l1000_rnaseq") / "assets" / name).read_text(encoding="utf-8")


def as_script(value) -> str:
    r"""Return JSON that can be written into a script: nothing in it ends the script or begins a comment.

    Examples
    --------
    >>> as_script({"gene": "</script>"})
    '{"gene":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page(card: dict) -> Html:
    """Return a card as HTML for a notebook; its figures wait for `plotly`.

    Parameters
    ----------
    card : dict
        Of `gene_card`, or with `problem`: why there is none.
    """
    scripts = "\n".join(map(asset, SCRIPTS))
    return Html(
        f'<style>{asset(STYLE)}</style><div class="l1k" id="l1k-page"></div>'
        f'<script>{scripts}\nl1000.show("l1k-page", {as_script(card)});</script>'
    )


SERVED = "<script>l1000.plotlyIsHere();</script>"
"""What a page has in place of plotly.js where the server sends that once for all pages."""


def plotly() -> Html:
    """Return Plotly's script, 4.8 MB, which draws the figures of the page that it is in; or `SERVED`."""
    if plotly_is_served():
        return Html(SERVED)
    return Html(f"<script>{plotly_script()}\nl1000.plotlyIsHere();</script>")


def plotly_script() -> str:
    """Return plotly.js so that it is `window.Plotly`, also where a page has a loader of modules."""
    from plotly.offline import get_plotlyjs

    return f"(function(define, exports, module) {{{get_plotlyjs()}\n}}).call(window);"


def document(card: dict) -> str:
    """Return a card as a whole HTML page that needs no server and no network."""
    gene = card["gene"]["symbol"] if "gene" in card else "No answer"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(gene)}</title></head>'
        f"<body>{page(card)}{plotly()}</body></html>\n"
    )
