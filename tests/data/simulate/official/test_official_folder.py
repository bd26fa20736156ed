"""The simulated official folder: every file in the format of its source, and the truth in it to be found."""

import json
import shutil
from collections import namedtuple

import h5py
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.cohorts import load_counts, load_l1000
from l1000_rnaseq.data.fetch.content import check_content
from l1000_rnaseq.data.fetch.manifest import read_manifest
from l1000_rnaseq.data.files.archs4 import open_archs4, select_samples
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gtex import read_gct_counts, read_sample_info
from l1000_rnaseq.data.genes import cmap_genes, landmarks
from l1000_rnaseq.data.gse92743 import load_gtex_pairs
from l1000_rnaseq.data.samples import describe_samples
from l1000_rnaseq.data.simulate.official.official_folder import needed_bytes, simulate_official
from scipy.stats import median_abs_deviation

NOT_SIMULATED = {"archs4_human_v2_5", "archs4_human_v9", "hpa_cell_lines"}
NOT_SIMULATED |= {"dgex_geo", "dgex_gtex", "dgex_1000g", "dgex_l1000"}
MATRICES = [  # matrix, its table
    ("level3", "inst_info"),
    ("level5", "sig_info"),
    ("gse70138_level3", "gse70138_inst_info"),
    ("gse70138_level5", "gse70138_sig_info"),
    *((f"level3_beta_{kind}", "instinfo_beta") for kind in ("all", "ctl", "trt_cp", "trt_sh", "trt_xpr")),
    *((f"level5_beta_trt_{kind}", "siginfo_beta") for kind in ("cp", "sh", "xpr")),
]


def opened(folder, matrix, table):
    return open_profiles(folder / f"l1000/{matrix}.gctx", folder / f"l1000/{table}.txt")


@pytest.fixture(scope="module")
def planted(official_data):
    return json.loads((official_data / "planted_truth.json").read_text())


def test_every_dataset_of_the_manifest_is_there_in_its_format(official_data):
    manifest = read_manifest()
    there = {name for name, entry in manifest.items() if (official_data / entry.path).is_file()}
    assert set(manifest) - there == NOT_SIMULATED
    for name in there:
        check_content(official_data / manifest[name].path, manifest[name].path)


@pytest.mark.parametrize(("matrix", "table"), MATRICES)
def test_matrices_have_cmap_genes_and_fit_their_tables(official_data, matrix, table):
    file = opened(official_data, matrix, table)
    assert list(file.row_ids) == cmap_genes()["entrez"].astype(str).tolist()
    told = describe_samples(file.sample_metadata, table)
    assert (told[["pert_id", "pert_iname", "pert_type", "cell_id", "pert_time"]] != "").all(axis=None)
    is_compound = told["pert_type"] == "trt_cp"
    assert (told.loc[is_compound, "pert_dose_unit"] == "uM").all()
    assert (told.loc[~is_compound, "pert_dose"] == "").all()
    types = set(told["pert_type"])
    kind = matrix.rpartition("_")[2]
    if matrix.startswith("level3_beta") and kind != "all":
        assert types == ({"ctl_vehicle", "ctl_vector"} if kind == "ctl" else {f"trt_{kind}"})


def test_level_3_has_the_planted_effect_of_dexamethasone(official_data, planted):
    file = opened(official_data, "level3", "inst_info")
    info = file.sample_metadata
    treated = info[(info["pert_iname"] == "dexamethasone") & (info["pert_dose"] == "10")]
    controls = info[(info["pert_type"] == "ctl_vehicle") & info["rna_plate"].isin(treated["rna_plate"])]
    change = file.frame(treated.index).mean() - file.frame(controls.index).mean()
    effect = pd.Series(planted["compounds"]["dexamethasone"]["log2_effect"])
    effect = effect[effect.index.isin(landmarks().index) & ~effect.index.isin(planted["dead_probes"])]
    assert np.corrcoef(change[effect.index], effect)[0, 1] > 0.8
    unmoved = landmarks().index.difference(effect.index)
    assert change[unmoved].abs().median() < 0.25 < change[effect.index].abs().median()


