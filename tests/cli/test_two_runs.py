"""Two runs at once with one output: the second is refused in a sentence, the first finishes as if alone."""

import hashlib
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files import output
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.signatures.signature_files import signatures_file

WRITING = {
    "transform": ["in.gctx", "{}.gctx", "--model", "model.h5", "--quiet"],
    "signatures": ["data/l1000/level3.gctx", "{}", "--info", "data/l1000/inst_info.txt", "--quiet"],
    "index": ["s", "{}.h5", "--quiet"],
    "train": ["--data", "data", "--out", "{}.h5", "--preset", "ratio", "--quiet"],
    "simulate": ["{}", "--small"],
}


@pytest.fixture(scope="module")
def world(simulated_data, level3, random_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    for name, path in (("data", simulated_data), ("model.h5", random_bundle)):
        (folder / name).symlink_to(path)
    write_gctx(folder / "in.gctx", level3(30))
    wells = (simulated_data / "l1000" / "level3.gctx", simulated_data / "l1000" / "inst_info.txt")
    signatures_file(*wells, folder / "s", progress=False)
    return folder


def run(command, name):
    return CliRunner().invoke(main, [command, *(word.format(name) for word in WRITING[command])])


def written(folder: Path, name: str) -> dict[str, int]:
    """What a run has left: file → its size, or of text what is in it."""
    files = [path for path in folder.rglob("*") if path.relative_to(folder).parts[0].startswith(name)]
    return {
        str(path.relative_to(folder)).removeprefix(name): (
            path.stat().st_size
            if path.suffix in (".gctx", ".h5", ".json")
            else hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in files
        if path.is_file()
    }


@pytest.mark.parametrize("command", WRITING)
def test_a_second_run_is_refused_and_the_first_finishes(world, monkeypatch, command):
    monkeypatch.chdir(world)
    alone, both = f"alone_{command}", f"both_{command}"
    assert run(command, alone).exit_code == 0
    second, held = [], output.held

    @contextmanager
    def held_while_another_begins(lock, busy, wait=False):
        with held(lock, busy, wait):
            if not second:
                second.append(None)
                second[0] = run(command, both)
            yield

    monkeypatch.setattr(output, "held", held_while_another_begins)
    first = run(command, both)
    assert first.exit_code == 0, first.output
    is_refused(second[0], both)
    left = written(world, both)
    assert left and not any(name.endswith((".lock", ".part")) for name in left)
    assert left == written(world, alone)


LONG = {
    "search": ["search", "HMOX1", "--html", "out"],
    "demo": ["demo", "out"],
    "notebooks": ["notebooks", "--data", "data", "--out", "out", "--quiet"],
    "benchmark": ["benchmark", "--data", "data", "--out", "out"],
}


@pytest.mark.parametrize("command", LONG)
def test_long_commands_ask_first(world, monkeypatch, command):
    monkeypatch.chdir(world)
    with output.output("out", folder=command in ("demo", "notebooks")):
        is_refused(CliRunner().invoke(main, LONG[command]), "out")
    assert not Path("out").exists()


def is_refused(done, name: str) -> None:
    said = [line for line in done.output.splitlines() if not line.startswith(("WARNING", "INFO"))]
    assert done.exit_code == 2 and isinstance(done.exception, SystemExit), done.output
    assert len(said) == 1 and said[0].startswith(f"Error: another run is writing {name}"), said
    assert "wait until it ends" in said[0]
