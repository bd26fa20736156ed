"""Covariates beside age: the model against statsmodels, and what is left after they are taken out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from l1000_rnaseq.aging.covariates import NotEstimable, additive_design, without_covariates
from l1000_rnaseq.signatures.limma import fit_genes

OLD = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
TABLE = pd.DataFrame({"SEX": [1, 2, 1, 2, 1, 2, 2, 2], "SMTSD": list("abcaabca")})


def test_coefficients_are_those_of_statsmodels():
    y = np.random.default_rng(0).normal(size=(8, 3))
    matrix, used = additive_design(OLD, TABLE)
    assert used == ["SEX", "SMTSD"] and matrix.shape == (8, 5)
    fit = fit_genes(y, matrix)
    x = pd.get_dummies(TABLE.astype(str), drop_first=True).astype(float).assign(old=OLD.astype(float))
    for gene in range(3):
        model = sm.OLS(y[:, gene], sm.add_constant(x)).fit()
        assert fit.coefficient[gene] == pytest.approx(model.params["old"])
        assert fit.variance[gene] == pytest.approx(model.scale)


def test_without_covariates_the_difference_is_the_adjusted_one():
    y = np.random.default_rng(1).normal(size=(8, 50))
    matrix, _ = additive_design(OLD, TABLE)
    left = without_covariates(y, matrix)
    np.testing.assert_allclose(left[OLD].mean(0) - left[~OLD].mean(0), fit_genes(y, matrix).coefficient)
    np.testing.assert_allclose(left.mean(axis=0), y.mean(axis=0))
    shifted = y + np.outer(TABLE["SEX"], np.arange(50.0))
    np.testing.assert_allclose(
        without_covariates(shifted, matrix) - shifted.mean(0), left - y.mean(0), atol=1e-9
    )
    assert without_covariates(y, additive_design(OLD)[0]) is y


def test_what_adds_nothing_is_left_out():
    same = pd.DataFrame({"SEX": [2] * 8, "SMTSD": TABLE["SMTSD"], "copy": TABLE["SMTSD"]})
    matrix, used = additive_design(OLD, same)
    assert used == ["SMTSD"] and matrix.shape == (8, 4) and np.linalg.matrix_rank(matrix) == 4


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(NotEstimable, match="age and SEX cannot be told apart in these 8 samples"):
        additive_design(OLD, pd.DataFrame({"SEX": OLD + 1}))
    with pytest.raises(NotEstimable, match="4 samples and 4 coefficients leave no residual"):
        additive_design(
            np.array([1, 1, 0, 0], bool), pd.DataFrame({"SEX": [1, 2, 1, 2], "SMTSD": list("abba")})
        )
    with pytest.raises(ValueError, match="one of the two groups is empty"):
        additive_design(np.ones(4, bool))
