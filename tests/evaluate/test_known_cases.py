"""Known cases in an index with planted effects: ranks of classes, of knock-downs, of landmarks left out."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.known_cases import (
    KNOWN,
    KnownClass,
    from_other_landmarks,
    known_cases,
    measured_and_inferred,
    mechanisms_of,
    own_knock_downs,
    share_of_genes,
)
from l1000_rnaseq.search.consensus import class_rank
from l1000_rnaseq.search.index import Index


@pytest.fixture(scope="module")
def demo() -> Index:
    return Index()


def test_a_class_is_ranked_by_source(demo, tmp_path):
    mechanism = mechanisms_of(demo, tmp_path)  # no sig_info.txt there: what the index says
    assert list(mechanism) == list(demo.signatures["mechanism"].astype(str))
    table = known_cases(demo, mechanism, {"glucocorticoids": KNOWN["glucocorticoids"]})
    source = demo.signatures["source"].astype(str).to_numpy()
    of_class = mechanism.str.lower().str.contains("glucocorticoid receptor agonist").to_numpy()
    expected = class_rank(demo, "TSC22D3", of_class & (source == "wells"))
    assert table.loc[("glucocorticoids", "TSC22D3", "wells")].to_dict() == pytest.approx(expected)
    none = known_cases(demo, mechanism, {"x": KnownClass("no such mechanism", ("TSC22D3",))})
    assert none.empty and none.index.names == ["class", "gene", "source"]


def test_sig_info_tells_mechanisms_that_the_index_lacks(demo, tmp_path):
    (tmp_path / "l1000").mkdir()
    ids = demo.signatures["sig_id"].astype(str)
    unknown = int((demo.signatures["mechanism"].astype(str) == "").to_numpy().argmax())
    named = int((demo.signatures["mechanism"].astype(str) != "").to_numpy().argmax())
    rows = [f"{ids.iloc[k]}\tNew agonist" for k in (named, unknown)]
    (tmp_path / "l1000/sig_info.txt").write_text("\n".join(["sig_id\tmoa", *rows]) + "\n")
    mechanism = mechanisms_of(demo, tmp_path)
    assert mechanism[unknown] == "New agonist"
    assert mechanism[named] == str(demo.signatures["mechanism"].iloc[named])


def test_knock_downs_are_those_of_wells(demo):
    table = own_knock_downs(demo)
    signatures = demo.signatures
    genetic = signatures["type"].isin(["shRNA", "CRISPR"]) & (signatures["source"].astype(str) == "wells")
    counts = signatures[genetic]["pert_iname"].astype(str).value_counts()
    for target, row in table.iterrows():
        assert row["signatures"] == counts[target]
        assert row["status"] == demo.genes.loc[target, "status"]


def test_coefficients_are_those_of_ridge_regressions(few_landmarks):
    coefficients = from_other_landmarks(few_landmarks, 0.3)
    x = few_landmarks.rnaseq[list(few_landmarks.landmarks)]
    sources = few_landmarks.rnaseq_info["source"].to_numpy()
    x = np.vstack([part - part.mean() for _, part in x.groupby(sources)])
    for k in (0, 7):
        others = np.delete(np.arange(x.shape[1]), k)
        penalty = 0.3 * np.diag((x[:, others] ** 2).sum(axis=0))
        a = x[:, others].T @ x[:, others] + penalty
        by_hand = np.linalg.solve(a, x[:, others].T @ x[:, k])
        np.testing.assert_allclose(coefficients[others, k], by_hand, rtol=1e-4, atol=1e-6)
        assert coefficients[k, k] == 0


def test_a_knocked_down_landmark_is_measured_and_inferred(few_landmarks):
    marks, names = list(few_landmarks.landmarks), ["X", "MARK", "X"]
    names[1] = marks[3]
    table = pd.DataFrame(
        {
            "sig_id": ["a", "b", "c"],
            "pert_iname": names,
            "type": ["chemical", "shRNA", "shRNA"],
            "source": "wells",
        }
    )
    changes = np.random.default_rng(0).normal(size=(3, len(marks)))
    index = SimpleNamespace(signatures=table, values=lambda genes, what, rows: changes[rows])
    got = measured_and_inferred(index, few_landmarks)
    assert list(got.index) == ["b"] and got.loc["b", "measured"] == changes[1, 3]
    expected = changes[1] @ from_other_landmarks(few_landmarks)[:, 3]
    assert got.loc["b", "from the other landmarks"] == pytest.approx(expected)


def test_shares_fall_from_all_genes_to_the_most_extreme():
    curve = share_of_genes({"landmark": np.array([0.0, 0.2, 0.4, 0.4])}, 3)["landmark"]
    assert curve.to_dict() == {0.0: 1.0, 0.2: 0.75, 0.4: 0.5}
