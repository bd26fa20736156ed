"""The three READMEs say what the committed results and the commands say, and the first one is short."""

import re
import runpy
from pathlib import Path

import pytest
from l1000_rnaseq.evaluate.results import Results

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"[+-]?\d[\d,]*\.?\d*")
TIMES = re.compile(r"[\d.,]+ s\b|[\d.,]+ profiles/s")
OUT_OF_DATE = "differs from what is computed; run python benchmarks/readme_tables.py"


@pytest.fixture(scope="module")
def readme_tables():
    return runpy.run_path(str(ROOT / "benchmarks" / "readme_tables.py"))


@pytest.fixture(scope="module")
def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "notebooks/results/README.md", "benchmarks/README.md"])
def test_the_tables_say_what_the_results_say(readme_tables, name):
    text = (ROOT / name).read_text(encoding="utf-8")
    markers = text.count("<!-- table: ") + text.count("<!-- output -->")
    assert markers == text.count("<!-- end -->") > 0
    assert text == readme_tables["fill_tables"](text, ROOT / "notebooks" / "results"), f"{name} {OUT_OF_DATE}"


def test_published_values_are_beside_ours(readme_tables, tmp_path):
    results = Results("04", "data", False)
    results.add("network | genome | rmse", 0.5, 9, "lines", 0.1, 0.9)
    results.add("Fig. 3 | genome | model", 0.889, 9, "lines", 0.85, 0.92, published=0.914)
    results.add("signatures", 8.0, 191, "samples", published=135)
    results.add("share", 1.0, 12, "genes", -0.0001, 1.0, published=0.813)
    results.save(tmp_path)
    text = "before\n<!-- table: published -->\nold\n<!-- end -->\nafter"
    rows = readme_tables["fill_tables"](text, tmp_path).splitlines()
    assert rows[4:7] == [
        "| 04 | Fig. 3, genome, model | 0.914 | 0.889 | 0.850 to 0.920 | 9 lines |",
        "| 04 | signatures | 135 | 8 | – | 191 samples |",
        "| 04 | share | 0.813 | 1.000 | 0.000 to 1.000 | 12 genes |",
    ]
    assert rows[:2] + rows[7:] == ["before", "<!-- table: published -->", "<!-- end -->", "after"]


def test_the_first_page_is_short_and_begins_with_a_picture_of_an_answer(readme):
    assert len(readme.encode()) <= 10_240
    assert readme.index("![") < readme.index("## ")
    headings = re.findall(r"^## (.+)$", readme, re.M)
    assert headings == [
        "Install", "Three tasks", "Python", "How good is it?", "What it cannot do", "Words", "Notebooks",
        "Map", "Data", "Licence and citation",
    ]  # fmt: skip
    assert len(re.findall(r"^\d\. \*\*", readme, re.M)) == 5
    assert len(re.findall(r"^- \*\*", readme, re.M)) == 12


@pytest.mark.parametrize("name", ["README.md", "notebooks/results/README.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    assert not [target for target in targets if not ((ROOT / name).parent / target).exists()]


def examples() -> list[tuple[str, str]]:
    """Return each command of README with what it says that the command prints."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"```bash\n([^`]*)```\n\n<!-- output -->\n```text\n([^`]*)```", text)
    assert len(found) == 3
    return found


@pytest.mark.parametrize(("command", "said"), examples())
def test_commands_print_what_the_readme_says(readme_tables, command, said, request, tmp_path, monkeypatch):
    if "my_level3" in command:
        monkeypatch.setenv("L1000_RNASEQ_DATA", str(request.getfixturevalue("real_data")))
    printed, _ = readme_tables["run_command"](command, tmp_path)
    printed, said = TIMES.sub("…", printed), TIMES.sub("…", said.strip())
    assert NUMBER.sub("0", printed) == NUMBER.sub("0", said), f"README.md {OUT_OF_DATE}"
    numbers = ([float(n.replace(",", "")) for n in NUMBER.findall(text)] for text in (printed, said))
    # the last printed digit may differ between processors
    assert list(next(numbers)) == pytest.approx(list(next(numbers)), rel=1e-2, abs=2e-3), OUT_OF_DATE
