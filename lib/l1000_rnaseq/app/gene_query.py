"""What a gene search asks for: every field of the form checked once, then said in Python and as a command."""

import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from l1000_rnaseq.app.labels import in_words_of_the_form
from l1000_rnaseq.search.by_gene import DIRECTIONS, RANKINGS
from l1000_rnaseq.search.filters import EVERY, FilterError, Filters, listed
from l1000_rnaseq.search.index import Index

ANY = "any"
WITHOUT_FIELD = ("mechanism", "target", "source", "min_treated", "min_agreement")
LONGEST = 100  # characters of a gene or a perturbagen: what is longer is no name
LARGEST = 1e6  # dose, fold change, …: what is larger is no measurement


@dataclass(frozen=True)
class GeneQuery:
    """A gene search.

    Attributes
    ----------
    gene, compare : str
        Symbols in the index; `compare` is a second gene, or "".
    direction : {"up", "down", "both"}
    by : {"log2fc", "cd", "rank"}
    filters : Filters
    n : int
        Signatures for each direction and perturbation type.
    typed : str
        What was typed for the gene, where that is known.
    """

    gene: str
    compare: str = ""
    direction: str = "both"
    by: str = "log2fc"
    filters: Filters = EVERY
    n: int = 50
    typed: str = ""

    @classmethod
    def from_form(cls, index: Index, **fields) -> "GeneQuery":
        """Check the fields of the form, texts or numbers as they come.

        Raises
        ------
        ValueError
            A sentence for each field that is wrong: which, and what was expected.
        """
        wrong: list[str] = []

        def read(name: str, reader: Callable, *words, default="") -> object:
            """Read one field; what is wrong with it is kept, so that all is told at once."""
            try:
                return reader(fields.pop(name, default), *words)
            except ValueError as error:
                wrong.append(in_words_of_the_form(error))
                return None

        typed = str(fields.get("gene") or "").strip()
        gene = read("gene", lambda text: index.names.resolve(_needed(_name(text))))
        compare = read("compare", lambda text: index.names.resolve(text) if _name(text) else "")
        if gene and gene == compare:
            wrong.append(f"{gene} is compared with itself; name another gene, or leave it out.")
        low = read("min_dose", _number, "the lowest dose")
        high = read("max_dose", _number, "the highest dose")
        chosen = {name: read(name, _any) for name in ("type", "cell", "perturbagen")}
        chosen["time"] = read("time", lambda text: _number(_any(text), "the time"))
        chosen["dose"] = None if low is high is None else (low, high)
        chosen["min_abs_log2fc"] = read("min_abs_log2fc", _number, "the least |log2FC|") or 0.0
        chosen["min_abs_cd"] = read("min_abs_cd", _number, "the least |CD|") or 0.0
        chosen["concordant"] = read("concordant", bool, default=False)
        direction = read("direction", _choice, DIRECTIONS, "direction", default="both")
        by = read("ranking", _choice, RANKINGS, "ranking", default="log2fc")
        n = read("number", _count, default=50)
        try:
            filters = Filters(**chosen)
        except FilterError as error:
            wrong.append(in_words_of_the_form(error))
        if fields:
            wrong.append(f"Unknown fields: {', '.join(sorted(fields))}.")
        if wrong:
            raise ValueError(" ".join(wrong))
        return cls(gene, compare, direction, by, filters, n, typed)

    def as_python(self, types: list[str], index: str = "") -> str:
        """Return the Python that gives the same table; each type has its own best, "" is the demo index."""
        chosen = {name: repr(value) for name, value in self.filters.chosen.items()} | {"type": "kind"}
        filters = ", ".join(f"{name}={value}" for name, value in chosen.items())
        asked = f"{self.gene!r}, {self.direction!r}, {self.by!r}, Filters({filters}), n={self.n}"
        return (
            "import pandas as pd\n"
            "from l1000_rnaseq.search.by_gene import search\n"
            "from l1000_rnaseq.search.filters import Filters\n"
            "from l1000_rnaseq.search.index import Index\n\n"
            f"index = Index({repr(index) if index else ''})\n"
            f"parts = [search(index, {asked}) for kind in {types!r}]\n"
            "table = pd.concat(parts, ignore_index=True)"
        )

    def as_command(self, types: list[str], index: str = "") -> str:
        """Return the commands that give the same tables, one for each type; "" is the demo index."""
        words = ["--direction", self.direction, "--by", self.by]
        for name, value in self.filters.chosen.items():
            if name == "dose":
                low, high = self.filters.dose_range()
                unit = "" if self.filters.dose_unit == "uM" else self.filters.dose_unit
                words += ["--dose", f"{max(low, 0):g}{unit}", f"{min(high, LARGEST):g}{unit}"]
            elif name != "type":
                option = f"--{name.replace('_', '-')}"
                words += [option] if value is True else [w for v in listed(value) for w in (option, _text(v))]
        words += ["--index", index] if index else []
        words += ["-n", str(self.n), "--format", "tsv"]
        start = ["l1000-rnaseq", "search", self.gene, "--type"]
        return "\n".join(shlex.join([*start, kind, *words]) for kind in types)


def _name(value) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > LONGEST:
        raise ValueError(f"{text[:20]!r}… has {len(text):,} characters; expected a name.")
    return text


def _text(value) -> str:
    """Return a value as the form takes it; no end of a range is ""."""
    return str(value) if isinstance(value, str) else f"{value:g}" if math.isfinite(value) else ""


def _needed(text: str) -> str:
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
