"""Agreement of an index with other assays: planted, opposite and random."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.assay_agreement import agreement_rates
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.other_assays import Assay, OtherAssays, keys_of


class Signatures:
    """Four compounds and a few thousand random changes."""

    def __init__(self, genes):
        rng, names = np.random.default_rng(1), ["drug one", "drug two", "drug three", "drug four"]
        self.genes = genes
        self.table = pd.DataFrame(
            {"pert_iname": names * 2, "type": "chemical", "cell_id": "A", "source": "wells"},
            [f"s{k}" for k in range(8)],
        ).reindex(columns=["pert_id", "pert_iname", "type", "cell_id", "batch", "source"], fill_value="")
        self.changes = np.tile(rng.normal(0, 1, (4, len(genes))), (2, 1)).astype(np.float32)

    def read(self, start, stop):
        return self.changes[start:stop], self.changes[start:stop]


@pytest.fixture
def made(tmp_path):
    from l1000_rnaseq.data.genes import cmap_genes

    signatures = Signatures(list(cmap_genes().index[:2000]))
    for name in ("agreement", "strength", "p_vehicle"):
        signatures.table[name] = np.nan
    build_index([signatures], tmp_path / "i.h5", progress=False)
    return signatures, Index(tmp_path / "i.h5")


@pytest.mark.parametrize("sign, expected", [(1, 1.0), (-1, 0.0)])
def test_planted_signs(made, sign, expected):
    signatures, index = made
    changes = pd.DataFrame(sign * signatures.changes[:4], columns=signatures.genes)
    labels = ["Drug-One", "drug two sodium", "drug three", "another"]
    rates = agreement_rates(index, OtherAssays((Assay("x", keys_of(labels, "drug"), changes),)))
    assert rates["perturbagens"].tolist() == [3] * 4 and (rates["agree"] == expected).all()
    assert rates.loc["first 50", "contrasts"] <= 150
    assert rates.loc["all genes", "base_rate"] == pytest.approx(0.5, abs=0.06)


def test_random_changes_agree_as_often_as_those_of_others(made):
    signatures, index = made
    changes = pd.DataFrame(np.random.default_rng(5).normal(0, 1, (9, 2000)), columns=signatures.genes)
    labels = ["drug one", "drug two", "drug four"] * 3
    rates = agreement_rates(index, OtherAssays((Assay("x", keys_of(labels, "drug"), changes),)))
    row = rates.loc["all genes"]
    error = np.sqrt(0.25 / row["contrasts"])
    assert abs(row["agree"] - row["base_rate"]) < 5 * error


def test_nothing_in_common_is_told(made):
    changes = pd.DataFrame({"DDR1": [1.0]})
    with pytest.raises(ValueError, match="have no perturbagen of the index"):
        agreement_rates(made[1], OtherAssays((Assay("x", keys_of(["drug nine"], "drug"), changes),)))
