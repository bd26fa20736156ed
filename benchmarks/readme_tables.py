"""Write the results tables of README.md from notebooks/results, between the markers of each table.

Run as ``python benchmarks/readme_tables.py`` after copying results/NN.json of an executed notebook there.
"""

import re
from pathlib import Path

import pandas as pd
from l1000_rnaseq.evaluate.published import pairs_table
from l1000_rnaseq.evaluate.results import read_results

ROOT = Path(__file__).resolve().parents[1]


def published_table(results: dict[str, pd.DataFrame]) -> str:
    """Write every number that has a published value as Markdown; `results`: notebook → table."""
    lines = ["| notebook | what | published | ours | 95 % interval | n |", "|---|---|---|---|---|---|"]
    for notebook, table in results.items():
        for name, row in table[table["published"].notna()].iterrows():
            has_interval = row[["low", "high"]].notna().all()
            interval = f"{row['low']:.3f} to {row['high']:.3f}" if has_interval else "–"
            cells = [notebook, name.replace(" | ", ", "), _number(row["published"]), _number(row["value"])]
            lines.append("| " + " | ".join([*cells, interval, f"{int(row['n']):,} {row['unit']}"]) + " |")
    return "\n".join(lines)


def _number(value: float) -> str:
    if abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.4f}" if 0.9995 <= abs(value) < 1 else f"{value:.3f}"


def fill_tables(text: str, folder: Path) -> str:
    """Fill what is between <!-- table: NAME --> and <!-- end --> from a folder of NN.json files."""
    results = {path.stem: read_results(path) for path in sorted(folder.glob("*.json"))}
    tables = {"pairs": lambda: pairs_table(results["04"]), "published": lambda: published_table(results)}
    return re.sub(
        r"(<!-- table: (\w+) -->\n).*?(?=<!-- end -->)",
        lambda match: f"{match[1]}{tables[match[2]]()}\n",
        text,
        flags=re.S,
    )


if __name__ == "__main__":
    readme = ROOT / "README.md"
    text = fill_tables(readme.read_text(encoding="utf-8"), ROOT / "notebooks" / "results")
    readme.write_text(text, encoding="utf-8")
