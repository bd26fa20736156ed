"""Recovery of a receptor's targets: planted truth, p-values, gene sets; a drug's signatures in all forms."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.dex_studies import load_dex_studies
from l1000_rnaseq.evaluate.drug_signatures import METHODS, DrugSignatures, drug_signatures
from l1000_rnaseq.evaluate.fig5_target_recovery import (
    correlate_with_studies,
    in_gene_set,
    recover,
    recover_grid,
    recover_in_studies,
    top_genes,
)
from l1000_rnaseq.signatures.bridge import rank_genes
from l1000_rnaseq.signatures.gmt import read_gmt
from l1000_rnaseq.signatures.voom import voom_signature
from l1000_rnaseq.stats.enrichment import area, running_sum
from scipy.stats import spearmanr


@pytest.fixture(scope="module")
def targets(simulated_data):
    return read_gmt(simulated_data / "genesets/nr3c1_targets.gmt")


def test_one_signature_is_its_walk():
    rng = np.random.default_rng(0)
    scores, inside = rng.normal(size=(3, 200)), rng.random(200) < 0.2
    recovery = recover(scores, inside, n_permutations=50)
    by_hand = np.mean([running_sum(inside[rank_genes(row)]) for row in scores], axis=0)
    np.testing.assert_allclose(recovery.walk, by_hand)
    assert recovery.area == pytest.approx(area(by_hand))
    assert recovery.numbers["n_set"] == inside.sum() and "walk" not in recovery.numbers


@pytest.mark.parametrize("weighted", [False, True])
def test_p_is_uniform_for_random_scores_and_small_for_planted_ones(weighted):
    rng = np.random.default_rng(1)
    inside = np.arange(400) < 40
    p = [recover(rng.normal(size=400), inside, weighted, 99, seed).area_p for seed in range(60)]
    assert 0.35 < np.mean(p) < 0.65
    strong = rng.normal(size=400) * np.where(inside, 4, 1)
    assert recover(strong, inside, weighted, 99).area_p == 0.01


def test_gene_sets_are_read_in_upper_case(tmp_path):
    (tmp_path / "sets.gmt").write_text("NR3C1 one\tabout\tFkbp5\tTSC22D3,1.0\t\nAR\t\tKLK3\n")
    assert read_gmt(tmp_path / "sets.gmt", "NR3C1") == {"NR3C1 one": {"FKBP5", "TSC22D3"}}
    assert list(in_gene_set(pd.Index(["fkbp5", "KLK3"]), {"FKBP5"})) == [True, False]


def test_planted_dexamethasone_is_found_in_the_studies(simulated_data, targets):
    studies = load_dex_studies(simulated_data)
    assert len(studies) == 3
    for study in studies.values():
        donor = study.donor if (study.donor != "").any() else None
        table = voom_signature(study.counts, study.treated, donor)
        inside = in_gene_set(table.index, next(iter(targets.values())))
        recovery = recover(table["t"].to_numpy(), inside, n_permutations=200)
        assert recovery.area > 0.1 and recovery.area_p < 0.01
        assert table["t"].idxmax() in table.index and (table["fdr"] <= 1).all()


def test_planted_dexamethasone_is_found_in_wells(simulated_data, trained, targets):
    drugs = drug_signatures(simulated_data, ["dexamethasone"], {"model": trained["best"]}, n_random=5)
    assert set(drugs.scores) == {(form, method) for form in ("L1000", "model") for method in METHODS}
    assert (drugs.table["pert_iname"] == "dexamethasone").all() and len(drugs.random["model"]) == 5
    genes = drugs.genes["model"]
    inside = in_gene_set(genes, next(iter(targets.values())))
    recovery = recover(drugs.of("model", "cd", genes), inside, n_permutations=100)
    assert recovery.area_p < 0.05
    order = genes[::-1]
    np.testing.assert_array_equal(drugs.of("model", "cd", order), drugs.of("model", "cd", genes)[:, ::-1])
    for ask in (lambda genes: drugs.of("L1000", "cd", genes), lambda genes: drugs.random_of("model", genes)):
        with pytest.raises(ValueError, match="lacks 1 of the 2 genes: NOSUCHGENE. Ask for genes that every"):
            ask(pd.Index([genes[0], "NOSUCHGENE"]))  # never another gene's scores


@pytest.fixture(scope="module")
def two_forms():
    """Two signatures of 80 genes in two forms, the second with 60 of them; five random signatures."""
    rng = np.random.default_rng(2)
    genes = {"long": pd.Index([f"G{k}" for k in range(80)]), "short": pd.Index([f"G{k}" for k in range(60)])}
    scores = {(form, m): rng.normal(size=(2, len(g))) for form, g in genes.items() for m in METHODS}
    random = {form: rng.normal(size=(5, len(g))) for form, g in genes.items()}
    return DrugSignatures(pd.DataFrame(index=["a", "b"]), genes, scores, random)


def test_a_grid_is_its_cells(two_forms):
    sets = {"first": {f"G{k}" for k in range(10)}, "none of them": {"X"}}
    spaces = {"all": two_forms.genes["long"], "some": two_forms.genes["short"]}
    grid = recover_grid(two_forms, sets, spaces, {"long": "L", "short": "S"}, ("cd", "t"), False, 30)
    assert set(grid.table.index.get_level_values("targets")) == {"first"}
    assert "S" not in grid.table.loc[("first", "all")].index  # it lacks twenty of the genes
    in_set = in_gene_set(spaces["some"], sets["first"])
    cell = grid.table.loc[("first", "some", "L", "limma")]
    alone = recover(two_forms.of("long", "t", spaces["some"]), in_set, False, 30)
    assert (cell["area"], cell["p"], cell["genes"]) == (alone.area, alone.area_p, 60)
    assert np.isnan(cell["p against other drugs"])  # random signatures have characteristic directions only
    others = [recover(row, in_set, False, 1).area for row in two_forms.random_of("long", spaces["some"])]
    by_cd = grid.table.loc[("first", "some", "L", "characteristic direction")]
    assert by_cd["p against other drugs"] == (1 + sum(o >= by_cd["area"] for o in others)) / 6
    panels, bands, grey = grid.panels(["targets", "genes ranked"], "form")
    assert set(panels) == set(bands) == set(grey) == {"first, all", "first, some"}
    assert set(panels["first, some"]) == {"L", "S"} and len(grey["first, all"]) == 5


def test_studies_are_ranked_and_correlated(two_forms):
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"t": rng.normal(size=50)}, [f"G{k}" for k in range(50)])
    assert top_genes({"s": table}, 3)["s"] == set(table["t"].abs().nlargest(3).index)
    sets = {"top": top_genes({"s": table}, 5)["s"]}
    assert recover_in_studies({"s": table}, sets, 30).loc[("s", "top"), "area"] == pytest.approx(
        0.5, abs=0.02
    )
    spaces = {"all": two_forms.genes["long"]}
    got = correlate_with_studies(two_forms, {"s": table}, spaces, {"long": "L", "short": "S"})
    mean = two_forms.scores["long", "cd"].mean(axis=0)[:50]
    assert got.loc[("s", "all", "L"), "Spearman correlation"] == pytest.approx(spearmanr(mean, table["t"])[0])
    random = [abs(spearmanr(row[:50], table["t"])[0]) for row in two_forms.random["long"]]
    assert got.loc[("s", "all", "L"), "other drugs"] == pytest.approx(np.mean(random))


def test_a_drug_that_is_not_there_is_told(simulated_data):
    with pytest.raises(ValueError, match="has no well of nosuchdrug"):
        drug_signatures(simulated_data, ["nosuchdrug"], {})


def test_counts_that_are_none_are_told():
    table = pd.DataFrame(np.ones((4, 3)), columns=list("abc"))
    with pytest.raises(ValueError, match="are these linear counts"):
        voom_signature(table, np.array([True, True, False, False]))


@pytest.mark.real
def test_real_dexamethasone_studies_move_its_genes(real_data):
    for study in load_dex_studies(real_data).values():
        donor = study.donor if (study.donor != "").any() else None
        table = voom_signature(study.counts, study.treated, donor)
        assert (table.loc[["FKBP5", "TSC22D3", "PER1"], "t"] > 3).all()
