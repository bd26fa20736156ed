"""Genomes in shards: the same as in one file, with any number of workers, after a kill or a loss."""

import errno
import json
import logging
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext

import anndata
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.translate import transform_shards as shards
from l1000_rnaseq.translate.transform_file import transform_file

pytest.importorskip("zarr", reason="the optional zarr package is not installed")
GENES = ["HMOX1", "GAPDH", "CD44", "NQO1", "ERBB2"]


@pytest.fixture(scope="module")
def level3(simulated_data):
    return simulated_data / "l1000" / "level3.gctx"


def translated(level3, target, shard=100, **options):
    return shards.transform_shards(level3, target, genes=GENES, shard=shard, progress=False, **options)


def contents(folder) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_values_and_tables_are_those_of_one_file(level3, tmp_path):
    info = level3.with_name("inst_info.txt")
    summary = translated(level3, tmp_path / "g.zarr", info=info)
    one = transform_file(level3, tmp_path / "g.h5ad", genes=GENES, info=info, progress=False)
    sharded, whole = anndata.read_zarr(tmp_path / "g.zarr"), anndata.read_h5ad(tmp_path / "g.h5ad")
    np.testing.assert_allclose(sharded.X, whole.X, rtol=1e-5, atol=1e-5)
    assert sharded.obs.equals(whole.obs) and sharded.var.equals(whole.var)
    assert sharded.uns["told"] == whole.uns["told"] and sharded.shape == (summary.profiles, len(GENES))
    assert (summary.profiles, summary.imputed, summary.missing) == (one.profiles, one.imputed, one.missing)
    assert summary.clipped == pytest.approx(one.clipped)
    file = open_profiles(tmp_path / "g.zarr")  # the folder is read as any other input
    np.testing.assert_array_equal(file.frame(file.sample_ids[3:5], [1]), sharded.X[3:5, 1:2])


@pytest.mark.parametrize("suffix", [".gctx", ".h5ad"])
def test_the_export_is_the_file_that_one_process_writes(level3, tmp_path, suffix):
    options = {"genes": GENES, "info": level3.with_name("inst_info.txt"), "progress": False}
    one = transform_file(level3, tmp_path / f"one{suffix}", **options)
    two = shards.transform_shards(level3, tmp_path / f"two{suffix}", None, shard=100, **options)
    assert (two.profiles, two.imputed) == (one.profiles, one.imputed)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one{suffix}", f"two{suffix}"]
    a, b = (open_profiles(tmp_path / f"{name}{suffix}") for name in ("one", "two"))
    np.testing.assert_allclose(a.frame(), b.frame(), rtol=1e-5, atol=1e-5)
    assert a.sample_metadata.astype(str).equals(b.sample_metadata.astype(str))
    assert a.row_metadata.astype(str).equals(b.row_metadata.astype(str))


