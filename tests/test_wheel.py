"""A wheel, in an environment of its own and without the checkout, translates, searches and is imported."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command, cwd: Path) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of the commands of an environment with the wheel, and with the packages that it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    source, target = folder / "source", folder / "environment"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "data_manifest.yaml"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "lib", source / "lib", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    shutil.rmtree(source)
    venv.create(target)
    commands = Path(sysconfig.get_path("scripts", vars={"base": str(target)}))
    wheel = next(folder.glob("l1000_rnaseq-*.whl"))
    python = commands / Path(sys.executable).name
    done = run(*pip, "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    # what it depends on: packages that are here already, found after those of the environment itself
    site = Path(sysconfig.get_path("purelib", vars={"base": str(target)}))
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return commands


@pytest.fixture
def command(installed, tmp_path):
    return lambda *arguments: run(installed / "l1000-rnaseq", *arguments, cwd=tmp_path)


def test_it_is_imported_from_the_wheel(installed, tmp_path):
    code = "import l1000_rnaseq as lr; print(lr.__file__, lr.__version__, len(lr.Index().genes), sep='\\n')"
    done = run(installed / Path(sys.executable).name, "-c", code, cwd=tmp_path)
    place, version, genes = done.stdout.split()
    assert Path(place).is_relative_to(installed.parent) and int(genes) > 10_000
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text()
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text()


def test_it_translates_and_searches(command, level3, tmp_path):
    level3(3).to_csv(tmp_path / "wells.csv")
    done = command("transform", "wells.csv", "genomes.tsv", "--quiet")
    assert done.returncode == 0 and "profiles 3" in done.stdout, done.stderr
    done = command("search", "HMOX1", "-n", "1", "--format", "tsv")
    assert done.returncode == 0 and "HMOX1" in done.stderr + done.stdout and "\tup\t" in f"\t{done.stdout}"
    assert command("fetch", "--list").returncode == 0  # the manifest is in the wheel
    done = command("search", "HMOX1", "--html", "page.html")
    assert done.returncode == 0 and "HMOX1" in (tmp_path / "page.html").read_text(encoding="utf-8"), (
        done.stderr
    )


def test_the_form_says_that_it_needs_the_checkout(command):
    done = command("app")
    assert done.returncode == 2 and done.stderr.startswith("Error: ") and "Traceback" not in done.stderr
    assert "clone it and install from there" in done.stderr or "needs the package appyter" in done.stderr
