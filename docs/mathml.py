"""Formulas as MathML, which browsers draw themselves: no script, no network."""

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.util.docutils import SphinxTranslator


def _inline(translator: SphinxTranslator, node) -> None:
    translator.body.append(_mathml(node, block=False))
    raise nodes.SkipNode


def _displayed(translator: SphinxTranslator, node) -> None:
    translator.body.append(f'<div class="formula">{_mathml(node, block=True)}</div>')
    raise nodes.SkipNode


def _mathml(node, block: bool) -> str:
    return latex2mathml.tex2mathml(node.astext(), as_block=block)


def add_mathml(app) -> None:
    """Make "mathml" a name that `html_math_renderer` may have."""
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
