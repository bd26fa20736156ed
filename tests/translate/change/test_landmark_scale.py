"""The factor of each landmark."""

import numpy as np
import pytest
from l1000_rnaseq.translate.change.landmark_scale import landmark_scale


def test_it_is_the_ratio_of_spreads_with_median_one():
    rng = np.random.default_rng(0)
    rnaseq, plate = rng.uniform(0.5, 2, 11), rng.uniform(0.4, 1, 11)
    factor = landmark_scale(rnaseq, plate)
    assert np.median(factor) == pytest.approx(1)
    np.testing.assert_allclose(factor * plate / rnaseq, (factor * plate / rnaseq)[0])


def test_a_landmark_at_the_top_of_the_scale_does_not_get_an_endless_factor():
    factor = landmark_scale(np.ones(5), np.array([1.0, 1.0, 0.0, 1.0, 0.5]))
    np.testing.assert_allclose(factor, [1, 1, 4, 1, 2])


def test_plates_without_spread_are_refused():
    with pytest.raises(ValueError, match="half of the landmarks do not vary"):
        landmark_scale(np.ones(3), np.array([1.0, 0.0, 0.0]))
