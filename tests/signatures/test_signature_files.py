"""Signatures from file to files: against the whole-table computation, planted truth, resume, bad input."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from cmapPy.pandasGEXpress.parse import parse
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.signatures import signature_files as files
from l1000_rnaseq.signatures.batch import compare
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import design
from l1000_rnaseq.signatures.signature_files import signatures_file


@pytest.fixture(scope="module")
def level3(simulated_data):
    return simulated_data / "l1000" / "level3.gctx", simulated_data / "l1000" / "inst_info.txt"


@pytest.fixture(scope="module")
def made(level3, tmp_path_factory):
    out = {}
    for method in ("cd", "limma", "fc"):
        out[method] = tmp_path_factory.mktemp("signatures") / method
        options = {"direction": DirectionSettings.as_published(), "min_treated": 2}
        signatures_file(*level3, out[method], method, top=50, progress=False, **options)
    return out


def test_every_value_is_that_of_the_single_comparison(level3, made):
    info, file = read_metadata(level3[1]), open_gctx(level3[0])
    plan = design(info.loc[file.sample_ids])
    for sig_id in plan.signatures.index[[0, len(plan.signatures) // 2, -1]]:
        wells = [*plan.treated(sig_id), *plan.controls[sig_id]]
        single = compare(
            file.read_samples(wells), plan.treated(sig_id), plan.controls[sig_id], info["rna_plate"]
        )
        for method, column in (("cd", "cd"), ("limma", "t"), ("fc", "log2fc")):
            stored = open_gctx(made[method] / f"{column}.gctx").read_samples([sig_id]).to_numpy()[0]
            np.testing.assert_allclose(stored, single[column], rtol=2e-4, atol=2e-5)
        assert sorted(single["rank"]) == list(range(1, len(single) + 1))
        assert single["cd"].idxmax() == single["rank"].idxmin()


def test_cmappy_opens_it_with_its_metadata(made):
    table = pd.read_csv(made["cd"] / "sig_info.txt", sep="\t", index_col=0)
    gct = parse(str(made["cd"] / "cd.gctx"))
    assert list(gct.data_df.columns) == list(table.index)
    assert {"pert_iname", "cell_id", "pert_type", "n_treated"} <= set(gct.col_metadata_df.columns)
    assert table["agreement"].between(-1, 1).all() and (table["strength"] > 0).all()
    assert not list(made["cd"].glob("*.part"))


def test_the_controls_of_a_signature_are_written_down(level3, made):
    table = pd.read_csv(made["cd"] / "sig_info.txt", sep="\t", index_col=0)
    sets = pd.read_csv(made["cd"] / "controls.txt", sep="\t", index_col=0)["inst_id"]
    plan = design(read_metadata(level3[1]))
    for sig_id, row in table.iterrows():
        wells = [well for name in row["control_set"].split("|") for well in sets[name].split("|")]
        assert wells == plan.controls[sig_id]
        assert len(plan.controls[sig_id]) == row["n_controls"]
    for controls in ("others", "both", "medians"):
        plan = design(read_metadata(level3[1]), controls)
        for sig_id, row in plan.signatures.iterrows():
            wells = {well for name in row["control_set"].split("|") for well in plan.control_sets[name]}
            assert wells - set(plan.treated(sig_id)) == set(plan.controls[sig_id])


def test_the_gene_sets_are_the_extremes(made):
    lines = (made["cd"] / "top.gmt").read_text().splitlines()
    file = open_gctx(made["cd"] / "cd.gctx")
    assert len(lines) == 2 * len(file.sample_ids)
    up, down = (line.split("\t") for line in lines[:2])
    first = pd.Series(file.read(0, 1)[0], file.row_ids)
    assert up[0].endswith(" up") and up[2] == first.idxmax() and down[2] == first.idxmin()
    assert len(up) == len(down) == 52 and first[up[2:]].min() >= first.nlargest(50).min()


def test_planted_knock_outs_lower_their_gene(simulated_data, made):
    truth = json.loads((simulated_data / "planted_truth.json").read_text())
    table = pd.read_csv(made["limma"] / "sig_info.txt", sep="\t", index_col=0, dtype=str)
    file = open_gctx(made["limma"] / "t.gctx")
    scores = pd.DataFrame(file.read(), file.sample_ids, file.row_ids).rank(axis=1, pct=True)
    knocked = table[table["pert_type"].isin(["trt_sh", "trt_xpr"])]
    places = [scores.loc[s, gene] for s, gene in knocked["pert_iname"].items() if gene in scores]
    assert len(places) >= 2 and np.median(places) < 0.1, truth.keys()


def test_a_killed_run_resumes(level3, made, tmp_path, monkeypatch):
    batches, calls = files.batch_signatures, []

    def killed(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return batches(*args, **kwargs)

    monkeypatch.setattr(files, "batch_signatures", killed)
    options = {"direction": DirectionSettings.as_published(), "min_treated": 2}
    with pytest.raises(KeyboardInterrupt):
        signatures_file(*level3, tmp_path / "out", top=50, progress=False, **options)
    assert not (tmp_path / "out" / "sig_info.txt").exists()
    before = len(calls)
    signatures_file(*level3, tmp_path / "out", top=50, progress=False, **options)
    everything = read_metadata(level3[1])
    n_batches = design(everything).signatures["batch"].nunique()
    assert len(calls) - before == n_batches - 2
    for name in ("cd.gctx", "log2fc.gctx"):
        np.testing.assert_array_equal(
            open_gctx(tmp_path / "out" / name).read(), open_gctx(made["cd"] / name).read()
        )
    assert (tmp_path / "out" / "sig_info.txt").read_text() == (made["cd"] / "sig_info.txt").read_text()


def test_transform_on_the_fly_equals_transform_first(level3, trained, tmp_path):
    from l1000_rnaseq.translate.transform_file import transform_file

    bundle = replace(trained["best"], change=None)  # a model of changes has no stored profiles
    transform_file(level3[0], tmp_path / "genomes.gctx", bundle, progress=False)
    signatures_file(tmp_path / "genomes.gctx", level3[1], tmp_path / "stored", progress=False)
    signatures_file(*level3, tmp_path / "fly", bundle=bundle, progress=False)
    stored, fly = (open_gctx(tmp_path / name / "log2fc.gctx") for name in ("stored", "fly"))
    assert list(fly.row_ids) == list(bundle.genes) == list(stored.row_ids)
    # levels of some 10 log2 units, translated in float32 by sums of hundreds, in chunks of other sizes
    np.testing.assert_allclose(fly.read(), stored.read(), atol=1e-3)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in ("signatures", *words)])


def test_command_line(level3, tmp_path):
    out = tmp_path / "out"
    done = run(level3[0], out, "--info", level3[1], "--method", "fc", "--top", 20, "--quiet")
    assert done.exit_code == 0 and "signatures ×" in done.output, done.output
    again = run(level3[0], out, "--info", level3[1], "--quiet")
    assert again.exit_code == 2 and "has signatures already; pass --force" in again.output
    assert run(level3[0], out, "--info", level3[1], "--method", "fc", "--force", "--quiet").exit_code == 0


def test_bad_input(level3, tmp_path):
    def refused(match, *words):
        result = run(*words, "--quiet")
        assert result.exit_code == 2 and match in result.output and "Traceback" not in result.output, (
            result.output
        )

    info = read_metadata(level3[1])
    empty, strange, bare = tmp_path / "empty.txt", tmp_path / "strange.txt", tmp_path / "bare.txt"
    empty.write_text("")
    info.set_axis([f"x{n}" for n in range(len(info))]).to_csv(strange, sep="\t", index_label="inst_id")
    info[~info["pert_type"].str.startswith("ctl")].to_csv(bare, sep="\t", index_label="inst_id")
    refused("is empty: 0 bytes; expected a table", level3[0], tmp_path / "o", "--info", empty)
    refused("are not in", level3[0], tmp_path / "o", "--info", strange)
    alone = "no control wells of the cell line on the plate (treated wells are on "
    refused(alone, level3[0], tmp_path / "o", "--info", bare)
    refused("--model is for --transform", level3[0], tmp_path / "o", "--info", level3[1], "--model", "x.h5")
    refused("is a file; name a folder", level3[0], empty, "--info", level3[1])
    refused("There is no file", level3[0], tmp_path / "o", "--info", tmp_path / "absent.txt")
    assert not (tmp_path / "o").exists()


def test_missing_values_are_named(level3, tmp_path):
    from l1000_rnaseq.data.files.gctx import write_gctx

    file = open_gctx(level3[0])
    table = pd.DataFrame(file.read(), file.sample_ids, file.row_ids)
    table.iloc[:, 3] = np.nan
    write_gctx(tmp_path / "nan.gctx", table)
    with pytest.raises(ValueError, match="has no value for"):
        signatures_file(tmp_path / "nan.gctx", level3[1], tmp_path / "o", progress=False)


def test_all_zero_genes_stay_zero(level3, tmp_path):
    from l1000_rnaseq.data.files.gctx import write_gctx

    file = open_gctx(level3[0])
    table = pd.DataFrame(file.read(), file.sample_ids, file.row_ids)
    table.iloc[:, 3] = 0
    write_gctx(tmp_path / "zero.gctx", table)
    signatures_file(tmp_path / "zero.gctx", level3[1], tmp_path / "o", "limma", progress=False)
    for name in ("log2fc.gctx", "t.gctx"):
        values = open_gctx(tmp_path / "o" / name).read()
        assert np.isfinite(values).all() and np.abs(values[:, 3]).max() < 1e-6


@pytest.mark.parametrize(
    ("change", "guess"),
    [(np.exp2, "counts or linear"), (lambda x: x - x.mean(0), "z-scores or fold"), (np.log2, "no scale of")],
)
def test_what_is_not_log2_is_refused_and_leaves_nothing(level3, tmp_path, change, guess):
    from l1000_rnaseq.data.files.gctx import write_gctx

    file = open_gctx(level3[0])
    profiles = pd.DataFrame(change(file.read()), file.sample_ids, file.row_ids)
    write_gctx(tmp_path / "other.gctx", profiles)
    done = run(tmp_path / "other.gctx", tmp_path / "o", "--info", level3[1], "--quiet")
    assert done.exit_code == 2 and guess in done.output and "expected log2 levels" in done.output
    assert not (tmp_path / "o").exists()


def test_imputed_values_are_counted(level3, tmp_path, trained):
    from l1000_rnaseq.data.files.gctx import write_gctx

    file = open_gctx(level3[0])
    profiles = pd.DataFrame(file.read(), file.sample_ids, file.row_ids)
    column = [gene in trained["best"].landmarks for gene in file.genes].index(True)
    profiles.iloc[::2, column] = -666
    write_gctx(tmp_path / "gaps.gctx", profiles)
    options = {"bundle": trained["best"], "progress": False}
    summary = signatures_file(tmp_path / "gaps.gctx", level3[1], tmp_path / "o", "fc", **options)
    assert 0 < summary.imputed <= len(profiles) and "missing values of wells imputed" in str(summary)
    counts = json.loads((tmp_path / "o" / "provenance.json").read_text())["counts"]
    assert counts["imputed"] == summary.imputed and counts["skipped"] == summary.skipped.to_dict()
    assert counts["profiles"] == len(profiles) and counts["wells"] == summary.wells


def test_what_is_left_out_is_in_the_output_after_a_kill_too(level3, tmp_path, trained, monkeypatch):
    from l1000_rnaseq.data.files.gctx import write_gctx

    file = open_gctx(level3[0])
    is_gap = np.random.default_rng(0).random(file.shape) < 0.005
    write_gctx(tmp_path / "gaps.gctx", file.frame().mask(is_gap))
    wells = read_metadata(level3[1]).drop(index=file.sample_ids[:2])
    wells.to_csv(tmp_path / "wells.txt", sep="\t")
    words = (tmp_path / "gaps.gctx", tmp_path / "wells.txt")
    options = {"method": "fc", "bundle": trained["best"], "progress": False}
    whole = signatures_file(*words, tmp_path / "whole", **options)
    batches, calls = files.batch_signatures, []

    def killed(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return batches(*args, **kwargs)

    monkeypatch.setattr(files, "batch_signatures", killed)
    with pytest.raises(KeyboardInterrupt):
        signatures_file(*words, tmp_path / "out", **options)
    assert signatures_file(*words, tmp_path / "out", **options).imputed == whole.imputed > 0
    made = [json.loads((tmp_path / name / "provenance.json").read_text()) for name in ("whole", "out")]
    assert made[0]["counts"] == made[1]["counts"]
    assert any(sentence.startswith("2 samples of") and "left out" in sentence for sentence in made[1]["told"])


def one_plate(level3, folder, info=None):
    """Write the wells of the plate with most of them: one well per compound and dose, and vehicles."""
    from l1000_rnaseq.data.files.gctx import write_gctx

    info, file = read_metadata(level3[1]) if info is None else info, open_gctx(level3[0])
    compounds = info[info["pert_type"].isin(["trt_cp", "ctl_vehicle"])]
    wells = compounds[compounds["rna_plate"] == compounds["rna_plate"].mode()[0]]
    first = ~wells.duplicated(["pert_iname", "pert_dose"]) | (wells["pert_type"] == "ctl_vehicle")
    wells = wells[first]
    write_gctx(folder / "plate.gctx", file.frame(wells.index))
    wells.to_csv(folder / "plate.txt", sep="\t", index_label="inst_id")
    return folder / "plate.gctx", folder / "plate.txt"


def test_one_plate_of_single_replicates_works_from_the_command_line(level3, tmp_path):
    source, info = one_plate(level3, tmp_path)
    for controls in ("vehicle", "both", "medians"):
        out = tmp_path / controls
        done = run(source, out, "--info", info, "--controls", controls, "--quiet", "--gamma", 0.3)
        assert done.exit_code == 0, done.output
        table = pd.read_csv(out / "sig_info.txt", sep="\t", index_col=0)
        assert f"{len(table)} signatures of one treated well, without replicate agreement" in done.output
        assert (table["n_treated"] == 1).all() and (table["agreement"] == -666).all()  # missing
        assert table["p_vehicle"].between(0, 1).all() and (table["n_null"] > 1).all()
        assert json.loads((out / "provenance.json").read_text())["direction"]["gamma"] == 0.3
    refused = run(source, tmp_path / "two", "--info", info, "--min-treated", 2, "--quiet")
    assert refused.exit_code == 2 and "fewer than 2 treated wells" in refused.output
    refused = run(source, tmp_path / "t", "--info", info, "--gamma", 0.3, "--method", "fc")
    assert refused.exit_code == 2 and "--gamma is for --method cd" in refused.output


def test_doses_of_other_units_are_apart_and_those_without_are_counted(level3, tmp_path):
    info = read_metadata(level3[1])
    source, written = one_plate(level3, tmp_path, info)
    wells = read_metadata(written)
    treated = wells.index[wells["pert_type"] == "trt_cp"][:4]
    wells.loc[treated, ["pert_id", "pert_iname"]] = "drug"
    wells.loc[treated, "pert_dose"] = ["10", "10000", "10", "-666"]
    wells.loc[treated, "pert_dose_unit"] = ["uM", "nM", "nM", "-666"]
    wells.to_csv(written, sep="\t", index_label="inst_id")
    done = run(source, tmp_path / "o", "--info", written, "--quiet")
    assert "1 wells of compounds without a dose, in groups of their own" in done.output, done.output
    table = read_metadata(tmp_path / "o" / "sig_info.txt")
    drug = table[table["pert_iname"] == "drug"]
    assert sorted(zip(drug["pert_dose"], drug["n_treated"], strict=True)) == [
        ("", "1"),
        ("0.01", "1"),
        ("10", "2"),
    ]
