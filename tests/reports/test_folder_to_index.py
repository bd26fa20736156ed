"""From an official folder to an index in one command: skipped when up to date, resumed, refused."""

import json
import os
import shutil

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.reports import folder_to_index
from l1000_rnaseq.reports.folder_to_index import advice, build_folder
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.translate.bundle import Bundle

STAGES = ["1 train the translator", "2 benchmark it", "3 translate LINCS 2020", "4 index its signatures"]


def built(data, out, **options):
    lines = []
    build_folder(data, out, lines.append, progress=False, **options)
    return lines


@pytest.fixture(scope="module")
def made(official_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("build") / "made"
    return official_data, out, built(official_data, out, translate=True)


def test_all_stages_run_in_their_order_and_tell_the_time_left(made):
    _, out, lines = made
    assert [line.split(":")[0] for line in lines] == STAGES
    assert all("left" in line for line in lines[:3]) and "left" not in lines[3]
    assert "GSE92743" in lines[1]
    state = json.loads((out / "build.json").read_text())
    assert list(state) == STAGES and all(stage["seconds"] > 0 for stage in state.values())
    names = {"bundle.h5", "benchmark.tsv", "level3_beta_all_rnaseq_like.gctx", "index.h5", "build.json"}
    assert {path.name for path in out.iterdir()} == names


def test_what_was_made_answers_and_is_of_lincs_2020(made):
    data, out, _ = made
    index, bundle = Index(out / "index.h5"), Bundle.load(out / "bundle.h5")
    assert index.provenance["sources"][0]["wells"] == "instinfo_beta.txt"
    assert set(index.genes.index) == set(bundle.genes)
    assert len(search(index, index.genes.index[0], "both", n=3))
    table = pd.read_csv(out / "benchmark.tsv", sep="\t").set_index(["method", "space"])
    assert np.isfinite(table.loc[("translated", "genome"), "pcc"])


def test_two_processes_give_the_same_genomes_and_the_same_index(made, tmp_path):
    data, alone, _ = made
    for name in ("bundle.h5", "benchmark.tsv", "build.json"):
        shutil.copy2(alone / name, tmp_path)
    lines = built(data, tmp_path, translate=True, cluster=2)
    assert ["up to date" in line for line in lines] == [True, True, False, False]
    folder = anndata.read_zarr(tmp_path / "level3_beta_all_rnaseq_like.zarr")
    file = open_profiles(alone / "level3_beta_all_rnaseq_like.gctx")
    assert list(folder.obs_names) == list(file.sample_ids)
    genomes = file.frame(file.sample_ids, file.row_ids).to_numpy()
    np.testing.assert_allclose(folder.X, genomes, atol=1e-4)  # products of other sizes, in float32
    assert (tmp_path / "index.h5").read_bytes() == (alone / "index.h5").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_what_is_up_to_date_is_not_made_again(made, monkeypatch):
    data, out, _ = made
    for name in ("load_or_train", "benchmark_bundles", "transform_file", "index_folder"):
        monkeypatch.setattr(folder_to_index, name, lambda *a, **k: pytest.fail("was run again"))
    lines = built(data, out, translate=True)
    assert all("up to date" in line for line in lines) and len(lines) == 4


def test_a_stage_that_was_not_finished_is_run_and_those_before_it_are_not(made, monkeypatch, tmp_path):
    """The state is that of a run killed while it translated."""
    import shutil

    data, out, _ = made
    again = tmp_path / "again"
    shutil.copytree(out, again)
    state = json.loads((again / "build.json").read_text())
    kept = {name: state[name] for name in STAGES[:2]}
    (again / "build.json").write_text(json.dumps(kept))
    wanted = (again / "index.h5").read_bytes()
    (again / "index.h5").unlink()
    (again / "level3_beta_all_rnaseq_like.gctx").unlink()
    monkeypatch.setattr(folder_to_index, "load_or_train", lambda *a, **k: pytest.fail("was trained again"))
    lines = built(data, again, translate=False)
    assert [("up to date" in line) for line in lines] == [True, True, False]
    assert (again / "index.h5").read_bytes() == wanted


def test_another_setting_runs_all_stages_that_depend_on_it(made, tmp_path, monkeypatch):
    data, out, _ = made
    stages = list(folder_to_index._stages(data, out, "best", 1, True, None, False))
    state = json.loads((out / "build.json").read_text())
    changed = [stage.name for stage in stages if state[stage.name]["key"] != stage.key]
    assert changed == STAGES[:1]  # the others change with the new bundle, which is their input
    bundle = out / "bundle.h5"
    before = [stage.key for stage in folder_to_index._stages(data, out, "best", 0, True, None, False)]
    times = bundle.stat()
    import os

    os.utime(bundle, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    after = [stage.key for stage in folder_to_index._stages(data, out, "best", 0, True, None, False)]
    os.utime(bundle, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False, False]


def test_what_cannot_be_is_one_sentence(official_data, tmp_path):
    def told(*words):
        done = CliRunner().invoke(main, ["build", *map(str, words)])
        assert done.exit_code == 2 and "Traceback" not in done.output
        return done.output

    assert "has no Level 3 wells; expected one of level3_beta_all.gctx" in told(
        "--data", tmp_path, "--out", tmp_path / "o"
    )
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.h5").write_text("mine")
    assert "was not made by `build`" in told("--data", official_data, "--out", mine)
    assert (mine / "index.h5").read_text() == "mine"
    (mine / "index.h5").unlink()
    (mine / "build.json").write_text("{")
    assert "is no state of a build" in told("--data", official_data, "--out", mine)


@pytest.fixture
def mistaken(official_data, tmp_path):
    """The folder as links, so that one file can be replaced."""
    folder = tmp_path / "mistaken"
    shutil.copytree(official_data, folder, copy_function=os.symlink)
    return folder


def replace_file(folder, name, data: bytes):
    (folder / name).unlink()
    (folder / name).write_bytes(data)


@pytest.mark.parametrize(
    ("name", "of", "said"),
    [
        ("l1000/instinfo_beta.txt", "l1000/gse70138_inst_info.txt", "Use the table of the same release"),
        ("l1000/level3_beta_all.gctx", "l1000/gse70138_level3.gctx", "Use the table of the same release"),
        ("l1000/level3_beta_all.gctx", "l1000/level4.gctx", "look like z-scores"),
    ],
)
def test_a_file_of_another_release_or_level_is_told_before_anything_is_trained(
    official_data, mistaken, tmp_path, monkeypatch, name, of, said
):
    replace_file(mistaken, name, (official_data / of).read_bytes())
    if of.endswith("level4.gctx"):  # with the table of its own wells, only its values are wrong
        replace_file(
            mistaken, "l1000/instinfo_beta.txt", (official_data / "l1000/inst_info.txt").read_bytes()
        )
    monkeypatch.setattr("l1000_rnaseq.reports.folder_to_index.load_or_train", None)
    done = CliRunner().invoke(main, ["build", "--data", str(mistaken), "--out", str(tmp_path / "o")])
    assert done.exit_code == 2 and said in done.output and not (tmp_path / "o").exists()


def test_half_a_matrix_and_a_mouse_are_told(official_data, mistaken, tmp_path):
    whole = (official_data / "l1000/level3_beta_all.gctx").read_bytes()
    replace_file(mistaken, "l1000/level3_beta_all.gctx", whole[: len(whole) // 2])
    arguments = ["build", "--data", str(mistaken), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2 and "is truncated or damaged" in done.output
    replace_file(mistaken, "l1000/level3_beta_all.gctx", whole)
    replace_file(mistaken, "rnaseq/human_matrix.h5", (official_data / "rnaseq/human_matrix.h5").read_bytes())
    with h5py.File(mistaken / "rnaseq/human_matrix.h5", "r+") as file:
        symbols = [name[:1] + name[1:].lower() for name in file["meta/genes/symbol"][:]]
        del file["meta/genes/symbol"]
        file["meta/genes/symbol"] = np.array(symbols)
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2 and "has genes of the mouse" in done.output


@pytest.mark.parametrize(
    ("preset", "wells", "samples", "told"),
    [
        ("best", 5000, 5000, "compare --preset cyclegan_centred"),
        ("best", 4999, 50_000, ""),
        ("best", 50_000, 4999, ""),
        ("as_published", 50_000, 50_000, ""),
    ],
)
def test_a_large_folder_is_told_what_to_compare(preset, wells, samples, told):
    said = advice({"preset": preset, "l1000_profiles": wells, "rnaseq_samples": samples})
    assert told in said and bool(said) == bool(told)
