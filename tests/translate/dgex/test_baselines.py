"""LR-L1 and LR-L2 against scikit-learn, KNN-GE against a loop."""

import logging

import numpy as np
import pytest
from l1000_rnaseq.translate.dgex.baselines import knn_genes, lasso_path, least_squares
from l1000_rnaseq.translate.dgex.standardize import Standardization
from l1000_rnaseq.translate.step2.linear import Gram
from sklearn import linear_model


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 12)) @ (np.eye(12) + 0.3 * rng.normal(size=(12, 12)))
    y = x @ (rng.normal(size=(12, 6)) * (rng.random((12, 6)) < 0.4)) + rng.normal(size=(90, 6)) + 3
    x, y = (Standardization.fit(v).transform(v).astype(float) for v in (x, y))
    return x, y, Gram(12, 6).add(x, y)


def test_the_lasso_path_is_scikit_learns(data):
    x, y, gram = data
    path = dict(lasso_path(gram, [0.01, 0.4, 0.1, 3.0], tolerance=1e-6, most=5000))
    assert list(path) == [3.0, 0.4, 0.1, 0.01]
    for penalty, model in path.items():
        theirs = linear_model.Lasso(alpha=penalty / 2, tol=1e-9, max_iter=100_000).fit(x, y)
        np.testing.assert_allclose(model.right, theirs.coef_.T, atol=2e-4)
        np.testing.assert_allclose(model.transform(x), theirs.predict(x), atol=2e-3)
    entries = [np.count_nonzero(model.right) for model in path.values()]
    assert entries[0] == 0 and np.all(np.diff(entries) > 0) and entries[2] < 60


def test_a_lasso_that_is_cut_short_says_so(data, caplog):
    with caplog.at_level(logging.WARNING):
        list(lasso_path(data[2], [0.001], tolerance=1e-7, most=3))
    assert "LR-L1, penalty 0.001" in caplog.text and "from optimal after 3 steps" in caplog.text


@pytest.mark.parametrize("penalty", [0.0, 0.1, 2.0])
def test_ridge_is_scikit_learns(data, penalty):
    x, y, gram = data
    theirs = linear_model.Ridge(alpha=penalty * len(x)).fit(x, y)
    np.testing.assert_allclose(least_squares(gram, penalty).transform(x), theirs.predict(x), atol=1e-4)


@pytest.mark.parametrize("k", [1, 4, 12])
def test_knn_genes_is_the_loop(data, k):
    x, y, gram = data
    new = np.random.default_rng(1).normal(size=(7, 12)).astype(np.float32)
    expected = np.empty((7, 6))
    for target in range(6):
        distance = [np.sqrt(((x[:, gene] - y[:, target]) ** 2).sum()) for gene in range(12)]
        nearest = sorted(range(12), key=distance.__getitem__)[:k]
        for sample in range(7):
            expected[sample, target] = np.mean([new[sample, gene] for gene in nearest])
    np.testing.assert_allclose(knn_genes(gram, k).transform(new), expected, atol=1e-5)


@pytest.mark.parametrize("k", [0, 13])
def test_an_impossible_number_of_neighbours_is_told(data, k):
    with pytest.raises(ValueError, match=f"k is {k}; expected 1 to 12, the number of landmarks"):
        knn_genes(data[2], k)
