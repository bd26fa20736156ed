"""Gene sets, frequent genes and what permuted ages give: against slow counting, planted genes, bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.aging.aging_signatures import aging_signatures
from l1000_rnaseq.aging.chance import Chance, chance_counts, permuted_scores
from l1000_rnaseq.aging.comparisons import AgingSettings
from l1000_rnaseq.aging.frequent_genes import (
    _chance_columns,
    count_curve,
    frequent_genes,
    top_sets,
    write_gene_sets,
)
from l1000_rnaseq.aging.gene_facts import annotate
from small_gtex import PLANTED

SETTINGS = AgingSettings(older=("30-39", "60-69"), n_draws=2, top=20)


@pytest.fixture(scope="module")
def signatures(small_tissues):
    return aging_signatures(small_tissues, SETTINGS, progress=False)


@pytest.fixture(scope="module")
def chance(small_tissues, signatures):
    return chance_counts(small_tissues, signatures, 19, seed=1, progress=False)


def test_the_library_holds_the_extremes_strongest_first(signatures, tmp_path):
    write_gene_sets(tmp_path / "a.gmt", signatures)
    lines = [line.split("\t") for line in (tmp_path / "a.gmt").read_text().splitlines()]
    assert [line[0] for line in lines][:2] == ["GTEx Lung 20-29 vs 30-39 Up", "GTEx Lung 20-29 vs 30-39 Down"]
    assert len(lines) == 8 and all(len(line) == 22 for line in lines)
    assert lines[0][1] == "30-39 against 20-29 years, 5 samples each, 2 draws"
    for line in lines:
        scores = signatures.genes[line[0].rsplit(" ", 1)[0]]["cd"]
        best = scores.nlargest(20) if line[0].endswith("Up") else scores.nsmallest(20)
        assert line[2:] == list(best.index)


def test_counts_are_those_of_the_sets(signatures, chance):
    sets = top_sets(signatures)
    table = frequent_genes(signatures, chance, n=600).set_index(["direction", "gene"])
    for way in ("up", "down"):
        slow = pd.Series(np.concatenate([s[way] for s in sets.values()])).value_counts()
        assert table.loc[way, "count"][lambda c: c > 0].to_dict() == slow.to_dict()
    tested = [sum(gene in t.index for t in signatures.genes.values()) for gene in table.loc["up"].index]
    assert list(table.loc["up", "tested"]) == tested


def test_chance_is_that_of_a_slow_loop(small_tissues, signatures, chance):
    scores = dict(permuted_scores(small_tissues, signatures, 19, seed=1, progress=False))
    counts = np.zeros((19, len(chance.up.columns)), int)
    for number in range(19):
        for table in scores.values():
            counts[number] += chance.up.columns.isin(table.iloc[number].nlargest(20).index)
    np.testing.assert_array_equal(chance.up, counts)
    table = frequent_genes(signatures, chance, n=600)
    table = table[table["direction"] == "up"].set_index("gene").loc[chance.up.columns]
    loop_counts = table["count"].to_numpy()
    np.testing.assert_allclose(table["chance"], counts.mean(axis=0))
    np.testing.assert_allclose(
        table["p"], [(1 + sum(c >= o)) / 20 for c, o in zip(counts.T, loop_counts, strict=True)]
    )
    np.testing.assert_allclose(
        table["p_family"], [(1 + sum(counts.max(axis=1) >= o)) / 20 for o in loop_counts]
    )
    curve = count_curve(signatures, chance)
    row = curve[(curve["direction"] == "up") & (curve["k"] == 2)].iloc[0]
    assert row["genes"] == (loop_counts >= 2).sum() and row["chance"] == pytest.approx(
        (counts >= 2).sum() / 19
    )
    best = loop_counts.max()
    fdr = min((counts >= k).sum() / 19 / (loop_counts >= k).sum() for k in range(best + 1))
    assert table["fdr"].min() == pytest.approx(min(1, fdr)) and (np.diff(np.sort(table["fdr"])) >= 0).all()
    assert (table.sort_values("count")["fdr"].diff().dropna() <= 1e-12).all()


def test_planted_genes_come_back_and_chance_does_not(signatures, chance):
    table = frequent_genes(signatures, chance, n=12)
    up, down = (table[table["direction"] == way] for way in ("up", "down"))
    assert (up["gene"] < f"GENE{PLANTED:03d}").mean() >= 0.75
    assert down["gene"].between(f"GENE{PLANTED:03d}", f"GENE{2 * PLANTED - 1:03d}").mean() >= 0.75
    assert (up["count"] > 2 * up["chance"]).all() and up["p"].median() <= 0.1
    assert (up["count"].diff().dropna() <= 0).all() and (up["relative_rank"] < 0.5).all()
    without = frequent_genes(signatures, n=12)
    assert list(without["gene"]) == list(table["gene"]) and without["p"].isna().all()


def test_fdr_never_rises_with_the_count():
    null = np.array([[3, 3, 0, 0, 0, 0], [3, 3, 0, 0, 0, 0]])
    signatures = _chance_columns(np.array([3, 2, 2, 2, 1, 0]), null)
    # genes that reach 3, 2, 1: 1, 4, 5; by chance 2 each time
    np.testing.assert_allclose(signatures["fdr"], [0.4, 0.4, 0.4, 0.4, 0.4, 1.0])


def test_bad_chance_is_refused(small_tissues, signatures, chance):
    with pytest.raises(ValueError, match="chance has other genes than the signatures"):
        frequent_genes(signatures, Chance(chance.up.iloc[:, :5], chance.down.iloc[:, :5]))
    with pytest.raises(ValueError, match="n_permutations is 0"):
        chance_counts(small_tissues, signatures, 0)


GENES = pd.DataFrame({"gene": ["DDR1", "ADIPOQ", "PTCHD4", "MADEUP1"], "count": [4, 3, 2, 1]})


def test_what_is_known_of_a_gene(tmp_path):
    sets = tmp_path / "genesets"
    sets.mkdir()
    bare = annotate(GENES, tmp_path)
    assert bare["secreted"].isna().all() and bare["publications"].isna().all()
    (sets / "hpa_secretome.tsv").write_text(
        "Gene\tSecretome location\nADIPOQ\tSecreted to blood\nPTCHD4\tIntracellular and membrane\n"
    )
    (sets / "gene2pubmed_2024.tsv").write_text(
        "gene\tpublications\tpublications_aging\nADIPOQ\t9000\t120\nDDR1\t500\t\n"
    )
    table = annotate(GENES, tmp_path).set_index("gene")
    assert table["status"].tolist()[0] == "landmark" and table.loc["MADEUP1", "status"] == "newly inferred"
    assert table["secreted"].tolist() == [False, True, False, False]
    assert table.loc["PTCHD4", "secretome_location"] == "Intracellular and membrane"
    assert table.loc["ADIPOQ", ["publications", "publications_aging"]].tolist() == [9000, 120]
    assert table["publications_aging"].isna().tolist() == [True, False, True, True]
    assert list(table["count"]) == [4, 3, 2, 1]


def test_bad_tables_of_genes_are_refused(tmp_path):
    sets = tmp_path / "genesets"
    sets.mkdir()
    (sets / "gene2pubmed.tsv").write_text("gene\tpublications\nA\t1\n")
    with pytest.raises(ValueError, match="gene2pubmed.tsv has no column publications_aging; expected gene"):
        annotate(GENES, tmp_path)
    (sets / "gene2pubmed.tsv").write_text("gene\tpublications\tpublications_aging\nA\t1\t1\nA\t2\t1\n")
    with pytest.raises(ValueError, match="lists 1 genes twice, A for one"):
        annotate(GENES, tmp_path)
    (sets / "gene2pubmed_b.tsv").write_text("gene\tpublications\tpublications_aging\n")
    with pytest.raises(ValueError, match="has 2 tables of publications: gene2pubmed.tsv, gene2pubmed_b.tsv"):
        annotate(GENES, tmp_path)


def test_the_secretome_of_the_simulated_folder(simulated_data, simulated_tissues):
    settings = replace(SETTINGS, older=("60-69", "70-79"), n_draws=1, top=25)
    table = annotate(
        frequent_genes(aging_signatures(simulated_tissues, settings, progress=False)), simulated_data
    )
    annotated = pd.read_csv(simulated_data / "genesets" / "hpa_secretome.tsv", sep="\t").set_index("Gene")
    expected = table["gene"].isin(annotated.index[annotated["Secretome location"].str.startswith("Secreted")])
    assert 0 < expected.sum() < len(table) and (table["secreted"] == expected).all()
