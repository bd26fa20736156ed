"""The Appyter's notebook without its form: filled in, executed, and written as one HTML page."""

import shutil
import tempfile
from pathlib import Path

from appyter.context import get_env, get_jinja2_env
from appyter.render.nbconstruct import render_nb_from_nbtemplate
from nbformat import read, v4, write

from l1000_rnaseq.app.environment import environment
from l1000_rnaseq.app.form import choices
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.labels import RANKING_LABELS
from l1000_rnaseq.app.serve import NAME, copy_appyter
from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.reports.notebook_html import execute_notebook
from l1000_rnaseq.search.index import Index


def write_page(out: Path, query: GeneQuery, index: Path | None = None, progress: bool = False) -> str:
    """Fill in the notebook, run it and write the page.

    Parameters
    ----------
    out : path
        HTML file; it appears under this name only when whole.
    query : GeneQuery
        Its gene may be any name; a page on an unknown gene says so.
    index : path, optional
        The demo index when absent.
    progress : bool

    Returns
    -------
    str
        Why there is no answer, else "".

    Raises
    ------
    ValueError
        The form has no such choice, or the notebook failed.
    ModuleNotFoundError
        The extra `app` is not installed.
    """
    from l1000_rnaseq.app.page import GeneReport

    opened, fields = Index(index), query.as_form()
    held = output(out, inputs=[opened.path], begins=b"<!DOCTYPE html")
    with held as out, environment(index), tempfile.TemporaryDirectory(prefix="l1000-rnaseq-page-") as work:
        for name, column in (("type", "type"), ("cell", "cell_id"), ("time", "time")):
            offered = {value.lower(): value for value in choices(column)}
            asked = fields.get(name, "any")
            if asked.lower() not in offered:
                raise ValueError(f"{name} is {asked!r}; expected one of {', '.join(offered.values())}.")
            fields[name] = offered[asked.lower()]
        shown = fields | {"ranking": RANKING_LABELS[query.by]}
        folder = Path(work) / NAME
        copy_appyter(folder, opened)
        source = folder / f"{NAME}.ipynb"
        config = get_env(cwd=str(folder), ipynb=source.name, profile="biojupies", extras=[], debug=False)
        template = get_jinja2_env(config=config, context=shown)
        notebook = render_nb_from_nbtemplate(template, read(source, as_version=4), data=shown)
        filled = Path(work) / f"{NAME}_filled.ipynb"
        write(v4.upgrade(notebook), filled)
        page = execute_notebook(filled, Path(work) / "out", {}, progress=progress, hide_code=True)
        with atomic(out) as part:
            shutil.move(page, part)
    return GeneReport.of(index, **fields).problem