def test_genes_that_are_not_measured_are_linear_in_those_that_are(official_data):
    wells = opened(official_data, "level3", "inst_info").frame()
    is_landmark = wells.columns.isin(landmarks().index)
    x, y = wells.loc[:, is_landmark].to_numpy(), wells.loc[:, ~is_landmark].to_numpy()
    half = len(x) // 2
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    weights = np.linalg.lstsq(x[:half], y[:half], rcond=1e-4)[0]
    spread = y[half:].std(axis=0)
    assert (
        np.corrcoef((x[half:] @ weights)[:, spread > 0.1].ravel(), y[half:][:, spread > 0.1].ravel())[0, 1]
        > 0.7
    )


def test_level_4_and_5_are_made_of_level_3(official_data):
    level3 = opened(official_data, "level3", "inst_info")
    scores = open_profiles(official_data / "l1000/level4.gctx").frame()
    plates = level3.sample_metadata["rna_plate"]
    wells = plates.index[plates == plates.iloc[0]]
    values = level3.frame(wells)
    spread = median_abs_deviation(values, axis=0, scale=1 / 1.4826)
    slow = ((values - values.median()) / np.maximum(spread, 0.1)).clip(-10, 10)
    np.testing.assert_allclose(scores.loc[wells], slow, atol=1e-4)
    level5 = opened(official_data, "level5", "sig_info")
    for sig_id, members in level5.sample_metadata["distil_id"].iloc[::9].items():
        mean = scores.loc[members.split("|")].mean()
        np.testing.assert_allclose(level5.frame([sig_id]).iloc[0], mean, atol=1e-4)


@pytest.mark.parametrize("matrix", ["level5_beta_trt_xpr", "level5_beta_trt_sh", "gse106127_level5"])
def test_knocked_genes_fall(official_data, planted, matrix):
    table = "gse106127_sig_info" if matrix.startswith("gse") else "siginfo_beta"
    file = opened(official_data, matrix, table)
    names = describe_samples(file.sample_metadata, table, needed=())["pert_iname"]
    scores = file.frame()
    own = [scores.loc[i, gene] for i, gene in names.items() if gene in planted["knockouts"]]
    assert len(own) > 10 and np.median(own) < -2


def test_gse106127_has_hairpins_and_guides_of_the_planted_genes(official_data, planted):
    file = opened(official_data, "gse106127_level5", "gse106127_sig_info")
    told = describe_samples(file.sample_metadata, "gse106127_sig_info", needed=())
    guides = told[told["pert_type"] == "trt_xpr"]
    assert set(told["pert_type"]) == {"trt_sh", "trt_xpr"} and told.index.is_unique
    assert set(guides["pert_iname"]) == set(planted["knockouts"])
    consensus = pd.read_csv(official_data / "l1000/gse106127_cgs_info.txt", sep="\t")
    hairpins = told[told["pert_type"] == "trt_sh"]
    assert len(consensus) == len(hairpins[["pert_iname", "cell_id"]].drop_duplicates())


def test_lincs_2020_tables_have_their_own_columns(official_data):
    columns = {
        path.stem: pd.read_csv(path, sep="\t", nrows=0).columns
        for path in official_data.glob("l1000/*_beta.txt")
    }
    sizes = {
        "instinfo_beta": 30,
        "siginfo_beta": 35,
        "cellinfo_beta": 20,
        "compoundinfo_beta": 7,
        "geneinfo_beta": 7,
    }
    assert {name: len(names) for name, names in columns.items()} == sizes
    for names in (columns["instinfo_beta"], columns["siginfo_beta"]):
        assert {
            "cmap_name",
            "cell_iname",
            "pert_dose",
            "pert_idose",
            "pert_itime",
            "qc_pass",
            "nearest_dose",
        } <= {*names}
    told = pd.read_csv(official_data / "l1000/compoundinfo_beta.txt", sep="\t").set_index("cmap_name")
    assert told.loc["dexamethasone", "moa"] == "Glucocorticoid receptor agonist"


