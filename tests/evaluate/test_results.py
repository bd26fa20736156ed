"""A notebook's numbers as a file: written whole, read again, those of the executed notebook."""

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from l1000_rnaseq.evaluate.published import pairs_table
from l1000_rnaseq.evaluate.results import Results, digest, read_results, table_of

ROOT = Path(__file__).resolve().parents[2]
RESULTS = sorted((ROOT / "notebooks" / "results").glob("*.json"))


@pytest.fixture
def results() -> Results:
    results = Results("04", "data", False)
    for method in ("network", "ratio"):
        for space in ("landmarks", "genome"):
            for metric in ("pcc", "centred_pcc", "gene_pcc", "rmse", "mae"):
                results.add(
                    f"{method} | {space} | {metric}", 0.5 + len(results.rows) / 100, 9, "lines", 0.1, 0.9
                )
    results.add("network | genome | pcc | sd over seeds", 0.01, 3, "seeds")
    results.add("Fig. 3 | genome | model", 0.889, 9, "lines", 0.85, 0.92, published=0.914)
    return results


def test_the_table_of_the_pairs_has_a_spread_only_where_there_are_seeds(results):
    head, rule, network, ratio = pairs_table(results.table()).splitlines()
    assert {line.count("|") for line in (head, rule, network, ratio)} == {10}
    assert network.count("±") == 1 and "±" not in ratio
    assert ratio.split("|")[2].strip() == f"{results.table().loc['ratio | landmarks | pcc', 'value']:.3f}"


def test_results_are_written_whole_and_read_again(results, tmp_path):
    line = results.save(tmp_path)
    assert digest((tmp_path / "04.json").read_text()) in line and not list(tmp_path.glob("*.part"))
    pd.testing.assert_frame_equal(read_results(tmp_path / "04.json"), results.table())
    with pytest.raises(ValueError, match="is there already"):
        results.add("Fig. 3 | genome | model", 1, 1)
    (tmp_path / "05.json").write_text("{}")
    with pytest.raises(ValueError, match=r"05\.json has no results .*; run its notebook"):
        read_results(tmp_path / "05.json")


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_committed_results_are_those_of_the_executed_notebook(path):
    (notebook,) = (ROOT / "notebooks").glob(f"{path.stem}_*.ipynb")
    cells = nbformat.read(notebook, as_version=4).cells
    printed = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", []))
    (said,) = re.findall(rf"results/{path.stem}\.json: \d+ numbers, sha256 (\w+)", printed)
    assert said == digest(path.read_text(encoding="utf-8"))


def test_every_notebook_has_its_results_here():
    notebooks = {path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    assert notebooks == {path.stem for path in RESULTS} and len(notebooks) >= 11


def test_a_table_keeps_its_counts_whole_and_its_names_where_it_is_empty():
    table = table_of({("a", 1): {"r": 0.5, "n": 3}, ("b", 2): {"r": 1.0, "n": 4}}, ["x", "y"])
    assert table.loc[("b", 2), "n"] == 4 and table["n"].dtype == int and table.index.names == ["x", "y"]
    assert table_of({}, ["x", "y"]).index.names == ["x", "y"]
    assert table_of({"a": {"n": 1}}, ["x"]).loc["a", "n"] == 1
