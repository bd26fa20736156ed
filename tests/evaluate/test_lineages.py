"""Agreement of lineages against a loop; the table names lines in the data's own spelling."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.lineages import lineage_agreement, lineage_means
from scipy.stats import pearsonr


def test_lines_weigh_the_same_within_a_lineage_whatever_their_samples():
    lines = pd.Series(["A375", "A375", "A375", "SKMEL5", "HUVEC", "UNKNOWN"])
    profiles = pd.DataFrame({"X": [1.0, 2, 3, 10, 7, 99]})
    means = lineage_means(profiles, lines, "l1000")
    assert means["X"].to_dict() == {"melanoma": (2 + 10) / 2, "endothelium": 7.0}
    order = [5, 3, 1, 0, 4, 2]
    shuffled = lineage_means(profiles.iloc[order], lines.iloc[order], "l1000")
    pd.testing.assert_frame_equal(shuffled, means)


def test_agreement_by_loop():
    rng, names = np.random.default_rng(0), ["a", "b", "c", "d", "e"]
    real = pd.DataFrame(rng.normal(5, 2, (5, 20)), names, [f"g{i}" for i in range(20)])
    predicted = (real + rng.normal(size=real.shape)).sample(frac=1, axis=1, random_state=1).loc[names[::-1]]
    got = lineage_agreement(predicted, real)
    centred = []
    for name in names:
        centre = real.drop(index=name).mean()
        centred.append(pearsonr(predicted.loc[name, real.columns] - centre, real.loc[name] - centre)[0])
    by_gene = [pearsonr(predicted.loc[names, gene], real[gene])[0] for gene in real]
    squares = [(predicted.loc[n, g] - real.loc[n, g]) ** 2 for n in names for g in real]
    assert got["centred_pcc"] == pytest.approx(np.mean(centred))
    assert got["gene_pcc"] == pytest.approx(np.mean(by_gene))
    assert got["rmse"] == pytest.approx(np.mean(squares) ** 0.5) and got["lineages"] == 5


def test_too_few_common_lineages_say_nothing():
    table = pd.DataFrame(np.eye(4), list("abcd"))
    assert lineage_agreement(table.iloc[:3], table) == {}
    assert lineage_agreement(table, table)["rmse"] == 0
