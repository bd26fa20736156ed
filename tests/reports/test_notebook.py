"""The frame of a notebook: findings come to its top, figures say when their data were simulated."""

import json

import nbformat
import pytest
from l1000_rnaseq.evaluate.results import read_findings, read_run
from l1000_rnaseq.reports import notebook as frame
from l1000_rnaseq.reports.notebook import Notebook, duration, installed, start
from l1000_rnaseq.reports.notebook_html import execute_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FIRST = 'from l1000_rnaseq.reports.notebook import start\n\nrun = start("07", DATA, OUT, SEED, FAST)'
FIGURE = """import plotly.graph_objects as go

run.show(go.Figure(layout={"title": "Genes move"}))
run.finding(f"Of {6 * 7} genes, some move.")"""
LAST = 'run.results.add("genes", 42, 1, "run")\nrun.finish()'


@pytest.fixture(scope="module")
def executed(simulated_data, tmp_path_factory):
    """A small notebook as `notebooks` runs and exports it: its cells, its page, its output folder."""
    folder = tmp_path_factory.mktemp("run")
    code = {"parameters": 'DATA, OUT, SEED, FAST = "", "work", 0, False', "": FIRST}
    code |= {"hide-input": FIGURE, "remove-cell": LAST}
    cells = [new_markdown_cell("# 07 · A title\n\nA question?")]
    cells += [new_code_cell(source, metadata={"tags": [tag] if tag else []}) for tag, source in code.items()]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "07_small.ipynb")
    parameters = {"DATA": str(simulated_data), "OUT": str(folder / "work"), "SEED": 0, "FAST": True}
    page = execute_notebook(folder / "07_small.ipynb", folder / "pages", parameters, progress=False)
    done = nbformat.read(folder / "pages" / "07_small.ipynb", as_version=4)
    return done.cells, page.read_text(encoding="utf-8"), folder / "work"


def test_findings_noted_below_are_shown_at_the_top(executed):
    cells, page, _ = executed
    (begun,) = [cell for cell in cells if "= start(" in cell.source and cell.cell_type == "code"]
    (shown,) = begun.outputs
    text = shown["data"]["text/markdown"]
    assert text.startswith("**Key findings**\n\n1. Of 42 genes, some move.")
    assert "(simulated)" in text and "**SIMULATED data.**" in text and "**Fast settings.**" in text
    assert "This run took" in text and frame.WAITING not in text
    assert page.index("Of 42 genes") < page.index("Finding 1.")


def test_the_page_leaves_out_what_is_hidden(executed):
    _, page, _ = executed
    assert "results.add" not in page and "run.show" not in page and "Injected-Parameters" not in page
    assert "sha256" not in page


def test_a_figure_of_simulated_data_says_so(executed):
    figures = [o["data"] for cell in executed[0] for o in cell.get("outputs", []) if "data" in o]
    (figure,) = [data["application/vnd.plotly.v1+json"] for data in figures if len(data) > 2 or
                 "application/vnd.plotly.v1+json" in data]  # fmt: skip
    assert figure["layout"]["title"]["text"] == "SIMULATED · Genes move"


def test_results_have_the_findings_and_what_the_run_cost(executed):
    path = executed[2] / "results" / "07.json"
    assert read_findings(path) == ["Of 42 genes, some move."]
    assert set(read_run(path)) == {"seconds", "memory_gb"} and read_run(path)["memory_gb"] > 0.05
    assert json.loads(path.read_text())["results"][0]["name"] == "genes"


def test_measured_data_are_not_called_simulated(tmp_path, monkeypatch):
    import plotly.graph_objects as go

    shown = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure.layout.title.text))
    Notebook("01", tmp_path, tmp_path).show(go.Figure(layout={"title": "Genes move"}))
    assert shown == ["Genes move"]


def test_bundles_of_small_networks_have_their_own_name(tmp_path):
    fast = Notebook("01", tmp_path, tmp_path, 3, fast=True)
    assert fast.bundle_path("as_published", 3).name == "as_published-3-fast.h5"
    assert fast.bundle_path("best", 3).name == "best-3.h5"  # a closed form: nothing is small about it
    assert Notebook("01", tmp_path, tmp_path).bundle_path("as_published", 0).name == "as_published-0.h5"


def test_a_wrong_number_or_no_finding_is_told(simulated_data, tmp_path):
    with pytest.raises(ValueError, match="a notebook's number is two digits, as in 02; got '2'"):
        start("2", simulated_data)
    with pytest.raises(ValueError, match="notebook 02 has no finding"):
        Notebook("02", simulated_data, tmp_path).finish()


def test_times_are_for_people():
    assert [duration(s) for s in (0, 89.4, 91, 5399, 5400)] == ["0 s", "89 s", "2 min", "90 min", "1.5 h"]


def test_versions_are_those_of_what_is_installed():
    import numpy as np

    assert installed(["numpy", "a-package-that-is-not-there"]) == {"numpy": np.__version__}
