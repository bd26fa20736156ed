"""The moderated t against tables that R's limma made (see golden/make_limma_tables.R), and its bad input."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.signatures.limma import (
    fit_genes,
    moderated_t,
    shrink_variances,
    trigamma_inverse,
    two_group_design,
    voom,
)
from scipy.special import polygamma
from scipy.stats import ttest_ind

GOLDEN = Path(__file__).parent / "golden"
TREATED = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
PLATE = np.array(list("abbaabbb"))
LIMMA = {"log2fc": "logFC", "mean": "AveExpr", "t": "t", "p": "P.Value", "fdr": "adj.P.Val"}


def golden(name: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / name, sep="\t", index_col=0)


@pytest.mark.parametrize(
    ("inputs", "batch", "expected"),
    [
        ("profiles.tsv", None, "two_groups.tsv"),
        ("profiles.tsv", PLATE, "with_plate.tsv"),
        ("equal_profiles.tsv", None, "equal_variances.tsv"),
    ],
)
def test_it_equals_limma(inputs, batch, expected):
    fit = fit_genes(golden(inputs).T.to_numpy(), two_group_design(TREATED, batch))
    ours, theirs = moderated_t(fit), golden(expected)
    for name, column in LIMMA.items():
        np.testing.assert_allclose(ours[name], theirs[column], rtol=1e-7, atol=1e-10, err_msg=name)


def test_voom_equals_limma():
    counts, matrix = golden("counts.tsv").T.to_numpy(), two_group_design(TREATED, PLATE)
    logged, weights = voom(counts, matrix)
    np.testing.assert_allclose(weights, golden("voom_weights.tsv").T.to_numpy(), rtol=1e-6)
    ours, theirs = moderated_t(fit_genes(logged, matrix, weights)), golden("voom.tsv")
    for name, column in LIMMA.items():
        np.testing.assert_allclose(ours[name], theirs[column], rtol=2e-6, atol=1e-9, err_msg=name)


def test_weights_of_one_change_nothing():
    profiles, matrix = golden("profiles.tsv").T.to_numpy(), two_group_design(TREATED, PLATE)
    plain, weighted = fit_genes(profiles, matrix), fit_genes(profiles, matrix, np.ones_like(profiles))
    pd.testing.assert_frame_equal(moderated_t(plain), moderated_t(weighted))


def test_without_shrinkage_it_is_the_t_test():
    profiles = golden("profiles.tsv").T.to_numpy()
    fit = fit_genes(profiles, two_group_design(TREATED))
    t = fit.coefficient / (fit.unscaled_sd * np.sqrt(fit.variance))
    np.testing.assert_allclose(t, ttest_ind(profiles[TREATED], profiles[~TREATED]).statistic, rtol=1e-9)


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.5, 1.0, 40.0, 1e8])
def test_trigamma_inverse(x):
    assert polygamma(1, trigamma_inverse(x)) == pytest.approx(x, rel=1e-3 if x < 1e-6 else 1e-6)


def test_planted_prior_is_found():
    rng = np.random.default_rng(0)
    variance = 0.04 * 10 / rng.chisquare(10, 20_000) * rng.chisquare(4, 20_000) / 4
    _, prior_df, prior = shrink_variances(variance, 4)
    assert prior_df == pytest.approx(10, rel=0.15) and prior == pytest.approx(0.04, rel=0.03)


def test_a_batch_of_one_group_adds_nothing():
    batch = np.array(list("cabaabbb"))  # batch c holds one treated sample
    assert two_group_design(TREATED, batch).shape[1] == 4
    with pytest.raises(ValueError, match="cannot be told apart"):
        two_group_design(TREATED, np.where(TREATED, "x", "y"))


def test_bad_input():
    with pytest.raises(ValueError, match="one of the two groups is empty"):
        two_group_design(np.ones(4, bool))
    with pytest.raises(ValueError, match="needs a replicate"):
        moderated_t(fit_genes(np.random.default_rng(0).normal(size=(2, 5)), two_group_design([True, False])))
    with pytest.raises(ValueError, match="voom needs replicates"):
        voom(np.ones((2, 5)), two_group_design([True, False]))


def test_a_constant_gene_is_no_finding():
    profiles = golden("profiles.tsv").T.to_numpy().copy()
    profiles[:, 5] = 7.0
    row = moderated_t(fit_genes(profiles, two_group_design(TREATED))).iloc[5]
    assert row["log2fc"] == pytest.approx(0, abs=1e-12) and row["p"] > 0.99
