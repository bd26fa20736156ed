"""The sentences of the page: they say what the numbers say."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.app.answer import answer, beliefs, joined
from l1000_rnaseq.app.card_tables import Perturbagens
from l1000_rnaseq.search.index import Index

CARD = {
    "gene": {"symbol": "GENE"},
    "n_tested": 4,
    "reliability": {"change": "reliable"},
    "rows": {"row": [4, 9], "direction": [1, -1], "log2fc": [2.31, -1.12], "concordant": [1, 1]},
}
SIGNATURES = pd.DataFrame({"compound": "other", "cell_id": "PC3"}, range(10))
SIGNATURES.loc[4], SIGNATURES.loc[9] = ("drug", "A549"), ("poison", "MCF7")
PERTURBAGENS = Perturbagens(
    pd.DataFrame(
        {"type": ["chemical", "shRNA", "chemical", "chemical"], "has_name": [True, True, True, False]},
        index=["curcumin", "LMNA", "poison", "ST17"],
    ),
    np.arange(4),
    ["A549"],
    np.zeros(4, int),
)


def table(**fdr):
    names = list(PERTURBAGENS.table.index)
    ranks = pd.Series([0.9, 0.8, -0.7, 0.6], names)
    values = pd.Series({name: fdr.get(name, 0.5) for name in names})
    return pd.DataFrame({"relative_rank": ranks, "p": values, "fdr": values})


def test_it_names_what_moves_the_gene_both_ways():
    said = answer(CARD, table(curcumin=0.01, LMNA=0.02, poison=0.03, ST17=0.01), PERTURBAGENS, SIGNATURES)
    assert said == (
        "GENE rises most reliably with curcumin, LMNA (shRNA) and 1 compound without a public name, and "
        "falls most reliably with poison. In all, 4 of the 4 perturbagens seen more than once move it with "
        "an FDR below 5%."
    )


def test_one_direction_only_is_said():
    said = answer(CARD, table(curcumin=0.01), PERTURBAGENS, SIGNATURES)
    assert said.startswith("GENE rises most reliably with curcumin. Nothing lowers it reliably.")
    assert "Nothing raises it" in answer(CARD, table(poison=0.01), PERTURBAGENS, SIGNATURES)


def test_without_a_reliable_perturbagen_the_largest_changes_are_named():
    said = answer(CARD, table(), PERTURBAGENS, SIGNATURES)
    assert said == (
        "Nothing moves GENE reliably over several cell lines or batches. The largest single changes are up "
        "with drug in A549 (log2 fold change +2.3) and down with poison in MCF7 (log2 fold change -1.1)."
    )


def test_a_gene_that_is_not_followed_is_a_hint_only():
    card = CARD | {"reliability": {"change": "not followed"}}
    assert "Take it as a hint: changes of GENE are not followed" in answer(
        card, table(), PERTURBAGENS, SIGNATURES
    )
    assert "hint" not in answer(CARD, table(), PERTURBAGENS, SIGNATURES)


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_lists_are_joined(words, text):
    assert joined(words) == text


def test_beliefs_say_what_a_gene_is_and_how_well_it_is_followed():
    index = Index()
    means = index.genes.groupby(index.genes["status"].astype(str))["moved"].mean()
    assert beliefs(index, "HMOX1", means)[0] == "Measured: L1000 reads this gene itself."
    genes = index.genes[index.genes["status"] != "landmark"]
    for word, said in (("reliable", "are followed reliably"), ("not followed", "are not followed")):
        sentences = beliefs(index, genes.index[genes["change"] == word][0], means)
        assert sentences[0].startswith("Inferred: ") and said in sentences[1]
    unspecific = index.genes["moved_percentile"].idxmax()
    assert any("not specific" in sentence for sentence in beliefs(index, unspecific, means))
    assert not any("100.0%" in sentence for sentence in beliefs(index, unspecific, means))
