"""Models of changes on planted contrasts: who has seen what, and scores against scipy."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.contrasts import Contrasts
from l1000_rnaseq.evaluate.change_models import (
    BUNDLE,
    CHANGE,
    LEVEL,
    NEAREST,
    NO_INPUT,
    Models,
    file_splits,
    level_model_change,
    line_and_compound_splits,
    predict,
    score,
)
from l1000_rnaseq.evaluate.change_responses import own_targets, response_places
from l1000_rnaseq.translate.change.fit import fit_change
from scipy.stats import pearsonr

LANDMARKS = tuple(f"L{i}" for i in range(10))
GENES = tuple(f"G{i}" for i in range(40))


@pytest.fixture
def planted():
    """Two files of one map, and the models that compare a blurred copy of it."""
    rng = np.random.default_rng(0)
    true, files = rng.normal(size=(10, 40)), []
    for name, n in (("first", 24), ("second", 30)):
        x = rng.normal(size=(n, 10))
        y = x @ true + rng.normal(0, 0.5, (n, 40))
        changes = pd.DataFrame(np.hstack([x, y]), [f"{name} {i}" for i in range(n)], LANDMARKS + GENES)
        meta = pd.DataFrame({"cell": list("ab") * (n // 2)}, changes.index)
        files.append(Contrasts(name, changes, meta, False))
    second = files[1].meta.assign(compound=[f"drug{i // 2}" for i in range(30)])
    files[1] = replace(files[1], meta=second)
    blurred = true + rng.normal(0, 1, true.shape)
    return Models(LANDMARKS, GENES, blurred, lambda x: x @ (blurred * 0.5)), files


def test_files_lines_and_compounds_are_held_out(planted):
    _, files = planted
    for split in file_splits(files):
        assert [file.name for file in split.train] == [f.name for f in files if f.name != split.held_out]
    splits = list(line_and_compound_splits(files))
    assert [split.held_out for split in splits] == ["second: line"] * 2 + ["second: compounds"] * 5
    for split in splits:
        column = "cell" if split.held_out.endswith("line") else "compound"
        seen = split.train[-1]
        assert not set(split.test.meta[column]) & set(seen.meta[column])
        assert len(split.test.changes) + len(seen.changes) == 30
        assert split.test.changes.index.equals(split.test.meta.index)


def test_each_model_predicts_what_it_is(planted):
    models, files = planted
    part = next(predict(models, file_splits(files)))
    x, seen = files[0].of_genes(LANDMARKS), files[1]
    values = part.values
    np.testing.assert_allclose(values[NO_INPUT][3], seen.of_genes(GENES).mean(axis=0), atol=1e-5)
    r = [pearsonr(x[3], row).statistic for row in seen.of_genes(LANDMARKS)]
    np.testing.assert_array_equal(values[NEAREST][3], seen.of_genes(GENES)[np.argmax(r)])
    np.testing.assert_allclose(values[LEVEL], x @ models.level_map, rtol=1e-5)
    step = fit_change(LANDMARKS, GENES, models.level_map, [seen])
    np.testing.assert_array_equal(values[CHANGE], step.transform(x))


def test_scores_are_scipys_over_measured_genes(planted):
    models, files = planted
    changes = files[0].changes.copy()
    changes.iloc[:, 10:30] = changes.iloc[:, 10:30].where(np.random.default_rng(1).random((24, 20)) < 0.7)
    meta = files[0].meta.assign(n_padj05=["500"] * 20 + ["3"] * 4)
    files = [replace(files[0], changes=changes, meta=meta), files[1]]
    predicted = list(predict(models, file_splits(files)))
    table = score(models, predicted).set_index(["held_out", "model"])
    true = changes[list(GENES)].to_numpy()[:20]
    made = predicted[0].values[CHANGE][:20]
    r = [pearsonr(t[~np.isnan(t)], m[~np.isnan(t)]).statistic for t, m in zip(true, made, strict=True)]
    assert table.loc[("first", CHANGE), "n"] == 20
    assert table.loc[("first", CHANGE), "r"] == pytest.approx(np.mean(r), abs=1e-5)
    by_gene = [
        pearsonr(t[~np.isnan(t)], m[~np.isnan(t)]).statistic for t, m in zip(true.T, made.T, strict=True)
    ]
    assert table.loc[("first", CHANGE), "by_gene"] == pytest.approx(np.median(by_gene), abs=1e-5)
    assert table.loc[("first", LEVEL), "r"] == pytest.approx(table.loc[("first", BUNDLE), "r"], abs=1e-5)
    assert (table.xs(CHANGE, level="model")["r"] > table.xs(LEVEL, level="model")["r"]).all()
    assert table.loc[("first", NO_INPUT), "centred"] == pytest.approx(0, abs=1e-9)


def test_responding_genes_and_own_targets(planted):
    models, files = planted
    names = ("IFIT1", "ISG15", *GENES[2:])
    models = replace(models, genes=names)
    index = ["IFNL_3h", *files[0].changes.index[1:]]
    changes = files[0].changes.set_axis([*LANDMARKS, *names], axis=1).set_axis(index, axis=0)
    changes.loc["IFNL_3h", ["IFIT1", "ISG15"]] = 50.0
    changes.loc[index[1], "L3"] = changes.loc[index[2], "G9"] = -50.0
    targets = ["", "L3", "G9", *[""] * 21]
    meta = files[0].meta.set_axis(index).assign(target=targets, kind="CRISPR knock-out vs WT")
    files = [replace(files[0], changes=changes, meta=meta)]
    predicted = list(predict(models, file_splits([*files, replace(files[0], name="again")])))[:1]
    places = response_places(models, predicted)
    assert places[["response", "n_contrasts", "n_genes"]].values.tolist() == [["interferon", 1, 2]]
    assert places["measured"].iloc[0] > 0.95
    table = own_targets(models, predicted, share=0.1)
    assert table.loc["landmark", ["n_contrasts", "measured", "predicted"]].tolist() == [1, 1, 1]
    assert table.loc["other", ["n_targets", "measured"]].tolist() == [1, 1]


def test_the_level_model_of_a_bundle_is_its_step_2_differenced(trained):
    bundle = trained["best"]
    genes = [*bundle.targets[:5], "no such gene"]
    x = np.random.default_rng(0).normal(0, 0.3, (4, len(bundle.landmarks))).astype(np.float32)
    made = level_model_change(bundle, genes)(x)
    mean = bundle.step1.transform(bundle.l1000_mean[None]).astype(np.float32)
    expected = bundle.step2.transform(mean + x)[:, :5] - bundle.step2.transform(mean)[:, :5]
    np.testing.assert_allclose(made[:, :5], expected, atol=1e-4)
    assert np.isnan(made[:, 5]).all()
