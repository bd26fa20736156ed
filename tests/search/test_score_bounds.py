"""The best perturbagens of many signatures are those of all scores; no score exceeds its bound."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search import by_gene_list
from l1000_rnaseq.search.by_gene_list import perturbagens, score_query
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.score_bounds import COARSE, best_rows, upper_bounds


@pytest.fixture(scope="module")
def demo():
    """Signatures with directions of their own, and without, over whole genomes."""
    return Index()


def lists(index, seed, n=30):
    """Genes at the ends of a signature where `seed` is even, else any genes."""
    if seed % 2:
        genes = np.random.default_rng(seed).permutation(index.genes.index)
    else:
        row = np.random.default_rng(seed).integers(len(index.signatures))
        genes = index.genes.index[np.argsort(-index.whole("cd", np.array([row]))[0])]
    return tuple(genes[:n]), tuple(genes[-n:])


@pytest.mark.parametrize("seed", range(2))
def test_no_score_exceeds_its_bound(demo, seed):
    up, down = lists(demo, seed)
    rows = np.r_[0:300, 4000:4300]
    for sides in ((up, down), (up, ()), ((), down)):
        scored = score_query(*sides, index=demo, progress=False)[1]["score"].to_numpy()[rows]
        tight, coarse = (upper_bounds(demo, *sides, rows, n) for n in (10_000, COARSE))
        for sign, of_tight, of_coarse in zip((1, -1), tight, coarse, strict=True):
            assert (sign * scored <= of_tight).all() and (of_tight <= of_coarse + 1e-9).mean() > 0.99
        assert np.median(tight[0][scored > 0] - scored[scored > 0]) < 0.05  # or a bound would save nothing


@pytest.mark.parametrize("seed", range(6))
def test_the_best_are_those_of_all_scores(demo, monkeypatch, seed):
    up, down = lists(demo, seed)
    filters = Filters(type="chemical", time=24) if seed > 3 else Filters()
    asked = {
        "up": up,
        "down": down if seed != 3 else (),
        "index": demo,
        "filters": filters,
        "progress": False,
    }
    every = perturbagens(score_query(**asked)[1], 5)
    monkeypatch.setattr(by_gene_list, "MANY", 10)
    scored = score_query(**asked, top=5)[1]
    best = perturbagens(scored, 5)
    assert best["ncs"].isna().all()
    pd.testing.assert_frame_equal(best.drop(columns="ncs"), every.drop(columns="ncs"), rtol=1e-6)


def test_few_signatures_are_read_whole_where_some_connect_clearly(demo):
    up, down = lists(demo, 0)
    names = pd.factorize(demo.signatures["compound"].astype(str))[0]
    exact = score_query(up, down, demo, progress=False)[1]["score"].to_numpy()
    read = []

    def score(positions):
        read.extend(positions)
        return exact[positions]

    found = best_rows(demo, up, down, np.arange(len(exact)), names, 3, score)
    assert len(read) == len(set(read)) and len(read) < len(exact) / 2 and set(read) <= set(found)
    for sign in (1, -1):
        best = pd.Series(sign * exact).groupby(names).max().nlargest(3)
        assert set(np.flatnonzero(np.isin(names, best.index))) <= set(found)
