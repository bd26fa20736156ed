"""The words of the form and the page: labels of the fields, counts."""

from l1000_rnaseq.search.filters import FilterError

LABELS = {
    "type": "Perturbation type",
    "cell": "Cell line",
    "time": "Time",
    "dose": "dose",
    "perturbagen": "Perturbagen",
    "source": "source",
    "min_treated": "fewest replicates",
    "min_agreement": "least agreement",
    "min_abs_log2fc": "Least |log2 fold change|",
    "min_abs_cd": "Least |characteristic direction|",
    "concordant": "Only where the signs of both agree",
}
RANKING_LABELS = {
    "log2fc": "log2 fold change",
    "cd": "characteristic direction",
    "rank": "rank in the signature",
}


def in_words_of_the_form(error: ValueError) -> str:
    """Return what the library says of a filter with the label that the form gives it."""
    if isinstance(error, FilterError):
        return f"The filter “{LABELS[error.field]}” = {error.value} {error.reason}"
    return str(error)


def counted(n: int, kind: str = "") -> str:
    """Return "1 signature", "5 chemical signatures"."""
    return f"{n:,} {kind} signature{'' if n == 1 else 's'}".replace("  ", " ")
