"""The factor of each landmark."""

import numpy as np
import pytest
from l1000_rnaseq.translate.change.landmark_scale import landmark_scale


def test_it_is_the_ratio_of_spreads_with_median_one():
    rng = np.random.default_rng(0)
    rnaseq, plate = rng.uniform(0.5, 2, 11), rng.uniform(0.2, 1, 11)
    factor = landmark_scale(rnaseq, plate)
    assert np.median(factor) == pytest.approx(1)
    np.testing.assert_allclose(factor * plate / rnaseq, (factor * plate / rnaseq)[0])


def test_a_landmark_without_spread_is_refused():
    with pytest.raises(ValueError, match="1 of 3 landmarks do not vary"):
        landmark_scale(np.ones(3), np.array([1.0, 0.0, 1.0]))
