"""Search, consensus and gene lists against brute force over whole signatures, under every filter."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.by_gene_list import score_query
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.stats.connectivity import Reference

FILTERS = {
    "none": ({}, lambda t: t["type"] != ""),
    "type": ({"type": "shRNA"}, lambda t: t["type"] == "shRNA"),
    "cell": ({"cell": ["A", "b"]}, lambda t: t["cell_id"].isin(["A", "B"])),
    "dose": ({"dose": (2, None)}, lambda t: pd.to_numeric(t["dose"], errors="coerce") >= 2),
    "time": ({"time": 24}, lambda t: t["time"] == "24"),
    "source": ({"source": "wells"}, lambda t: t["source"] == "wells"),
    "perturbagen": ({"perturbagen": "P1"}, lambda t: t["pert_iname"].str.startswith("P1")),
    "replicates": ({"min_treated": 3}, lambda t: t["n_treated"] >= 3),
    "agreement": ({"min_agreement": 0.4}, lambda t: t["agreement"] >= 0.4),
    "several": (
        {"cell": "A", "time": 6, "dose": 1, "min_agreement": 0.2},
        lambda t: (t["cell_id"] == "A") & (t["time"] == "6") & (t["dose"] == "1") & (t["agreement"] >= 0.2),
    ),
}


@pytest.fixture(scope="module")
def brute(index_path):
    """Every value of the index, signature by signature: metadata, and signatures × genes of each kind."""
    from l1000_rnaseq.search.index import Index

    index = Index(index_path)
    whole = {sig: index.signature(sig) for sig in index.signatures["sig_id"]}
    values = {
        what: pd.DataFrame({sig: table[what] for sig, table in whole.items()}).T for what in ("log2fc", "cd")
    }
    return index, index.signatures.set_index("sig_id"), values


def chosen(brute, name):
    index, table, values = brute
    passed = FILTERS[name][1](table.astype({"pert_iname": str})).to_numpy()
    return index, table[passed], {what: part[passed] for what, part in values.items()}


def random_genes(index, n=20):
    return list(np.random.default_rng(n).choice(index.genes.index, n, replace=False))


@pytest.mark.parametrize("name", FILTERS)
def test_search_is_brute_force(brute, name):
    index, table, values = chosen(brute, name)
    for gene in random_genes(index):
        for by in ("log2fc", "cd"):
            for way, sign in (("up", 1), ("down", -1)):
                found = search(index, gene, way, by, Filters(**FILTERS[name][0]), n=15)
                rows = []
                for sig in table.index:
                    log2fc, cd = (values[what].loc[sig, gene] for what in ("log2fc", "cd"))
                    if sign * {"log2fc": log2fc, "cd": cd}[by] > 0:
                        agree = np.sign(log2fc) == np.sign(cd)
                        rows.append((not agree, -sign * {"log2fc": log2fc, "cd": cd}[by], sig))
                assert found["sig_id"].tolist() == [sig for *_, sig in sorted(rows, key=lambda r: r[:2])][:15]


@pytest.mark.parametrize("name", FILTERS)
def test_search_by_rank_is_ordered_by_rank_and_then_by_direction(brute, name):
    index, table, values = chosen(brute, name)
    gene = random_genes(index)[0]
    found = search(index, gene, "up", "rank", Filters(**FILTERS[name][0]), n=15)
    order = found[["concordant", "rank", "cd"]].assign(concordant=~found["concordant"], cd=-found["cd"])
    pd.testing.assert_frame_equal(order, order.sort_values(["concordant", "rank", "cd"], kind="stable"))
    best = found.loc[found["concordant"], "rank"].min() if found["concordant"].any() else None
    status = index.genes["status"].astype(str)
    same = status[status == status[gene]].index
    exact = (-values["cd"][same]).rank(axis=1)[gene][(values["log2fc"] * values["cd"])[gene] > 0]
    if best is not None:
        assert abs(best - exact[values["cd"].loc[exact.index, gene] > 0].min()) <= 1


@pytest.mark.parametrize("name", FILTERS)
def test_consensus_is_brute_force(brute, name):
    index, table, values = chosen(brute, name)
    status = index.genes["status"].astype(str)
    for gene in random_genes(index):
        found = consensus(index, gene, filters=Filters(**FILTERS[name][0]), n_permutations=20)
        same = status[status == status[gene]].index
        ranked = (-values["cd"][same]).rank(axis=1)[gene]
        relative = 1 - 2 * (ranked - 1) / max(len(same) - 1, 1)
        keys = [table[key].astype(str) for key in ("pert_iname", "cell_id", "batch")]
        wanted = relative.groupby(keys).mean().groupby("pert_iname").mean()
        assert set(found.index) == set(wanted.index)
        np.testing.assert_allclose(found["relative_rank"], wanted[found.index], atol=4 / len(same))
        log2fc = values["log2fc"][gene].groupby(keys[0]).mean()
        np.testing.assert_allclose(found["log2fc"], log2fc[found.index], atol=1e-5)
        assert found["signatures"].sum() == len(table)


@pytest.mark.parametrize("name", FILTERS)
def test_gene_lists_are_brute_force(brute, name):
    index, table, values = chosen(brute, name)
    reference = {what: Reference.of(part.to_numpy(), part.columns) for what, part in values.items()}
    for seed in range(10):
        genes = np.random.default_rng(seed).permutation(index.genes.index)
        for by in ("cd", "log2fc"):
            asked = (list(genes[:5]), list(genes[5:10]))
            filters = Filters(**FILTERS[name][0])
            scored = score_query(*asked, index, by=by, least=3, filters=filters, progress=False)[1]
            assert scored["sig_id"].tolist() == list(table.index)
            np.testing.assert_allclose(scored["score"], reference[by].connectivity(*asked), atol=1e-9)
