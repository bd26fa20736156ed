"""Write the results tables of README.md from notebooks/results: what stands between its markers is generated.

Run as ``python benchmarks/readme_tables.py`` after copying results/NN.json of an executed notebook there.
"""

from pathlib import Path

from l1000_rnaseq.evaluate.published import fill_tables

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(
        fill_tables(readme.read_text(encoding="utf-8"), ROOT / "notebooks" / "results"), encoding="utf-8"
    )
