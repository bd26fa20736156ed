"""Unmeasured genes against RNA-seq: planted changes are found, what is left out of a fit is counted."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.dex_studies import load_dex_studies
from l1000_rnaseq.data.genes import gene_status, landmarks
from l1000_rnaseq.evaluate.class_signatures import ClassSignatures
from l1000_rnaseq.evaluate.unmeasured_genes import (
    compare_unmeasured,
    count_changed,
    ranks_of_known,
    study_tables,
    without_contrasts,
)
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.training.train import load_default

MARKS = list(landmarks().index[:20])
GENES = pd.Index([*MARKS, "FKBP5", "ZBTB16", *(f"NEW{k}" for k in range(58))])


@pytest.fixture
def planted():
    """A class whose landmarks move as the study's, and a map that is exact: the rest follows."""
    rng = np.random.default_rng(0)
    response, left, right = rng.normal(size=20), rng.normal(size=(20, 5)), rng.normal(size=(5, 60))
    in_class = np.arange(40) < 6
    z = rng.normal(size=(40, 20)) + in_class[:, None] * 3 * response
    signatures = ClassSignatures(z, np.ones(20), in_class, np.full(40, "A"), np.arange(40).astype(str))
    truth = np.concatenate([response, response @ left @ right])
    table = pd.DataFrame({"log2fc": truth, "fdr": np.where(np.abs(truth) > 1, 0.01, 0.5)}, GENES)
    return signatures, ChangeMap(np.ones(20, np.float32), left, right), table


def test_a_planted_response_reaches_unmeasured_genes(planted):
    signatures, change_map, table = planted
    compared, means = compare_unmeasured(signatures, {"map": (GENES, change_map)}, {"study": table}, 200)
    row = compared.loc[("map", "study", "beyond the landmarks")]
    mean = signatures.z[:6].mean(axis=0) @ change_map.left @ change_map.right
    assert row["r"] == pytest.approx(np.corrcoef(mean, table["log2fc"][20:])[0, 1], abs=1e-5)
    assert row["ceiling"] == pytest.approx(1) and row["r"] > row["random classes"]
    assert row["genes"] == 60 and row["p"] == pytest.approx(1 / 201)
    assert compared.loc[("map", "study", "newly inferred"), "genes"] == 58
    assert compared["genes"].dtype == int
    known = ranks_of_known(means, {"study": table}, ["FKBP5", MARKS[0], "NOGENE"], MARKS)
    assert list(known.index) == ["FKBP5", MARKS[0]]
    rank = 1 + (mean > mean[0]).sum()
    assert known.loc["FKBP5", "rank, map"] == rank
    assert known.loc[MARKS[0], "rank, map"] == 1 + (means["map"].mean[:20] > means["map"].mean[0]).sum()
    assert known.loc["FKBP5", "log2 change, study"] == table.loc["FKBP5", "log2fc"]


def test_too_few_genes_have_no_row(planted):
    signatures, change_map, table = planted
    few = table.assign(log2fc=table["log2fc"].where(gene_status(GENES).to_numpy() != "newly inferred"))
    compared, _ = compare_unmeasured(signatures, {"map": (GENES, change_map)}, {"study": few}, 20)
    assert compared.empty  # two genes beyond the landmarks, none newly inferred
    assert compared.index.names == ["model", "study", "genes compared"]


def test_studies_are_compared_and_counted(simulated_data):
    studies = load_dex_studies(simulated_data)
    tables = study_tables(studies)
    counted = count_changed(tables, {name: study.description for name, study in studies.items()})
    for name, table in tables.items():
        assert counted.loc[name, "changed at FDR 5 %"] == (table["fdr"] < 0.05).sum() > 0
        assert counted.loc[name, "genes tested"] == len(table)


def test_contrasts_left_out_are_counted_and_change_the_fit(simulated_data, tmp_path):
    bundle = load_default(simulated_data, tmp_path)
    assert (tmp_path / "bundles/best-0.h5").is_file()
    genes, without, counts = without_contrasts(simulated_data, bundle, "DHT|lutamide")
    assert counts.loc["lncap_antiandrogen", "left out"] == counts.loc["lncap_antiandrogen", "contrasts"]
    assert (counts["left out"].drop("lncap_antiandrogen") == 0).all()
    _, every, none = without_contrasts(simulated_data, bundle, "no such contrast")
    assert none["left out"].eq(0).all() and list(genes[: len(bundle.landmarks)]) == list(bundle.landmarks)
    x = np.eye(len(bundle.landmarks), dtype=np.float32)
    assert not np.allclose(without.transform(x), every.transform(x), atol=1e-3)
    assert every.transform(x).shape == (len(x), len(genes))
