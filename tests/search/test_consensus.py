"""Consensus with planted truth; relative ranks by hand; p-values without an effect."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.search.consensus import class_rank, consensus, relative_ranks
from l1000_rnaseq.search.filters import FilterError, Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.signatures.batch import ranks


def test_consensus_finds_the_planted_perturbagen(source, index):
    gene = source.genes[5]
    found = consensus(index, gene)
    assert found.index[0] == "P3" and found.loc["P3", "p"] < 0.01 and found.loc["P3", "relative_rank"] > 0.5
    assert found.loc["P3", "cell_lines"] == 3 and found.loc["P3", "signatures"] == 12
    others = found.drop(index="P3")
    assert 0.2 < others["p"].median() < 0.8
    pd.testing.assert_frame_equal(found, consensus(index, gene))
    assert len(consensus(index, [gene, "FKBP5"], by="cell_id")) == 3
    with pytest.raises(ValueError, match="min_groups=99 leaves no compound; the largest has 6 groups"):
        consensus(index, gene, min_groups=99)


def test_what_stands_alone_has_no_p(index):
    gene, demo = index.genes.index[0], Index()
    table = consensus(demo, "HMOX1", filters=Filters(type="chemical"))
    alone = table["groups"] == 1
    assert alone.any() and table.loc[alone, ["p", "fdr"]].isna().all(axis=None)
    assert table.loc[~alone, "p"].notna().all() and not alone.iloc[: (~alone).sum()].any()
    whole = consensus(index, gene, "type", Filters(type="chemical"))
    assert len(whole) == 1 and whole["p"].isna().all()


def test_consensus_p_is_uniform_without_an_effect(source, index):
    p = np.concatenate([consensus(index, gene, n_permutations=500)["p"] for gene in source.genes[10:40]])
    p = p[np.isfinite(p)]
    assert np.quantile(p, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.08)


def test_a_class_of_signatures_is_held_against_its_own_source(source, index):
    gene = source.genes[5]
    members = (source.table["pert_iname"] == "P3").to_numpy()
    result = class_rank(index, gene, members, seed=1)
    assert (result["signatures"], result["groups"], result["best rank"]) == (12, 6, 1) and result["p"] < 0.001
    assert result["log2fc"] == pytest.approx(relative_ranks(index, gene)["log2fc"][members].mean())
    random = np.random.default_rng(3).random((200, 240)) < 0.05
    p = [class_rank(index, gene, row, n_permutations=300)["p"] for row in random]
    assert 0.35 < np.median(p) < 0.65
    with pytest.raises(ValueError, match="has no signature"):
        class_rank(index, gene, np.zeros(240, bool))


def test_relative_ranks_by_hand(source, index):
    status = gene_status(source.genes).to_numpy()
    same = np.flatnonzero(status == status[1])
    ranked = ranks(source.scores[:, same])[:, list(same).index(1)]
    found = relative_ranks(index, "GATA3")
    np.testing.assert_allclose(found["relative_rank"], 1 - 2 * (ranked - 1) / (len(same) - 1))
    np.testing.assert_allclose(found["log2fc"], source.log2fc[:, 1], rtol=1e-3, atol=1e-4)
    assert found["up"].tolist() == (ranked == 1).tolist()
    assert found["down"].tolist() == (ranked == len(same)).tolist()
    both = relative_ranks(index, ["GATA3", "FKBP5"], np.array([3, 70]))
    one = relative_ranks(index, "FKBP5")["relative_rank"]
    np.testing.assert_allclose(both["relative_rank"], ((found["relative_rank"] + one) / 2)[[3, 70]])


@pytest.mark.parametrize("filters", [{"min_abs_log2fc": 1.0}, {"min_abs_cd": 0.1}, {"concordant": True}])
def test_thresholds_are_refused(index, filters):
    (field,) = filters
    with pytest.raises(FilterError, match="does not apply: a consensus counts every signature") as refused:
        consensus(index, "FKBP5", filters=Filters(cell="A", **filters))
    assert refused.value.field == field
