"""The simulated instrument of the official releases."""

import numpy as np
from l1000_rnaseq.data.simulate.biology import make_world
from l1000_rnaseq.data.simulate.l1000 import make_beads
from l1000_rnaseq.data.simulate.official.perturbations import Reader


def test_every_well_of_level3_has_the_same_values_in_its_own_order():
    rng = np.random.default_rng(3)
    world = make_world(50, 10, rng)
    reader = Reader(world, make_beads(world, 4, 0.1, rng))
    truth = np.concatenate([reader.truth(line, np.zeros((2, 978))) for line in (0, 4)])
    wells = reader.read(truth, np.random.default_rng(5), 0.1)
    measured = reader.beads.read(truth, np.random.default_rng(5), reader.well_noise, 0.1)
    assert (np.sort(wells, axis=1) == np.sort(reader.reference)).all()
    assert (np.argsort(wells, axis=1) == np.argsort(measured, axis=1)).mean() > 0.99  # but for ties
    assert 0 <= wells.min() and wells.max() <= 15
