"""The Python reference as Markdown, read from the source: no module is imported."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from numpydoc.docscrape import NumpyDocString

CODE = re.compile(r"(``.+?``|`.+?`)")
MARKUP = re.compile(r"[*_|<>\[\]$]")
LISTS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
Definition = ast.FunctionDef | ast.ClassDef


def module_page(path: Path, level: int) -> str:
    """Return what a module's docstring says, and its public functions and classes, as Markdown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = [prose((ast.get_docstring(tree) or "").splitlines())]
    parts += [definition(node, level) for node in _public(tree)]
    return "\n\n".join(parts)


def find(path: Path, name: str) -> Definition:
    """Return a function or class of a file by its name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return next(node for node in _public(tree) if node.name == name)


def definition(node: Definition, level: int, owner: str = "") -> str:
    """Return a function, or a class and its public methods, as Markdown under a heading."""
    is_class = isinstance(node, ast.ClassDef)
    lines = [f"{'#' * level} `{owner}{node.name}`", ""]
    if not is_class:
        lines += ["```python", f"{owner}{node.name}({_arguments(node)})", "```", ""]
    lines += _sections(ast.get_docstring(node) or "")
    if is_class:
        methods = (found for found in _public(node) if ast.get_docstring(found))
        lines += [definition(found, min(level + 1, 6), f"{node.name}.") for found in methods]
    return "\n".join(lines)


def prose(lines: list[str]) -> str:
    """Return text of a docstring as Markdown: what is not code has no markup."""
    kept, in_example = [], False
    for line in lines:
        starts = line.lstrip().startswith(">>>")
        if starts and not in_example:
            kept.append("```python")
        elif in_example and not line.strip():
            kept.append("```")
        in_example = bool(line.strip()) and (in_example or starts)
        kept.append(line if in_example else _plain(line))
    return "\n".join([*kept, "```"] if in_example else kept)


def _plain(line: str) -> str:
    parts = CODE.split(line)
    parts[::2] = [MARKUP.sub(lambda match: "\\" + match[0], part) for part in parts[::2]]
    return "".join(parts)


def _public(node: ast.AST) -> Iterator[Definition]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return (found for found in node.body if isinstance(found, kinds) and not found.name.startswith("_"))


def _arguments(node: ast.FunctionDef) -> str:
    names = ast.unparse(node.args)
    return re.sub(r"^(self|cls)(, )?", "", names)


def _sections(docstring: str) -> list[str]:
    doc = NumpyDocString(docstring)
    lines = [prose(doc["Summary"]), "", prose(doc["Extended Summary"]), ""]
    for section in LISTS:
        if doc[section]:
            lines += [f"**{section}**", ""]
        for name, kind, text in doc[section]:
            head = " : ".join(f"`{part}`" if part is name else _plain(part) for part in (name, kind) if part)
            lines += [f"- {head}" + ("\\" if text else ""), *(f"  {_plain(line)}" for line in text), ""]
    if doc["Notes"]:
        lines += ["**Notes**", "", prose(doc["Notes"]), ""]
    if doc["Examples"]:
        lines += ["**Example**", "", prose(doc["Examples"]), ""]
    return lines
