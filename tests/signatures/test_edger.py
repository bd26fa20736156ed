"""Gene filter and TMM factors against tables that R's edgeR made (edger_golden/make_edger_tables.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.signatures.edger import filter_by_expression, published_filter, tmm_factors

GOLDEN = Path(__file__).parent / "edger_golden"
GROUP = np.repeat(["a", "b", "c"], [3, 12, 16])
AGE = np.repeat([0, 1], [15, 16])
SEX = np.arange(31) % 2
WITH_COVARIATE = np.column_stack([np.ones(31), AGE, SEX])


def golden(name: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / name, sep="\t", index_col=0)


@pytest.fixture(scope="module")
def counts():
    return golden("counts.tsv").T.to_numpy()


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("group", {"group": GROUP}),
        ("two_groups", {"group": AGE}),
        ("design", {"design": WITH_COVARIATE}),
        ("no_intercept", {"design": np.column_stack([GROUP == g for g in "abc"])}),
        ("intercept_added", {"design": np.repeat([[1], [0]], [28, 3], axis=0)}),
        ("one_group", {}),
        ("options", {"group": AGE, "min_count": 4, "min_total_count": 200, "large_n": 5, "min_prop": 0.5}),
    ],
)
def test_it_keeps_what_edger_keeps(counts, column, given):
    expected = golden("kept.tsv")[column].to_numpy(bool)
    assert 20 < expected.sum() < 380
    np.testing.assert_array_equal(filter_by_expression(counts, **given), expected)


def test_it_keeps_what_edger_keeps_with_effective_library_sizes(counts):
    size = counts.sum(axis=1) * tmm_factors(counts)
    kept = filter_by_expression(counts, AGE, library_sizes=size)
    np.testing.assert_array_equal(kept, golden("kept.tsv")["effective"].to_numpy(bool))


def test_the_literal_reading_by_a_slow_loop(counts):
    sizes = [sum(sample) for sample in counts.tolist()]
    cutoff = 10_000_000 / sorted(sizes)[15]
    slow = []
    for gene in counts.T.tolist():
        reached = [1e6 * c / size >= cutoff * (1 - 1e-12) for c, size in zip(gene, sizes, strict=True)]
        slow.append(any(reached) and sum(gene) >= 15)
    kept = published_filter(counts)
    np.testing.assert_array_equal(kept, slow)
    edger = filter_by_expression(counts, GROUP)
    assert not (edger & ~kept).any() and kept.sum() > edger.sum()


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("tmm", {}),
        ("reference_3", {"reference": 2}),
        ("trims", {"ratio_trim": 0.1, "sum_trim": 0.2}),
        ("sizes", {"library_sizes": 1e4 * np.arange(1, 32)}),
    ],
)
def test_factors_are_those_of_edger(counts, column, given):
    factors = tmm_factors(counts, **given)
    np.testing.assert_allclose(factors, golden("factors.tsv")[column], rtol=1e-10)
    assert np.prod(factors) == pytest.approx(1)


def test_factors_of_nearly_empty_samples_are_those_of_edger():
    factors = tmm_factors(golden("few.tsv").T.to_numpy())
    np.testing.assert_allclose(factors, golden("few_factors.tsv")["tmm"], rtol=1e-10)


def test_order_changes_nothing(counts):
    rng = np.random.default_rng(0)
    genes, samples = rng.permutation(counts.shape[1]), rng.permutation(len(counts))
    kept = filter_by_expression(counts, AGE)
    mixed = counts[np.ix_(samples, genes)]
    np.testing.assert_array_equal(filter_by_expression(mixed, AGE[samples]), kept[genes])
    np.testing.assert_allclose(tmm_factors(mixed), tmm_factors(counts)[samples], rtol=1e-9)


def test_planted_composition_is_found():
    rng = np.random.default_rng(1)
    mean = rng.gamma(1, 300, 5000)
    mean = np.stack([mean, mean, mean, mean])
    mean[2:, :250] *= 20  # 5 % of the genes take much of the library, the others seem lower
    factors = tmm_factors(rng.poisson(mean))
    effective = factors * mean.sum(axis=1)
    np.testing.assert_allclose(effective / effective[0], 1, atol=0.03)
    assert factors[0] / factors[3] == pytest.approx(mean[3].sum() / mean[0].sum(), rel=0.03)


def test_bad_counts_are_refused(counts):
    with pytest.raises(ValueError, match="negative, missing or infinite"):
        filter_by_expression(np.where(counts == 5, np.nan, counts))
    with pytest.raises(ValueError, match=r"without any count \(first rows: \[1\]\)"):
        tmm_factors(np.array([[1, 2], [0, 0]]))
    with pytest.raises(ValueError, match="group has 30 labels, but counts has 31 samples"):
        filter_by_expression(counts, GROUP[1:])
    with pytest.raises(ValueError, match="design has 30 rows"):
        filter_by_expression(counts, design=WITH_COVARIATE[1:])
    with pytest.raises(ValueError, match="library_sizes has 2 values"):
        tmm_factors(counts, library_sizes=[1, 2])
