"""Notebooks are run when something changed, from where a killed run stopped, and the time left is told."""

import os
import shutil

import nbformat
import pytest
from l1000_rnaseq.evaluate.results import Results
from l1000_rnaseq.reports import run_notebooks as module
from l1000_rnaseq.reports.run_notebooks import choose_notebooks, folder_hash, run_notebooks
from nbformat.v4 import new_code_cell, new_notebook


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Three notebooks, a data folder, and a record of which of them were executed."""
    (tmp_path / "notebooks" / "results").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("1")
    paths = [tmp_path / "notebooks" / f"{name}.ipynb" for name in ("01_one", "02_two", "03_three")]
    for path in paths:
        nbformat.write(new_notebook(cells=[new_code_cell("1 + 1")]), path)
    executed = []

    def execute(path, folder, parameters, progress):
        if path.stem in failing:
            raise ValueError(f"{path.name} failed")
        executed.append((path.stem, parameters["FAST"]))
        for suffix in (".ipynb", ".html"):
            (folder / f"{path.stem}{suffix}").write_text("done")

    failing = set()
    monkeypatch.setattr(module, "execute_notebook", execute)
    monkeypatch.setattr(module, "find_notebooks", lambda: paths)
    monkeypatch.setattr(module, "library_hash", lambda: "this library")

    def run(**options):
        executed.clear()
        told = []
        (tmp_path / "out").mkdir(exist_ok=True)
        run_notebooks(
            options.pop("notebooks", paths), tmp_path / "data", tmp_path / "out", told.append, **options
        )
        return [name for name, _ in executed], told

    run.failing, run.paths, run.folder = failing, paths, tmp_path
    return run


def test_what_has_not_changed_is_not_run_again(world):
    assert world()[0] == ["01_one", "02_two", "03_three"]
    done, told = world()
    assert not done and len(told) == 3 and all("not changed" in line for line in told)
    assert world(again=True)[0] == ["01_one", "02_two", "03_three"]


def test_a_changed_notebook_is_run_again_and_its_outputs_do_not_count(world):
    world()
    cell = new_code_cell("1 + 1", execution_count=7)
    nbformat.write(new_notebook(cells=[cell]), world.paths[0])
    assert world()[0] == []
    nbformat.write(new_notebook(cells=[new_code_cell("2 + 2")]), world.paths[0])
    assert world()[0] == ["01_one"]


def test_changed_data_settings_or_library_run_all_again(world, monkeypatch):
    world()
    assert len(world(fast=True)[0]) == 3 and len(world(fast=False)[0]) == 3 and len(world(seed=1)[0]) == 3
    world()
    (world.folder / "data" / "a.txt").write_text("22")
    assert len(world()[0]) == 3
    bundles = world.folder / "out" / "work" / "bundles"
    bundles.mkdir()
    assert not world()[0] and bundles.is_dir()
    monkeypatch.setattr(module, "library_hash", lambda: "another library")
    done, told = world()
    assert len(done) == 3 and not bundles.exists() and "models are trained again" in told[0]


def test_a_page_that_was_removed_is_made_again(world):
    world()
    (world.folder / "out" / "02_two.html").unlink()
    assert world()[0] == ["02_two"]


def test_a_run_resumes_at_the_notebook_that_failed(world):
    world.failing.add("02_two")
    with pytest.raises(ValueError, match="02_two.ipynb failed"):
        world()
    world.failing.clear()
    assert world()[0] == ["02_two", "03_three"]


def test_the_time_left_is_told_in_proportion_to_the_usual_times(world, monkeypatch):
    for path, seconds in zip(world.paths, (10, 20, 30), strict=True):
        results = Results(path.stem[:2], "data", False)
        results.run = {"seconds": seconds}
        results.save(path.parent / "results")
    clock = iter((0, 5, 5, 15, 15, 30))  # half the usual time: begun and ended, for each
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    told = world()[1]
    assert told[0].endswith("5 s; 2 left, about 25 s")
    assert told[1].endswith("10 s; 1 left, about 15 s")
    assert told[2].endswith("15 s")


def test_two_at_a_time_make_the_same_pages_and_the_failing_one_is_named(tmp_path):
    (tmp_path / "data").mkdir()
    cells = {"01_one": "import os\nprint(os.environ['OMP_NUM_THREADS'], 6 * 7)", "02_two": "print(6 * 9)"}
    paths = []
    for name, source in cells.items():
        paths.append(tmp_path / f"{name}.ipynb")
        head = new_code_cell("DATA = OUT = ''", metadata={"tags": ["parameters"]})
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=[head, new_code_cell(source)], metadata=kernel), paths[-1])
    told, out = [], tmp_path / "out"
    out.mkdir()
    pages = run_notebooks(paths, tmp_path / "data", out, told.append, progress=False, workers=2)
    assert [page.name for page in pages] == ["01_one.html", "02_two.html"] and len(told) == 2
    printed = [nbformat.read(out / path.name, as_version=4).cells[-1].outputs[0].text for path in paths]
    assert printed == [f"{max(os.cpu_count() // 2, 1)} 42\n", "54\n"]
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")], metadata=kernel), paths[1])
    with pytest.raises(ValueError, match="02_two.ipynb failed in cell 2: ZeroDivisionError"):
        run_notebooks(paths, tmp_path / "data", out, told.append, progress=False, workers=2)


def test_notebooks_are_named_by_number_or_name(world):
    assert choose_notebooks(["03", "01_one"]) == [world.paths[0], world.paths[2]]
    assert choose_notebooks() == world.paths
    with pytest.raises(ValueError, match="there is no notebook 12; name one of 01_one, 02_two, 03_three"):
        choose_notebooks(["01", "12"])


def test_the_hash_of_a_folder_sees_names_sizes_and_times(tmp_path):
    folder = tmp_path / "a"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "c.txt").write_text("x")
    first = folder_hash(folder)
    assert first == folder_hash(folder)
    os.utime(folder / "b" / "c.txt", (1, 1))
    touched = folder_hash(folder)
    shutil.move(folder / "b" / "c.txt", folder / "b" / "d.txt")
    assert len({first, touched, folder_hash(folder)}) == 3
