"""The notebook contract of the house, and a run of every notebook on a simulated folder."""

import json
import os
import re
import statistics
from pathlib import Path

import nbformat
import pytest

PLAIN = re.compile(r"#|import |from \S+ import ")
NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def cells(path: Path, kind: str) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def code_lines(cell) -> list[str]:
    """Lines of a cell that are no comment, no import and not empty."""
    return [line for line in map(str.strip, cell.source.splitlines()) if line and not PLAIN.match(line)]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_opens_with_a_title_a_question_and_a_table(notebook):
    first = cells(notebook, "markdown")[0].source
    assert re.match(rf"# {notebook.stem[:2]} · ", first)
    assert "?" in first
    assert "| In | Out | time | paper figures |" in first


def test_one_cell_is_tagged_parameters(notebook):
    tagged = [c for c in cells(notebook, "code") if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    names = [line.split("=")[0].strip() for line in code_lines(tagged[0])]
    assert names == ["DATA", "OUT", "SEED", "FAST"]


def test_the_first_code_cell_names_the_versions(notebook):
    printed = "".join(output.get("text", "") for output in cells(notebook, "code")[0].outputs)
    assert all(name in printed for name in ("python", "l1000-rnaseq", "numpy", "pandas", "torch"))


def test_code_cells_are_short_and_plain(notebook):
    code = cells(notebook, "code")
    lengths = [len(code_lines(cell)) for cell in code]
    assert statistics.median(lengths) <= 6
    assert max(lengths) <= 20
    for cell in code:
        assert not re.search(r"^\s*[!%]|sys\.path|\bdisplay\(|renderers", cell.source, re.M), cell.source


def test_no_function_is_defined_to_be_used_twice(notebook):
    source = "\n".join(cell.source for cell in cells(notebook, "code"))
    for name in re.findall(r"^\s*def (\w+)", source, re.M):
        assert len(re.findall(rf"\b{name}\b", source)) <= 2, f"{name} belongs into the library"


def test_it_closes_with_findings_and_asserts(notebook):
    assert any(re.search(r"^## Findings$", cell.source, re.M) for cell in cells(notebook, "markdown"))
    assert "assert " in cells(notebook, "code")[-1].source


def test_it_was_executed_without_an_error(notebook):
    code = cells(notebook, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [o for cell in code for o in cell.outputs if o.output_type == "error"]
    shown = [o.get("data", {}) for cell in code for o in cell.outputs]
    assert any("image/png" in data for data in shown), "no figure for GitHub"


def test_it_is_small_and_names_no_place_of_a_machine(notebook):
    text = notebook.read_text()
    assert len(text) < 1_000_000
    assert "papermill" not in json.loads(text)["metadata"]
    assert not re.search(r"(?<![\w.])/(?:work|tmp|root|home|Users|usr|opt|mnt)/", text)


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """One output folder for all, as for a reader who runs them in turn: bundles are trained once."""
    return tmp_path_factory.mktemp("out")


def test_it_runs_on_a_simulated_folder(notebook, simulated_data, out, monkeypatch):
    from nbclient import NotebookClient
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    # one thread: networks this small wait for each other on more
    settings = {"PLOTLY_RENDERER": "json", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    for name, value in settings.items():
        monkeypatch.setitem(os.environ, name, value)
    parameters = {"DATA": str(simulated_data), "OUT": str(out), "SEED": 0, "FAST": True}
    ready = parameterize_notebook(load_notebook_node(str(notebook)), parameters)
    done = NotebookClient(ready, timeout=500, kernel_name="python3").execute()
    assert all(cell.execution_count for cell in done.cells if cell.cell_type == "code")
