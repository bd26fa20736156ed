"""What a gene search asks for: every field of the form checked once, then said in Python and as a command."""

import math
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass

from l1000_rnaseq.search.by_gene import DIRECTIONS, RANKINGS, resolve_gene
from l1000_rnaseq.search.index import Index

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
            A sentence for each field that is wrong: which, and what was expected.
        """
        wrong, checked = [], {}

        def check(name: str, read: Callable, *words, of: str = "", default="") -> object:
            """Read one field; what is wrong with it is kept, so that all is told at once."""
            try:
                checked[name] = read(fields.pop(of or name, default), *words)
            except ValueError as error:
                wrong.append(str(error))
            return checked.get(name)

        def known(text: str) -> str:
            return resolve_gene(index, text) if text else ""

        check("gene", lambda text: known(_given(_name(text))))
        check("compare", lambda text: known(_name(text)))
        low = check("low", _number, "the lowest dose", of="min_dose")
        high = check("high", _number, "the highest dose", of="max_dose")
        if low is not None and high is not None and low > high:
            wrong.append(f"The lowest dose ({low:g}) is above the highest ({high:g}); exchange them.")
        for name in ("type", "cell"):
            check(name, _any)
        check("time", lambda text: _number(_any(text), "the time"))
        check("perturbagen", lambda text: _name(text) or None)
        check("direction", _choice, DIRECTIONS, "direction", default="both")
        check("by", _choice, RANKINGS, "ranking", of="ranking", default="log2fc")
        check("min_abs_log2fc", lambda text: _number(text, "the least |log2FC|") or 0.0)
        check("min_abs_cd", lambda text: _number(text, "the least |CD|") or 0.0)
        check("concordant", bool, default=False)
        check("n", _count, of="number", default=50)
        if fields:
            wrong.append(f"Unknown fields: {', '.join(sorted(fields))}.")
        if wrong:
            raise ValueError(" ".join(wrong))
        dose = (checked.pop("low"), checked.pop("high"))
        return cls(dose=None if dose == (None, None) else dose, **checked)

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
            "from l1000_rnaseq.search.by_gene import search\n"
            "from l1000_rnaseq.search.index import Index\n\n"
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


def _given(text: str) -> str:
    if not text:
        raise ValueError("Type a gene: a symbol such as HMOX1, an alias, or an Ensembl id.")
    return text


def _count(value) -> int:
    n = _number(value, "the number of signatures", least=1)
    if n is None or n != int(n) or n > 500:
        raise ValueError("The number of signatures is a whole number from 1 to 500.")
    return int(n)


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
