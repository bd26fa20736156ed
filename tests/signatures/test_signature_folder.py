"""A folder of signatures is one unit: replaced whole, resumed at any point, never of two runs."""

import os
import shutil

import numpy as np
import pytest
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.search.sources import FolderSource
from l1000_rnaseq.signatures import signature_files as module
from l1000_rnaseq.signatures import signature_folder
from l1000_rnaseq.signatures.signature_files import signatures_file

ALWAYS = {"log2fc.gctx", "top.gmt", "controls.txt", "skipped.txt", "provenance.json", "sig_info.txt"}


@pytest.fixture(scope="module")
def wells(simulated_data, tmp_path_factory):
    """A few batches: all wells of two batches of the simulated folder."""
    folder = tmp_path_factory.mktemp("wells")
    table = read_metadata(simulated_data / "l1000" / "inst_info.txt")
    batches = table["rna_plate"].str.split("_").str[:3].str.join("_")
    chosen = batches.isin(batches.value_counts().index[:2])
    profiles = open_gctx(simulated_data / "l1000" / "level3.gctx").read_samples(list(table.index[chosen]))
    write_gctx(folder / "wells.gctx", profiles)
    table[chosen].to_csv(folder / "info.txt", sep="\t", index_label="inst_id")
    return folder / "wells.gctx", folder / "info.txt"


def files_of(folder):
    return {path.name for path in folder.iterdir()}


def matrix(folder, name="log2fc.gctx"):
    return open_gctx(folder / name).read()


def killed(monkeypatch, where, name, after):
    """Let a function of a module be the moment of a kill, after some calls."""
    real, calls = getattr(where, name), []

    def dies(*args, **kwargs):
        calls.append(args)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(where, name, dies)
    return calls


def test_another_method_leaves_nothing_of_the_earlier_one(wells, tmp_path):
    out = tmp_path / "s"
    for method, score in (("cd", {"cd.gctx"}), ("limma", {"t.gctx"}), ("fc", set()), ("cd", {"cd.gctx"})):
        signatures_file(*wells, out, method, force=True, progress=False)
        assert files_of(out) == ALWAYS | score
    assert FolderSource.of(out).provenance["method"] == "cd"
    signatures_file(*wells, out, "fc", force=True, progress=False)
    with pytest.raises(ValueError, match="lacks cd.gctx"):
        FolderSource.of(out)


def test_files_of_the_user_stay(wells, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "notes.txt").write_text("mine")
    for force in (False, True):
        signatures_file(*wells, tmp_path / "s", "fc", force=force, progress=False)
    assert files_of(tmp_path / "s") == ALWAYS | {"notes.txt"}


def test_the_earlier_run_stays_whole_until_the_new_one_is(wells, tmp_path, monkeypatch):
    out = tmp_path / "s"
    signatures_file(*wells, out, "cd", progress=False)
    before = {name: (out / name).read_bytes() for name in ALWAYS | {"cd.gctx"}}
    with monkeypatch.context() as patch:
        killed(patch, module, "batch_signatures", 1)
        with pytest.raises(KeyboardInterrupt):
            signatures_file(*wells, out, "limma", force=True, progress=False)
    assert {name: (out / name).read_bytes() for name in before} == before
    FolderSource.of(out)
    with monkeypatch.context() as patch:
        calls = killed(patch, module, "batch_signatures", 1000)
        signatures_file(*wells, out, "limma", force=True, progress=False)
        assert len(calls) == 1  # the other batch was there
    assert files_of(out) == ALWAYS | {"t.gctx"}


