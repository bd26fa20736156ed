"""What a gene search asks for: every field of the form checked once, then said in Python and as a command."""

import math
import shlex
from dataclasses import asdict, dataclass

from l1000_rnaseq.search.query import DIRECTIONS, RANKINGS, resolve_gene
from l1000_rnaseq.search.store import Index

ANY = "any"
LONGEST = 100  # characters of a gene or a perturbagen: what is longer is no name
LARGEST = 1e6  # dose, fold change, …: what is larger is no measurement


@dataclass(frozen=True)
class GeneQuery:
    """A checked search; None stands for any.

    Attributes
    ----------
    gene, compare : str
        Symbols in the index; `compare` is a second gene, or "".
    type, cell : str or None
    time : float or None, hours
    dose : (lowest, highest) or None, each a float or None
    perturbagen : str or None
    direction : {"up", "down", "both"}
    by : {"log2fc", "cd", "rank"}
    min_abs_log2fc, min_abs_cd : float
    concordant : bool
    n : int
        Signatures for each direction and perturbation type.
    """

    gene: str
    compare: str = ""
    type: str | None = None
    cell: str | None = None
    time: float | None = None
    dose: tuple[float | None, float | None] | None = None
    perturbagen: str | None = None
    direction: str = "both"
    by: str = "log2fc"
    min_abs_log2fc: float = 0.0
    min_abs_cd: float = 0.0
    concordant: bool = False
    n: int = 50

    @classmethod
    def from_form(cls, index: Index, **fields) -> "GeneQuery":
        """Check the fields of the form, texts or numbers as they come.

        Raises
        ------
        ValueError
            One sentence: which field, what was expected.
        """
        gene, compare = (_name(fields.pop(key, "")) for key in ("gene", "compare"))
        if not gene:
            raise ValueError("Type a gene: a symbol such as HMOX1, an alias, or an Ensembl id.")
        low = _number(fields.pop("min_dose", ""), "the lowest dose")
        high = _number(fields.pop("max_dose", ""), "the highest dose")
        if low is not None and high is not None and low > high:
            raise ValueError(f"The lowest dose ({low:g}) is above the highest ({high:g}); exchange them.")
        time = _any(fields.pop("time", None))
        checked = {
            "gene": resolve_gene(index, gene),
            "compare": resolve_gene(index, compare) if compare else "",
            "type": _any(fields.pop("type", None)),
            "cell": _any(fields.pop("cell", None)),
            "time": None if time is None else _number(time, "the time"),
            "dose": None if low is None and high is None else (low, high),
            "perturbagen": _name(fields.pop("perturbagen", "")) or None,
            "direction": _choice(fields.pop("direction", "both"), DIRECTIONS, "direction"),
            "by": _choice(fields.pop("ranking", "log2fc"), RANKINGS, "ranking"),
            "min_abs_log2fc": _number(fields.pop("min_abs_log2fc", 0), "the least |log2FC|") or 0.0,
            "min_abs_cd": _number(fields.pop("min_abs_cd", 0), "the least |CD|") or 0.0,
            "concordant": bool(fields.pop("concordant", False)),
        }
        n = _number(fields.pop("number", 50), "the number of signatures", least=1)
        if n is None or n != int(n) or n > 500:
            raise ValueError("The number of signatures is a whole number from 1 to 500.")
        if fields:
            raise ValueError(f"Unknown fields: {', '.join(sorted(fields))}.")
        return cls(n=int(n), **checked)

    @property
    def filters(self) -> dict:
        """What `search.query.search` and `consensus` restrict the signatures by, without the type."""
        kept = ("cell", "time", "dose", "perturbagen")
        return {name: value for name, value in asdict(self).items() if name in kept and value is not None}

    @property
    def thresholds(self) -> dict:
        """What `search` alone takes besides."""
        names = ("direction", "by", "min_abs_log2fc", "min_abs_cd", "concordant", "n")
        return {name: getattr(self, name) for name in names}

    def as_python(self, types: list[str], index: str = "") -> str:
        """Return the Python that gives the same table; each type has its own best, "" is the demo index."""
        given = {**self.filters, **self.thresholds}
        arguments = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
        opened = f"Index.open({index!r})" if index else "Index.open()"
        return (
            "import pandas as pd\n"
            "from l1000_rnaseq.search.query import search\n"
            "from l1000_rnaseq.search.store import Index\n\n"
            f"parts = [search({opened}, {self.gene!r}, type=kind, {arguments}) for kind in {types!r}]\n"
            "found = pd.concat(parts, ignore_index=True)"
        )

    def as_command(self, types: list[str], index: str = "") -> str:
        """Return the commands that give the same tables, a line for each type; "" is the demo index."""
        words = ["--direction", self.direction, "--by", self.by]
        words += ["--cell", self.cell] if self.cell else []
        words += ["--time", f"{self.time:g}"] if self.time is not None else []
        if self.dose:
            low, high = self.dose
            words += ["--dose", f"{low or 0:g}", f"{LARGEST if high is None else high:g}"]
        words += ["--perturbagen", self.perturbagen] if self.perturbagen else []
        words += ["--min-abs-log2fc", f"{self.min_abs_log2fc:g}"] if self.min_abs_log2fc else []
        words += ["--min-abs-cd", f"{self.min_abs_cd:g}"] if self.min_abs_cd else []
        words += ["--concordant"] if self.concordant else []
        words += ["--index", index] if index else []
        words += ["-n", str(self.n), "--format", "tsv"]
        start = ["l1000-rnaseq", "search", self.gene, "--type"]
        return "\n".join(shlex.join([*start, kind, *words]) for kind in types)


def _name(value) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > LONGEST:
        raise ValueError(f"{text[:20]!r}… has {len(text):,} characters; expected a name.")
    return text


def _any(value):
    text = _name(value)
    return None if text.lower() in ("", ANY) else text


def _choice(value, choices: tuple[str, ...], what: str) -> str:
    if value not in choices:
        raise ValueError(f"The {what} is one of {', '.join(choices)}, not {str(value)[:40]!r}.")
    return value


def _number(value, what: str, least: float = 0.0) -> float | None:
    """Return a number from text, None where there is none."""
    text = str(value if value is not None else "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{what} is {text[:40]!r}; expected a number.") from None
    if not math.isfinite(number) or not least <= number <= LARGEST:
        raise ValueError(f"{what} is {text[:40]}; expected a number from {least:g} to {LARGEST:,.0f}.")
    return number
