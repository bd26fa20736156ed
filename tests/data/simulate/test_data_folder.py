"""The simulated folder: same bytes for the same seed, the real folder's formats, and a truth to be found."""

import gzip
import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.simulate.biology import DOSES
from l1000_rnaseq.data.simulate.data_folder import SMALL, SimulationSettings, simulate
from l1000_rnaseq.data.simulate.l1000 import Beads

TABLES = """l1000/inst_info.txt l1000/baseline_info.txt l1000/sig_info.txt l1000/gene_info.txt
l1000/cell_info.txt rnaseq/gtex_sample_attributes.txt rnaseq/gtex_subject_phenotypes.txt
rnaseq/gene_aliases.tsv dex/airway_samples.tsv dex/a549_gr_samples.tsv dex/gse159094_samples.tsv
genesets/hpa_secretome.tsv names/hgnc.tsv.gz""".split()
CHANGES = "morphic_ko synovial_tnf_il17_sirna t84_il22_ifnl lncap_antiandrogen tahoe_rank".split()
TABLES += [f"changes/{name}.meta.tsv" for name in CHANGES]
GCTX = ["l1000/level3.gctx", "l1000/baseline.gctx", "l1000/level5.gctx", "paired/hpa_l1000.gctx"]


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, sep="\t")


def gctx(folder: Path, name: str) -> pd.DataFrame:
    file = open_gctx(folder / name)
    symbols = file.row_metadata["pr_gene_symbol"].to_numpy()
    return pd.DataFrame(file.read(), index=file.sample_ids, columns=symbols)


@pytest.fixture(scope="module")
def wells(simulated_data):
    return gctx(simulated_data, "l1000/level3.gctx")


@pytest.fixture(scope="module")
def info(simulated_data):
    return read(simulated_data, "l1000/inst_info.txt").set_index("inst_id")


@pytest.fixture(scope="module")
def planted(simulated_data):
    return json.loads((simulated_data / "planted_truth.json").read_text())


@pytest.fixture(scope="module")
def beads(simulated_data):
    return read(simulated_data, "truth/beads.tsv").fillna({"dead": ""}).set_index("symbol")


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(simulated_data, tmp_path):
    simulate(tmp_path / "again", seed=0, scale=SMALL)
    assert digests(tmp_path / "again") == digests(simulated_data)
    simulate(tmp_path / "other", seed=1, scale=SMALL)
    assert digests(tmp_path / "other")["l1000/level3.gctx"] != digests(simulated_data)["l1000/level3.gctx"]


def test_every_id_is_unique_and_tables_agree_with_matrices(simulated_data, wells, info):
    assert list(wells.index) == list(info.index)
    assert info.index.is_unique
    assert info["cell_id"].nunique() >= 12
    with h5py.File(simulated_data / "rnaseq/human_matrix.h5") as h5:
        samples = pd.Series(h5["meta/samples/geo_accession"][:])
        assert samples.is_unique
        assert pd.Series(h5["meta/genes/symbol"][:]).is_unique
        assert pd.Series(h5["meta/genes/ensembl_gene"][:]).is_unique
        assert len(set(h5["meta/samples/series_id"][:])) >= 10
        assert (h5["meta/samples/readsaligned"][:] >= h5["data/expression"][:].sum(axis=0)).all()
    assert read(simulated_data, "rnaseq/gtex_sample_attributes.txt")["SAMPID"].is_unique


@pytest.mark.real
@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_columns_of_the_real_ones(simulated_data, real_data, name):
    ours, real = read(simulated_data, name), read(real_data, name)
    assert list(ours.columns) == list(real.columns)
    assert len(ours) > 0


@pytest.mark.real
def test_every_real_file_has_a_simulated_one(simulated_data, real_data):
    names = {str(path.relative_to(real_data)) for path in real_data.glob("*/*")}
    assert len(names) >= 39
    assert names <= set(digests(simulated_data))


