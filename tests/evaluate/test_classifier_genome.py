"""Does another space help: no gain where it is the same, a loss where it is noise; queries and strata."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify import labelled_profiles
from l1000_rnaseq.classify.classifier import SOFTMAX
from l1000_rnaseq.classify.holdout import by_well
from l1000_rnaseq.classify.labelled_profiles import Labelled
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.evaluate.classifier_genome import (
    GENOME,
    MEASURED,
    compare_spaces,
    hairpins_to_crispr,
    landmark_targets,
    query_of_half_a_class,
    translated_mechanisms,
)
from l1000_rnaseq.evaluate.classifier_grid import QUERY
from scipy.stats import ttest_ind


@pytest.fixture(scope="module")
def profiles() -> Labelled:
    """Three classes of 40, 24 and 24 profiles of 120 genes, each of 8 compounds."""
    rng, labels = np.random.default_rng(0), np.repeat(list("abc"), (40, 24, 24))
    centres = dict(zip("abc", rng.normal(0, 2, (3, 120)), strict=True))
    values = np.array([centres[label] for label in labels]) + rng.normal(0, 1.5, (88, 120))
    index = [f"s{k}" for k in range(88)]
    info = {"cell": np.tile(["A", "B"], 44), "pert_id": [f"{c}{k % 8}" for k, c in enumerate(labels)]}
    frame = pd.DataFrame(values, index, [f"G{k}" for k in range(120)])
    return Labelled(frame, pd.Series(labels, index), pd.DataFrame(info, index))


def test_the_same_space_gains_nothing_and_noise_loses(profiles):
    rng = np.random.default_rng(1)
    noise = pd.DataFrame(rng.normal(size=profiles.profiles.shape), profiles.profiles.index)
    noise.columns = profiles.profiles.columns
    split = {"signatures": (profiles, lambda seed: by_well(profiles.labels, test=0.3, seed=seed))}
    marks = list(profiles.profiles.columns)
    for genome, is_same in ((profiles.profiles, True), (noise, False)):
        spaces = {MEASURED: profiles.profiles, GENOME: genome}
        table, gain = compare_spaces(spaces, split, SOFTMAX, marks, [0, 1])
        name = "genome − measured landmarks"
        if is_same:
            assert gain[name].eq(0).all() and gain["low"].eq(0).all()
        else:
            assert (gain[name] < 0).all() and (gain["high"] <= 0).all()
            for method in ("softmax regression", "query"):
                scores = table.sort_index().loc[("signatures", method), "rank-1"]
                # a query has ties: the table shares their rank, the gain takes the first of them
                ties = 1e-6 if method != "query" else 1 / 27
                difference = scores[GENOME] - scores[MEASURED]
                assert gain.sort_index().loc[("signatures", method), name] == pytest.approx(
                    difference, abs=ties
                )
        assert (table["low"] <= table["rank-1"]).all() and (table["rank-1"] <= table["high"]).all()


def test_half_of_a_class_finds_the_other_half(profiles):
    table, found = query_of_half_a_class(profiles, n=20)
    assert found["class"] == "a" and found["compounds"] == 4
    assert found["signatures"] == 20 and found["others"] == 48 and found["AUC"] > 0.95
    assert table.index[0] == "a" and table["signatures"].sum() == 68


def test_landmark_targets_are_compared_by_a_t_test():
    genes = [*landmarks().index[:5], *(f"NOMARK{k}" for k in range(6))]
    rank1 = np.random.default_rng(0).uniform(size=11)
    by_target = pd.DataFrame({"samples": 3, "rank-1": rank1, "rank-5": rank1}, genes)
    table, p = landmark_targets(by_target)
    assert table.loc["landmark", "rank-1"] == pytest.approx(rank1[:5].mean())
    assert table["classes"].to_dict() == {"landmark": 5, "other": 6}
    assert p == pytest.approx(ttest_ind(rank1[:5], rank1[5:]).pvalue)


def test_hairpins_name_crispr_where_there_are_any(simulated_data, tmp_path):
    assert hairpins_to_crispr(tmp_path, {}).empty
    table = hairpins_to_crispr(simulated_data, {"softmax": SOFTMAX})
    assert list(table.index) == ["softmax", QUERY] and table["rank-1"].between(0, 1).all()


def test_without_crispr_there_is_nothing_to_name(simulated_data, monkeypatch):
    monkeypatch.setattr(labelled_profiles, "gse106127_types", lambda folder: ["ctl_vector", "trt_sh"])
    assert hairpins_to_crispr(simulated_data, {"softmax": SOFTMAX}).empty


def test_signatures_are_translated_as_the_bundle_does(simulated_data, trained):
    from l1000_rnaseq.classify.labelled_profiles import compound_signatures
    from l1000_rnaseq.search.build_from_folder import well_spread

    bundle, mechanisms = trained["best"], compound_signatures(simulated_data, least=4)
    spaces = translated_mechanisms(mechanisms, simulated_data, bundle)
    l1000, marks = simulated_data / "l1000", list(bundle.landmarks)
    spread = well_spread(l1000 / "level3.gctx", l1000 / "inst_info.txt")
    change = mechanisms.profiles[marks] * spread[marks]
    expected = bundle.change_of(change.to_numpy(np.float32))
    np.testing.assert_allclose(spaces[GENOME].to_numpy(), expected, atol=1e-4)
    assert spaces[MEASURED].equals(mechanisms.profiles[marks])
