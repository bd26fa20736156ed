"""Evidence against slow loops over the signatures, with planted truth."""

import doctest
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search import evidence as module
from l1000_rnaseq.search import signature_facts as facts_module
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.evidence import dose_trend
from l1000_rnaseq.search.grade import explain, grades
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.relative_ranks import relative_ranks
from scipy.stats import spearmanr


def test_the_examples_hold():
    assert doctest.testmod(module).failed == 0 and doctest.testmod(facts_module).failed == 0


@pytest.fixture(scope="module")
def dosed(new_source, tmp_path_factory):
    """P7 moves gene 5 the more the higher the dose; P3 and P7 are strong; half have a p of vehicles."""
    source = new_source()
    source.table["time"] = "24"
    source.table.loc[source.table["pert_iname"].isin(["P3", "P7"]), ["agreement", "strength"]] = 0.9, 5.0
    planted = (source.table["pert_iname"] == "P7").to_numpy()
    source.log2fc[planted, 5] += 6 * source.table.loc[planted, "dose"].astype(float)
    source.scores[planted, 5] += source.log2fc[planted, 5] / 10
    source.table.loc[source.table.index[::2], "p_vehicle"] = np.linspace(0.001, 1, 120)
    path = tmp_path_factory.mktemp("dosed") / "dosed.h5"
    build_index([source], path, progress=False)
    compounds = pd.DataFrame(
        [["", "P2", "x", "", "batch plate2: a spill", ""]],
        columns=["pert_id", "name", "mechanism", "targets", "flags", "synonyms"],
    )
    return source, Index(path, compounds)


def test_every_part_is_what_a_loop_finds(dosed):
    source, index = dosed
    gene, signatures = source.genes[5], index.signatures
    relative = relative_ranks(index, gene)["relative_rank"].to_numpy()
    log2fc = index.values(gene)[:, 0]
    found = search(index, gene, "both", n=240)
    assert len(found) == 240
    row_of = {sig_id: row for row, sig_id in enumerate(signatures["sig_id"])}
    counted = [row for row in range(240) if signatures["flags"].iloc[row] == ""]
    assert len(counted) == 238
    p = signatures["p_vehicle"]
    for _, hit in found.iterrows():
        own, sign = row_of[hit["sig_id"]], 1 if hit["direction"] == "up" else -1
        name, cell = signatures["compound"].iloc[own], signatures["cell_id"].iloc[own]
        ranks, doses = {}, {}
        for row in counted:
            if signatures["compound"].iloc[row] == name:
                ranks.setdefault(signatures["cell_id"].iloc[row], []).append(relative[row])
                same = signatures["cell_id"].iloc[row] == cell
                if same and signatures["time"].iloc[row] == signatures["time"].iloc[own]:
                    dose = signatures["dose"].iloc[row]
                    if dose:
                        doses.setdefault(float(dose), []).append(log2fc[row])
        others = [np.mean(values) for line, values in ranks.items() if line != cell]
        assert hit["other_lines"] == len(others)
        assert hit["lines_agree"] == sum(sign * mean > 0 for mean in others)
        assert hit["doses"] == len(doses)
        if len(doses) >= 3:
            means = [sign * np.mean(doses[dose]) for dose in sorted(doses)]
            assert hit["dose_trend"] == pytest.approx(spearmanr(sorted(doses), means).statistic)
        else:
            assert np.isnan(hit["dose_trend"]) and np.isnan(hit["dose_p"])
        if np.isnan(p.iloc[own]):
            assert np.isnan(hit["vehicle_fdr"])
        else:
            ordered = np.sort(p.dropna())
            steps = [q * len(ordered) / (k + 1) for k, q in enumerate(ordered) if q >= p.iloc[own] - 1e-12]
            assert hit["vehicle_fdr"] == pytest.approx(min(1, *steps))
        kept = [s for s in signatures["strength"] if s <= signatures["strength"].iloc[own]]
        assert 0 < hit["strength_percentile"] <= len(kept) / 240
        assert np.isnan(hit["control_level"]) and hit["expressed"] == "not known"
    assert found["grade"].tolist() == grades(found).tolist()
    flagged = found[found["flags"] != ""]
    assert len(flagged) == 2 and set(flagged["grade"]) == {"doubtful"}


def test_planted_truth_is_graded_well(dosed):
    source, index = dosed
    best = search(index, source.genes[5], "up", n=24)
    best = best[best["compound"].isin(["P3", "P7"])]
    assert len(best) >= 22
    assert (best["other_lines"] == 2).all() and (best["lines_agree"] == 2).all()
    grown = best[best["compound"] == "P7"]
    assert (grown["dose_trend"] > 0.9).all() and not set(grown["grade"]) & {"weak", "doubtful"}
    assert "grows with the dose" in {name: words for name, _, words in explain(grown.iloc[0])}["doses"]
    of_all = consensus(index, source.genes[5])
    assert of_all.loc[["P3", "P7"], "lines_agree"].tolist() == [2, 2]
    assert not set(of_all.loc[["P3", "P7"], "grade"]) & {"weak", "doubtful"}
    assert set(of_all.index[of_all["grade"] == "strong"]) <= {"P3", "P7"}


def test_a_gene_that_is_off_cannot_fall(dosed, monkeypatch):
    source, index = dosed
    before = search(index, source.genes[5], "both", n=50)
    monkeypatch.setattr(
        Index, "control_level", lambda self, genes, rows: np.full((len(rows), 1), 0.1, np.float32)
    )
    found = search(index, source.genes[5], "both", n=50)
    assert set(found["expressed"]) == {"off"}
    assert set(found.loc[found["direction"] == "down", "grade"]) == {"doubtful"}
    is_up = found["direction"] == "up"
    assert found.loc[is_up, "grade"].tolist() == before.loc[is_up, "grade"].tolist()
    assert set(before.loc[~is_up, "grade"]) != {"doubtful"}


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_p_of_a_trend_is_that_of_all_orders(n):
    rng = np.random.default_rng(n)
    for changes in (rng.normal(size=n), np.round(rng.normal(size=n)), np.arange(n)[::-1]):
        trend, p = dose_trend(changes)
        if np.ptp(changes) == 0:
            assert np.isnan(trend) and np.isnan(p)
            continue
        null = [spearmanr(order, changes).statistic for order in permutations(range(n))]
        assert trend == pytest.approx(spearmanr(range(n), changes).statistic)
        assert p == pytest.approx(np.mean(np.array(null) >= trend - 1e-9))


def test_a_trend_of_many_doses_and_of_none():
    changes = np.array([0.1, 0.3, 0.2, 0.5, 0.7, 0.6, 0.9, 1.5, 1.2])
    tested = spearmanr(range(9), changes, alternative="greater")
    assert dose_trend(changes) == pytest.approx((tested.statistic, tested.pvalue))
    assert np.isnan(dose_trend(np.zeros(4))).all()