@pytest.mark.real
@pytest.mark.parametrize("name", [*GCTX, "rnaseq/human_matrix.h5"])
def test_hdf5_has_the_layout_of_the_real_files(simulated_data, real_data, name):
    def layout(path):
        shapes = {}
        with h5py.File(path) as h5:
            h5.visititems(
                lambda key, x: shapes.update({key: (x.ndim, x.dtype.kind)}) if hasattr(x, "dtype") else None
            )
            version = h5.attrs.get("version")
            chunks = h5["data/expression"].chunks if "data" in h5 else (0, 4)
        return shapes, version, chunks[1]

    assert layout(simulated_data / name) == layout(real_data / name)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "skip", "n"),
    [
        ("rnaseq/gtex_gene_reads.gct.gz", 2, 2),
        ("rnaseq/hpa_cell_lines.tsv.gz", 0, 2),
        ("paired/hpa_rnaseq.tsv.gz", 0, 11),
        ("dex/airway_counts.tsv.gz", 0, 1),
        ("dex/a549_gr_counts.tsv.gz", 0, 1),
        ("dex/gse159094_counts.tsv.gz", 0, 1),
        ("rnaseq/ccle_landmarks_transcript.tsv.gz", 0, 1),
        ("rnaseq/ccle_nci60_subset.tsv.gz", 0, 1),
        ("rnaseq/ccle_l1000_lines.tsv.gz", 0, 1),
    ],
)
def test_matrices_begin_as_the_real_ones(simulated_data, real_data, name, skip, n):
    def header(folder):
        with gzip.open(folder / name, "rt") as lines:
            return [next(lines) for _ in range(skip + 1)][-1].rstrip("\n").split("\t")

    ours, real = header(simulated_data), header(real_data)
    assert ours[:n] == real[:n]
    if "hpa_cell" in name:
        assert set(ours) <= set(real)


@pytest.mark.real
@pytest.mark.parametrize("name", GCTX[:2])
def test_intensities_span_the_range_of_the_real_ones(simulated_data, real_data, name):
    ours, real = (np.quantile(gctx(folder, name), [0.1, 0.5, 0.9]) for folder in (simulated_data, real_data))
    np.testing.assert_allclose(ours, real, atol=1.5)


def test_knock_downs_lower_their_own_gene(wells, info, planted):
    drops = []
    for gene in planted["knockouts"]:
        for plate, on_plate in info[info["pert_iname"] == gene].groupby("rna_plate"):
            control = (info["rna_plate"] == plate) & (info["pert_type"] == "ctl_vector")
            drops.append(wells.loc[on_plate.index, gene].mean() - wells.loc[control, gene].mean())
    assert len(drops) == 10 * 4 * 2
    assert np.mean(drops) < -1
    assert np.mean(np.array(drops) < 0) > 0.95


def test_dexamethasone_rises_with_dose_and_raises_its_targets(wells, info, planted):
    targets = planted["nr3c1_targets"]
    effect = pd.Series(planted["compounds"]["dexamethasone"]["log2_effect"])
    up = wells.columns.intersection(targets["up"])
    assert effect[targets["up"]].min() > 0 > effect[targets["down"]].max()
    vehicle = wells[info["pert_type"] == "ctl_vehicle"].groupby(info["rna_plate"]).mean()
    dex = info[info["pert_iname"] == "dexamethasone"]
    change = wells.loc[dex.index] - vehicle.loc[dex["rna_plate"]].to_numpy()
    by_dose = change[up].mean(axis=1).groupby(dex["pert_dose"]).mean()
    assert list(by_dose.index) == list(DOSES)
    assert by_dose.is_monotonic_increasing
    assert by_dose.iloc[-1] > 0.7
    assert "TSC22D3" in up


