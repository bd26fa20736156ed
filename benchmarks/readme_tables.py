"""Write the generated parts of README.md, notebooks/results/README.md and benchmarks/README.md.

Run as ``python benchmarks/readme_tables.py`` after a notebook was executed, a benchmark was saved, or the
output of a command changed. A part begins with ``<!-- table: NAME -->`` or ``<!-- output -->`` and ends with
``<!-- end -->``.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from l1000_rnaseq.evaluate.published import pairs_table
from l1000_rnaseq.evaluate.results import read_results
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.translate.bundle import Bundle

ROOT = Path(__file__).resolve().parents[1]
FILES = ("README.md", "notebooks/results/README.md", "benchmarks/README.md")
TABLE = re.compile(r"(<!-- table: (\S+) -->\n).*?(?=<!-- end -->)", re.S)
OUTPUT = re.compile(r"```bash\n([^`]*)```\n\n<!-- output -->\n(.*?)(?=<!-- end -->)", re.S)

# method of notebook 04 → what README calls it, and what its row says
SIX = {
    "mean of other HPA cell lines (no input)": (
        "No input: mean of other lines",
        "Its raw correlation is {pcc:.2f}: high for any method, so not shown.",
    ),
    "ratio → least squares": ("Paper's baseline", "Overfits here: as few samples as landmarks."),
    "CycleGAN → network, as published": (
        "Paper's network",
        "Centring genes helps; more data seldom does (notebook 02).",
    ),
    "default: calibrated Monge map → blend": (
        "**Default**",
        "What ships, here fitted without the nine lines.",
    ),
    "oracle: true landmarks → step 2": ("Oracle", "Sees the real RNA-seq of the landmarks: the ceiling."),
}
DEX = {
    "r": re.compile(r"unmeasured genes, .+, beyond the landmarks, shipped, r$"),
    "random classes": re.compile(r"shipped, .+, beyond the landmarks, random classes$"),
}


def six_table(results: dict[str, pd.DataFrame]) -> str:
    """Write the six rows that README says first; `results`: notebook → table."""
    value = results["04"]["value"]
    lines = ["| | pattern | gene | error | what it says |", "|---|---|---|---|---|"]
    for method, (name, sentence) in SIX.items():
        scores = [value.get(f"{method} | genome | {s}", np.nan) for s in ("centred_pcc", "gene_pcc", "rmse")]
        cells = ["–" if np.isnan(score) else f"{score:.2f}" for score in scores]
        sentence = sentence.format(pcc=value.get(f"{method} | genome | pcc"))
        lines.append("| " + " | ".join([name, *cells, sentence]) + " |")
    numbers_of = results["06"]["value"]
    dex = [[n for name, n in numbers_of.items() if pattern.match(name)] for pattern in DEX.values()]
    seen, chance = f"{min(dex[0]):.2f} to {max(dex[0]):.2f}", np.ceil(100 * max(dex[1])) / 100
    sentence = (
        f"Correlation of changes: unmeasured genes, 3 studies. 95 % of random sets are below {chance:.2f}."
    )
    return "\n".join([*lines, f"| Changes: dexamethasone | {seen} | – | – | {sentence} |"])


def limits() -> str:
    """Write the five limits, with the numbers of the bundle and the index that ship."""
    bundle, signatures = Bundle.load(), Index().signatures
    width = bundle.half_width(0.9).iloc[len(bundle.landmarks) :].median()
    n, card = bundle.reliability()["change"].value_counts(), bundle.card
    level5 = signatures[signatures["source"] != "wells"]
    wells = signatures[signatures["source"] == "wells"]
    line = wells["cell_id"].mode()[0]
    in_line = (wells["cell_id"] == line).sum()
    knocked = wells[wells["type"] == "shRNA"]["pert_iname"].value_counts()
    knocked = ", ".join(f"{n} of {gene}" for gene, n in knocked[knocked > 0].items())
    knocked_out = int((signatures["type"] == "CRISPR").sum())
    return f"""\
1. **Levels are rough.** The 90 % interval of the median inferred gene is ± {width:.1f} log2.
2. **Many changes are not followed.** Of {len(bundle.genes):,} genes, {n["reliable"]:,} are followed reliably,
   {n["fair"]:,} fairly, {n["weak"]:,} weakly, {n["not followed"]:,} not at all. Each answer says which.
3. **Inferred genes are computed from the landmarks.** They have no measurement of their own.
   Genes beyond them (MALAT1) and other species have no answer.
4. **The training data is small**: {card["l1000_profiles"]:,} L1000 and {card["rnaseq_samples"]:,} RNA-seq
   profiles; the paper has 50,000 of each.
5. **The demo index is small**: {len(level5):,} signatures of Level 5 (one dose, one time,
   {level5["cell_id"].nunique()} cell lines) and {len(wells):,} of wells, {in_line} of them of {line}.
   Knock-downs: {knocked}. Knock-outs: {knocked_out}. ST…: compounds without public names.
