"""The frame of a notebook: one call to set it up, one to close it, findings shown at its top."""

import platform
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from l1000_rnaseq.data.cohorts import NON_COMMERCIAL, default_folder
from l1000_rnaseq.evaluate.results import Results
from l1000_rnaseq.reports.notebook_table import readable

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from l1000_rnaseq.translate.bundle import Bundle

LIBRARIES = ("l1000-rnaseq", "numpy", "pandas", "torch", "plotly")
WAITING = "*The key findings appear here when the last cell has run.*"
SIMULATED = "SIMULATED · "


def start(
    number: str, data: str | Path = "", out: str | Path = "work", seed: int = 0, fast: bool = False
) -> "Notebook":
    """Set up a notebook and reserve the place of its findings.

    Parameters
    ----------
    number : str
        The two digits of its file name.
    data : path
        A data folder; empty: the first that `default_folder` finds.
    out : path
        Folder for trained models and results; it may be absent.
    seed : int
    fast : bool
        Small networks and grids: to see whether everything runs.

    Returns
    -------
    Notebook

    Raises
    ------
    ValueError
        The number is not two digits, or there is no data folder.

    Examples
    --------
    >>> run = start("02", DATA, OUT, SEED, FAST)  # doctest: +SKIP
    """
    if not re.fullmatch(r"\d\d", number):
        raise ValueError(f"a notebook's number is two digits, as in 02; got {number!r}.")
    folder = default_folder(data)
    notebook = Notebook(number, folder, Path(out), seed, fast)
    notebook._place = _display(f"{notebook.setting()}\n\n{WAITING}", place=True)
    return notebook


@dataclass
class Notebook:
    """A notebook that runs.

    Attributes
    ----------
    number : str
        Its two digits.
    data, out : Path
        Data folder; folder for what is made.
    seed : int
    fast : bool
    simulated : bool
        The data folder was simulated.
    results : Results
        Its numbers, which `finish` writes to OUT/results/NN.json.
    findings : list of str
        Sentences, in the order in which they were found.
    """

    number: str
    data: Path
    out: Path
    seed: int = 0
    fast: bool = False
    findings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.simulated = (self.data / "planted_truth.json").is_file()
        self.results = Results(self.number, self.data.name, self.simulated)
        self._place, self._begun = None, time.perf_counter()

    def bundle(self, preset: str, seed: int | None = None, progress: bool = True) -> "Bundle":
        """Load a translator of OUT/bundles; train it on the data folder where it is missing.

        Samples under a non-commercial licence (D2H2) are left out, and so are the paired cell lines.
        """
        from l1000_rnaseq.translate.training.train import load_or_train

        seed = self.seed if seed is None else seed
        options = {"exclude_processing": NON_COMMERCIAL, "small_settings": self.fast, "progress": progress}
        return load_or_train(self.data, self.bundle_path(preset, seed), preset, seed, **options)

    def bundle_path(self, preset: str, seed: int) -> Path:
        """Return where `bundle` keeps a translator; it need not be there yet."""
        from l1000_rnaseq.translate.presets import has_small_settings

        ending = "-fast" if self.fast and has_small_settings(preset) else ""
        return self.out / "bundles" / f"{preset}-{seed}{ending}.h5"

    def show(self, figure: "go.Figure", of_folder: bool = True) -> None:
        """Show a figure. Its title begins with SIMULATED where the data are.

        Parameters
        ----------
        figure : plotly Figure
        of_folder : bool
            It shows data of the folder, and not the measured index that ships.
        """
        if self.simulated and of_folder:
            figure.update_layout(title_text=SIMULATED + (figure.layout.title.text or ""))
        figure.show()

    def table(self, table: "pd.DataFrame", rows: int = 20, digits: int = 3) -> None:
        """Show a table with its columns in words, the first `rows` of it (see `notebook_table.readable`)."""
        from IPython.display import display  # with the extra `notebooks`

        display(readable(table, rows, digits))

    def finding(self, sentence: str) -> None:
        """Show a sentence here, and again among the key findings at the top."""
        self.findings.append(sentence)
        _display(f"**Finding {len(self.findings)}.** {sentence}")

    def say(self, sentence: str) -> None:
        """Show a sentence whose numbers come from this run."""
        _display(sentence)

    def setting(self) -> str:
        """Return what this run is of: data folder, settings, versions; as Markdown."""
        kind = "simulated" if self.simulated else "measured"
        versions = ", ".join(f"{name} {number}" for name, number in installed(LIBRARIES).items())
        lines = [
            f"*Data folder “{self.data.name}” ({kind}). Python {platform.python_version()}, {versions}.*"
        ]
        if self.simulated:
            lines.append(
                "**SIMULATED data.** Numbers are those of this run. Text and titles describe measured data "
                "and need not fit here."
            )
        if self.fast:
            lines.append("**Fast settings.** Networks and grids are small: a test, not a result.")
        return "\n\n".join(lines)

    def finish(self) -> None:
        """Write the numbers and the findings to OUT/results/NN.json; show the findings at the top.

        Raises
        ------
        ValueError
            No finding was noted.
        """
        if not self.findings:
            raise ValueError(f"notebook {self.number} has no finding; note one with finding(sentence).")
        seconds, memory = time.perf_counter() - self._begun, peak_memory()
        self.results.findings = self.findings
        self.results.run = {"seconds": round(seconds), "memory_gb": memory and round(memory, 1)}
        cost = f"This run took {duration(seconds)}" + (f" and {memory:.1f} GB of memory." if memory else ".")
        listed = "\n".join(f"{number}. {text}" for number, text in enumerate(self.findings, start=1))
        text = f"**Key findings**\n\n{listed}\n\n{self.setting()}\n\n*{cost}*"
        _display(text, update=self._place)
        print(self.results.save(self.out / "results"))


def installed(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages, those that are not installed left out."""
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def duration(seconds: float) -> str:
    """Write a time for people: 40 s, 3 min, 1.5 h.

    Examples
    --------
    >>> duration(40), duration(190), duration(5400)
    ('40 s', '3 min', '1.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def peak_memory() -> float | None:
    """Return the most memory that this process has held, in GB; None where the system does not tell."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    size = getrusage(RUSAGE_SELF).ru_maxrss
    return size / 1e9 if sys.platform == "darwin" else size * 1024 / 1e9


def _display(text: str, place: bool = False, update=None):
    """Show Markdown, as a handle that can be changed later or in the place of one."""
    from IPython.display import Markdown, display  # with the extra `notebooks`

    if update is not None:
        return update.update(Markdown(text))
    return display(Markdown(text), display_id=place or None)
