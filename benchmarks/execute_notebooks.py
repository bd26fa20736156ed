"""Execute notebooks as they are committed: measured data, figures as PNG, no progress bars.

Run as ``python benchmarks/execute_notebooks.py 02 03``. The folder is that of L1000_RNASEQ_DATA. The numbers
go to notebooks/results; trained models are kept in notebooks/work, which is not committed.
"""

import os
import shutil
import sys
from pathlib import Path

import nbformat
from l1000_rnaseq.reports.notebook_html import kernel_settings, without_progress
from l1000_rnaseq.reports.run_notebooks import choose_notebooks


def execute(path: Path) -> None:
    """Execute one notebook in its place, with the parameters that it names."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    metadata = {name: notebook.metadata[name] for name in ("kernelspec", "language_info")}
    metadata["language_info"] = {"name": "python", "version": notebook.metadata.language_info.version}
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=None, resources=resources, config=kernel_settings())
    done = without_progress(client.execute())
    for cell in done.cells:
        cell.metadata.pop("execution", None)
    done.metadata = nbformat.from_dict(metadata)
    nbformat.write(done, path)
    number = path.name[:2]
    results = path.parent / "results" / f"{number}.json"
    shutil.copy(path.parent / "work" / "results" / f"{number}.json", results)
    print(path.name, f"{path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    os.environ["PLOTLY_RENDERER"] = "png"
    for notebook in choose_notebooks(sys.argv[1:]):
        execute(notebook)
