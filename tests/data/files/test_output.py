"""Outputs: one run at a time, killed runs give way; what cannot be written is told before it is computed."""

import os
import subprocess
import sys
import time

import pytest
from l1000_rnaseq.data.files.output import check_output, held, output

HOLD = """
import sys, time
from l1000_rnaseq.data.files.output import output
with output(sys.argv[1], folder=sys.argv[2] == "folder"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_second_run_is_refused_until_the_first_is_killed(tmp_path, kind):
    path, is_folder = tmp_path / "out", kind == "folder"
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(path), kind], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "held\n"
    with pytest.raises(BlockingIOError, match=r"another run is writing .*out; wait until it ends"):
        with output(path, folder=is_folder):
            pass
    first.kill()
    first.communicate()
    assert list(tmp_path.rglob("*.lock")) or list(tmp_path.rglob(".lock"))  # the killed run left its lock
    with output(path, folder=is_folder):
        pass
    assert os.listdir(tmp_path) == ([] if kind == "file" else ["out"])
    assert kind == "file" or os.listdir(path) == []


def test_who_waits_gets_it_next(tmp_path):
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "a"), "file"], stdout=subprocess.PIPE, text=True
    )
    first.stdout.readline()
    begun = time.monotonic()
    killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {first.pid}"])
    with held(tmp_path / "a.lock", "busy", wait=True):
        assert time.monotonic() - begun > 0.3
    first.communicate()
    killer.wait()
    assert os.listdir(tmp_path) == []


def test_a_folder_is_made_and_an_empty_one_taken_away(tmp_path):
    with pytest.raises(ValueError, match="no"), output(tmp_path / "a/b/c", folder=True) as folder:
        assert folder.is_dir()
        raise ValueError("no")
    assert os.listdir(tmp_path) == []
    with output(tmp_path / "a/b", folder=True) as folder:
        (folder / "x").write_text("x")
    assert os.listdir(tmp_path / "a/b") == ["x"]


@pytest.mark.parametrize(
    ("name", "is_folder", "error", "words"),
    [
        ("-", False, ValueError, "'-' is no name for an output; name a file"),
        ("-", True, ValueError, "'-' is no name for an output; name a folder"),
        ("folder", False, IsADirectoryError, "folder is a folder; name a file to write"),
        ("file", True, NotADirectoryError, "file is a file; name a folder to write to"),
        ("file", False, FileExistsError, "file is there already; pass --force"),
        ("pipe", False, ValueError, "pipe is neither a file nor a folder"),
        ("no/such/file", False, FileNotFoundError, "there is no folder no/such to write to"),
        ("source", False, ValueError, "^source is the input itself; name another"),
        ("hard", False, ValueError, "^hard is the input itself, source; name another"),
        ("soft", False, ValueError, "^soft is the input itself, source; name another"),
        ("folder/../source", False, ValueError, "is the input itself, source; name another"),
    ],
)
def test_what_cannot_be_an_output(tmp_path, monkeypatch, name, is_folder, error, words):
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.mkfifo("pipe")
    for file in ("file", "source"):
        (tmp_path / file).write_text(file)
    os.link("source", "hard")
    os.symlink("source", "soft")
    with pytest.raises(error, match=words):
        check_output(name, force=False, inputs=["absent", "source", None], folder=is_folder)


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))  # root may do anything
    for name, is_folder in (("file", False), ("new/folder", True)):
        with pytest.raises(PermissionError, match=f"{tmp_path} may not be written to, so .*{name} cannot be"):
            check_output(tmp_path / name, folder=is_folder)
