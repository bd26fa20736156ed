"""Pages of the site that are made from what is there: gallery, command line, Python reference, llms.txt."""

import base64
import inspect
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import l1000_rnaseq
import nbformat
from l1000_rnaseq.cli.group import HEADINGS
from python_reference import definition, find, module_page

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT / "lib" / "l1000_rnaseq"
ROOMS = {
    "search": "What moves this? By gene, by gene list, by signature; the index.",
    "signatures": "Treated wells against controls: characteristic direction, limma, voom, edgeR.",
    "translate": "From landmarks to genomes: bundles, presets, training.",
    "data": "Files, gene names, compounds, data folders; simulate and fetch.",
    "stats": "Metrics, splits, ranks, enrichment, connectivity.",
    "evaluate": "One module per figure or table of a paper.",
    "aging": "Ageing signatures of GTEx.",
    "classify": "The classifier of perturbations.",
    "plots": "Functions that return a plotly figure.",
    "reports": "Notebooks as pages; the demo.",
    "app": "The search form and its answer page.",
}


def make_pages(folder: Path) -> None:
    """Write all made pages into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for sub in ("pictures", "extra", "python"):
        (folder / sub).mkdir(parents=True)
    _write(folder / "gallery.md", gallery(folder / "pictures"))
    _write(folder / "command_line.md", command_line())
    _write(folder / "python" / "index.md", front_door())
    for room, sentence in ROOMS.items():
        _write(folder / "python" / f"{room}.md", room_page(room, sentence))
    _write(folder / "extra" / "llms.txt", llms())
    _write(
        folder / "extra" / "index.html",
        '<!doctype html><meta charset="utf-8"><title>L1000 → RNA-seq</title>'
        '<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">Read</a>\n',
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def notebooks() -> Iterator[tuple[Path, str, list]]:
    """Yield each notebook: its path, its title without the number, its cells."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        title = next(c.source for c in cells if c.cell_type == "markdown").splitlines()[0]
        yield path, title.split("·", 1)[-1].strip(), cells


def findings(number: str) -> list[str]:
    """Return the sentences that a notebook found, from its results file."""
    path = ROOT / "notebooks" / "results" / f"{number}.json"
    return json.loads(path.read_text(encoding="utf-8")).get("findings", []) if path.exists() else []


def gallery(pictures: Path) -> str:
    """Return the gallery: picture, question and first finding of each notebook; write the pictures."""
    lines = ["# Gallery of the notebooks", "", "Each was run on real data, not when this site was built.", ""]
    lines += ["::::{container} gallery"]
    for path, title, cells in notebooks():
        number, link = path.name[:2], f"../../notebooks/{path.name}"
        lines += [":::{container}", f"**[{number} · {title}]({link})**", ""]
        outputs = (output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
        image = next((data["image/png"] for data in outputs if "image/png" in data), None)
        if image:
            (pictures / f"{number}.png").write_bytes(base64.b64decode(image))
            lines += [f"[![{title}](pictures/{number}.png)]({link})", ""]
        lines += [*findings(number)[:1], ":::"]
    return "\n".join([*lines, "::::", ""])


def command_line() -> str:
    """Return the reference of the command line, from the commands themselves."""
    lines = ["# Command line", "", "`l1000-rnaseq COMMAND --help` prints the same.", ""]
    for heading, commands in HEADINGS.items():
        lines += [f"## {heading}", ""]
        for command in commands:
            lines += [f"### {command.name}", "", *_paragraphs(command.help), ""]
            arguments = [p.make_metavar() for p in command.params if isinstance(p, click.Argument)]
            lines += ["```text", " ".join(["l1000-rnaseq", command.name, "[OPTIONS]", *arguments]), "```", ""]
            lines += ["| option | meaning |", "|---|---|"]
            with click.Context(command) as context:
                records = (p.get_help_record(context) for p in command.params if isinstance(p, click.Option))
                lines += [f"| `{_cell(names)}` | {_cell(text)} |" for names, text in filter(None, records)]
            example = re.sub(r"^[\s\x08]*Example:\s*", "", command.epilog or "").replace("\x08", "").strip()
            lines += ["", "Example:", "", "```bash", example, "```", ""]
    return "\n".join(lines)


def _paragraphs(text: str | None) -> list[str]:
    return [re.sub(r"([<>*_])", r"\\\1", line) for line in inspect.cleandoc(text or "").splitlines()]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def front_door() -> str:
    """Return the page of `import l1000_rnaseq as lr`."""
    lines = ["# Python", "", "```python", "import l1000_rnaseq as lr", "```", ""]
    lines += ["These names are enough for daily use. The rooms below have everything else.", ""]
    for name, module in l1000_rnaseq._HOMES.items():
        path = LIB.joinpath(*module.split(".")).with_suffix(".py")
        lines += [definition(find(path, name), 2, "lr."), ""]
    return "\n".join([*lines, "## Rooms", "", "```{toctree}", ":maxdepth: 1", "", *ROOMS, "```", ""])


def room_page(room: str, sentence: str) -> str:
    """Return the page of a room: each of its modules with its public functions and classes."""
    lines = [f"# {room}", "", sentence, ""]
    for path in sorted((LIB / room).rglob("*.py")):
        if path.name != "__init__.py":
            name = ".".join(path.relative_to(LIB).with_suffix("").parts)
            lines += [f"## {name}", "", module_page(path, 3), ""]
    return "\n".join(lines)


def llms() -> str:
    """Return llms.txt: what an assistant should read first."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = readme.split("\n\n")[1].replace("\n", " ")
    lines = ["# l1000-rnaseq", "", f"> {first}", "", "## Documentation", ""]
    for path in sorted((ROOT / "docs").glob("**/*.md")):
        if "made" in path.parts or path.name == "index.md":
            continue
        title, _, rest = path.read_text(encoding="utf-8").partition("\n")
        about = rest.strip().split("\n\n")[0].replace("\n", " ")
        url = path.relative_to(ROOT).with_suffix(".html").as_posix()
        lines.append(f"- [{title.lstrip('# ')}]({url}): {about}")
    lines += ["", "## Reference", "", "- [Command line](docs/made/command_line.html)"]
    lines += ["- [Python](docs/made/python/index.html)", "", "## Notebooks", ""]
    for path, title, _ in notebooks():
        finding = f": {found[0]}" if (found := findings(path.name[:2])) else ""
        lines.append(f"- [{title}](notebooks/{path.stem}.html){finding}")
    return "\n".join([*lines, ""])
