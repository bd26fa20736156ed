"""The numbers of a notebook as a file: each with its n, its interval and the published value."""

import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.disk import write_text

COLUMNS = ["name", "value", "low", "high", "n", "unit", "published", "headline"]


@dataclass
class Results:
    """Numbers in the order in which they were added.

    Attributes
    ----------
    notebook : str
        Its two digits.
    data : str
        Name of the data folder.
    simulated : bool
    rows : list of dict
        Keys of `COLUMNS`.
    findings : list of str
        Sentences for the top of the notebook.
    run : dict
        seconds and memory_gb of the run that gave the numbers.
    """

    notebook: str
    data: str
    simulated: bool
    rows: list[dict] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    run: dict = field(default_factory=dict)

    def add(
        self,
        name: str,
        value: float,
        n: int,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        published: float | None = None,
        headline: bool = False,
    ) -> None:
        """Add one number.

        Parameters
        ----------
        name : str
            Unique in the file.
        value : float
        n : int
            How many independent things the number is of.
        unit : str
            What n counts: "wells", "lines", ….
        low, high : float, optional
            95 % interval.
        published : float, optional
            The paper's value of the same quantity, on its own data.
        headline : bool
            Shown on the front page of the reports.

        Raises
        ------
        ValueError
            The name is there already.
        """
        if any(row["name"] == name for row in self.rows):
            raise ValueError(
                f"results of notebook {self.notebook}: {name!r} is there already; name it otherwise."
            )
        ends = (None if end is None else _rounded(end) for end in (value, low, high))
        row = dict(zip(COLUMNS, (name, *ends, int(n), unit, published, bool(headline)), strict=True))
        self.rows.append(row)

    def add_table(
        self, table: pd.DataFrame, n: int, unit: str, interval: dict[str, tuple] | None = None
    ) -> None:
        """Add every finite number of a table (index and column make the name).

        Parameters
        ----------
        table : DataFrame
        n, unit
            As in `add`.
        interval : dict, column → (low column, high column), optional
            Columns that are the ends of an interval, not numbers to add.
        """
        interval = interval or {}
        ends = {name for pair in interval.values() for name in pair}
        for key, row in table.iterrows():
            parts = [str(part) for part in (key if isinstance(key, tuple) else (key,))]
            for column in table.columns:
                value = row[column]
                if column in ends or not isinstance(value, int | float) or not math.isfinite(value):
                    continue
                low, high = (row[end] for end in interval[column]) if column in interval else (None, None)
                self.add(", ".join([*parts, str(column)]), float(value), n, unit, low, high)

    def table(self) -> pd.DataFrame:
        """Return the numbers as a table."""
        return pd.DataFrame(self.rows, columns=COLUMNS).set_index("name")

    def save(self, folder: Path) -> str:
        """Write NN.json into a folder, made when absent; return a line with its digest."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        content = {"notebook": self.notebook, "data": self.data, "simulated": self.simulated}
        if self.findings:
            content["findings"] = self.findings
        text = _as_text(content | {"results": self.rows} | ({"run": self.run} if self.run else {}))
        write_text(folder / f"{self.notebook}.json", text + "\n")
        return f"results/{self.notebook}.json: {len(self.rows)} numbers, sha256 {digest(text)}"


def table_of(rows: dict, names: list[str]) -> pd.DataFrame:
    """Make a table of rows under their keys; counts stay whole numbers.

    Parameters
    ----------
    rows : dict, key → dict, column → value
        A key is a tuple with one part for each name, or with one name the part itself.
    names : list of str
        Of the index levels.

    Examples
    --------
    >>> table_of({("A549", "landmarks"): {"r": 0.5, "genes": 3}}, ["line", "space"])["genes"].tolist()
    [3]
    """
    keys = [key if isinstance(key, tuple) else (key,) for key in rows]
    parts = [[key[level] for key in keys] for level in range(len(names))]
    index = (
        pd.MultiIndex.from_arrays(parts, names=names) if len(names) > 1 else pd.Index(parts[0], name=names[0])
    )
    return pd.DataFrame(list(rows.values()), index=index)


def digest(text: str) -> str:
    """Return the first 16 digits of the sha256 of a results file; time and memory of the run do not count."""
    content = json.loads(text)
    content.pop("run", None)
    return hashlib.sha256(_as_text(content).encode()).hexdigest()[:16]


def _as_text(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)


def read_findings(path: Path) -> list[str]:
    """Return the findings of a file that `Results.save` wrote; none where it has none."""
    return json.loads(Path(path).read_text(encoding="utf-8")).get("findings", [])


def read_run(path: Path) -> dict:
    """Return seconds and memory_gb of the run that wrote a results file; empty where it does not tell."""
    return json.loads(Path(path).read_text(encoding="utf-8")).get("run", {})


def read_results(path: Path) -> pd.DataFrame:
    """Return the numbers of a file that `Results.save` wrote: name × the other columns.

    Raises
    ------
    ValueError
        There is no such file, or it has no results.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} has no results ({error}); run its notebook.") from error
    return pd.DataFrame(rows, columns=COLUMNS).set_index("name")


def _rounded(value: float) -> float | None:
    """Return seven significant digits; None where the number is not known."""
    return float(f"{value:.7g}") if math.isfinite(value) else None
