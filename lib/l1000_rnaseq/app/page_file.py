"""The Appyter's notebook without its form: filled in, executed, and written as one HTML page."""

import os
import shutil
import tempfile
from pathlib import Path

from appyter.context import get_env, get_jinja2_env
from appyter.render.nbconstruct import render_nb_from_nbtemplate
from nbformat import read, v4, write

from l1000_rnaseq.app.form import choices
from l1000_rnaseq.app.serve import NAME, prepare
from l1000_rnaseq.reports.notebook_html import execute_notebook
from l1000_rnaseq.search.index import Index


def write_report(out: Path, index: Path | None = None, progress: bool = False, **fields) -> str:
    """Fill in the notebook, run it and write the page.

    Parameters
    ----------
    out : path
        HTML file; it appears under this name only when whole.
    index : path, optional
        The demo index when absent.
    progress : bool
    **fields
        Of the form (see `GeneQuery.from_form`); absent ones take the form's defaults.

    Returns
    -------
    str
        Why there is no answer, else "".

    Raises
    ------
    ValueError
        The notebook failed.
    ModuleNotFoundError
        The extra `app` is not installed.
    """
    from l1000_rnaseq.app.page import GeneReport

    out = Path(out)
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent} to write to; make it first.")
    if index:
        os.environ["L1000_RNASEQ_INDEX"] = str(Path(index).resolve())
    for name, column in (("type", "type"), ("cell", "cell_id")):
        offered = choices(column)
        if fields.get(name, offered[0]) not in offered:
            raise ValueError(f"{name} is {fields[name]!r}; expected one of {', '.join(offered)}.")
    with tempfile.TemporaryDirectory(prefix="l1000-rnaseq-report-") as work:
        folder = Path(work) / NAME
        prepare(folder, Index.open(index))
        source = folder / f"{NAME}.ipynb"
        config = get_env(cwd=str(folder), ipynb=source.name, profile="biojupies", extras=[], debug=False)
        environment = get_jinja2_env(config=config, context=fields)
        notebook = render_nb_from_nbtemplate(environment, read(source, as_version=4), data=fields)
        filled = Path(work) / f"{NAME}_filled.ipynb"
        write(v4.upgrade(notebook), filled)
        page = execute_notebook(filled, Path(work) / "out", {}, progress=progress, hide_code=True)
        shutil.move(page, out)
    return GeneReport.of(index, **fields).problem
