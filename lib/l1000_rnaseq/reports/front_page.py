"""The front page of the exported notebooks: title, question, headline numbers, one live figure each."""

import re
from html import escape
from pathlib import Path

import nbformat
import pandas as pd

from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.evaluate.results import read_findings, read_results
from l1000_rnaseq.reports.notebook_html import first_line

PLOTLY = "application/vnd.plotly.v1+json"
STYLE = """
body{font-family:Arial,Helvetica,sans-serif;color:#222;max-width:66em;margin:2em auto;padding:0 1em}
section{border-top:1px solid #ccc;padding:.6em 0 1.4em;line-height:1.45}
table{border-collapse:collapse;font-size:90%;margin:.6em 0}
td,th{border-bottom:1px solid #ddd;padding:.25em .8em;text-align:left}
td.n{font-variant-numeric:tabular-nums;text-align:right}
.figure{overflow-x:auto}
"""


def write_front_page(folder: Path, notebooks: list[Path], results: Path, data: str) -> Path:
    """Write index.html over executed notebooks.

    Parameters
    ----------
    folder : path
        Has NAME.ipynb (executed) and NAME.html of each notebook.
    notebooks : list of path
        Their names.
    results : path
        Folder of the NN.json files that the notebooks wrote. Without its file a notebook has no numbers.
    data : str
        Name of the data folder, for the heading.

    Returns
    -------
    path of the page, which needs no network.
    """
    from plotly.offline import get_plotlyjs

    sections = "".join(_section(Path(folder) / path.name, Path(results)) for path in notebooks)
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Reports on {escape(data)}</title>'
        f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body><h1>Reports on the data folder "
        f"“{escape(data)}”</h1>{sections}</body></html>"
    )
    target = Path(folder) / "index.html"
    write_text(target, page)
    return target


def _section(executed: Path, results: Path) -> str:
    notebook = nbformat.read(executed, as_version=4)
    cells, title = notebook.cells, first_line(notebook)
    first = next(cell.source for cell in cells if cell.cell_type == "markdown")
    question = " ".join(first.split("\n\n| ")[0].splitlines()[1:]).strip()
    name = escape(executed.stem)
    heading = f'<h2><a href="{name}.html">{escape(title)}</a></h2><p>{_plain(question)}</p>'
    path = results / f"{executed.name[:2]}.json"
    return f'<section id="{name}">{heading}{_findings(path)}{_numbers(path)}{_figure(cells)}</section>'


def _findings(path: Path) -> str:
    found = read_findings(path) if path.is_file() else []
    items = "".join(f"<li>{_plain(sentence)}</li>" for sentence in found)
    return f"<ul>{items}</ul>" if items else ""


def _plain(markdown: str) -> str:
    """Return a sentence without the marks of code and bold, escaped."""
    return escape(re.sub(r"`([^`]*)`|\*\*(.*?)\*\*", lambda m: m[1] or m[2], markdown))


def _numbers(path: Path) -> str:
    if not path.is_file():
        return ""
    table = read_results(path)
    head = "".join(f"<th>{name}</th>" for name in ("", "value", "95 % interval", "published", "n"))
    body = ""
    for name, row in table[table["headline"]].iterrows():
        has_interval = row[["low", "high"]].notna().all()
        interval = f"{row['low']:.3g} to {row['high']:.3g}" if has_interval else ""
        published = "" if pd.isna(row["published"]) else f"{row['published']:.3g}"
        value = "" if pd.isna(row["value"]) else f"{row['value']:.3g}"
        body += (
            f'<tr><td>{escape(name)}</td><td class="n">{value}</td><td class="n">{interval}</td>'
            f'<td class="n">{published}</td><td>{row["n"]:,} {escape(row["unit"])}</td></tr>'
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _figure(cells: list) -> str:
    """Return the figure of the cell tagged `headline`, else the first one, as a live plot."""
    tagged = sorted(cells, key=lambda cell: "headline" not in cell.metadata.get("tags", []))
    for cell in tagged:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                return _live(output["data"][PLOTLY])
    return ""


def _live(figure: dict) -> str:
    from plotly.graph_objects import Figure

    content = {name: figure[name] for name in ("data", "layout") if name in figure}
    html = Figure(content, skip_invalid=True).to_html(full_html=False, include_plotlyjs=False)
    return f'<div class="figure">{html}</div>'