def test_nr3c1_targets_rise_in_every_dexamethasone_study(simulated_data, planted):
    aliases = read(simulated_data, "rnaseq/gene_aliases.tsv").set_index("new_symbol")["l1000_symbol"]
    for study, counts_id, columns in (
        ("gse159094", "Gene", ("Class", "Dex")),
        ("a549_gr", "gene", ("condition", "2h DEX > 16h DEX+DMSO")),
    ):
        table = read(simulated_data, f"dex/{study}_counts.tsv.gz").set_index(counts_id).rename(aliases)
        samples = read(simulated_data, f"dex/{study}_samples.tsv")
        names, groups = samples.iloc[:, 0], samples[columns[0]]
        control = groups.isin(["Control", "reference (18h DMSO, inferred)"])
        logged = np.log2(1e6 * table / table.sum() + 1)
        change = logged[names[groups == columns[1]]].mean(axis=1) - logged[names[control]].mean(axis=1)
        up = change.reindex(planted["nr3c1_targets"]["up"]).dropna()
        decoys = change.reindex(planted["nr3c1_targets"]["decoys"]).dropna()
        assert len(up) > 10
        assert up.mean() > 0.5 > abs(decoys.mean())


def test_gene_sets_hold_the_targets(simulated_data, planted):
    sets = {}
    for name in ("nr3c1_targets", "chea_2015", "encode_tf_2015"):
        for line in (simulated_data / f"genesets/{name}.gmt").read_text().splitlines():
            sets[line.split("\t")[0]] = set(line.split("\t")[2:])
    targets = set(planted["nr3c1_targets"]["up"] + planted["nr3c1_targets"]["down"])
    assert targets < sets["CHEA_Transcription_Factor_Targets__NR3C1"]
    assert len(targets & sets["NR3C1_A549_HG19"]) > 0.8 * len(targets)


def test_ageing_genes_follow_age(simulated_data, planted):
    table = pd.read_csv(simulated_data / "rnaseq/gtex_gene_reads.gct.gz", sep="\t", skiprows=2)
    counts = table.drop(columns="Name").set_index("Description")
    logged = np.log2(1e6 * counts / counts.sum() + 1)
    donors = ["-".join(name.split("-")[:2]) for name in logged.columns]
    ages = np.array([planted["donor_age_years"][donor] for donor in donors])
    slopes = pd.Series(planted["ageing_log2_per_decade"]["shared"])
    r = logged.loc[slopes.index].T.corrwith(pd.Series(ages, index=logged.columns))
    assert (np.sign(r) == np.sign(slopes)).mean() > 0.9
    score = pd.read_csv(simulated_data / "genesets/ageing_muscle_gtex.tsv").set_index("0")["1"]
    assert list(pd.read_csv(simulated_data / "genesets/ageing_muscle_gtex.tsv").columns) == ["0", "1"]
    assert np.corrcoef(score[slopes.index], slopes)[0, 1] > 0.8


def test_dead_probes_tell_nothing_of_the_line(wells, info, planted):
    lines = info["cell_id"]
    between = wells.groupby(lines).transform("mean").var() / wells.var()
    assert len(planted["dead_probes"]) == 6
    assert between[list(planted["dead_probes"])].max() < 0.1
    assert between.drop(list(planted["dead_probes"])).median() > 0.4


def test_crosstalk_brings_in_the_brighter_partner(simulated_data, planted, beads):
    truth = pd.read_csv(simulated_data / "truth/expression.tsv.gz", sep="\t", index_col="sample")
    baseline = gctx(simulated_data, "l1000/baseline.gctx")
    clean = truth.loc[baseline.index, baseline.columns]
    clean = pd.DataFrame(Beads(beads).saturate(clean.to_numpy()), clean.index, clean.columns)
    excess, brighter = [], []
    for pair in planted["crosstalk"]:
        excess.append(baseline[pair["gene"]] - clean[pair["gene"]])
        brighter.append(clean[pair["partner"]] - clean[pair["gene"]])
    excess, brighter = np.concatenate(excess), np.concatenate(brighter)
    assert np.corrcoef(excess, brighter)[0, 1] > 0.6
    quiet = beads.index[(beads["leak"] < 0.1) & (beads["dead"] == "") & (beads["leak"] > 0)]
    assert (baseline[quiet] - clean[quiet]).median().median() < 0.1 < excess[brighter > 2].min()


