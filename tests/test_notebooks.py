"""The notebook contract of the house, and a run of every notebook on a simulated folder."""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from l1000_rnaseq.evaluate.results import read_findings
from l1000_rnaseq.reports.notebook_html import PROGRESS

PLAIN = re.compile(r"#|import |from \S+ import |\)$|\]$|\}$")
FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
HIDDEN = {"hide-input", "remove-cell", "parameters"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


@pytest.fixture
def cells(notebook) -> list:
    return nbformat.read(notebook, as_version=4).cells


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code(cells: list) -> list:
    return [cell for cell in cells if cell.cell_type == "code"]


def seen(cells: list) -> list:
    """Return the code cells whose code a reader of the page sees."""
    return [cell for cell in code(cells) if not tags(cell) & HIDDEN]


def prose(cells: list) -> str:
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def code_lines(cell) -> list[str]:
    """Lines of a cell that are no comment, no import, no closing bracket and not empty."""
    return [line for line in map(str.strip, cell.source.splitlines()) if line and not PLAIN.match(line)]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 11


def test_it_opens_with_a_title_a_question_and_its_findings(notebook, cells):
    assert cells[0].cell_type == "markdown"
    assert re.match(rf"# {notebook.stem[:2]} · ", cells[0].source) and "?" in cells[0].source
    assert [cell.cell_type for cell in cells[1:3]] == ["code", "code"]
    assert f'run = start("{notebook.stem[:2]}", DATA, OUT, SEED, FAST)' in cells[2].source
    (output,) = cells[2].outputs
    shown = output["data"]["text/markdown"]
    findings = read_findings(FOLDER / "results" / f"{notebook.stem[:2]}.json")
    assert shown.startswith("**Key findings**") and len(findings) >= 2
    assert all(f"{number}. {finding}" in shown for number, finding in enumerate(findings, start=1))
    assert all(re.search(r"\d", finding) for finding in findings), "a finding has a number of this run"


def test_it_says_what_it_needs(cells):
    assert cells[3].source.startswith("## What it needs\n")
    assert "| data | writes | time and memory | figures of the papers |" in cells[3].source


def test_one_cell_has_the_parameters(cells):
    (parameters,) = [cell for cell in code(cells) if "parameters" in tags(cell)]
    assert parameters is cells[1]
    names = [line.split("=")[0].strip() for line in code_lines(parameters)]
    assert names == ["DATA", "OUT", "SEED", "FAST"]


def test_its_prose_is_more_than_its_code(cells):
    """Ten words for each line of code that a reader sees; two code cells in a row at most."""
    words = len(prose(cells).split())
    lines = sum(len(code_lines(cell)) for cell in seen(cells))
    assert words >= 10 * lines, f"{words} words, {lines} lines of code"
    in_a_row = 0
    for cell in cells[3:]:
        if cell.cell_type == "markdown" or tags(cell) & HIDDEN:
            in_a_row = 0
        else:
            in_a_row += 1
        assert in_a_row <= 2, cell.source


def test_its_code_is_short_and_plain(cells):
    for cell in seen(cells):
        assert len(code_lines(cell)) <= 12, cell.source
        assert not re.search(r"^\s*(def|for|while|class|assert) ", cell.source, re.M), (
            f"functions and loops belong into the library, asserts into the last cell: {cell.source}"
        )
    for cell in code(cells):
        assert not re.search(r"^\s*[!%]|sys\.path|\bdisplay\(|renderers|(?<!run)\.show\(", cell.source, re.M)


def test_no_number_of_a_run_is_written_by_hand(cells):
    """A decimal number in the text is the paper's, a setting, or of a table that says so."""
    for paragraph in re.split(r"\n\s*\n", prose(cells)):
        if re.search(r"publish|paper|setting|doi", paragraph, re.I):
            continue
        assert not re.search(r"(?<![\w.])\d*\.\d+|\d ?%", paragraph), paragraph


def test_it_closes_with_its_bookkeeping_hidden(cells):
    last = cells[-1]
    assert last.cell_type == "code" and "remove-cell" in tags(last)
    assert "run.finish()" in last.source and "assert " in last.source


def test_its_tables_name_their_columns_in_words(cells):
    for cell in code(cells):
        for output in cell.outputs:
            page = "".join(output.get("data", {}).get("text/html", ""))
            for head in re.findall(r"<thead>(.*?)</thead>", page, re.S):
                names = re.findall(r"<th[^>]*>([^<]*)</th>", head)
                assert not [name for name in names if "_" in name], names
            assert page.count("<tr") <= 31, f"{page.count('<tr')} rows: {cell.source}"


def test_it_was_executed_without_an_error(cells):
    assert [cell.execution_count for cell in code(cells)] == list(range(1, len(code(cells)) + 1))
    outputs = [output for cell in code(cells) for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or PROGRESS.search(o.get("text", ""))]
    assert any("image/png" in o.get("data", {}) for o in outputs), "no figure for GitHub"


def test_it_is_small_and_names_no_place_of_a_machine(notebook):
    text = notebook.read_text()
    assert len(text) < 1_000_000
    assert "papermill" not in json.loads(text)["metadata"]
    assert not re.search(r"(?<![\w.])/(?:work|tmp|root|home|Users|usr|opt|mnt)/", text)


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """One output folder for all, as for a reader who runs them in turn: bundles are trained once."""
    return tmp_path_factory.mktemp("out")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
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
    assert all(cell.execution_count for cell in code(done.cells))
    shown = [
        output["data"]["application/json"]["layout"]["title"]["text"]
        for cell in code(done.cells)
        for output in cell.outputs
        if "application/json" in output.get("data", {}) and "of_folder=False" not in cell.source
    ]
    assert all(title.startswith("SIMULATED") for title in shown), shown
