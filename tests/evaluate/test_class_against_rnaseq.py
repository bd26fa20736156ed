"""A class of perturbagens against RNA-seq: a planted response is found, noise and line effects are not."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.class_against_rnaseq import class_mean

GENES = [f"G{k}" for k in range(300)]


@pytest.fixture
def planted():
    """60 signatures of 30 compounds in 3 lines; 8 of line 0 and 1 share a response; line 0 has an effect."""
    rng = np.random.default_rng(0)
    lines, compounds = np.repeat([0, 1, 2], 20), np.arange(60) // 2
    changes, response, of_line = rng.normal(size=(60, 300)), rng.normal(size=300), rng.normal(size=300)
    in_class = np.isin(np.arange(60), [0, 1, 2, 3, 20, 21, 22, 23])
    changes[in_class] += response
    changes[lines == 0] += 2 * of_line
    return changes.astype(np.float32), in_class, lines, compounds, response, of_line


def test_a_planted_response_is_found_with_an_interval_and_beyond_random_classes(planted):
    changes, in_class, lines, compounds, response, _ = planted
    mean = class_mean(changes, GENES, in_class, lines, compounds, n=400)
    measured = pd.Series(response, GENES)
    measured["G7"] = np.nan
    got = mean.against(measured, pd.Index(GENES[:200]))
    used = [k for k in range(200) if k != 7]
    assert got["genes"] == 199
    truth = np.corrcoef(changes[in_class].mean(axis=0)[used], response[used])[0, 1]
    assert got["r"] == pytest.approx(truth, abs=1e-5)
    assert got["low"] < got["r"] < got["high"] and got["r"] > got["random 95 %"]
    assert got["p"] == pytest.approx(1 / 401)


def test_an_effect_of_the_cell_line_is_in_the_random_classes_too(planted):
    changes, in_class, lines, compounds, _, of_line = planted
    got = class_mean(changes, GENES, in_class, lines, compounds, n=400).against(
        pd.Series(of_line, GENES), pd.Index(GENES)
    )
    assert got["r"] > 0.3 and got["p"] > 0.05  # random classes of the same lines have it as well


def test_random_classes_match_lines_and_resamples_keep_compounds_whole(planted):
    changes, in_class, lines, compounds, *_ = planted
    marks = np.zeros((60, 4), np.float32)  # which line a signature is of, and whether it is of the class
    marks[np.arange(60), lines] = 1
    marks[in_class, 3] = 1
    of_marks = class_mean(marks, list("abcd"), in_class, lines, compounds, n=50)
    assert of_marks.random == pytest.approx(np.tile([0.5, 0.5, 0, 0], (50, 1)), abs=1e-6)
    first = np.isin(compounds, [0]).astype(np.float32)[:, None]
    of_first = class_mean(np.hstack([first, 1 - first]), list("ab"), in_class, lines, compounds, n=500)
    shares = of_first.resampled[:, 0] * 4  # four compounds of two signatures: 0, 1, … times drawn
    assert shares == pytest.approx(np.round(shares), abs=1e-5) and shares.mean() == pytest.approx(1, abs=0.15)
    assert of_first.resampled.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_compared_is_told(planted):
    changes, in_class, lines, compounds, response, _ = planted
    with pytest.raises(ValueError, match="the class has 1 compounds; an interval over compounds needs 2"):
        class_mean(changes, GENES, compounds == 3, lines, compounds)
    with pytest.raises(ValueError, match="cell line 2 has 0 signatures beside the 20 of the class"):
        class_mean(changes, GENES, lines == 2, lines, compounds)
    mean = class_mean(changes, GENES, in_class, lines, compounds, n=5)
    with pytest.raises(ValueError, match="1 of the 1 genes are measured; a correlation needs 3"):
        mean.against(pd.Series(response, GENES), pd.Index(["G1"]))
