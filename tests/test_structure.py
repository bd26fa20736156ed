"""The rooms of the library: imports go down and never round, and a file name is used once."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[1] / "lib"
# from top to bottom: a room imports from itself and from what is below it
ROOMS = [
    "cli", "app", "reports", "evaluate", "aging", "classify", "plots", "front_door",
    "search", "signatures", "translate", "data", "stats",
]  # fmt: skip
# translate from top to bottom: what trains; its own files (bundle, transform, …), which know every model;
# the models; what all of these use
TRANSLATE = ["training", "files", "change", "dgex", "step1", "step2", "ground"]
GROUND = {"networks", "normalize", "settings", "training.torch_loop", "training.on_gpu"}
# what an extra of pyproject.toml brings without being named there: appyter aiohttp, jupyterlab IPython,
# nbconvert the others
BROUGHT = {"IPython", "aiohttp", "ipykernel", "jupyter_client", "nbformat", "traitlets", "zmq"}
IMPORTED_AS = {"pyyaml": "yaml", "scikit-learn": "sklearn"}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(LIB).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in sorted(LIB.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Yield the name of everything that a file imports, anywhere in it, unless for type checkers only."""
    waiting = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports relatively; name the module in full."
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """The modules that each module imports; the package itself is left out, for all of them import it."""
    return {
        module: {name for name in imported(path) if name in MODULES} - {module, "l1000_rnaseq"}
        for module, path in MODULES.items()
        if module != "l1000_rnaseq"
    }


def height(module: str) -> tuple[int, int]:
    """Return how far from the top a module is: the room, and within translate the floor."""
    room, _, inside = module.removeprefix("l1000_rnaseq.").partition(".")
    if room != "translate":
        return ROOMS.index(room), 0
    part, _, file = inside.partition(".")
    floor = "ground" if inside in GROUND else part if file or part in TRANSLATE else "files"
    return ROOMS.index(room), TRANSLATE.index(floor)


def test_imports_go_down(graph):
    upward = {
        f"{module} → {name}"
        for module, names in graph.items()
        for name in names
        if height(module) > height(name)
    }
    assert not upward


def test_imports_make_no_circle(graph):
    TopologicalSorter(graph).prepare()  # says which modules, if there is one


def test_a_file_name_is_used_once():
    names = [path.name for path in MODULES.values() if path.name != "__init__.py"]
    assert not {name for name in names if names.count(name) > 1}


def test_the_library_imports_what_pyproject_names_and_nothing_else():
    project = tomllib.loads((LIB.parent / "pyproject.toml").read_text())["project"]

    def packages(requirements: list[str]) -> set[str]:
        names = {requirement.split(">")[0].lower() for requirement in requirements}
        return {IMPORTED_AS.get(name, name) for name in names}

    needed = packages(project["dependencies"])
    extras = project["optional-dependencies"]
    optional = packages(
        extras["app"] + extras["cluster"] + extras["mcp"] + extras["notebooks"] + extras["train"]
    )
    used = {name.split(".")[0] for path in MODULES.values() for name in imported(path)}
    used -= {*sys.stdlib_module_names, "l1000_rnaseq"}
    assert needed <= used <= needed | optional | BROUGHT
