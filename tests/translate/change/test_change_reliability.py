"""Reliability of changes on planted correlations, and its parts against a readable loop."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.translate.change.change_reliability import (
    change_reliability,
    file_correlations,
    pooled,
    reliability_bins,
)
from l1000_rnaseq.translate.change.held_out import HeldOut

N_LANDMARKS, N_GENES = 100, 700
NAMES = [f"g{i}" for i in range(N_GENES)]


def planted_files(sizes, between=0.0, seed=0):
    """Files in which gene g's prediction correlates with its truth by a planted number."""
    rng = np.random.default_rng(seed)
    r = np.concatenate([rng.uniform(0.5, 0.9, N_LANDMARKS), rng.uniform(0, 0.6, N_GENES - N_LANDMARKS)])
    files = []
    for k, n in enumerate(sizes):
        here = np.tanh(np.arctanh(r) + rng.normal(0, between, N_GENES))
        true, other = rng.normal(size=(2, n, N_GENES))
        predicted = here * true + np.sqrt(1 - here**2) * other
        files.append(HeldOut(f"file{k}", true, predicted, np.arange(n).astype(str)))
    return files, r


def test_correlations_are_those_of_a_loop_over_what_was_measured():
    (file,), _ = planted_files([30])
    file.true[np.random.default_rng(1).random(file.true.shape) < 0.3] = np.nan
    file.true[5:, 3] = np.nan
    file.true[:, 4] = 0.5
    z, n = file_correlations([file])
    for gene in range(0, N_GENES, 50):
        there = ~np.isnan(file.true[:, gene])
        r = np.corrcoef(file.true[there, gene], file.predicted[there, gene])[0, 1]
        assert np.tanh(z[0, gene]) == pytest.approx(r, abs=1e-9) and n[0, gene] == there.sum()
    assert n[0, 3] == n[0, 4] == 0


def test_contrasts_of_one_perturbation_count_once():
    (file,), _ = planted_files([30])
    shared = HeldOut(file.name, file.true, file.predicted, np.repeat(list("abcdefghij"), 3))
    assert file_correlations([shared])[1].max() == 10


def test_pooling_recovers_planted_numbers_better_than_the_raw_mean():
    files, r = planted_files([40, 20, 12], between=0.15)
    z, n = file_correlations(files)
    estimate, variance = pooled(z, n, np.arange(N_GENES) < N_LANDMARKS)
    error = estimate - np.arctanh(r)
    raw = z.mean(axis=0) - np.arctanh(r)
    assert np.sqrt((error**2).mean()) < 0.8 * np.sqrt((raw**2).mean())
    assert (error**2).mean() == pytest.approx(variance.mean(), rel=0.4)


def test_reliability_is_what_a_further_file_realises():
    files, r = planted_files([60, 40, 30, 8], between=0.1)
    table = change_reliability(files, NAMES, N_LANDMARKS)
    assert list(table) == ["r", "low", "high", "n"] and list(table.index) == NAMES
    assert np.corrcoef(table["r"], r)[0, 1] > 0.9
    assert ((table["low"] <= r) & (r <= table["high"])).mean() == pytest.approx(0.9, abs=0.08)
    assert (table["n"] == 138).all()
    bins = reliability_bins(files, N_LANDMARKS)
    full = bins[bins["n_genes"] >= 30]
    assert set(bins["file"]) == {"file0", "file1", "file2"} and len(full) > 10
    assert (full["estimated"] - full["realised"]).abs().max() < 0.12


def test_a_gene_in_no_file_has_the_number_of_its_kind():
    files, _ = planted_files([60, 40])
    for file in files:
        file.true[:, 0] = np.nan
        file.true[:, -1] = np.nan
    table = change_reliability(files, NAMES, N_LANDMARKS)
    assert table["n"].iloc[0] == table["n"].iloc[-1] == 0
    assert table["r"].iloc[0] == pytest.approx(table["r"].iloc[:N_LANDMARKS].mean(), abs=0.1)
    assert table["r"].iloc[-1] == pytest.approx(table["r"].iloc[N_LANDMARKS:].mean(), abs=0.1)
    widths = table["high"] - table["low"]
    assert widths.iloc[-1] > 2 * widths.iloc[N_LANDMARKS:-1].median()


def test_too_few_perturbations_are_refused():
    files, _ = planted_files([10, 8])
    with pytest.raises(ValueError, match="no file has 15 different perturbations"):
        change_reliability(files, NAMES, N_LANDMARKS)


def test_a_file_without_clear_contrasts_counts_for_nothing():
    files, _ = planted_files([60, 40])
    nothing = np.empty((0, N_GENES))
    empty = HeldOut("empty", nothing, nothing, np.array([], str))
    table = change_reliability([*files, empty], NAMES, N_LANDMARKS)
    pd.testing.assert_frame_equal(table, change_reliability(files, NAMES, N_LANDMARKS))
