"""The README's tables say what the committed results say."""

import runpy
from pathlib import Path

import pytest
from l1000_rnaseq.evaluate.results import Results

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def readme_tables():
    return runpy.run_path(str(ROOT / "benchmarks" / "readme_tables.py"))


def test_the_readme_says_what_the_results_say(readme_tables):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "<!-- table: pairs -->" in readme and "<!-- table: published -->" in readme
    assert readme.count("<!-- table: ") == readme.count("<!-- end -->")
    assert readme == readme_tables["fill_tables"](readme, ROOT / "notebooks" / "results"), (
        "README.md and notebooks/results differ; run python benchmarks/readme_tables.py"
    )


def test_published_values_are_beside_ours(readme_tables, tmp_path):
    results = Results("04", "data", False)
    results.add("network | genome | rmse", 0.5, 9, "lines", 0.1, 0.9)
    results.add("Fig. 3 | genome | model", 0.889, 9, "lines", 0.85, 0.92, published=0.914)
    results.save(tmp_path)
    text = "before\n<!-- table: published -->\nold\n<!-- end -->\nafter"
    rows = readme_tables["fill_tables"](text, tmp_path).splitlines()
    assert rows[4] == "| 04 | Fig. 3, genome, model | 0.914 | 0.889 | 0.850 to 0.920 | 9 lines |"
    assert rows[:2] + rows[5:] == ["before", "<!-- table: published -->", "<!-- end -->", "after"]
