"""The grid of the benchmark: every method, space and reference once; numbers are those of `pairs`."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate import pairs
from l1000_rnaseq.evaluate import translation_benchmark as benchmark
from l1000_rnaseq.evaluate.fig3_similarity import better_genes
from l1000_rnaseq.evaluate.translation_benchmark import (
    ALONE,
    DEFAULT,
    NETWORKS,
    ORACLE,
    REFERENCES,
    by_space,
    closed_forms,
    compare_profiles,
    genome_of,
    landmark_correlations,
    no_input_of,
    retrieval_grid,
    score_methods,
    step2_by_source,
)
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.prepare import prepare


@pytest.fixture(scope="module")
def scored(simulated_data, trained):
    """The default and a network in two seeds; the second is called as coded."""
    networks = [
        (preset, seed, partial(trained.get, "as_published")) for preset in NETWORKS for seed in (0, 1)
    ]
    forms = {DEFAULT: trained["best"], "untranslated": trained["best"]}
    return score_methods(simulated_data, forms, networks)


def row_of(scored: pd.DataFrame, method: str, reference: str, space: str = "genome") -> pd.DataFrame:
    keys = {"method": method, "reference": reference, "space": space}
    return scored[np.all([scored[name] == value for name, value in keys.items()], axis=0)]


def test_every_method_has_a_row_for_each_space_reference_and_seed(scored):
    counts = scored.groupby(["method", "space", "reference"]).size()
    assert (counts[DEFAULT] == 1).all() and (counts[NETWORKS["as_published"]] == 2).all()
    assert set(counts[DEFAULT].index) == {(s, r) for s in pairs.SPACES[:1] for r in REFERENCES} | {
        key for key in counts[DEFAULT].index if key[0] != "landmarks"
    }
    assert set(counts["untranslated"].index.get_level_values("space")) == {"landmarks"}
    assert "landmarks" not in counts[ORACLE].index.get_level_values("space")
    assert set(counts[ALONE].index) == {("landmarks", "strict"), ("landmarks", "transductive")}


def test_scores_are_those_of_the_bundle_alone(scored, simulated_data, trained):
    alone = pairs.benchmark_bundles(simulated_data, {"x": trained["as_published"]}, transductive=True)
    row = scored.query(
        "method == @NETWORKS['as_coded'] and reference == 'transductive' and space == 'genome'"
    )
    expected = alone.query("method == 'x' and space == 'genome'")
    np.testing.assert_allclose(row["pcc"], expected["pcc"].item())


def test_tables_have_the_references_side_by_side_and_no_spread_of_equal_seeds(scored):
    tables, spread = by_space(scored)
    assert set(tables) == set(pairs.SPACES)
    genome = tables["genome"]
    assert list(genome.index)[:2] == [no_input_of(scored), "random pair"] and genome.index[-1] == ORACLE
    for reference, column in (("strict", "pcc"), ("transductive", "pcc transductive")):
        value = row_of(scored, DEFAULT, reference)["pcc"]
        assert genome.loc[DEFAULT, column] == pytest.approx(value.item())
    assert spread["pcc"].abs().max() < 1e-12


def test_spaces_that_the_pairs_lack_are_left_out(scored, simulated_data, trained):
    fewer = scored[scored["space"] != "newly inferred"]
    tables, _ = by_space(fewer)
    assert set(tables) == set(pairs.SPACES) - {"newly inferred"}
    test, default = genome_of(simulated_data, trained["best"])
    cmap = test.truth.columns.difference(test.genes_of("newly inferred", ()), sort=False)
    truth, constant = test.truth[cmap], test.constant[cmap]
    predictions = dict.fromkeys(("default", "baseline", "network"), default)
    similar, _ = compare_profiles(
        replace(test, truth=truth, constant=constant),
        predictions,
        trained["best"].landmarks,
        [("default", "baseline")],
    )
    assert set(similar["space"]) == {"landmarks", "genome"}


def test_the_closed_forms_differ_in_step_1_only(simulated_data, trained, ratio):
    bundles = {"best": trained["best"], "monge": trained["best"], "ratio": ratio, "dgex_modern": ratio}
    asked = []

    def load(preset):
        asked.append(preset)
        return bundles[preset]

    forms = closed_forms(simulated_data, load)
    assert list(forms)[0] == DEFAULT and set(asked) == set(bundles)
    assert forms["quantile, cell lines"].step2 is forms[DEFAULT].step2
    assert forms[benchmark.RIDGE].step1 is ratio.step1 and forms[benchmark.RIDGE].step2 is not ratio.step2
    assert forms["untranslated"].ceiling is None


@pytest.fixture(scope="module")
def predicted(simulated_data, trained):
    return genome_of(simulated_data, trained["best"])


def test_profiles_are_compared_in_each_space(predicted, trained):
    test, default = predicted
    predictions = {"default": default, "network": default + 0.1, "baseline": default + 0.5, "ridge": default}
    similar, shares = compare_profiles(
        test, predictions, trained["best"].landmarks, [("default", "baseline"), ("default", "ridge")]
    )
    assert set(similar["space"]) == {"landmarks", "genome", "newly inferred"}
    genes = [gene for gene in test.truth.columns if gene in default.columns]
    arrays = [table[genes].to_numpy(float) for table in (test.truth, default, default + 0.5)]
    expected = better_genes(*arrays)["share"]
    for metric in ("RMSE", "PCC"):
        assert shares.loc[("genome", "default", "baseline", metric), "share"] == pytest.approx(
            expected[metric]
        )
    assert shares.loc[("genome", "default", "ridge", "RMSE"), "share"] == 0  # equal is not better
    assert shares["published"].dropna().to_dict() == {
        ("genome", "default", "baseline", "RMSE"): 0.9555,
        ("genome", "default", "baseline", "PCC"): 0.983,
    }


def test_a_line_is_found_by_its_centred_profile(predicted, trained):
    test, _ = predicted
    grid = retrieval_grid(test, test.truth, trained["best"].landmarks, "landmarks")
    np.testing.assert_allclose(np.diag(grid), 1)
    assert (grid.to_numpy().argmax(axis=1) == np.arange(len(grid))).all()


def test_correlations_are_numpys(predicted, trained):
    test, default = predicted
    panels = landmark_correlations({"x": (test, default)}, trained["best"].landmarks)
    genes = test.genes_of("landmarks", trained["best"].landmarks)
    for line, raw, centred in zip(test.truth.index, *(panel["x"] for panel in panels.values()), strict=True):
        a, b = (table.loc[line, genes].to_numpy(float) for table in (test.truth, default))
        centre = test.constant[genes].to_numpy(float)
        assert raw == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
        assert centred == pytest.approx(np.corrcoef(a - centre, b - centre)[0, 1], abs=1e-6)


def test_step_2_is_scored_on_each_source(simulated_data):
    data = prepare(simulated_data, PRESETS["best"])
    similar, shares = step2_by_source(data, every=10)
    assert set(similar["space"]) == set(shares.index) and len(shares) >= 2
    assert shares["samples"].sum() <= len(data.rnaseq)
    assert pd.concat([shares["RMSE"], shares["PCC"]]).between(0, 1).all()
