"""D-GEX's benchmark: errors by hand, what validation chooses, the published figures."""

from dataclasses import replace

import numpy as np
import pytest
from l1000_rnaseq.evaluate.dgex_tables import (
    PUBLISHED_MAE,
    PUBLISHED_MAE_BY_SIZE,
    compare_methods,
    gene_mae,
    share_better,
)
from l1000_rnaseq.translate.settings import DGEX_MODERN


def test_errors_of_genes_by_hand():
    true, predicted = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [1.0, 4.5]])
    np.testing.assert_allclose(gene_mae(true, predicted), [1.5, 0.25])
    assert share_better([1, 2, 3, 4], [1, 3, 4, 3]) == 0.5  # a tie is not better
    with pytest.raises(ValueError, match=r"truth is \(2, 2\), prediction \(2, 1\); expected one shape"):
        gene_mae(true, predicted[:, :1])


def test_published_figures_are_those_of_the_tables():
    assert PUBLISHED_MAE.loc["D-GEX"].tolist() == [0.3204, 0.0879, 0.4393, 0.1239]
    assert PUBLISHED_MAE.loc["KNN-GE", "GTEx"] == 0.6520
    # the best architectures of the grid are the D-GEX of the first table
    assert PUBLISHED_MAE_BY_SIZE.idxmin().tolist() == [(3, 9000), (2, 9000)]
    assert PUBLISHED_MAE_BY_SIZE.min().tolist() == PUBLISHED_MAE.loc["D-GEX", ["GEO", "GTEx"]].tolist()


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(700, 8)).astype(np.float32)
    y = np.c_[np.tanh(3 * x[:, :3]) @ rng.normal(size=(3, 6)), x[:, :5] @ rng.normal(size=(5, 6))]
    y = ((y - y.mean(0)) / y.std(0) + rng.normal(0, 0.05, y.shape)).astype(np.float32)
    parts = [(x[a:b], y[a:b]) for a, b in ((0, 500), (500, 600), (600, 700))]
    settings = replace(DGEX_MODERN, units=80, dropout=0.0, epochs=60, batch_size=50, learning_rate=1e-2)
    return compare_methods(*parts, settings, device="cpu", progress=False), parts


def test_the_table_has_every_method_and_compares_with_lr(comparison):
    compared, _ = comparison
    assert list(compared.by_gene) == ["mean", "LR", "LR-L1", "LR-L2", "KNN-GE", "D-GEX"]
    table = compared.table()
    assert table.loc["LR", "better"] == 0 and table.loc["mean", "better"] == 0
    assert compared.table("LR-L2").loc["D-GEX", "better"] == share_better(
        compared.by_gene["D-GEX"], compared.by_gene["LR-L2"]
    )
    np.testing.assert_allclose(table["mae"], compared.by_gene.mean())
    np.testing.assert_allclose(table["sd"], compared.by_gene.to_numpy().std(axis=0))


def test_the_network_wins_where_the_truth_is_curved_only(comparison):
    by_gene = comparison[0].by_gene
    assert (by_gene["D-GEX"][:6] < 0.8 * by_gene["LR"][:6]).all()
    assert (by_gene["LR"][6:] < 0.1).all()


def test_what_was_chosen_was_best_on_validation_not_on_test(comparison):
    compared, (train, valid, _) = comparison
    again = compare_methods(train, valid, valid, None, progress=False)
    assert again.chosen == {name: value for name, value in compared.chosen.items() if name != "D-GEX"}
    assert set(again.chosen) == {"LR-L1", "LR-L2", "KNN-GE"} and again.dgex is None
    assert compared.chosen["D-GEX"] == compared.dgex.history["valid"].idxmin() + 1
    without = compare_methods(train, valid, valid, None, lasso=False, progress=False)
    assert "LR-L1" not in without.by_gene


def test_the_bundle_of_dgex_translates_like_any_other(few_landmarks, simulated_data, level3, tmp_path):
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.card import card_text
    from l1000_rnaseq.translate.training import train

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "prepare", lambda *args: few_landmarks)
        predicted = train.train(
            simulated_data,
            "dgex_modern",
            small_settings=True,
            device="cpu",
            checkpoints=tmp_path,
            progress=False,
        )
    predicted.save(tmp_path / "dgex.h5")
    loaded = Bundle.load(tmp_path / "dgex.h5")
    x = few_landmarks.l1000.to_numpy()[:30]
    genome, clipped = loaded.genome_of(x)
    assert genome.shape == (30, len(loaded.genes)) and np.isfinite(genome).all() and clipped < 0.2
    np.testing.assert_allclose(genome, predicted.genome_of(x)[0], atol=1e-4)
    assert "JointQuantile → dgex network 200-256-" in card_text(loaded)
    # the network does as on its own
    inner = predicted.step2.transform(predicted.landmarks_of(x))
    np.testing.assert_allclose(genome[:, 200:], np.maximum(inner, 0), atol=1e-4)
    assert predicted.card["scores"]["step2"]["gene_pcc"] > 0.3
