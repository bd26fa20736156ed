"""Simulated GTEx: what is planted of tissues and of age is in the counts."""

import numpy as np
import pytest
from l1000_rnaseq.data.simulate.biology import make_world
from l1000_rnaseq.data.simulate.official.gtex_gct import GtexRelease
from l1000_rnaseq.data.simulate.official.gtex_tissues import TISSUES


@pytest.fixture(scope="module")
def release():
    return GtexRelease(make_world(400, 12, np.random.default_rng(0)), 54 * 40, 5)


def test_counts_change_with_age_as_planted(release):
    (block, counts), *_ = release.counts()
    expression = np.log2(counts + 1)
    decades = (release.donors["age"].to_numpy() - 50) / 10
    samples, slopes, planted = release.samples, [], []
    for tissue in range(0, len(TISSUES), 9):
        of = (samples["tissue"] == tissue).to_numpy()
        x = decades[samples["donor"][of]]
        x -= x.mean()
        slopes.append(x @ (expression[of] - expression[of].mean(axis=0)) / (x @ x))
        planted.append(release.ageing[tissue, block])
    slopes, planted = np.array(slopes), np.array(planted)
    assert np.corrcoef(slopes.ravel(), planted.ravel())[0, 1] > 0.8
    shared = (release.ageing != 0).all(axis=0)
    assert 30 < shared.sum() < 100


def test_each_donor_gives_a_tissue_once_and_all_tissues_are_there(release):
    samples = release.samples
    assert samples.index.is_unique and not samples.duplicated(["SUBJID", "SMTSD"]).any()
    assert samples["SMTSD"].value_counts().reindex(list(TISSUES)).min() >= 35
    assert samples["SUBJID"].nunique() == len(samples) / 18 == len(release.donors)
    ages = release.donors["AGE"].str.split("-").str[0].astype(int)
    assert (ages == release.donors["age"] // 10 * 10).all()


def test_blocks_of_genes_do_not_change_the_states(release):
    whole = release.abundance(slice(0, 300))
    parts = np.hstack([release.abundance(slice(0, 130)), release.abundance(slice(130, 300))])
    np.testing.assert_allclose(whole, parts, rtol=1e-12)
