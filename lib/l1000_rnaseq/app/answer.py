"""The sentences of a gene's page: what moves it, how far to believe it, how it was made."""

import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.app.card_tables import Perturbagens
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.specificity import FOLLOWED, GENES_OF, unspecific

FDR = 0.05
NAMED = 3
"""Perturbagens that the answer names for each direction."""
JEON = "Jeon et al. 2022, doi 10.1186/s12859-022-04895-5"
SUBRAMANIAN = "Subramanian et al. 2017, doi 10.1016/j.cell.2017.10.049"
CLARK = "Clark et al. 2014, doi 10.1186/1471-2105-15-79"


def answer(card: dict, table: pd.DataFrame, perturbagens: Perturbagens, signatures: pd.DataFrame) -> str:
    """Say in a few short sentences which perturbagens move the gene.

    Parameters
    ----------
    card : dict
        With gene, reliability, rows and n_tested (see `gene_card`).
    table : DataFrame
        Of `consensus`, by compound.
    perturbagens : Perturbagens
    signatures : DataFrame
        `Index.signatures`.
    """
    symbol = card["gene"]["symbol"]
    n_tested, sure = card["n_tested"], table["relative_rank"][table["fdr"] < FDR]
    sides = {"rises": sure.index[sure > 0], "falls": sure.index[sure < 0]}
    parts = [f"{way} most reliably with {_named(s, perturbagens)}" for way, s in sides.items() if len(s)]
    if not parts:
        said = f"Nothing moves {symbol} reliably over several cell lines or batches. "
        return said + _largest(card, signatures) + _caution(card)
    said = f"{symbol} {', and '.join(parts)}."
    if len(parts) == 1:
        said += f" Nothing {'lowers' if len(sides['rises']) else 'raises'} it reliably."
    how_many = f"{len(sure):,} of the {n_tested:,} perturbagens seen more than once"
    return f"{said} In all, {how_many} move it with an FDR below {FDR:.0%}.{_caution(card)}"


def _caution(card: dict) -> str:
    """Say that the answer is a hint only, where changes of the gene are not followed well."""
    change = card["reliability"]["change"]
    if change not in ("weak", "not followed"):
        return ""
    return f" Take it as a hint: changes of {card['gene']['symbol']} are {FOLLOWED[change]} by L1000."


def _named(side: pd.Index, perturbagens: Perturbagens) -> str:
    """List the first perturbagens that have a name, and count the others."""
    about = perturbagens.table.loc[side]
    with_name = about.index[about["has_name"]]
    kinds = about["type"]
    names = [name if kinds[name] == "chemical" else f"{name} ({kinds[name]})" for name in with_name[:NAMED]]
    hidden, more = len(about) - len(with_name), len(with_name) - len(names)
    parts = names + ([f"{more:,} more"] if more else [])
    if hidden:
        parts.append(f"{hidden:,} compound{'s' if hidden > 1 else ''} without a public name")
    return joined(parts)


def joined(words: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _largest(card: dict, signatures: pd.DataFrame) -> str:
    """Name the largest single change of each direction."""
    rows, parts = card["rows"], []
    for way, sign in (("up", 1), ("down", -1)):
        places = [k for k, d in enumerate(rows["direction"]) if d == sign and rows["concordant"][k]]
        if places:
            best = max(places, key=lambda k: abs(rows["log2fc"][k]))
            name, line = signatures[["compound", "cell_id"]].iloc[rows["row"][best]]
            parts.append(f"{way} with {name} in {line} (log2 fold change {rows['log2fc'][best]:+.1f})")
    if not parts:
        return ""
    return f"The largest single change{'s are' if len(parts) > 1 else ' is'} {joined(parts)}."


def beliefs(index: Index, symbol: str, moved_means: pd.Series) -> list[str]:
    """Say how far the answer for a gene can be believed, one sentence for each reason.

    `moved_means` has the mean of `moved` of each status.
    """
    gene = index.genes.loc[symbol]
    status, change, level = (str(gene.get(name, "unknown")) for name in ("status", "change", "level"))
    said = ["Measured: L1000 reads this gene itself."]
    if status != "landmark":
        said = [
            "Inferred: L1000 does not measure this gene. Its values come from a model of 977 measured genes."
        ]
    if pd.notna(gene.get("change_r")):
        said.append(
            f"Changes of this gene are {FOLLOWED[change]}: over perturbations, the expected correlation with "
            f"RNA-seq is {gene['change_r']:.2f}."
        )
    if pd.notna(gene.get("level_r")) and level in FOLLOWED:
        said.append(
            f"Its levels are {FOLLOWED[level]}: over new cell lines, the correlation with RNA-seq is "
            f"{gene['level_r']:.2f}."
        )
    kind, mean = GENES_OF.get(status, f"{status} genes"), moved_means[status]
    said.append(
        f"The gene is among the 1 % most raised or most lowered {kind} in {gene['moved']:.1%} of the "
        f"signatures. The mean of {kind} is {mean:.1%}."
    )
    said.append(unspecific(gene["moved_percentile"], kind))
    return list(filter(None, said))


def methods(index: Index) -> str:
    """Return a paragraph on how the answer was made, to copy into a paper."""
    return (
        f"Signatures compare treated wells with control wells of their own plate (L1000, {SUBRAMANIAN}). "
        "Changes of the 977 landmark genes are of log2 intensity as measured. Those of other genes are of "
        "log2(CPM+1) and were inferred with a linear model of changes, which extends the two-step "
        f"model of {JEON}. The characteristic direction is that of {CLARK}. A consensus averages the "
        "relative rank of the gene over groups of one perturbagen, cell line and batch. Its p-value compares "
        "with random sets of as many groups; FDR is Benjamini and Hochberg's. Made with l1000-rnaseq "
        f"{__version__} over {len(index.signatures):,} signatures."
    )