@pytest.mark.parametrize("prefix", ["gtex_", "gtex_v10_"])
def test_gtex_has_versioned_ids_all_tissues_and_par_rows(official_data, prefix):
    path = official_data / f"rnaseq/{prefix}gene_reads.gct.gz"
    names = pd.read_csv(path, sep="\t", skiprows=2, usecols=["Name", "Description"])
    par = names["Name"].str.endswith("_PAR_Y")
    assert names["Name"].str.fullmatch(r"ENSG\d{11}\.\d+(_PAR_Y)?").all() and par.sum() > 5
    assert names.loc[~par, "Name"].is_unique
    counts = read_gct_counts(path)
    assert counts.columns.is_unique and 1e7 < counts.sum(axis=1).median() < 1e8
    files = [
        official_data / f"rnaseq/{prefix}{name}.txt" for name in ("sample_attributes", "subject_phenotypes")
    ]
    info = read_sample_info(files)
    assert list(info.index) == list(counts.index) and info["AGE"].notna().all()
    assert info["SMTSD"].nunique() == 54 and info["SMTS"].nunique() == 30


def test_archs4_has_single_cells_and_shallow_samples_to_leave_out(official_data):
    file = open_archs4(official_data / "rnaseq/human_matrix.h5")
    with h5py.File(file.path) as h5:
        reads = h5["data/expression"][:].sum(axis=0)
    np.testing.assert_array_equal(file.samples["alignedreads"], reads)
    kept = select_samples(file.samples)
    single = file.samples["singlecellprobability"].to_numpy() >= 0.5
    assert 0 < single.sum() and 0 < (reads < 1e6).sum()
    np.testing.assert_array_equal(kept, np.flatnonzero(~single & (reads > 1e6)))


def test_pairs_agree_and_share_no_donor_with_gtex(official_data):
    pairs = load_gtex_pairs(official_data)
    assert pairs.l1000.shape[1] == 978 and pairs.rnaseq.shape[1] == 12_320
    x = pairs.l1000 - pairs.l1000.mean()
    y = np.log2(pairs.rnaseq[x.columns] + 1)
    y -= y.mean()
    assert np.mean([np.corrcoef(x.loc[i], y.loc[i])[0, 1] for i in x.index]) > 0.7
    donors = [set(pairs.info["donor"])]
    for prefix in ("gtex_", "gtex_v10_"):
        phenotypes = official_data / f"rnaseq/{prefix}subject_phenotypes.txt"
        donors.append(set(pd.read_csv(phenotypes, sep="\t")["SUBJID"]))
    assert sum(map(len, donors)) == len(set.union(*donors))


def test_the_folder_is_read_as_a_data_folder(official_data):
    l1000, rnaseq = load_l1000(official_data), load_counts(official_data)
    assert l1000.profiles.shape[1] == 978 and 0 < l1000.info["control"].mean() < 0.5
    assert set(landmarks().index) <= set(rnaseq.profiles.columns)


@pytest.mark.parametrize("scale", [0, -1, 1.5, float("nan")])
def test_a_scale_beyond_the_originals_is_refused(tmp_path, scale):
    with pytest.raises(ValueError, match="expected a number above 0, and at most 1"):
        simulate_official(tmp_path / "new", scale)


def test_a_full_folder_and_a_small_disk_are_refused(tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        simulate_official(tmp_path, 1e-5)
    assert needed_bytes(1) > 300e9
    usage = namedtuple("usage", "total used free")(10**9, 0, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match=r"needs about 5\d\d GB at scale 1, but 1.0 GB are free"):
        simulate_official(tmp_path / "new", 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scale", "0.1"], "go with --official"),
        (["--official", "--small"], "goes with neither --small nor --lincs"),
    ],
)
def test_options_that_do_not_apply_are_refused(tmp_path, options, words):
    done = CliRunner().invoke(main, ["simulate", str(tmp_path / "new"), *options])
    assert done.exit_code == 2 and words in str(done.output)


