"""Counts → log CPM → quantile normalisation, against literal loops."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.translate.normalize import (
    Normalization,
    cpm,
    expressed_genes,
    fit_reference,
    quantile_normalize,
)


def loop_quantile_normalize(sample, reference):
    """Rank each known value among the known (ties averaged), read the reference at that relative rank."""
    known = [value for value in sample if not np.isnan(value)]
    n, m, out = len(reference), len(known), []
    for value in sample:
        if np.isnan(value):
            out.append(np.nan)
            continue
        rank = sum(other < value for other in known) + (sum(other == value for other in known) + 1) / 2
        place = (rank - 0.5) / m * n - 0.5  # position on the reference's own grid, 0 … n − 1
        if place <= 0:
            out.append(reference[0])
        elif place >= n - 1:
            out.append(reference[-1])
        else:
            low = int(place)
            out.append(reference[low] + (place - low) * (reference[low + 1] - reference[low]))
    return out


@pytest.fixture
def counts():
    rng = np.random.default_rng(3)
    values = rng.negative_binomial(2, 0.01, size=(12, 40)).astype(float)
    return pd.DataFrame(values, [f"s{i}" for i in range(12)], [f"g{i}" for i in range(40)])


@pytest.mark.parametrize("absent", [0, 9])
@pytest.mark.parametrize("ties", [False, True])
def test_quantile_normalisation_is_the_literal_loop(absent, ties):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 50))
    if ties:
        values = np.round(values)
    values[:, rng.permutation(50)[:absent]] = np.nan
    reference = np.sort(rng.normal(5, 2, size=50))
    expected = [loop_quantile_normalize(sample, reference) for sample in values]
    got = quantile_normalize(values, reference)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-5, equal_nan=True)


def test_every_sample_without_ties_has_exactly_the_distribution_of_the_reference():
    rng = np.random.default_rng(1)
    values, reference = rng.normal(size=(6, 80)), np.sort(rng.gamma(2, size=80))
    normalised = quantile_normalize(values, reference)
    np.testing.assert_allclose(np.sort(normalised, axis=1), np.tile(reference, (6, 1)), rtol=1e-6)
    np.testing.assert_array_equal(np.argsort(normalised, axis=1), np.argsort(values, axis=1))


def test_nan_stays_where_it_was_and_nowhere_else():
    values = np.random.default_rng(2).normal(size=(4, 30))
    values[1, [3, 7]] = np.nan
    out = quantile_normalize(values, np.arange(30.0))
    np.testing.assert_array_equal(np.isnan(out), np.isnan(values))


def test_normalisation_depends_on_ranks_only():
    values, reference = np.random.default_rng(4).normal(size=(3, 25)), np.arange(25.0)
    np.testing.assert_array_equal(
        quantile_normalize(values, reference), quantile_normalize(np.exp(3 * values) + 7, reference)
    )


def test_cpm_is_the_loop_over_samples_and_genes(counts):
    values = counts.to_numpy()
    expected = [[1e6 * value / sum(sample) for value in sample] for sample in values]
    np.testing.assert_allclose(cpm(values), expected)
    with_gap = values.copy()
    with_gap[0, 5] = np.nan
    scaled = cpm(with_gap)
    assert np.isnan(scaled[0, 5]) and np.nansum(scaled[0]) == pytest.approx(1e6)
    np.testing.assert_allclose(scaled[1:], np.array(expected)[1:])


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_cpm_refuses_what_is_no_count(counts, bad):
    values = counts.to_numpy().copy()
    values[2, 3] = bad
    with pytest.raises(ValueError, match="negative or infinite"):
        cpm(values)


def test_cpm_names_the_samples_without_any_count(counts):
    values = counts.to_numpy().copy()
    values[[4, 7]] = 0
    with pytest.raises(ValueError, match=r"without any count \(first rows: \[4, 7\]\)"):
        cpm(values)


def test_reference_is_the_weighted_mean_of_sorted_samples():
    values = np.random.default_rng(5).normal(size=(4, 10))
    weights = [1, 2, 0, 5]
    repeated = np.repeat(values, weights, axis=0)
    expected = np.mean([sorted(sample) for sample in repeated], axis=0)
    np.testing.assert_allclose(fit_reference(values, weights), expected)
    np.testing.assert_allclose(fit_reference(values), np.sort(values, axis=1).mean(axis=0))


def test_expressed_genes_at_the_very_limit():
    counts = np.zeros((100, 4))
    counts[:2, 0] = 10  # ten reads in exactly 2 %
    counts[:2, 1] = 11  # more than ten in exactly 2 %
    counts[:3, 2] = 11  # more than ten in more than 2 %
    counts[:3, 3] = 9
    assert expressed_genes(counts).tolist() == [True, True, True, False]
    assert expressed_genes(counts, strict=True).tolist() == [False, False, True, False]


def test_fit_in_blocks_is_fit_in_one_pass():
    rng = np.random.default_rng(6)
    counts = pd.DataFrame(rng.poisson(30, size=(2300, 12)).astype(float))
    weights = rng.uniform(size=2300)
    whole = fit_reference(np.log2(cpm(counts.to_numpy()) + 1), weights)
    np.testing.assert_allclose(Normalization.fit(counts, weights=weights).reference, whole, rtol=1e-10)


def test_log_base_ten_is_log_two_in_other_units(counts):
    two, ten = Normalization.fit(counts), Normalization.fit(counts, log_base=10)
    assert (two.log_base, ten.log_base) == (2, 10)
    np.testing.assert_allclose(ten.reference * np.log2(10), two.reference)
    np.testing.assert_allclose(
        ten.transform(counts) * np.log2(10), two.transform(counts), rtol=1e-5, atol=1e-6
    )


def test_training_statistics_are_applied_unchanged_to_new_samples(counts):
    fitted = Normalization.fit(counts[:8])
    together = fitted.transform(counts)
    for name in counts.index:
        pd.testing.assert_frame_equal(fitted.transform(counts.loc[[name]]), together.loc[[name]])
    shuffled = counts.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(fitted.transform(shuffled), together.loc[shuffled.index])
    with_ties = quantile_normalize(cpm(counts.to_numpy()), fitted.reference)
    np.testing.assert_array_equal(together.to_numpy(), with_ties)


def test_column_order_and_foreign_genes_change_nothing(counts):
    fitted = Normalization.fit(counts)
    other = counts[list(counts.columns[::-1])].assign(foreign=1e6)
    pd.testing.assert_frame_equal(fitted.transform(other), fitted.transform(counts))


def test_absent_genes_come_back_as_nan_in_their_place(counts):
    fitted = Normalization.fit(counts)
    out = fitted.transform(counts.drop(columns=["g3", "g8"]))
    assert list(out.columns) == list(counts.columns)
    assert out.columns[out.isna().all()].tolist() == ["g3", "g8"] and not out.drop(
        columns=["g3", "g8"]
    ).isna().any(axis=None)


def test_less_than_half_of_the_genes_is_an_error(counts):
    fitted = Normalization.fit(counts)
    with pytest.raises(ValueError, match=r"only 19 of the 40 genes .* at least half"):
        fitted.transform(counts.iloc[:, :19])
    assert fitted.transform(counts.iloc[:, :20]).notna().to_numpy().sum() == 12 * 20
