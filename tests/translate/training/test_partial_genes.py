"""Genes that some sources measure: learned from those, without moving the others."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.translate.normalize import Normalization
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.fit_bundle import fit_bundle
from l1000_rnaseq.translate.training.prepare import prepare


@pytest.fixture(scope="module")
def hidden(few_landmarks):
    """Training data from which 30 genes are taken, and given back where two sources measure them."""
    genes = [gene for gene in few_landmarks.genes if gene not in few_landmarks.landmarks][::7][:30]
    measured = few_landmarks.rnaseq_info["source"].isin(["GTEx", "HPA"]).to_numpy()
    partial = few_landmarks.rnaseq[genes].mask(np.repeat(~measured[:, None], len(genes), axis=1))
    kept = tuple(gene for gene in few_landmarks.genes if gene not in genes)
    normalization = replace(few_landmarks.normalization, genes=kept)
    rnaseq = few_landmarks.rnaseq.drop(columns=genes)
    return replace(few_landmarks, rnaseq=rnaseq, normalization=normalization, partial=partial), genes


def test_they_are_predicted_and_the_others_stay(hidden, few_landmarks):
    data, genes = hidden
    without, bundle = fit_bundle(replace(data, partial=None)), fit_bundle(data)
    assert list(bundle.targets) == [*without.targets, *genes]
    landmarks = few_landmarks.l1000.to_numpy()[:40]
    both = bundle.genome_of(landmarks)[0][:, : len(without.genes)]
    np.testing.assert_allclose(both, without.genome_of(landmarks)[0], atol=1e-3)
    x = few_landmarks.rnaseq[list(data.landmarks)].to_numpy()
    predicted = pd.DataFrame(bundle.step2.transform(x), few_landmarks.rnaseq.index, list(bundle.targets))
    unseen = data.partial.isna().all(axis=1)
    guess, truth = predicted.loc[unseen, genes], few_landmarks.rnaseq.loc[unseen, genes]
    assert guess.corrwith(truth).median() > 0.3
    assert np.isfinite(pd.Series(bundle.step2_r, bundle.targets)[genes]).all()


def test_a_further_gene_is_read_off_the_curve_of_its_sample():
    rng = np.random.default_rng(0)
    counts = pd.DataFrame(rng.poisson(200, (4, 50)), columns=[f"N{i}" for i in range(50)]).astype(float)
    normalization = Normalization.fit(counts)
    counts["twin"], counts["absent"] = counts["N7"], np.nan
    beside = normalization.transform_beside(counts, ["twin", "absent"])
    np.testing.assert_allclose(beside["twin"], normalization.transform(counts)["N7"], rtol=1e-5)
    assert beside["absent"].isna().all()


@pytest.mark.real
def test_cmap_genes_that_archs4_lacks_come_back(real_data):
    data = prepare(real_data, replace(PRESETS["best"], partial_genes=True), "D2H2")
    assert {"CTGF", "CYR61", "SEPT2", "QARS"} <= set(data.partial) and not set(data.partial) & set(data.genes)
    measured = data.partial.notna().any(axis=1)
    assert set(data.rnaseq_info["source"][measured]) == {"GTEx", "HPA"}
