"""Counts of significant genes, and the comparisons in which single genes change most surely."""

import pytest
from l1000_rnaseq.aging.aging_signatures import aging_signatures
from l1000_rnaseq.aging.comparisons import AgingSettings
from l1000_rnaseq.aging.frequent_genes import best_comparisons
from l1000_rnaseq.aging.robustness import significant_genes


@pytest.fixture(scope="module")
def two(small_tissues):
    settings = {"older": ("30-39", "60-69"), "top": 20}
    draws = (AgingSettings(n_draws=n, **settings) for n in (2, 1))
    return [aging_signatures(small_tissues, each, progress=False) for each in draws]


def test_genes_are_counted_over_draws_and_in_one(two):
    table = significant_genes(*two)
    for name in two[0].genes:
        assert table.loc[name, "genes at FDR 5 %"] == (two[0].genes[name]["fdr"] < 0.05).sum()
        assert table.loc[name, "in a single draw"] == (two[1].genes[name]["fdr"] < 0.05).sum()
        assert table.loc[name, "drawn from each"] == two[0].table.loc[name, "n"]


def test_the_surest_comparisons_of_a_gene_come_first(two):
    table = best_comparisons(two[0], ["GENE000", "GENE001", "NOGENE"], 2)
    assert set(table.index.unique("gene")) == {"GENE000", "GENE001"}
    every = sorted(genes.loc["GENE000", "fdr"] for genes in two[0].genes.values())
    assert table.loc["GENE000", "FDR"].tolist() == every[:2]
    name = table.loc["GENE000"].index[0]
    row = two[0].genes[name].loc["GENE000"]
    assert table.loc[("GENE000", name), ["rank", "of"]].tolist() == [row["rank"], len(two[0].genes[name])]
    assert best_comparisons(two[0], ["NOGENE"]).empty
