"""The front page of the reports: titles, numbers, live figures; opened in chromium without a network."""

from pathlib import Path

import nbformat
import pytest
import zmq
from l1000_rnaseq.evaluate.results import Results
from l1000_rnaseq.reports.front_page import write_front_page
from l1000_rnaseq.reports.notebook_html import execute_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FIGURE = """import plotly.graph_objects as go

go.Figure(go.Scatter(x=[1, 2, 3], y=[{y}, 5, 6])).show()"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> Path:
    """Two small notebooks, executed and exported as `reports` does it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("reports")
    for name in ("01_one", "02_two"):
        lead = new_code_cell(FIGURE.format(y=9))
        lead.metadata["tags"] = ["headline"]
        title = f"# {name[:2]} · A <b>title</b>?"
        first = new_markdown_cell(f"{title}\n\nA question about `x`?\n\n| In | Out |\n|---|---|")
        cells = [first, new_code_cell(FIGURE.format(y=4)), lead]
        cells[1].metadata["tags"] = ["parameters"]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), source / f"{name}.ipynb")
        execute_notebook(source / f"{name}.ipynb", out, {}, progress=False)
    results = Results("01", "data", False)
    results.add("correlation <i>", 0.8765, 9, "lines", 0.8, 0.9, published=0.914, headline=True)
    results.add("not on the front page", 0.1, 9, "lines")
    results.save(out / "work" / "results")
    write_front_page(out, sorted(source.glob("*.ipynb")), out / "work" / "results", "da&ta")
    return out


def test_every_notebook_has_its_title_question_and_numbers(reports):
    page = (reports / "index.html").read_text()
    assert page.count("<section") == 2 and "da&amp;ta" in page and not list(reports.glob("*.part"))
    assert '<a href="01_one.html">01 · A &lt;b&gt;title&lt;/b&gt;?</a>' in page
    assert "A question about x?" in page and "| In |" not in page
    assert "correlation &lt;i&gt;" in page and "0.8 to 0.9" in page and "9 lines" in page and "0.914" in page
    assert "not on the front page" not in page


def test_the_page_works_in_a_browser_without_a_network(reports, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((reports / "index.html").as_uri())
    page.wait_for_selector(".js-plotly-plot .main-svg")
    plots = page.locator(".js-plotly-plot")
    assert plots.evaluate_all("all => all.map(plot => plot.data[0].y[0])") == [
        9,
        9,
    ]  # the cells tagged headline, not the first figures
    page.click("text=01 · A")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    assert page.locator(".js-plotly-plot").count() == 2
    assert page.title() == "01 · A <b>title</b>?"


@pytest.mark.skipif(not zmq.has("curve"), reason="this ZeroMQ cannot encrypt, so the kernel's log is on")
def test_the_log_of_a_kernel_is_not_shown(tmp_path, capfd):
    logged = 'get_ipython().kernel.log.error("the client interrupts")'
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = tmp_path / "source" / "01_log.ipynb"
    path.parent.mkdir()
    nbformat.write(new_notebook(cells=[new_code_cell(logged)], metadata=kernel), path)
    execute_notebook(path, tmp_path / "out", {}, progress=False)
    assert "the client interrupts" not in capfd.readouterr().err


def test_what_the_drawing_browser_logs_is_left_out_and_errors_stay():
    import nbformat
    from l1000_rnaseq.reports.notebook_html import BROWSER, without_progress

    texts = [f"JSONError decoding message. Ignoring\n{BROWSER}\n", "a warning\n"]
    outputs = [nbformat.v4.new_output("stream", name="stderr", text=text) for text in texts]
    outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue=BROWSER, traceback=[]))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs)])
    assert without_progress(notebook).cells[0].outputs == outputs[1:]