@pytest.mark.parametrize("moved", range(8))
def test_killed_while_files_move_in_the_next_run_goes_on(wells, tmp_path, monkeypatch, moved):
    out, whole = tmp_path / "s", tmp_path / "whole"
    signatures_file(*wells, whole, "limma", progress=False)
    shutil.copytree(whole, out)
    signatures_file(*wells, out, "cd", force=True, progress=False)
    with monkeypatch.context() as patch:
        real, moves = os.replace, []

        def dies(source, target):
            if os.path.dirname(target) == str(out):
                moves.append(target)
                if len(moves) > moved:
                    raise KeyboardInterrupt
            real(source, target)

        patch.setattr(signature_folder.os, "replace", dies)
        if moved == 7:  # all of them moved
            patch.setattr(
                signature_folder.shutil, "rmtree", lambda path: (_ for _ in ()).throw(KeyboardInterrupt)
            )
        with pytest.raises(KeyboardInterrupt):
            signatures_file(*wells, out, "limma", force=True, progress=False)
    if moved < 7:
        with pytest.raises(ValueError, match="lacks .*sig_info.txt"):
            FolderSource.of(out)
        calls = killed(monkeypatch, module, "batch_signatures", 0)
        signatures_file(*wells, out, "limma", progress=False)
        assert not calls
    else:
        signatures_file(*wells, out, "limma", force=True, progress=False)
    assert files_of(out) == ALWAYS | {"t.gctx"}
    for name in ("log2fc.gctx", "t.gctx"):
        np.testing.assert_array_equal(matrix(out, name), matrix(whole, name))
    assert (out / "sig_info.txt").read_bytes() == (whole / "sig_info.txt").read_bytes()


def test_an_unfinished_run_with_other_options_is_thrown_away(wells, tmp_path, monkeypatch, caplog):
    out = tmp_path / "s"
    with monkeypatch.context() as patch:
        killed(patch, module, "batch_signatures", 1)
        with pytest.raises(KeyboardInterrupt):
            signatures_file(*wells, out, "limma", progress=False)
    signatures_file(*wells, out, "cd", progress=False)
    assert "unfinished run with other input or options; beginning anew" in caplog.text
    assert files_of(out) == ALWAYS | {"cd.gctx"}


def test_files_of_two_runs_are_no_source(wells, tmp_path, caplog):
    one, other = tmp_path / "one", tmp_path / "other"
    signatures_file(*wells, one, progress=False)
    signatures_file(*wells, other, progress=False, top=7)
    FolderSource.of(one)
    shutil.copy(other / "cd.gctx", one / "cd.gctx")
    with pytest.raises(ValueError, match="the files of .*one are not of one run .*; compute them anew"):
        FolderSource.of(one)
    text = (other / "sig_info.txt").read_text()
    (other / "sig_info.txt").write_text(text.replace("trt_", "trt_x"))
    FolderSource.of(other)
    assert "sig_info.txt of" in caplog.text and "is not as it was written" in caplog.text


def test_what_is_refused(wells, tmp_path):
    out = tmp_path / "s"
    signatures_file(*wells, out, "fc", progress=False)
    with pytest.raises(ValueError, match="log2fc.gctx is the input itself; name another output"):
        signatures_file(out / "log2fc.gctx", wells[1], out, force=True, progress=False)
    os.link(out / "sig_info.txt", tmp_path / "info.txt")
    with pytest.raises(ValueError, match="sig_info.txt is the input itself, .*info.txt"):
        signatures_file(wells[0], tmp_path / "info.txt", out, force=True, progress=False)
    with pytest.raises(ValueError, match="top is -3; expected at least 1 gene up and down"):
        signatures_file(*wells, tmp_path / "t", top=-3, progress=False)
    with output(out, folder=True), pytest.raises(BlockingIOError, match="another run is writing .*s; wait"):
        signatures_file(*wells, out, "fc", force=True, progress=False)
    assert files_of(out) == ALWAYS and not (tmp_path / "t").exists()


def test_what_is_there_already_may_be_used_again(wells, tmp_path, monkeypatch):
    out = tmp_path / "s"
    first = signatures_file(*wells, out, "fc", progress=False)
    calls = killed(monkeypatch, module, "batch_signatures", 1000)
    again = signatures_file(*wells, out, "fc", force=True, reuse=True, progress=False)
    assert str(again) == str(first) and not calls
    signatures_file(*wells, out, "cd", force=True, reuse=True, progress=False)
    assert calls and files_of(out) == ALWAYS | {"cd.gctx"}
