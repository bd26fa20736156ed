"""The Python front door: `import l1000_rnaseq as lr`."""

import doctest
import importlib
import subprocess
import sys

import anndata
import l1000_rnaseq as lr
import numpy as np
import pytest
from l1000_rnaseq.search.by_gene import search as search_index
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.signatures.signature_files import signatures_file
from scipy import sparse


def test_rooms_of_the_same_name_do_not_hide_the_functions():
    importlib.import_module("l1000_rnaseq.search.consensus")
    importlib.import_module("l1000_rnaseq.signatures.batch")
    assert callable(lr.search) and callable(lr.signatures)
    assert set(dir(lr)) == set(lr.__all__) >= {"transform", "signatures", "search", "match", "Index"}
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        lr.serach  # noqa: B018


def test_importing_loads_nothing_heavy():
    code = "import sys, l1000_rnaseq; print([m for m in ('numpy', 'pandas', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [name for name in lr.__all__ if name != "__version__"])
def test_every_name_has_an_example_that_runs(name):
    found = doctest.DocTestFinder().find(getattr(lr, name), name)
    with_example = [test for test in found if test.examples]
    assert with_example
    for test in with_example:
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0


@pytest.fixture(scope="module")
def wells(simulated_data):
    folder = simulated_data / "l1000"
    return lr.read(folder / "level3.gctx", folder / "inst_info.txt")


def test_an_anndata_keeps_its_wells_and_says_what_its_genes_are(wells, tmp_path):
    genomes = lr.transform(wells[:5])
    assert genomes.obs.equals(wells.obs[:5]) and genomes.X.dtype == np.float32
    assert {"entrez_id", "ensembl_id", "status", "level_r", "change_r", "level", "change"} <= set(genomes.var)
    assert genomes.uns["units"] == "log2(CPM+1)" and genomes.uns["version"] == lr.__version__
    assert set(genomes.var["change"]) <= {"reliable", "fair", "weak", "not followed"}
    assert genomes.var["level_r"].min() >= -1  # -666 never leaves GCTX and txt files
    genomes.write_h5ad(tmp_path / "g.h5ad")
    assert anndata.read_h5ad(tmp_path / "g.h5ad").var["level_r"].equals(genomes.var["level_r"])


def test_the_same_wells_as_frame_sparse_or_file_give_the_same_genomes(wells, tmp_path):
    part = wells[:7].copy()
    expected = lr.transform(part).X
    close = {"rtol": 1e-5, "atol": 1e-4}  # float32 sums of a thousand products of size 10
    np.testing.assert_allclose(lr.transform(part.to_df()).to_numpy(), expected, **close)
    as_sparse = anndata.AnnData(sparse.csr_matrix(part.X), part.obs, part.var)
    np.testing.assert_allclose(lr.transform(as_sparse, chunk=3).X, expected, **close)
    part.write_h5ad(tmp_path / "wells.h5ad")
    np.testing.assert_allclose(lr.transform(tmp_path / "wells.h5ad").X, expected, **close)


@pytest.mark.parametrize("controls", ["others", "both", "medians"])
def test_an_anndata_of_one_plate_has_signatures_of_single_wells(simulated_data, controls):
    folder = simulated_data / "l1000"
    wells = lr.read(folder / "level3.gctx", info=folder / "inst_info.txt")
    wells = wells[wells.obs["rna_plate"] == wells.obs["rna_plate"].mode()[0]]
    sigs = lr.signatures(wells, controls=controls)
    assert (sigs.obs["n_treated"] == 1).all() and sigs.obs["agreement"].isna().all()
    assert (sigs.obs["n_null"] > 0).any() and sigs.obs["p_vehicle"].dropna().between(0, 1).all()
    with pytest.raises(ValueError, match=r"24 × fewer than 2 treated wells; ask for fewer treated wells"):
        lr.signatures(wells, controls=controls, min_treated=2)


def test_signatures_of_an_anndata_are_those_of_the_files(wells, simulated_data, tmp_path):
    sigs, folder = lr.signatures(wells), simulated_data / "l1000"
    signatures_file(folder / "level3.gctx", folder / "inst_info.txt", tmp_path / "s", progress=False)
    for layer in ("log2fc", "cd"):
        stored = lr.read(tmp_path / "s" / f"{layer}.gctx")
        np.testing.assert_allclose(stored[sigs.obs_names].X, sigs.layers[layer], rtol=1e-5, atol=1e-6)
    assert {"pert_iname", "n_treated", "agreement"} <= set(sigs.obs) and "skipped" in sigs.uns


def test_search_is_the_search_of_the_index():
    table = lr.search("HMOX1", cell="HT115", direction="up", n=3)
    assert table.equals(search_index(lr.Index(), "HMOX1", "up", filters=Filters(cell="HT115"), n=3))
    with pytest.raises(TypeError, match="cel"):
        lr.search("HMOX1", cel="HT115")
    with pytest.raises(TypeError, match="profiles are a int; expected a path, a DataFrame or an AnnData"):
        lr.transform(3)


def test_reprs_are_one_line():
    assert all(len(repr(thing)) < 200 and "\n" not in repr(thing) for thing in (lr.Index(), lr.load_model()))


def test_signatures_of_level3_wells_are_changes_of_the_whole_genome(wells):
    measured = lr.signatures(wells)
    changes = lr.signatures(wells, transform=True, controls="vehicle")
    bundle = lr.load_model()
    assert list(changes.var_names) == list(bundle.genes) and changes.obs_names.equals(measured.obs_names)
    landmarks = measured.to_df()[list(bundle.landmarks)].to_numpy()
    np.testing.assert_allclose(changes.X, bundle.change_of(landmarks), atol=2e-3)
    assert {"status", "change_r", "level"} <= set(changes.var)
    with pytest.raises(ValueError, match="model is for transform=True"):
        lr.signatures(wells, model=bundle)
