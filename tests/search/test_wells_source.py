"""Signatures computed while an index is built: those of the files, with a model of changes and without."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.sources import FolderSource
from l1000_rnaseq.search.wells_source import WellsSource
from l1000_rnaseq.signatures.measures import vehicle_draws
from l1000_rnaseq.signatures.signature_files import signatures_file
from l1000_rnaseq.translate.change.change_map import ChangeMap


@pytest.fixture(scope="module", params=["levels", "changes"])
def bundle(request, trained):
    """A bundle without a model of changes, and one with a random one."""
    plain = replace(trained["best"], change=None)
    if request.param == "levels":
        return plain
    rng, n = np.random.default_rng(0), len(plain.landmarks)
    shape = (n, 5), (5, len(plain.genes) - n)
    left, right = (rng.normal(0, 0.1, part).astype(np.float32) for part in shape)
    return replace(plain, change=ChangeMap(np.ones(n, np.float32), left, right))


@pytest.mark.parametrize("controls", ["vehicle", "others"])
def test_signatures_are_those_of_the_files(simulated_data, bundle, controls, tmp_path):
    wells = (simulated_data / "l1000" / "level3.gctx", simulated_data / "l1000" / "inst_info.txt")
    signatures_file(*wells, tmp_path / "s", bundle=bundle, controls=controls, progress=False)
    folder, source = FolderSource.of(tmp_path / "s"), WellsSource.of(*wells, bundle, controls)
    assert (source.space is None) == (bundle.change is None)
    n = len(folder.table)
    assert list(source.table.index) == list(folder.table.index) and source.stops[-1] == n
    build_index([folder], tmp_path / "folder.h5", progress=False)
    build_index([source], tmp_path / "wells.h5", progress=False)
    one, two = Index(tmp_path / "folder.h5"), Index(tmp_path / "wells.h5")
    assert (two.shared is None) == (bundle.change is None) and one.shared is None
    assert one.signatures["sig_id"].tolist() == two.signatures["sig_id"].tolist()
    pd.testing.assert_frame_equal(one.signatures, two.signatures, check_dtype=False, rtol=2e-3, atol=1e-3)
    rows = np.arange(n)
    for what in ("log2fc", "cd"):
        values = one.whole(what, rows)
        np.testing.assert_allclose(two.whole(what, rows), values, atol=2e-3 * np.abs(values).max())
    assert two.provenance["sources"][0]["controls"] == controls


def test_the_command_goes_from_wells_to_an_index(simulated_data, bundle, tmp_path):
    bundle.save(tmp_path / "b.h5")
    wells = simulated_data / "l1000"
    words = ["index", "--wells", wells / "level3.gctx", tmp_path / "i.h5", "--model", tmp_path / "b.h5"]
    done = CliRunner().invoke(main, [*map(str, words), "--info", str(wells / "inst_info.txt"), "--quiet"])
    assert done.exit_code == 0, done.output
    made = Index(tmp_path / "i.h5")
    assert set(made.signatures["source"]) == {"wells"} and len(made.signatures) > 20
    assert made.signatures["agreement"].notna().any() and made.signatures["p_vehicle"].notna().any()
    refused = CliRunner().invoke(main, [*map(str, words), "--force"])
    assert refused.exit_code == 2 and "--wells and --info go together" in refused.output
    assert [path.name for path in tmp_path.glob("i.h5*")] == ["i.h5"]


@pytest.mark.parametrize("controls", ["vehicle", "others"])
def test_p_vehicle_is_the_place_among_vehicle_wells_that_play_the_treated_ones(
    simulated_data, bundle, controls, tmp_path
):
    folder = simulated_data / "l1000"
    source = WellsSource.of(folder / "level3.gctx", folder / "inst_info.txt", bundle, controls)
    build_index([source], tmp_path / "i.h5", progress=False)
    table, plan = Index(tmp_path / "i.h5").signatures.set_index("sig_id"), source.plan

    def strength(genomes, plates, treated, against):
        """Return the root mean square fold change within plates, over what noise alone gives it."""
        change, variance = 0.0, 1 / len(treated)
        for plate in sorted(set(plates[treated])):
            here = [well for well in treated if plates[well] == plate]
            rest = [well for well in against if plates[well] == plate]
            share = len(here) / len(treated)
            change = change + share * (genomes.loc[here].mean() - genomes.loc[rest].mean())
            variance += share**2 / len(rest)
        return np.sqrt((change**2).mean() / variance)

    for sig_id in plan.signatures.index[:: max(1, len(plan.signatures) // 4)][:4]:
        treated, against, vehicles = plan.treated(sig_id), plan.controls[sig_id], plan.vehicles[sig_id]
        genomes = source.reader.read(plan.wells([sig_id])).astype(float)
        ids, plates = genomes.index, plan.plates
        size = strength(genomes, plates, treated, against)
        rows = ids.get_indexer(treated), ids.get_indexer(vehicles)
        null = []
        for draw in vehicle_draws(plates.loc[ids].to_numpy(object), *rows):
            played = list(ids[draw])
            pool = against if controls == "vehicle" else [*treated, *against]
            null.append(strength(genomes, plates, played, [well for well in pool if well not in played]))
        assert len(null) > 2
        larger = sum(other >= size * (1 + 1e-6) for other in null)
        equal = sum(abs(other / size - 1) <= 1e-6 for other in null)
        lowest, highest = ((1 + n) / (1 + len(null)) for n in (larger, larger + equal))
        assert lowest - 1e-12 <= table.loc[sig_id, "p_vehicle"] <= highest + 1e-12, sig_id