def test_pairs_agree_across_platforms(simulated_data, beads):
    l1000 = gctx(simulated_data, "paired/hpa_l1000.gctx")
    rna = read(simulated_data, "paired/hpa_rnaseq.tsv.gz").drop(columns="Gene").set_index("Gene name").T
    alive = beads.index[beads["dead"] == ""]
    a, b = l1000[alive], np.log2(rna[alive] + 1)
    a, b = a - a.mean(), b - b.mean()
    r = np.corrcoef(a, b)[:9, 9:]
    assert list(a.index) == list(b.index)
    assert (r.argmax(axis=1) == np.arange(9)).all()
    assert np.diag(r).mean() > 0.7


def test_landmarks_predict_the_genome_of_lines_held_out(simulated_data):
    truth = pd.read_csv(simulated_data / "truth/expression.tsv.gz", sep="\t", index_col="sample").iloc[:30]
    marks = truth.columns[:978]
    centred = truth - truth.iloc[9:].mean()
    x, y = centred[marks].to_numpy(), centred.drop(columns=marks).to_numpy()
    fitted = x[:9] @ x[9:].T @ np.linalg.solve(x[9:] @ x[9:].T + 100 * np.eye(len(x) - 9), y[9:])
    assert np.corrcoef(fitted.ravel(), y[:9].ravel())[0, 1] > 0.7


def test_level5_is_clipped_z(simulated_data):
    z, sig = gctx(simulated_data, "l1000/level5.gctx"), read(simulated_data, "l1000/sig_info.txt")
    assert list(z.index) == list(sig["sig_id"])
    assert abs(z.to_numpy()).max() <= 10
    glucocorticoid = sig["moa"].str.contains("Glucocorticoid receptor agonist").to_numpy()
    assert z.loc[glucocorticoid, "TSC22D3"].mean() > 2
    assert abs(z.loc[~glucocorticoid, "TSC22D3"].mean()) < 1


def test_knockdowns_lower_their_gene_and_hairpins_of_a_gene_agree(simulated_data, planted):
    z, sig = (
        gctx(simulated_data, "l1000/gse106127_level5.gctx"),
        read(simulated_data, "l1000/gse106127_sig_info.txt"),
    )
    assert list(z.index) == list(sig["sig_id"]) and set(sig["pert_type"]) == {"trt_sh", "trt_xpr"}
    assert set(sig["pert_iname"]) == set(planted["knockouts"])
    for gene in z.columns.intersection(list(planted["knockouts"])):
        assert z.loc[(sig["pert_iname"] == gene).to_numpy(), gene].mean() < -1
    mean = z.groupby(sig["pert_id"].to_numpy()).mean()
    of = sig.drop_duplicates("pert_id").set_index("pert_id")["pert_iname"].reindex(mean.index).to_numpy()
    r = np.corrcoef(mean)
    same = of[:, None] == of
    np.fill_diagonal(r, np.nan)
    assert np.nanmean(r[same]) > np.nanmean(r[~same]) + 0.2


def changes(folder: Path, name: str) -> pd.DataFrame:
    """One of the tables of changes/: contrasts × genes under their L1000 symbols, missing values as 0."""
    hgnc = read(folder, "names/hgnc.tsv.gz")
    assert hgnc["symbol"].is_unique
    l1000_symbols = hgnc.set_index("symbol")["prev_symbol"].dropna()
    return pd.read_parquet(folder / f"changes/{name}.parquet").rename(l1000_symbols).T.fillna(0)


def test_knock_outs_lower_their_own_gene_and_move_the_planted_ones(simulated_data, planted):
    contrasts = read(simulated_data, "changes/morphic_ko.meta.tsv").set_index("contrast")
    moved = changes(simulated_data, "morphic_ko")
    assert list(moved.index) == list(contrasts.index) and len(contrasts) == 2 * 10 + 1
    for contrast, target in contrasts["target"].drop(contrasts.index[-1]).items():
        truth = planted["knockouts"][target]
        assert moved.loc[contrast, target] == pytest.approx(-truth["own_log2_drop"], abs=5 * 0.25)
        downstream = pd.Series(truth["downstream_log2"])
        assert np.corrcoef(downstream, moved.loc[contrast, downstream.index])[0, 1] > 0.7
    hypoxia = pd.Series(planted["stimuli_log2"]["hypoxia"])
    assert np.corrcoef(hypoxia, moved.iloc[-1][hypoxia.index])[0, 1] > 0.7


