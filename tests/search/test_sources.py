"""What signatures are read from: folders of `signatures`, Level 5 as it is, Level 5 extended by a bundle."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.by_gene_list import Query, score_signatures
from l1000_rnaseq.search.gene_names import GeneNames
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.sources import (
    ExtendedSource,
    FolderSource,
    Level5Source,
    open_source,
)
from l1000_rnaseq.signatures.signature_files import signatures_file
from l1000_rnaseq.stats.variance import plate_spread


def test_from_a_folder_of_signatures(simulated_data, tmp_path):
    level3 = simulated_data / "l1000"
    signatures_file(level3 / "level3.gctx", level3 / "inst_info.txt", tmp_path / "s", progress=False)
    folder = FolderSource.of(tmp_path / "s")
    assert {"chemical"} < set(folder.table["type"]) and "-666" not in folder.table.to_numpy()
    build_index([folder], tmp_path / "i.h5", progress=False)
    found = Index(tmp_path / "i.h5")
    assert found.provenance["sources"][0]["method"] == "cd" and len(found.signatures) == len(folder.table)
    (tmp_path / "s" / "sig_info.txt").write_text("sig_id\tpert_id\nx\ty\n")
    with pytest.raises(ValueError, match="are not in .*sig_info.txt"):
        FolderSource.of(tmp_path / "s")
    (tmp_path / "s" / "cd.gctx").unlink()
    with pytest.raises(ValueError, match="lacks cd.gctx; expected a folder that"):
        FolderSource.of(tmp_path / "s")


def test_level5_is_extended_from_the_mean_profile_on(simulated_data, trained):
    from l1000_rnaseq.data.cohorts import load_l1000

    folder, bundle = simulated_data / "l1000", replace(trained["best"], change=None)
    if not (folder / "level5.gctx").is_file():
        pytest.skip("the simulated folder has no level5.gctx")
    data = load_l1000(simulated_data)
    spread = plate_spread(data.profiles, pd.Series("one", data.profiles.index))
    centred = (data.profiles - data.profiles.median()).abs().median() * 1.4826
    np.testing.assert_allclose(spread, centred, rtol=1e-4)
    extended = ExtendedSource.of(folder / "level5.gctx", folder / "sig_info.txt", bundle, spread)
    log2fc, scores = extended.read(0, 3)
    x = np.tile(bundle.l1000_mean.astype(np.float32), (2, 1))
    x[1] += extended.z.read(0, 1)[0, extended.rows] * spread[list(bundle.landmarks)]
    first = bundle.step1.transform(x)
    kept = np.clip(first, 0, bundle.ceiling[: len(bundle.landmarks)])
    by_hand = np.hstack([first, bundle.step2.transform(kept)])
    by_hand = by_hand[1] - by_hand[0]
    np.testing.assert_allclose(log2fc[0], by_hand, atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(scores, axis=1), 1, rtol=1e-4)
    assert set(extended.table["source"]) == {"Level 5, extended"}


@pytest.mark.parametrize("info_name", ["sig_info.txt", "gse1_sig_info.txt"])
def test_level_5_files_are_read_with_the_sig_info_beside_them(tmp_path, info_name):
    genes, sig_ids = cmap_genes().index[:30], [f"sig{k}" for k in range(5)]
    z = np.random.default_rng(0).normal(size=(5, 30)).astype(np.float32)
    entrez = cmap_genes().loc[genes, "entrez"].astype(str)
    path = tmp_path / "l1000" / ("level5.gctx" if info_name == "sig_info.txt" else "gse1_level5.gctx")
    path.parent.mkdir()
    write_gctx(path, pd.DataFrame(z, sig_ids, entrez))
    with pytest.raises(ValueError, match=r"level5.gctx has no sig_info.txt beside it"):
        Level5Source.of(path)
    columns = {"pert_id": "BRD-1", "pert_iname": "-666", "pert_type": "trt_cp", "cell_id": "A375"}
    info = pd.DataFrame({**columns, "pert_idose": "10 uM", "pert_itime": "24 h"}, sig_ids)
    info.iloc[::-1].to_csv(path.with_name(info_name), sep="\t", index_label="sig_id")
    source = open_source(tmp_path if path.name == "level5.gctx" else path)
    assert source.genes == list(genes) and list(source.table.index) == sig_ids
    np.testing.assert_array_equal(source.read(1, 4), [z[1:4], z[1:4]])
    named = source.table[["pert_iname", "type", "dose", "dose_unit", "time", "time_unit", "source"]]
    assert named.iloc[0].tolist() == ["BRD-1", "chemical", "10", "uM", "24", "h", "Level 5"]
    info.iloc[2:].to_csv(path.with_name(info_name), sep="\t", index_label="sig_id")
    with pytest.raises(ValueError, match=f"2 of 5 samples of .* are not in .*{info_name}: sig0, sig1"):
        open_source(path)


def level5(folder, values):
    genes, sig_ids = cmap_genes().index[: values.shape[1]], [f"sig{k}" for k in range(len(values))]
    write_gctx(folder / "level5.gctx", pd.DataFrame(values, sig_ids, genes))
    columns = {"pert_id": sig_ids, "pert_iname": sig_ids, "pert_type": "trt_cp", "cell_id": "A375"}
    info = pd.DataFrame({**columns, "pert_idose": "10 uM", "pert_itime": "24 h"}, sig_ids)
    info.to_csv(folder / "sig_info.txt", sep="\t", index_label="sig_id")
    return Level5Source.of(folder / "level5.gctx")


def test_what_is_no_change_is_refused(tmp_path):
    z = np.random.default_rng(0).normal(size=(5, 60))
    source = level5(tmp_path, 8 + 2 * z)
    with pytest.raises(ValueError, match=r"\(signatures 1 to 5\): .* Level 3 log2 .*; expected changes"):
        source.read(0, 5)
    with pytest.raises(ValueError, match="counts or linear intensities"):
        level5(tmp_path, np.exp2(8 + 2 * z)).read(2, 4)


def test_missing_z_scores_are_no_change_and_counted(tmp_path, caplog):
    z = np.random.default_rng(0).normal(size=(5, 60)).astype(np.float32)
    z[1, 3], z[4, 7] = -666, np.nan
    source = level5(tmp_path, z)
    expected = np.where(np.isin(np.arange(300).reshape(5, 60), [63, 247]), 0, z)
    query = Query.of(GeneNames(pd.Index(source.genes)), source.genes[:20])
    scored = score_signatures(source, query, progress=False)
    assert "2 missing z-scores of" in caplog.text and "were taken as 0, no change" in caplog.text
    again = score_signatures(level5(tmp_path, expected), query, progress=False)
    pd.testing.assert_frame_equal(scored, again)
    z[2, :9] = -666
    with pytest.raises(ValueError, match="sample sig2 of .* has 15% missing values"):
        level5(tmp_path, z).read(0, 5)