BAD = {  # what is put as level3.gctx and as inst_info.txt → what the one sentence says
    "metadata of GSE70138": (
        "level3",
        "gse70138_inst_info",
        r"\d+ of \d+ samples of .* are not in .*inst_info.txt",
    ),
    "metadata of LINCS 2020": ("level3", "instinfo_beta", "Use the table of the same release"),
    "signatures' metadata": ("level3", "sig_info", "Use the table of the same release"),
    "wells of LINCS 2020": ("level3_beta_trt_cp", "inst_info", "Use the table of the same release"),
    "Level 4": ("level4", "inst_info", "look like z-scores or fold changes .Level 4 or 5.; expected Level 3"),
    "Level 5": ("level5", "sig_info", "lacks a column for: plate"),
}


@pytest.mark.parametrize(("matrix", "table", "words"), BAD.values(), ids=BAD)
def test_bad_official_files_are_told_in_a_sentence(official_data, tmp_path, matrix, table, words):
    folder = tmp_path / "l1000"
    folder.mkdir()
    shutil.copy(official_data / f"l1000/{matrix}.gctx", folder / "level3.gctx")
    shutil.copy(official_data / f"l1000/{table}.txt", folder / "inst_info.txt")
    with pytest.raises(ValueError, match=words) as told:
        load_l1000(tmp_path)
    assert "\n" not in str(told.value)


def test_some_ids_of_another_release_are_counted_and_named(official_data, tmp_path):
    folder = tmp_path / "l1000"
    folder.mkdir()
    shutil.copy(official_data / "l1000/level3.gctx", folder)
    lines = (official_data / "l1000/inst_info.txt").read_text().splitlines()
    (folder / "inst_info.txt").write_text("\n".join(lines[:-3]) + "\n")
    lost = lines[-3].split("\t")[0]
    with pytest.raises(ValueError, match=rf"^3 of {len(lines) - 1} samples of .* are not in .*: {lost}"):
        load_l1000(tmp_path)


def test_half_a_gctx_is_told(official_data, tmp_path):
    folder = tmp_path / "l1000"
    folder.mkdir()
    shutil.copy(official_data / "l1000/inst_info.txt", folder)
    whole = (official_data / "l1000/level3.gctx").read_bytes()
    (folder / "level3.gctx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="level3.gctx is truncated or damaged .* Copy or download it again"):
        load_l1000(tmp_path)


@pytest.mark.parametrize("ids", ["symbol", "ensembl_gene"])
def test_an_h5_of_the_mouse_is_told(official_data, tmp_path, ids):
    path = shutil.copy(official_data / "rnaseq/human_matrix.h5", tmp_path / "mouse.h5")
    with h5py.File(path, "r+") as h5:
        names = [name.decode() for name in h5[f"meta/genes/{ids}"]]
        mice = [name.capitalize() if ids == "symbol" else name.replace("ENSG", "ENSMUSG") for name in names]
        h5[f"meta/genes/{ids}"][:] = np.array(mice, "S") if ids == "symbol" else h5[f"meta/genes/{ids}"][:]
        if ids != "symbol":
            del h5[f"meta/genes/{ids}"]
            h5[f"meta/genes/{ids}"] = np.array(mice, "S")
    with pytest.raises(ValueError, match="has genes of the mouse: .*expected the human file of ARCHS4"):
        open_archs4(path)


def test_lincs_2020_has_the_controls_of_its_plates_in_the_file_of_all_wells(official_data):
    whole = opened(official_data, "level3_beta_all", "instinfo_beta")
    parts = [
        opened(official_data, f"level3_beta_{k}", "instinfo_beta")
        for k in ("ctl", "trt_cp", "trt_sh", "trt_xpr")
    ]
    assert sorted(whole.sample_ids) == sorted(i for part in parts for i in part.sample_ids)
    for part in parts:
        chosen = part.sample_ids[::40]
        np.testing.assert_array_equal(whole.frame(chosen), part.frame(chosen))
