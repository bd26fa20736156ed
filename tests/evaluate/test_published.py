"""Published figures beside ours, and the README's table."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import published


@pytest.fixture
def rows():
    keys = [
        (method, space, reference, seed)
        for method in ("network", "ratio")
        for space in ("landmarks", "genome")
        for reference in ("strict", "transductive")
        for seed in ((0, 1, 2) if method == "network" else (0,))
    ]
    table = pd.DataFrame(keys, columns=["method", "space", "reference", "seed"])
    values = np.random.default_rng(0).normal(0.5, 0.1, (len(table), 5))
    table[["pcc", "centred_pcc", "gene_pcc", "rmse", "mse"]] = values
    return table


def test_over_seeds_is_the_mean_and_the_sample_deviation(rows):
    mean, spread = published.mean_and_sd_over_seeds(rows)
    values = rows.query("method == 'network' and space == 'genome' and reference == 'strict'")["rmse"]
    assert len(values) == 3
    assert mean.loc[("network", "genome", "strict"), "rmse"] == pytest.approx(np.mean(values))
    assert spread.loc[("network", "genome", "strict"), "rmse"] == pytest.approx(np.std(values, ddof=1))
    assert (spread.xs("ratio", level="method") == 0).all(axis=None)


def test_beside_keeps_each_number_in_its_row(rows):
    mean, _ = published.mean_and_sd_over_seeds(rows)
    table = published.with_published(
        mean, {"CycleGAN → network": "network", "ratio → linear regression": "ratio"}
    )
    row = table.loc[("network", "genome")]
    assert (row["pcc, published"], row["mse, published"]) == (0.914, 1.167)
    assert row["mse, ours transductive"] == mean.loc[("network", "genome", "transductive"), "mse"]
    assert np.isnan(table.loc[("random pair", "genome"), "pcc, ours strict"])


def test_the_published_rmse_is_a_mean_square():
    mean_square = published.GENE_RMSE**2 + published.GENE_RMSE_SD**2
    assert mean_square == pytest.approx(
        published.PAIRS.loc[("CycleGAN → network", "genome"), "mse"], abs=1e-3
    )
