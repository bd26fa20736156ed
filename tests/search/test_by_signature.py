"""Which perturbations reverse a signature: slow running sums, chunks, planted reversers, files of wells."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search.by_signature import class_enrichment, match_signatures
from l1000_rnaseq.search.sources import FolderSource
from l1000_rnaseq.signatures.signature_files import signatures_file
from memory_source import Memory
from scipy.stats import mannwhitneyu

N = 300


@pytest.fixture(scope="module")
def query():
    rng = np.random.default_rng(0)
    return pd.Series(rng.standard_t(4, N), [f"G{i:03d}" for i in rng.permutation(N)])


@pytest.fixture(scope="module")
def source(query):
    """Ten reversers, ten mimics and forty others; genes in another order, ten of them not in the query."""
    rng = np.random.default_rng(1)
    genes = [*rng.permutation(query.index), *(f"X{i}" for i in range(10))]
    own = query.reindex(genes).fillna(0).to_numpy()
    kinds = np.repeat(["reverser", "mimic", "other"], (10, 10, 40))
    sign = np.select([kinds == "reverser", kinds == "mimic"], [-1, 1], 0)[:, None]
    scores = sign * own + rng.normal(0, 1.5, (60, len(genes)))
    order = rng.permutation(60)
    table = pd.DataFrame(
        {"pert_iname": kinds[order], "pert_id": [f"P{i}" for i in order], "cell_id": "MCF7"},
        index=pd.Index([f"S{i:02d}" for i in order], name="sig_id"),
    )
    return Memory(table, genes, scores[order])


def slow_enrichment(scores: pd.Series, members, weight: float) -> float:
    scores, inside = scores.sort_values(ascending=False, kind="stable"), set(members)
    total = sum(abs(value) ** weight for gene, value in scores.items() if gene in inside)
    running, extreme = 0.0, 0.0
    for gene, value in scores.items():
        running += abs(value) ** weight / total if gene in inside else -1 / (len(scores) - len(inside))
        extreme = running if abs(running) > abs(extreme) else extreme
    return extreme


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.0])
def test_scores_are_those_of_a_slow_loop(query, source, weight):
    table = match_signatures(query, source, top=25, weight=weight, n_permutations=3, progress=False)
    ordered = query.reindex([g for g in source.genes if g in query.index]).sort_values(ascending=False)
    for sig_id in source.table.index:
        scores = pd.Series(source.scores[source.table.index.get_loc(sig_id)], source.genes)[ordered.index]
        cosine = (scores * ordered).sum() / np.sqrt((scores**2).sum() * (ordered**2).sum())
        assert table.loc[sig_id, "cosine"] == pytest.approx(cosine)
        up, down = (slow_enrichment(scores, m, weight) for m in (ordered.index[:25], ordered.index[-25:]))
        expected = (up - down) / 2 if up * down < 0 else 0
        assert table.loc[sig_id, "connectivity"] == pytest.approx(expected, abs=1e-12)


def test_planted_reversers_come_first(query, source):
    table = match_signatures(query, source, top=25, n_permutations=99, progress=False)
    assert list(table["pert_iname"][:10]) == ["reverser"] * 10
    assert list(table["pert_iname"][-10:]) == ["mimic"] * 10
    for name in ("cosine", "connectivity"):
        planted, others = table["pert_iname"] != "other", table["pert_iname"] == "other"
        assert (table.loc[planted, f"{name}_p_family"] <= 0.05).all()
        assert table.loc[others, f"{name}_p_family"].min() > 0.05  # of 40 no one
        assert 0.2 < table.loc[others, f"{name}_p"].mean() < 0.8
    classes = class_enrichment(table, "pert_iname")
    assert classes.loc["reverser", "auc"] == 1 and classes.loc["mimic", "auc"] == 0
    assert classes.index[0] == "reverser" and classes.loc["reverser", "fdr"] < 1e-3


def test_a_class_has_one_value_per_perturbagen_and_its_line_does_not_count():
    rng = np.random.default_rng(2)
    n = 400
    table = pd.DataFrame({"pert_id": rng.integers(80, size=n).astype(str), "cosine": rng.normal(size=n)})
    table["moa"] = np.array(["A", "B", "", "C"])[table["pert_id"].astype(int) % 4]
    table["cell_id"] = np.where(rng.random(n) < np.where(table["moa"] == "A", 0.9, 0.2), "X", "Y")
    table["cosine"] += np.where(table["cell_id"] == "X", -5, 0)  # A looks low by its line alone
    table["cosine"] += np.where(table["moa"] == "B", 1.0, 0)
    classes = class_enrichment(table, "moa", n_permutations=2000)
    over = table["cosine"] - table["cell_id"].map(table.groupby("cell_id")["cosine"].median())
    means = {key: over[rows].mean() for key, rows in table.groupby(["moa", "pert_id"]).groups.items()}
    for name, row in classes.iterrows():
        inside = [value for (moa, _), value in means.items() if moa == name]
        outside = [value for (moa, _), value in means.items() if moa != name]
        auc = np.mean([(a < b) + (a == b) / 2 for a in inside for b in outside])
        assert row["auc"] == pytest.approx(auc) and row["perturbagens"] == len(inside)
        assert row["signatures"] == (table["moa"] == name).sum()
        slow = mannwhitneyu(inside, outside, method="asymptotic").pvalue
        assert row["p"] == pytest.approx(slow, abs=0.04)
    assert classes.loc["A", "p"] > 0.05 > classes.loc["B", "p"] >= 1 / 2001


def test_signatures_of_one_perturbagen_make_no_class_sure():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"pert_id": np.repeat(np.arange(43), 30).astype(str), "cell_id": "X"})
    table["moa"] = np.where(table["pert_id"].astype(int) < 3, "three compounds", "")
    of_compound = np.r_[-1.2, -0.6, 0.2, np.linspace(-2, 2, 40)]
    table["cosine"] = of_compound[table["pert_id"].astype(int)] + rng.normal(0, 0.1, len(table))
    pooled = mannwhitneyu(*(part["cosine"] for _, part in table.groupby("moa"))).pvalue
    p = class_enrichment(table, "moa").loc["three compounds", "p"]
    assert p > 0.05 and pooled < p / 10


def test_chunks_and_gene_order_change_nothing(query, source):
    options = {"top": 25, "n_permutations": 20, "progress": False}
    whole = match_signatures(query, source, **options)
    source.most = 0
    pieces = match_signatures(query.sample(frac=1, random_state=0), source, chunk=7, **options)
    assert source.most == 7
    pd.testing.assert_frame_equal(pieces, whole)
    scaled = match_signatures(query * 8, source, **options)
    pd.testing.assert_frame_equal(scaled, whole)
    opposite = match_signatures(-query, source, **options)
    assert opposite.loc[whole.index, "cosine"].to_numpy() == pytest.approx(-whole["cosine"].to_numpy())
    np.testing.assert_allclose(opposite.loc[whole.index, "connectivity"], -whole["connectivity"], atol=1e-12)


def test_p_counts_the_null_signatures(query, source):
    rng = np.random.default_rng(5)
    null = pd.DataFrame(rng.normal(size=(30, N)), columns=sorted(query.index))
    table = match_signatures(query, source, null, top=25, progress=False)
    common = [g for g in source.genes if g in query.index]
    scores = pd.DataFrame(source.scores, source.table.index, source.genes)[common]
    scores = scores.div(np.sqrt((scores**2).sum(axis=1)), axis=0)
    others = null[common].div(np.sqrt((null[common] ** 2).sum(axis=1)), axis=0)
    cosines = scores.to_numpy() @ others.to_numpy().T
    for number, sig_id in enumerate(scores.index):
        own = table.loc[sig_id, "cosine"]
        assert table.loc[sig_id, "cosine_p"] == (1 + (np.abs(cosines[number]) >= abs(own)).sum()) / 31
        reached = (cosines.min(axis=0) <= own) if own < 0 else (cosines.max(axis=0) >= own)
        assert table.loc[sig_id, "cosine_p_family"] == (1 + reached.sum()) / 31


def test_files_of_signatures_are_searched(simulated_data, tmp_path):
    wells = simulated_data / "l1000"
    signatures_file(wells / "level3.gctx", wells / "inst_info.txt", tmp_path / "s", top=50, progress=False)
    source = FolderSource.of(tmp_path / "s")
    number = len(source.table) // 2
    query = pd.Series(-source.read(number, number + 1)[1][0], source.genes)
    table = match_signatures(query, source, top=50, n_permutations=19, chunk=16, progress=False)
    assert len(table) == len(source.table)
    assert table.index[0] == source.table.index[number]
    assert table["cosine"].iloc[0] == pytest.approx(-1, abs=1e-5)
    same = table["pert_iname"] == table["pert_iname"].iloc[0]
    assert table.loc[same, "cosine"].mean() < table.loc[~same, "cosine"].mean() - 0.1


def test_bad_input_is_refused(query, source):
    options = {"top": 25, "n_permutations": 2, "progress": False}
    with pytest.raises(
        ValueError, match="40 of the 310 genes of the source are in the query; expected at least 50"
    ):
        match_signatures(query.sort_index()[:40], source, **options)
    with pytest.raises(ValueError, match="the query is 0 for every gene"):
        match_signatures(query * 0, source, **options)
    with pytest.raises(ValueError, match="are there more than once"):
        match_signatures(pd.concat([query, query]), source, **options)
    null = pd.DataFrame(np.ones((2, N - 1)), columns=query.index[1:])
    with pytest.raises(ValueError, match="null signatures lack genes of the query"):
        match_signatures(query, source, null, **options)
    table = match_signatures(query, source, **options)
    with pytest.raises(ValueError, match="no column moa; there are pert_iname, pert_id"):
        class_enrichment(table, "moa")
    with pytest.raises(ValueError, match="no value of pert_iname has 50 perturbagens or more"):
        class_enrichment(table, "pert_iname", min_size=50)
