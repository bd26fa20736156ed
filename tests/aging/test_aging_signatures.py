"""Ageing signatures against a slow loop over the house's own functions; order, draws, planted genes."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.aging import chance, robustness
from l1000_rnaseq.aging.aging_signatures import aging_signatures, top_overlap
from l1000_rnaseq.aging.chance import permuted_scores
from l1000_rnaseq.aging.comparisons import AGING_PRESETS, AgingSettings, draw_samples
from l1000_rnaseq.aging.robustness import compare_designs, split_halves
from l1000_rnaseq.aging.tissue_profiles import kept_genes
from l1000_rnaseq.aging.tissues import split_by_tissue
from l1000_rnaseq.signatures.batch import compare
from l1000_rnaseq.signatures.edger import filter_by_expression, published_filter, tmm_factors
from l1000_rnaseq.signatures.limma import fit_genes, moderated_t, two_group_design, voom
from l1000_rnaseq.translate.normalize import cpm, fit_reference, quantile_normalize
from small_gtex import PLANTED, write_gct

SETTINGS = AgingSettings(older=("30-39", "60-69"), n_draws=4, top=20)
OLD, MIDDLE = "GTEx Skin 20-29 vs 60-69", "GTEx Skin 20-29 vs 30-39"


@pytest.fixture(scope="module")
def signatures(small_tissues):
    return aging_signatures(small_tissues, SETTINGS, progress=False)


def test_every_value_is_that_of_a_slow_loop(signatures, small_counts, small_info):
    part = small_info[small_info["SMTS"] == "Skin"]
    counts = small_counts.loc[part.index].astype(float)
    counts = counts.loc[:, published_filter(counts)]
    draws = []
    for number in range(4):
        old, young = draw_samples(part, signatures.table.loc[OLD], number, SETTINGS)
        from_loop = counts.loc[[*old, *young]]
        logged = np.log2(cpm(from_loop) + 1)
        logged = pd.DataFrame(
            quantile_normalize(logged, fit_reference(logged)), from_loop.index, from_loop.columns
        )
        table = compare(logged, old, young)[["cd"]]
        matrix = two_group_design(from_loop.index.isin(old))
        size = from_loop.sum(axis=1).to_numpy() * tmm_factors(from_loop)
        expression, weights = voom(from_loop.to_numpy(), matrix, size)
        limma = moderated_t(fit_genes(expression, matrix, weights)).set_index(from_loop.columns)
        draws.append(table.join(limma[["log2fc", "t", "p"]]))
    genes = signatures.genes[OLD]
    assert list(genes.index) == list(counts.columns)
    for name, tolerance in (("cd", 2e-5), ("log2fc", 1e-9), ("t", 1e-9)):
        stack = np.stack([draw[name] for draw in draws])
        np.testing.assert_allclose(genes[name], stack.mean(axis=0), atol=tolerance)
        np.testing.assert_allclose(genes[f"{name}_sd"], stack.std(axis=0, ddof=1), atol=tolerance)
    p = np.minimum(1, 2 * np.median([draw["p"] for draw in draws], axis=0))
    np.testing.assert_allclose(genes["p"], p, rtol=1e-9)
    gene_ranks = np.stack([draw["cd"].rank(ascending=False) for draw in draws])
    assert np.abs(genes["rank_mean"] - gene_ranks.mean(axis=0)).mean() < 0.5  # float32 ties apart
    assert genes.loc[genes["rank"] == 1, "cd"].item() == genes["cd"].max()
    shared = [np.corrcoef(a, b)[0, 1] for i, a in enumerate(gene_ranks) for b in gene_ranks[:i]]
    assert signatures.table.loc[OLD, "agreement_cd"] == pytest.approx(np.mean(shared), abs=1e-3)


def test_the_order_of_samples_genes_and_tissues_changes_nothing(
    signatures, small_counts, small_info, tmp_path
):
    rng = np.random.default_rng(0)
    only = small_info[small_info["SMTS"] == "Skin"]
    mixed = small_counts.loc[rng.permutation(only.index)].sample(frac=1, axis=1, random_state=0)
    write_gct(tmp_path / "a.gct", mixed)
    tissues = split_by_tissue(tmp_path / "a.gct", only.iloc[::-1], tmp_path / "a.h5", progress=False)
    shuffled = aging_signatures(tissues, SETTINGS, progress=False)
    assert list(shuffled.genes) == [MIDDLE, OLD]
    for sig_id in shuffled.genes:
        pd.testing.assert_frame_equal(
            shuffled.genes[sig_id].loc[signatures.genes[sig_id].index],
            signatures.genes[sig_id],
            atol=1e-5,
            rtol=1e-5,
        )


def test_the_table_says_what_was_drawn(signatures, small_tissues):
    row = signatures.table.loc[OLD]
    assert (row["n"], row["draws"], row["distinct"], row["genes"]) == ("8", 4, 4, len(signatures.genes[OLD]))
    assert 0.3 < row["shared"] < 1 and 0 < row["overlap"] <= 1 and row["covariates"] == ""
    assert set(signatures.left_out["tissue"]) == {"Eye"}
    assert signatures.matrix().shape[0] == 4 and signatures.matrix("t").loc[OLD].notna().sum() == row["genes"]
    once = aging_signatures(small_tissues, replace(SETTINGS, n_draws=1), progress=False)
    assert once.table["agreement_cd"].isna().all() and once.genes[OLD]["cd_sd"].isna().all()


def test_a_comparison_without_choice_is_computed_once(small_info, small_counts, tmp_path):
    lung = small_info[small_info["SMTS"] == "Lung"]
    lung = lung[(lung["AGE"] == "30-39") | lung["SUBJID"].isin([f"GTEX-{i:03d}" for i in range(5)])]
    write_gct(tmp_path / "a.gct", small_counts.loc[lung.index])
    tissues = split_by_tissue(tmp_path / "a.gct", lung, tmp_path / "a.h5", progress=False)
    signatures = aging_signatures(tissues, SETTINGS, progress=False)
    assert signatures.table["distinct"].tolist() == [1] and signatures.table["agreement_t"].isna().all()
    assert (signatures.genes["GTEx Lung 20-29 vs 30-39"]["cd_sd"] == 0).all()


def test_edger_filter_takes_the_brackets_as_groups(small_tissues, small_info):
    best = aging_signatures(small_tissues, replace(SETTINGS, gene_filter="edgeR"), progress=False)
    counts = small_tissues.read("Lung")
    kept = filter_by_expression(counts, small_info.loc[counts.index, "AGE"])
    assert list(best.genes["GTEx Lung 20-29 vs 60-69"].index) == list(counts.columns[kept])


def test_planted_genes_are_found(signatures):
    for sig_id in (OLD, "GTEx Lung 20-29 vs 60-69"):
        for column in ("cd", "t"):
            order = signatures.genes[sig_id][column].sort_values(ascending=False).index
            assert sum(gene < f"GENE{PLANTED:03d}" for gene in order[:20]) >= 16
            assert sum(f"GENE{PLANTED:03d}" <= gene < f"GENE{2 * PLANTED:03d}" for gene in order[-20:]) >= 14


def test_permuted_ages_find_none(signatures, small_tissues):
    hits = []
    for _, scores in permuted_scores(small_tissues, signatures, 15, sig_ids=[OLD], progress=False):
        assert scores.shape == (15, len(signatures.genes[OLD]))
        for _, score in scores.iterrows():
            top = score.sort_values(ascending=False).index[:20]
            hits.append(sum(gene < f"GENE{PLANTED:03d}" for gene in top))
    # chance is 0.7 of 20; planted genes vary more, and an unlucky permutation splits the ages well
    assert np.median(hits) <= 3
    with pytest.raises(ValueError, match="no signature 'GTEx Nail'; there are GTEx Lung"):
        next(permuted_scores(small_tissues, signatures, 1, sig_ids=["GTEx Nail"]))


def test_ages_left_alone_give_the_signatures_themselves(signatures, small_tissues, monkeypatch):
    monkeypatch.setattr(chance, "permute_ages", lambda info, *_: info)
    for sig_id, scores in permuted_scores(small_tissues, signatures, 2, progress=False):
        for _, score in scores.iterrows():
            np.testing.assert_allclose(score, signatures.genes[sig_id]["cd"], atol=1e-5)


def test_planted_genes_of_the_simulated_folder_are_found(simulated_data, simulated_tissues):
    truth = json.loads((simulated_data / "planted_truth.json").read_text())["ageing_log2_per_decade"]
    shared = pd.Series(truth["shared"])
    settings = replace(AGING_PRESETS["best"], top=25)
    signatures = aging_signatures(simulated_tissues, settings, progress=False)
    assert len(signatures.table) == 20 and signatures.left_out.empty
    for tissue, detail in (("Blood", "Whole Blood"), ("Lung", "Lung"), ("Muscle", "Muscle - Skeletal")):
        effect = pd.concat([shared, pd.Series(truth[detail], dtype=float)])
        recall = {}
        for older in ("30-39", "70-79"):
            rank = signatures.genes[f"GTEx {tissue} 20-29 vs {older}"]["rank"]
            rising, falling = (effect.index[sign * effect > 0] for sign in (1, -1))
            hit = [rank.reindex(rising).le(25).mean(), rank.reindex(falling).gt(len(rank) - 25).mean()]
            recall[older] = np.mean(hit)
        assert recall["70-79"] >= 0.9 > 0.5 > recall["30-39"]  # five decades, and one


def test_covariates_take_out_what_is_not_age(signatures, small_tissues, small_info):
    adjusted = aging_signatures(small_tissues, replace(SETTINGS, covariates=("SEX", "SMTSD")), progress=False)
    assert adjusted.table.loc[OLD, "covariates"] == "SEX, SMTSD"
    assert adjusted.table.loc["GTEx Lung 20-29 vs 60-69", "covariates"] == "SEX"
    of_sex = [f"GENE{i:03d}" for i in range(49, 600, 10)]
    for column in ("cd", "log2fc"):
        before, after = (np.abs(f.genes[OLD][column].reindex(of_sex)).mean() for f in (signatures, adjusted))
        assert after < before
    table = compare_designs(signatures, adjusted)
    assert (
        list(table.index) == list(signatures.table.index) and table["correlation"].between(0.3, 0.999).all()
    )
    plain, with_sex = (f.genes[OLD]["cd"].sort_values() for f in (signatures, adjusted))
    up = len(set(plain.index[-20:]) & set(with_sex.index[-20:])) / 20
    assert table.loc[OLD, "overlap_up"] == pytest.approx(up)
    assert table.loc[OLD, "correlation"] == pytest.approx(plain.corr(with_sex, method="spearman"), abs=1e-3)
    same = compare_designs(signatures, signatures, "t")
    assert (same[["overlap_up", "overlap_down"]] == 1).all(axis=None)
    np.testing.assert_allclose(same["correlation"], 1)


def test_age_that_follows_sex_is_left_out(small_info, small_counts, tmp_path):
    info = small_info.assign(SEX=np.where(small_info["AGE"] == "20-29", 1, 2))
    write_gct(tmp_path / "a.gct", small_counts)
    tissues = split_by_tissue(tmp_path / "a.gct", info, tmp_path / "a.h5", progress=False)
    settings = replace(SETTINGS, covariates=("SEX",))
    signatures = aging_signatures(tissues, settings, progress=False)
    assert signatures.table.empty and signatures.genes == {}
    assert signatures.left_out.loc[OLD, "reason"] == (
        "every draw: age and SEX cannot be told apart in these 16 samples"
    )


def test_halves_agree_where_age_does_something(small_tissues, signatures):
    table = split_halves(small_tissues, signatures, n=3, n_permutations=19, progress=False)
    assert table.loc[OLD, "n_half"] == 4 and table.loc[OLD, "splits"] == 3
    assert table.loc[MIDDLE, "n_half"] == 2 and np.isnan(table.loc[MIDDLE, "correlation"])
    assert table["p"].between(0.05, 1).sum() == 2
    assert table.loc[OLD, "overlap"] > 8 * table.loc[OLD, "chance"] and table.loc[OLD, "p"] <= 0.1


def test_halves_share_no_donor(small_tissues, signatures, monkeypatch):
    drawn, whole = [], robustness.compare_draw

    def spy(profiles, old, young, *rest, **options):
        drawn.append((profiles.info, {*old, *young}))
        return whole(profiles, old, young, *rest, **options)

    monkeypatch.setattr(robustness, "compare_draw", spy)
    split_halves(small_tissues, signatures, n=2, progress=False)
    assert len(drawn) == 8  # of two comparisons two splits in two halves
    for (info, first), (_, second) in zip(drawn[::2], drawn[1::2], strict=True):
        assert len(first) == len(second) == 8
        assert not set(info.loc[list(first), "SUBJID"]) & set(info.loc[list(second), "SUBJID"])


def test_a_bracket_too_small_to_compare_does_not_lower_the_filter():
    rng = np.random.default_rng(0)
    counts = rng.poisson(1000, (9, 50))
    counts[:, 0], counts[8, 0] = 0, 5000  # in one sample only
    ages = np.array(["20-29"] * 4 + ["60-69"] * 4 + ["70-79"])
    kept = kept_genes(counts, ages, replace(SETTINGS, gene_filter="edgeR", older=("60-69", "70-79")))
    assert not kept[0] and kept[1:].all()
    assert kept_genes(counts, ages, SETTINGS)[0]  # the paper's words: one sample is enough


def test_overlap_counts_what_two_lists_share():
    scores = np.array([[5, 4, 3, 2, 1, 0], [4, 5, 0, 1, 2, 3.0]])
    np.testing.assert_allclose(top_overlap(scores, 2)[:, 0, 1], [1, 0])
    np.testing.assert_allclose(top_overlap(scores, 100)[:, 0, 1], [2 / 3, 2 / 3], rtol=1e-6)


def test_bad_input(small_tissues, signatures):
    with pytest.raises(ValueError, match="none of the 15 comparisons has 9 donors on both sides"):
        aging_signatures(small_tissues, AgingSettings(min_donors=9), progress=False)
    with pytest.raises(ValueError, match="is split by SMTS, but the settings ask for SMTSD"):
        aging_signatures(small_tissues, replace(SETTINGS, tissue="SMTSD"), progress=False)
    with pytest.raises(ValueError, match="have no signature in common"):
        compare_designs(signatures, replace(signatures, genes={"other": signatures.genes[OLD]}))
