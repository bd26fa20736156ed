"""Signatures of a class of compounds: what is read, planted targets and genes found against oracles."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.evaluate.class_signatures import (
    ClassSignatures,
    class_signatures,
    rank_in_class,
    recover_by_class,
    translated_spaces,
)


@pytest.fixture
def planted() -> ClassSignatures:
    """60 signatures of 30 compounds in 3 lines; 8 are of the class, which moves the first 10 of 50 genes."""
    rng = np.random.default_rng(0)
    lines, compounds = np.repeat(["A", "B", "C"], 20), np.arange(60).astype(str)
    in_class = np.isin(np.arange(60), [0, 1, 2, 3, 20, 21, 22, 23])
    z = rng.normal(size=(60, 50))
    z[in_class, :10] += 4
    return ClassSignatures(z, np.full(50, 0.5), in_class, lines, compounds)


def test_a_class_is_read_with_all_signatures_of_its_lines(simulated_data, trained):
    bundle = trained["best"]
    got = class_signatures(simulated_data, bundle, "Glucocorticoid receptor agonist")
    info = read_metadata(simulated_data / "l1000/sig_info.txt")
    of_class = info["moa"].str.contains("Glucocorticoid receptor agonist")
    in_lines = info["cell_id"].isin(info["cell_id"][of_class])
    assert got.z.shape == (in_lines.sum(), len(bundle.landmarks))
    assert got.sizes() == {
        "signatures": of_class.sum(),
        "compounds": info["pert_id"][of_class].nunique(),
        "cell lines": info["cell_id"][of_class].nunique(),
        "signatures of other compounds in these lines": (in_lines & ~of_class).sum(),
    }
    with pytest.raises(ValueError, match="no signature whose mechanism contains 'No such agonist'"):
        class_signatures(simulated_data, bundle, "No such agonist")
    spaces = translated_spaces(got, bundle)
    genes, genome = spaces["all genes"]
    np.testing.assert_allclose(genome, bundle.change_of(got.z * got.spread), atol=1e-5)
    assert set(spaces["newly inferred"][0]) <= set(genes) - set(bundle.landmarks)


def test_thinning_keeps_the_class(planted):
    few = planted.thinned(7)
    assert few.in_class.sum() == 8 and (~few.in_class).sum() == sum(k % 7 == 0 for k in range(60)) - 2
    np.testing.assert_allclose(few.changes, few.z * 0.5)


def test_planted_targets_rank_higher_in_the_class(planted):
    genes = pd.Index([f"G{k}" for k in range(50)])
    sets = {"moved": {f"G{k}" for k in range(10)}, "others": {f"G{k}" for k in range(30, 40)}}
    table, areas = recover_by_class(planted, {"all": (genes, planted.z)}, sets, 200)
    moved, others = table.loc[("all", "moved")], table.loc[("all", "others")]
    assert moved["low"] > 0.1 and moved["p"] == pytest.approx(1 / 201)
    assert others["area above the line"] < 0 and others["p"] > 0.5
    # by hand: the area is the share of (target, other gene) pairs with the target larger, less a half
    size = np.abs(planted.z)
    by_hand = (size[:, :10, None] > size[:, None, 10:]).mean(axis=(1, 2)) - 0.5
    by_hand -= pd.Series(by_hand).groupby(planted.lines).transform("median").to_numpy()
    got = areas[areas["targets"] == "moved"]["area above the line"].to_numpy()
    np.testing.assert_allclose(got, by_hand, atol=0.03)  # the walk counts its own step
    assert moved["area above the line"] == pytest.approx(got[planted.in_class].mean())


def test_a_gene_that_the_class_raises_has_a_high_rank(planted):
    bundle = SimpleNamespace(genes=[f"G{k}" for k in range(50)], change_of=lambda change: change)
    table = rank_in_class(planted, {"as measured": bundle}, "G3").loc["as measured"]
    z = planted.z[planted.in_class]
    by_hand = np.mean([((row < row[3]).sum() - (row > row[3]).sum()) / 49 for row in z])
    assert table["mean rank"] == pytest.approx(by_hand)
    assert table["signatures"] == table["compounds"] == 8 and table["p"] < 0.001
    assert table["higher than another compound"] > 0.8
    assert rank_in_class(planted, {"m": bundle}, "G40").loc["m", "p"] > 0.05
