"""The wells behind signatures, kept in an index: those of a slow loop over genomes, however it is built."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search import build as module
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import IndexSource
from l1000_rnaseq.search.single_wells import SingleWells
from l1000_rnaseq.search.wells_source import WellsSource
from l1000_rnaseq.signatures.signature_files import WellReader
from l1000_rnaseq.translate.change.change_map import ChangeMap


@pytest.fixture(scope="module")
def bundle(trained):
    """A bundle with a random model of changes."""
    plain, rng = trained["best"], np.random.default_rng(0)
    n = len(plain.landmarks)
    shape = (n, 5), (5, len(plain.genes) - n)
    left, right = (rng.normal(0, 0.1, part).astype(np.float32) for part in shape)
    return replace(plain, change=ChangeMap(np.ones(n, np.float32), left, right))


@pytest.fixture(scope="module")
def wells(simulated_data):
    return simulated_data / "l1000" / "level3.gctx", simulated_data / "l1000" / "inst_info.txt"


@pytest.fixture(scope="module", params=["vehicle", "others"])
def built(request, wells, bundle, tmp_path_factory):
    source, path = WellsSource.of(*wells, bundle, request.param), tmp_path_factory.mktemp("w") / "i.h5"
    build_index([source], path, progress=False, keep_wells=True)
    return source, path


def test_changes_are_those_of_genomes_minus_the_controls_of_the_plate(built, wells, bundle):
    source, path = built
    index, plan = Index(path), source.plan
    single, reader = SingleWells.of(index), WellReader.of(source.reader.file, bundle)
    genes = [bundle.landmarks[0], bundle.genes[-1]]
    for row in range(0, len(index.signatures), 5):
        sig_id = index.signatures["sig_id"].iloc[row]
        treated, controls, vehicles = plan.treated(sig_id), plan.controls[sig_id], plan.vehicles[sig_id]
        genomes = reader.read(list(dict.fromkeys([*treated, *controls, *vehicles])))[genes]
        plates = plan.plates.loc[genomes.index].astype(str)
        for gene in genes:
            means = {
                p: genomes.loc[[w for w in controls if plates[w] == p], gene].mean() for p in set(plates)
            }
            wanted = {well: genomes.loc[well, gene] - means[plates[well]] for well in genomes.index}
            found = single.behind(row, gene).set_index("inst_id")
            groups = found.groupby("kind").groups
            assert set(groups["treated"]) == set(treated) and set(groups["compared"]) == set(controls)
            assert set(groups.get("vehicle", ())) == set(vehicles) - set(controls)
            assert (found["plate"].astype(str) == plates[found.index]).all()
            # float16 of differences from the mean of the plate
            size = float(max(map(abs, wanted.values())))
            np.testing.assert_allclose(found["log2fc"], pd.Series(wanted)[found.index], atol=4e-3 * size)
            mean = found.loc[groups["treated"], "log2fc"].mean()
            assert mean == pytest.approx(index.values(gene, "log2fc", np.array([row]))[0, 0], abs=4e-3 * size)


def test_an_index_without_wells_says_so(wells, bundle, built, tmp_path):
    source, path = built
    build_index([source], tmp_path / "i.h5", progress=False)
    assert SingleWells.of(Index(tmp_path / "i.h5")) is None
    kept, without = Index(path), Index(tmp_path / "i.h5")
    rows = np.arange(len(kept.signatures))
    np.testing.assert_array_equal(kept.whole("cd", rows), without.whole("cd", rows))
    with pytest.raises(ValueError, match="the wells behind these signatures cannot be kept"):
        build_index(IndexSource.parts_of(without), tmp_path / "no.h5", progress=False, keep_wells=True)
    plain = WellsSource.of(*wells, replace(bundle, change=None))
    with pytest.raises(ValueError, match="needs Level 3 wells.*the model of changes of one bundle"):
        build_index([plain], tmp_path / "no.h5", progress=False, keep_wells=True)
    assert not list(tmp_path.glob("no.h5*"))


def test_a_killed_build_has_the_same_bytes(built, tmp_path, monkeypatch):
    source, path = built

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "fill_wells", killed)
        with pytest.raises(KeyboardInterrupt):
            build_index([source], tmp_path / "i.h5", progress=False, keep_wells=True)
    build_index([source], tmp_path / "i.h5", progress=False, keep_wells=True)
    assert (tmp_path / "i.h5").read_bytes() == path.read_bytes()


def test_wells_go_from_an_index_into_another(built, tmp_path):
    source, path = built
    parts = IndexSource.parts_of(Index(path))
    build_index([*parts, source], tmp_path / "again.h5", progress=False, keep_wells=True)
    first, again = (SingleWells.of(Index(each)) for each in (path, tmp_path / "again.h5"))
    assert first.is_known.all() and again.is_known.all()
    row, gene = len(first.is_known) // 2, "FKBP5"
    one, two = first.behind(row, gene), again.behind(row, gene)
    pd.testing.assert_frame_equal(one.drop(columns="log2fc"), two.drop(columns="log2fc"))
    np.testing.assert_allclose(one["log2fc"], two["log2fc"], atol=4e-3 * one["log2fc"].abs().max())
    some = IndexSource(Index(path), np.array([row]))
    build_index([some], tmp_path / "one.h5", progress=False, keep_wells=True)
    three = SingleWells.of(Index(tmp_path / "one.h5"))
    assert len(three.wells) == len(first.table.of(np.array([row])).needed)
    assert three.behind(0, gene)["inst_id"].tolist() == one["inst_id"].tolist()


def test_signatures_without_wells_beside_those_with(tmp_path):
    """The demo index has both."""
    index = Index()
    single, is_extended = SingleWells.of(index), (index.signatures["source"] != "wells").to_numpy()
    assert (single.is_known == ~is_extended).all()
    with pytest.raises(ValueError, match="the wells of signature .* are not kept"):
        single.behind(int(np.flatnonzero(is_extended)[0]), "HMOX1")


def test_the_command_keeps_wells(wells, bundle, tmp_path):
    bundle.save(tmp_path / "b.h5")
    words = [
        "index",
        "--wells",
        wells[0],
        "--info",
        wells[1],
        "--model",
        tmp_path / "b.h5",
        tmp_path / "i.h5",
    ]
    done = CliRunner().invoke(main, [*map(str, words), "--keep-wells", "--quiet"])
    assert done.exit_code == 0, done.output
    assert SingleWells.of(Index(tmp_path / "i.h5")).is_known.all()
