"""HTML of the result page: everything that comes from a user or an index is escaped here, and only here."""

from base64 import b64encode
from html import escape
from importlib import resources
from urllib.parse import quote

import pandas as pd


def _asset(name: str) -> str:
    return (resources.files("l1000_rnaseq") / "assets" / name).read_text(encoding="utf-8")


STYLE = f"<style>{_asset('page.css')}</style>"
SCRIPT = f"<script>{_asset('page.js')}</script>"


class Html(str):
    """Text that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


def card(
    text: str,
    badge: tuple[str, str] | None = None,
    problem: bool = False,
    link: tuple[str, str] | None = None,
) -> Html:
    """Return a box with escaped text, a badge (label, colour) before it, a link (label, address) after."""
    mark, after = "", ""
    if link:
        after = f' <a href="{escape(link[1])}" target="_blank" rel="noopener">{escape(link[0])}</a>'
    if badge:
        mark = f'<span class="l1k-badge" style="background:{badge[1]}">{escape(badge[0])}</span>'
    kind = "l1k-card l1k-problem" if problem else "l1k-card"
    role = ' role="alert"' if problem else ""
    return Html(f'{STYLE}<div class="{kind}"{role}>{mark}{escape(text)}{after}</div>')


def table(rows: pd.DataFrame, title: str, name: str, links: dict[str, str] | None = None) -> Html:
    """Return a table that sorts by its headers and searches as one types, with its row count.

    Parameters
    ----------
    rows : DataFrame
        Shown as it is; numbers keep their full value for sorting.
    title : str
    name : str
        Letters that tell its search box from others of the page.
    links : dict, optional
        Column → address, with {} for the quoted value.
    """
    links = links or {}
    names = [str(column) for column in rows.columns]
    heads = "".join(f'<th scope="col"><button type="button">{escape(n)}</button></th>' for n in names)
    body = ""
    for row in rows.itertuples(index=False):
        cells = (_cell(value, links.get(column)) for column, value in zip(names, row, strict=True))
        body += f"<tr>{''.join(cells)}</tr>"
    return Html(
        f'<div class="l1k-box" id="{escape(name)}"><h4>{escape(title)}</h4><label>Find in this table: '
        f'<input class="l1k-find" type="search"></label> <span class="l1k-count" aria-live="polite">'
        f"{len(rows)} of {len(rows)} rows</span>"
        f'<div class="l1k-scroll" tabindex="0"><table class="l1k-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></div>{SCRIPT}"
    )


def _cell(value, link: str | None) -> str:
    if isinstance(value, float):
        shown = "" if pd.isna(value) else f"{value:.4g}"
        return f'<td data-v="{"" if pd.isna(value) else repr(value)}">{shown}</td>'
    text = escape(str(value))
    if link and text:
        address = escape(link.format(quote(str(value), safe="")))
        text = f'<a href="{address}" target="_blank" rel="noopener">{text}</a>'
    return f"<td>{text}</td>"


def downloads(files: dict[str, str], what: str) -> Html:
    """Return links that hold the files themselves (name → text)."""
    links = " · ".join(
        f'<a download="{escape(name)}" href="data:text/plain;charset=utf-8;base64,'
        f'{b64encode(text.encode()).decode()}">{escape(name)}</a>'
        for name, text in files.items()
    )
    return Html(f'<div class="l1k-card">Download: {links}<br>{escape(what)}</div>')


def footer(facts: dict[str, str], python: str, command: str) -> Html:
    """Return the end of a report: facts, and how to ask the same again."""
    listed = " · ".join(f"{escape(name)}: {escape(str(value))}" for name, value in facts.items())
    return Html(
        f'<div class="l1k-foot"><p>{listed}</p><p>The same in Python:</p><pre>{escape(python)}</pre>'
        f"<p>and on the command line:</p><pre>{escape(command)}</pre></div>"
    )
