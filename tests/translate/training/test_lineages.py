"""Agreement of lineages against a loop; the table names lines in the data's own spelling."""

import pandas as pd
from l1000_rnaseq.translate.training.lineages import lineage_means


def test_lines_weigh_the_same_within_a_lineage_whatever_their_samples():
    lines = pd.Series(["A375", "A375", "A375", "SKMEL5", "HUVEC", "UNKNOWN"])
    profiles = pd.DataFrame({"X": [1.0, 2, 3, 10, 7, 99]})
    means = lineage_means(profiles, lines, "l1000")
    assert means["X"].to_dict() == {"melanoma": (2 + 10) / 2, "endothelium": 7.0}
    order = [5, 3, 1, 0, 4, 2]
    shuffled = lineage_means(profiles.iloc[order], lines.iloc[order], "l1000")
    pd.testing.assert_frame_equal(shuffled, means)
