"""Streaming of a release: a killed run goes on where it stopped, and writes the same."""

import h5py
import numpy as np
import pytest
from l1000_rnaseq.data.simulate import biology
from l1000_rnaseq.data.simulate.l1000 import make_beads
from l1000_rnaseq.data.simulate.official.l1000_releases import LAYOUTS, write_release
from l1000_rnaseq.data.simulate.official.official_folder import LEAST_OTHER_GENES
from l1000_rnaseq.data.simulate.official.perturbations import Reader, perturbagens
from l1000_rnaseq.data.simulate.official.plates import N_WELLS, Release


@pytest.fixture(scope="module")
def reader():
    rng = np.random.default_rng(0)
    world = biology.make_world(LEAST_OTHER_GENES, 12, rng)
    return Reader(world, make_beads(world, 6, 0.2, rng))


def release(reader, seed=3, **n_wells):
    return Release(reader, perturbagens(reader.world, 0.001, 0), n_wells, seed)


@pytest.mark.parametrize("layout", LAYOUTS[::2], ids=lambda layout: layout.name)
def test_a_stopped_run_goes_on_and_writes_the_same(reader, tmp_path, monkeypatch, layout):
    made = release(reader, cp=48, sh=48, xpr=48)
    whole, resumed, ticks = tmp_path / "whole", tmp_path / "resumed", []
    for folder in (whole, resumed):
        folder.mkdir()
    write_release(whole, made, layout)

    def stop(n):
        ticks.append(n)
        if len(ticks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_release(resumed, made, layout, stop)
    assert list(resumed.glob("*.gctx.part")) and not list(resumed.glob("*.gctx"))
    measured, measure = [], Release.measure
    monkeypatch.setattr(Release, "measure", lambda of, batch: measured.append(batch) or measure(of, batch))
    write_release(resumed, made, layout)
    assert len(measured) == len(made.plan) - 2
    for path in whole.glob("*.gctx"):
        with h5py.File(path) as one, h5py.File(resumed / path.name) as other:
            np.testing.assert_array_equal(one["0/DATA/0/matrix"], other["0/DATA/0/matrix"])
            np.testing.assert_array_equal(one["0/META/COL/id"], other["0/META/COL/id"])
    for path in whole.glob("*.txt"):
        assert path.read_bytes() == (resumed / path.name).read_bytes()


def test_the_plan_has_the_official_numbers_of_wells(reader):
    made = release(reader, cp=880_000, sh=439_138)
    sizes = [size for _, _, plates in made.plan for size in plates]
    assert sum(sizes) == 1_319_138 and max(sizes) <= N_WELLS and min(sizes) >= N_WELLS - 1


def test_replicates_share_a_layout_and_every_plate_has_controls(reader):
    for batch in release(reader, cp=400, sh=100).batches():
        wells = batch.wells
        assert wells["inst_id"].is_unique and len(wells) == sum(batch.sizes)
        assert (wells.groupby("well")["pert_id"].nunique() == 1).all()
        assert (wells[wells["row"] < 0].groupby("plate").size() >= 3).all()
        listed = batch.signatures["distil_id"].str.split("|").explode()
        assert sorted(listed) == sorted(wells.loc[wells["row"] >= 0, "inst_id"])


def test_unknown_perturbagens_are_weaker_copies_of_planted_ones(reader):
    table = perturbagens(reader.world, 0.01, 0)
    assert table.index.is_unique and table["kind"].value_counts().to_dict() == {
        "cp": 200,
        "sh": 120,
        "xpr": 40,
    }
    n_planted = len(reader.world.compounds)
    assert (table["strength"].iloc[:n_planted] == 1).all() and table["strength"].between(0, 1).all()
    assert 0.2 < (table["strength"] == 0).mean() < 0.5
    assert table["programme"].max() < len(reader.effects)