def test_it_is_zarr_version_3_with_a_file_a_shard(level3, tmp_path):
    summary = translated(level3, tmp_path / "g.zarr")
    about = json.loads((tmp_path / "g.zarr" / "X" / "zarr.json").read_text())
    assert about["zarr_format"] == 3 and about["codecs"][0]["name"] == "sharding_indexed"
    files = [path for path in (tmp_path / "g.zarr" / "X").rglob("*") if path.is_file()]
    assert len(files) == 1 + -(-summary.profiles // 100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.zarr"]


def test_two_workers_give_the_bytes_of_one_process(level3, tmp_path):
    pytest.importorskip("distributed", reason="the optional dask package is not installed")
    translated(level3, tmp_path / "one.zarr")
    translated(level3, tmp_path / "two.zarr", cluster=2)
    assert contents(tmp_path / "one.zarr") == contents(tmp_path / "two.zarr")


def test_a_killed_run_goes_on_with_the_shards_that_are_missing(level3, tmp_path, monkeypatch):
    whole = translated(level3, tmp_path / "whole.zarr")
    written, of_library = [], shards.write_shard

    def dies(part, start):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(start)
        return of_library(part, start)

    monkeypatch.setattr(shards, "write_shard", dies)
    with pytest.raises(KeyboardInterrupt):
        translated(level3, tmp_path / "g.zarr")
    assert not (tmp_path / "g.zarr").exists()
    monkeypatch.setattr(shards, "write_shard", of_library)
    summary = translated(level3, tmp_path / "g.zarr")
    assert summary.resumed == 200 and summary.imputed == whole.imputed
    assert contents(tmp_path / "whole.zarr") == contents(tmp_path / "g.zarr")


def test_shards_of_other_genes_are_thrown_away(level3, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "_run", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        translated(level3, tmp_path / "g.zarr")
    monkeypatch.undo()
    options = {"genes": GENES[:2], "shard": 100, "progress": False}
    assert shards.transform_shards(level3, tmp_path / "g.zarr", **options).resumed == 0
    assert anndata.read_zarr(tmp_path / "g.zarr").n_vars == 2


def test_a_full_disk_is_told_and_nothing_stands_under_the_name(level3, tmp_path, monkeypatch):
    def full(part, start):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards, "write_shard", full)
    done = CliRunner().invoke(main, ["transform", str(level3), str(tmp_path / "g.zarr"), "--quiet"])
    assert done.exit_code == 2 and "the disk is full" in done.output and not (tmp_path / "g.zarr").exists()


def test_a_lost_cluster_is_a_sentence_and_the_run_goes_on(level3, tmp_path, monkeypatch):
    comm = pytest.importorskip("distributed.comm", reason="the optional dask package is not installed")

    class Client:
        def scheduler_info(self):
            return {"workers": {}}

        def submit(self, run, part, start, pure):
            class Future:
                def result(self):
                    if start:
                        raise comm.CommClosedError("gone")
                    return run(part, start)

            return Future()

    monkeypatch.setattr(shards, "dask_client", lambda cluster: nullcontext(Client()))
    with pytest.raises(
        OSError, match=r"the cluster tcp://x:1 was lost \(CommClosedError\); 1 shards are written"
    ):
        translated(level3, tmp_path / "g.zarr", cluster="tcp://x:1")
    monkeypatch.undo()
    assert translated(level3, tmp_path / "g.zarr").resumed == 100


def test_what_cannot_be_is_one_sentence(level3, tmp_path):
    def told(*words):
        done = CliRunner().invoke(main, ["transform", *map(str, words), "--quiet"])
        assert done.exit_code == 2 and "Traceback" not in done.output
        return done.output

    assert "--cluster writes .zarr, .gctx or .h5ad" in told(level3, tmp_path / "g.csv", "--cluster", 2)
    (tmp_path / "mine.zarr").mkdir()
    assert "is there already; pass --force" in told(level3, tmp_path / "mine.zarr")
    assert "is something else" in told(level3, tmp_path / "mine.zarr", "--force")
    assert "expected at least one process" in told(level3, tmp_path / "g.zarr", "--cluster", 0)
    assert "no Dask scheduler at" in told(level3, tmp_path / "g.zarr", "--cluster", "tcp://127.0.0.1:9")
    (tmp_path / "bad.zarr").mkdir()
    with pytest.raises(ValueError, match="is no AnnData in zarr"):
        open_profiles(tmp_path / "bad.zarr")


def test_a_second_run_on_the_same_output_is_refused(level3, tmp_path, monkeypatch):
    def other(*args):
        with ProcessPoolExecutor(1) as pool:
            said = pool.submit(refused, level3, tmp_path / "g.zarr").result()
        raise RuntimeError(said)

    monkeypatch.setattr(shards, "_run", other)
    with pytest.raises(RuntimeError, match="another run is writing"):
        translated(level3, tmp_path / "g.zarr")


def refused(level3, target) -> str:
    try:
        translated(level3, target)
    except OSError as error:
        return f"{os.getpid()}: {error}"
    return "it ran"


def test_what_it_tells_is_told_in_this_process_too(level3, tmp_path, caplog):
    profiles = open_profiles(level3).frame()
    profiles.iloc[3] = profiles.iloc[3].to_numpy()[::-1]  # unlike any cell
    profiles.drop(columns=profiles.columns[5]).to_csv(tmp_path / "odd.csv")
    one = transform_file(tmp_path / "odd.csv", tmp_path / "g.h5ad", genes=GENES, progress=False)
    before, level = list(caplog.messages), logging.getLogger("l1000_rnaseq").level
    caplog.clear()
    two = translated(tmp_path / "odd.csv", tmp_path / "g.zarr")
    assert caplog.messages == before and any("are guesses" in text for text in before)
    assert two.missing == one.missing and len(two.missing) == 1
    assert logging.getLogger("l1000_rnaseq").level == level


def test_another_table_of_samples_is_not_left_over_from_a_killed_run(level3, tmp_path, monkeypatch):
    info = pd.read_csv(level3.with_name("inst_info.txt"), sep="\t", dtype=str)
    info.assign(note="old").to_csv(tmp_path / "old.txt", sep="\t", index=False)
    info.assign(note="new").to_csv(tmp_path / "new.txt", sep="\t", index=False)
    monkeypatch.setattr(shards, "_run", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        translated(level3, tmp_path / "g.zarr", info=tmp_path / "old.txt")
    monkeypatch.undo()
    translated(level3, tmp_path / "g.zarr", info=tmp_path / "new.txt")
    assert set(anndata.read_zarr(tmp_path / "g.zarr").obs["note"]) == {"new"}


def test_the_input_is_not_replaced(level3, tmp_path):
    wells = open_profiles(level3)
    folder = tmp_path / "level3.zarr"
    with warnings.catch_warnings(action="ignore"):  # of what later versions of anndata will do
        anndata.AnnData(wells.frame()).write_zarr(folder)
    before = contents(folder)
    with pytest.raises(ValueError, match="is the input itself"):
        translated(folder, folder, force=True)
    assert contents(folder) == before


def test_a_kill_between_shards_and_copy_costs_the_copy_only(level3, tmp_path, monkeypatch):
    options = {"genes": GENES, "shard": 100, "progress": False}
    monkeypatch.setattr(shards, "_export", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        shards.transform_shards(level3, tmp_path / "g.gctx", **options)
    assert not (tmp_path / "g.gctx").exists()
    monkeypatch.undo()
    summary = shards.transform_shards(level3, tmp_path / "g.gctx", **options)
    assert summary.resumed == summary.profiles
    assert [path.name for path in tmp_path.iterdir()] == ["g.gctx"]