@pytest.mark.parametrize(
    ("name", "contrast", "stimulus", "share"),
    [
        ("synovial_tnf_il17_sirna", "RNA-seq 1|t24", "TNF", 24 / 27),
        ("synovial_tnf_il17_sirna", "RNA-seq 1|d10", "IL17A", 10 / 11),
        ("t84_il22_ifnl", "IL22_3h", "IL22", 1 / 2),
        ("t84_il22_ifnl", "IFNL_24h", "IFNL", 24 / 27),
        ("lncap_antiandrogen", "Bicalutamide+DHT vs DHT", "DHT", -0.8),
    ],
)
def test_stimuli_move_their_planted_genes(simulated_data, planted, name, contrast, stimulus, share):
    moved = changes(simulated_data, name).loc[contrast]
    truth = pd.Series(planted["stimuli_log2"][stimulus])
    tested = moved[truth.index] != 0
    slope = np.polyfit(truth[tested], moved[truth.index][tested], 1)[0]
    assert slope == pytest.approx(share, abs=0.15)
    assert moved.drop(truth.index).std() < 0.3


def test_ranked_changes_are_normal_scores_of_the_compounds(simulated_data, planted):
    contrasts = read(simulated_data, "changes/tahoe_rank.meta.tsv")
    ranked = changes(simulated_data, "tahoe_rank")
    assert contrasts["cell"].nunique() == 3 and set(contrasts["compound"]) == set(planted["compounds"])
    assert ranked.std(axis=1).between(0.9, 1.01).all()
    dexamethasone = ranked[(contrasts["compound"] == "dexamethasone").to_numpy()]
    targets = planted["nr3c1_targets"]
    assert dexamethasone[targets["up"]].mean(axis=1).min() > 1
    assert dexamethasone[targets["down"]].mean(axis=1).max() < -1


def test_one_transcript_lowers_a_landmark_by_the_same_in_every_line(simulated_data, planted):
    names = ("landmarks_transcript", "l1000_lines")
    tables = [read(simulated_data, f"rnaseq/ccle_{name}.tsv.gz") for name in names]
    transcript, gene = (table.set_index(table.columns[0]) for table in tables)
    is_bright = gene.min(axis=1) > 6  # there the 1 of log2(TPM+1) is negligible
    offset = (transcript.loc[gene.index, gene.columns] - gene)[is_bright]
    assert offset.mean().mean() == pytest.approx(planted["ccle_transcript_log2_offset"], abs=0.15)
    assert offset.std(axis=1).median() < 0.3 < offset.mean(axis=1).std()


def test_compounds_have_the_mechanism_of_the_planted_ones(simulated_data, planted):
    path = simulated_data / "compounds/repurposing_drugs_20200324.txt"
    table = pd.read_csv(path, sep="\t", comment="!", encoding="latin-1").set_index("pert_iname")
    assert list(table.columns) == ["clinical_phase", "moa", "target", "disease_area", "indication"]
    truth = pd.Series({name: compound["moa"] for name, compound in planted["compounds"].items()})
    assert (table["moa"].str.lower() == truth.str.lower()[table.index]).all()
    assert table.loc["dexamethasone", "target"] == "NR3C1"


@pytest.mark.parametrize("scale", [-1, 0, float("nan")])
def test_bad_scale_is_refused(tmp_path, scale):
    with pytest.raises(ValueError, match="expected a positive number"):
        simulate(tmp_path / "new", scale=scale)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_empty_is_refused_without_force(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        simulate(tmp_path, scale=SMALL)
    result = CliRunner().invoke(main, ["simulate", str(tmp_path), "--small"])
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert "Traceback" not in result.output
    result = CliRunner().invoke(main, ["simulate", str(tmp_path), "--small", "--force"])
    assert result.exit_code == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_default_scale_has_the_sizes_it_names():
    settings = SimulationSettings().scaled(1)
    assert settings == SimulationSettings()
    assert SimulationSettings().scaled(SMALL).further_genes == 400
