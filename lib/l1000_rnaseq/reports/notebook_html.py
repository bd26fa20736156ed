"""Execute notebooks on a data folder and export them to self-contained HTML."""

import logging
import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError

from l1000_rnaseq.data.files.disk import write_bytes, write_text

log = logging.getLogger(__name__)
HIDDEN = ("hide-input", "parameters", "injected-parameters")
BROWSER = "choreographer.channels._errors.JSONError"
PROGRESS = re.compile(r"\d%\||\[\d+:\d\d")  # as tqdm writes: 12%|, or [00:31, where no end is known
# what is wider than the page scrolls: it is neither cut nor are its lines broken
STYLE = """<style>
.jp-OutputArea-output pre {white-space: pre; overflow-x: auto}
.jp-RenderedHTMLCommon, .jp-InputArea-editor, .highlight pre {overflow-x: auto}
</style>"""


def find_notebooks() -> list[Path]:
    """Return the numbered notebooks of this checkout, in order.

    Raises
    ------
    ValueError
        The package was installed without its checkout.
    """
    folder = Path(__file__).resolve().parents[3] / "notebooks"
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise ValueError(f"no notebooks at {folder}: clone the repository and run pip install -e . there.")
    return paths


def kernel_settings():
    """Return the settings of a notebook's kernel.

    What goes to and fro is encrypted, where ZeroMQ can. Where it cannot, the kernel's log says so. Else that
    log is off: at its end a kernel may call the client's interrupt an error. What a cell raises or prints
    does not go through it.
    """
    import zmq
    from traitlets.config import Config

    if not zmq.has("curve"):
        return Config()
    quiet = {"extra_arguments": ["--log-level=CRITICAL"]}
    return Config({"KernelManager": {"transport_encryption": "auto"}, "NotebookClient": quiet})


def execute_notebook(
    notebook: Path,
    out: Path,
    parameters: dict,
    timeout: int = 3600,
    progress: bool = True,
    hide_code: bool = False,
) -> Path:
    """Run a notebook top to bottom with parameters and write it, executed, as .ipynb and .html.

    Parameters
    ----------
    notebook : path
    out : path
        Folder for both files; made when absent.
    parameters : dict
        Values for its `parameters` cell, say DATA, OUT, SEED and FAST.
    timeout : int
        Seconds allowed to a single cell.
    progress : bool
        Show a progress bar over the cells.
    hide_code : bool
        Leave out the code of the page.

    Returns
    -------
    path of the HTML file; figures are live and need no network.

    Raises
    ------
    ValueError
        A cell failed; the message says which and why. The notebook as far as it ran is kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    executed, html = out / notebook.name, out / f"{notebook.stem}.html"
    renderer = os.environ.get("PLOTLY_RENDERER")
    # plotly.js goes into the page, which then works offline; the figure itself is for the front page
    os.environ["PLOTLY_RENDERER"] = "notebook+plotly_mimetype"
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="l1000-rnaseq-notebook-") as work:
        running = Path(work) / notebook.name
        try:
            papermill.execute_notebook(
                str(notebook),
                str(running),
                parameters=parameters,
                execution_timeout=timeout,
                progress_bar=progress,
                cwd=str(notebook.parent),
                config=kernel_settings(),
            )
        except PapermillExecutionError as error:
            write_bytes(executed, running.read_bytes())
            raise ValueError(
                f"{notebook.name} failed in cell {error.exec_count}: {error.ename}: {error.evalue} "
                f"The notebook as far as it came is {executed}."
            ) from error
        finally:
            if renderer is None:
                del os.environ["PLOTLY_RENDERER"]
            else:
                os.environ["PLOTLY_RENDERER"] = renderer
        write_bytes(executed, running.read_bytes())
    write_page(executed, html, hide_code)
    log.debug("%s took %.0f s", notebook.name, time.perf_counter() - begun)
    return html


def write_page(executed: Path, html: Path, hide_code: bool = False) -> None:
    """Export an executed notebook as one HTML file.

    The code of cells tagged `hide-input` is left out, and so are cells tagged `remove-cell`, the parameters
    and progress bars.
    """
    from traitlets.config import Config

    tags = {"enabled": True, "remove_cell_tags": ("remove-cell",), "remove_input_tags": HIDDEN}
    exporter = HTMLExporter(
        config=Config(TagRemovePreprocessor=tags),
        embed_images=True,
        exclude_input=hide_code,
        exclude_output_prompt=hide_code,
    )
    notebook = without_progress(nbformat.read(executed, as_version=4))
    notebook.metadata["title"] = first_line(notebook) or executed.stem
    page, _ = exporter.from_notebook_node(notebook)
    write_text(html, page.replace("</head>", f"{STYLE}</head>", 1))


def first_line(notebook) -> str:
    """Return the heading that a notebook begins with, without its marks; "" where it has no text."""
    text = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    return text.partition("\n")[0].lstrip("# ")


def without_progress(notebook):
    """Take progress bars, empty lines and the log of the drawing browser out of a notebook; return it.

    The browser that makes PNG files skips a message that it cannot read, and logs it with its traceback. A
    figure that could not be drawn is an error, which stays.
    """

    def is_progress(output) -> bool:
        text = output.get("text", "")
        noise = PROGRESS.search(text) or BROWSER in text or not text.strip()
        return output.get("name") == "stderr" and bool(noise)

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_progress(output)]
    return notebook