"""


def notebooks_table() -> str:
    """Write a row per notebook: its number, with a link, and its question."""
    lines = ["| | question |", "|---|---|"]
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        first = next(c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
        number, title = re.match(r"# (\d\d) · (.+)", first.source).groups()
        lines.append(f"| [{number}](notebooks/{path.name}) | {title} |")
    return "\n".join(lines)


def findings_list(folder: Path) -> str:
    """Write the key findings of each notebook, as its last run told them."""
    lines = []
    for path in sorted(folder.glob("[0-9]*.json")):
        found = json.loads(path.read_text(encoding="utf-8")).get("findings", [])
        lines += (
            [f"**Notebook {path.stem}**", "", *(f"- {sentence}" for sentence in found), ""] if found else []
        )
    return "\n".join(lines)


def published_table(results: dict[str, pd.DataFrame]) -> str:
    """Write every number that has a published value as Markdown; `results`: notebook → table."""
    return _rows(results, "published", ["published", "value"], "published | ours")


def headlines_table(results: dict[str, pd.DataFrame]) -> str:
    """Write the numbers that a notebook calls its headlines."""
    headlines = {
        name: table.assign(headline=table["headline"].replace(False, None)) for name, table in results.items()
    }
    return _rows(headlines, "headline", ["value"], "value")


def _rows(results: dict[str, pd.DataFrame], needs: str, columns: list[str], titles: str) -> str:
    lines = [f"| notebook | what | {titles} | 95 % interval | n |", "|---" * (4 + len(columns)) + "|"]
    for notebook, table in results.items():
        for name, row in table[table[needs].notna()].iterrows():
            numbers = row[columns].astype(float)
            counts = name.startswith(row["unit"])  # 1 may be a count or a correlation
            is_count = all(number.is_integer() and (abs(number) > 1 or counts) for number in numbers)
            has_interval = row[["low", "high"]].notna().all()
            interval = " to ".join(_number(row[end]) for end in ("low", "high")) if has_interval else "–"
            cells = [notebook, name.replace(" | ", ", "), *(_number(number, is_count) for number in numbers)]
            lines.append("| " + " | ".join([*cells, interval, f"{int(row['n']):,} {row['unit']}"]) + " |")
    return "\n".join(lines)


def _number(value: float, is_count: bool = False) -> str:
    if is_count or abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.4f}" if 0.9995 <= abs(value) < 1 else f"{round(value, 3) + 0.0:.3f}"


def fill_tables(text: str, folder: Path) -> str:
    """Fill what is between ``<!-- table: NAME -->`` and ``<!-- end -->``.

    NAME is one of `tables`, over a folder of NN.json files, or a file that a benchmark's print was saved to.
    """
    results = {path.stem: read_results(path) for path in sorted(folder.glob("[0-9]*.json"))}
    tables: dict[str, Callable[[], str]] = {
        "six": lambda: six_table(results),
        "limits": limits,
        "notebooks": notebooks_table,
        "findings": lambda: findings_list(folder),
        "headlines": lambda: headlines_table(results),
        "pairs": lambda: pairs_table(results["04"]),
        "published": lambda: published_table(results),
    }

    def table(name: str) -> str:
        saved = ROOT / "benchmarks" / "results" / f"{name}.md"
        return tables[name]() if name in tables else saved.read_text(encoding="utf-8").strip()

    return TABLE.sub(lambda match: f"{match[1]}{table(match[2]).strip()}\n", text)


def run_command(command: str, folder: Path) -> tuple[str, float]:
    """Run what README shows in a folder; return what it prints, and its processor seconds.

    ``my_level3.gctx`` is the Level 3 file of the data folder that L1000_RNASEQ_DATA names.
    """
    data, level3 = os.environ.get("L1000_RNASEQ_DATA"), folder / "my_level3.gctx"
    if data and not level3.exists():
        shutil.copy(Path(data) / "l1000" / "level3.gctx", level3)
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = {"cwd": folder, "env": os.environ | {"PATH": paths}, "text": True}
    done = subprocess.run(["bash", "-ec", command], stdout=-1, stderr=subprocess.STDOUT, **call)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ValueError(f"{command.strip()} ended with {done.returncode}: {done.stdout}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    return "\n".join(lines), seconds


def fill_outputs(text: str) -> str:
    """Run the commands before each ``<!-- output -->`` and write what they print after it."""
    with tempfile.TemporaryDirectory() as folder:

        def filled(match: re.Match) -> str:
            printed, seconds = run_command(match[1], Path(folder))
            before = match[0][: match.start(2) - match.start()]
            return f"{before}```text\n{printed}\n```\n({max(seconds, 1):.0f} s)\n"

        return OUTPUT.sub(filled, text)


if __name__ == "__main__":
    for name in FILES:
        text = fill_tables((ROOT / name).read_text(encoding="utf-8"), ROOT / "notebooks" / "results")
        (ROOT / name).write_text(fill_outputs(text), encoding="utf-8")
