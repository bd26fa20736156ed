"""The set-up files agree with each other: pyproject, environment.yml, constraints, Makefile, CI."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"torch": "pytorch", "kaleido": "python-kaleido"}


def _split(requirement: str) -> tuple[str, str]:
    requirement = requirement.split(";")[0].strip()
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+?)((?:[<>=!~].*)?)", requirement).groups()
    return name.lower(), bounds


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_conda_environment_equals_pyproject(project):
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = dict(_split(item) for item in listed if isinstance(item, str))
    assert conda.pop("python") == project["requires-python"]
    conda.pop("pip")
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"]]
    wanted += [item for name in ("notebooks", "test", "train", "cluster", "docs") for item in extras[name]]
    assert conda == {CONDA_NAMES.get(name, name): bounds for name, bounds in map(_split, wanted)}
    through_pip = [item for item in extras["app"] if item not in wanted]
    assert listed[-1]["pip"] == [*through_pip, "-e ."]


def test_every_dependency_is_pinned(project):
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {_split(line)[0] for line in pins if not line.startswith("#")}
    extras = project["optional-dependencies"]
    together = [extra for name, extra in extras.items() if name != "mcp"]  # which goes without the extra app
    wanted = [*project["dependencies"], *(item for extra in together for item in extra)]
    assert {_split(item)[0] for item in wanted} <= pinned


def test_classifiers_name_the_lowest_python(project):
    named = [line.split()[-1] for line in project["classifiers"] if "Python ::" in line]
    assert project["requires-python"] == f">={named[0]}"


def test_torch_is_never_newer_than_the_pinned_build():
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_ci_runs_what_the_readme_says():
    script = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    assert "make test" in script
    assert "make demo" in readme
    assert "make test" in readme


def test_library_is_tracked_and_files_are_short():
    assert not re.search(r"^lib/?$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    long = {p.name: n for p in ROOT.glob("lib/**/*.py") if (n := len(p.read_text().splitlines())) > 300}
    assert not long


def test_licence_and_the_note_on_appyter():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    readme = (ROOT / "README.md").read_text()
    assert "Apache-2.0" in readme
    assert "CC-BY-NC-SA-4.0" in readme


def test_issue_templates_ask_for_what_is_needed():
    forms = [yaml.safe_load(p.read_text()) for p in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]
    forms = [form for form in forms if "body" in form]
    assert len(forms) == 3 and all({"name", "description", "body"} <= set(form) for form in forms)
    assert all(any(f.get("validations", {}).get("required") for f in form["body"]) for form in forms)


def test_the_citation_names_the_version_and_the_papers(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == project["version"]
    assert len({paper["doi"] for paper in citation["references"]}) == 3
