"""The words of the result page: badges, column names, labels of the form's fields."""

from l1000_rnaseq.search.filters import FilterError

BADGES = {
    "reliable": ("changes followed reliably", "#00664F"),
    "fair": ("changes followed fairly", "#8A4B00"),
    "weak": ("changes followed weakly", "#8A4B00"),
    "not followed": ("changes not followed", "#B00020"),
    "unknown": ("reliability unknown", "#444444"),
}
"""How well the changes of a gene are followed (see `translate.gene_reliability`) → words and colour."""
SHOWN = {
    "pert_iname": "perturbagen",
    "pert_id": "id",
    "cell_id": "cell line",
    "dose": "dose",
    "dose_unit": "unit",
    "time": "hours",
    "log2fc": "log2FC",
    "cd": "CD",
    "rank": "rank",
    "of": "of",
    "concordant": "signs agree",
    "n_treated": "replicates",
    "agreement": "agreement",
    "source": "source",
}

NOTHING = "There is no answer, so the parts below are empty."
TABLE_WORDS = (
    "rank: among the genes of this gene's status (landmark, CMap-inferred, newly inferred), 1 is the one "
    "that the signature moves most that way. of: how many genes have the status. Rows where the signs of "
    "log2FC and CD differ come last. replicates: treated wells. agreement: the mean correlation of their "
    "changes."
)
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
    return f"{n} {kind} signature{'' if n == 1 else 's'}".replace("  ", " ")
