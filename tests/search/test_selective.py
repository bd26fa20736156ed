"""Several genes at once against a slow loop; what cannot be asked; the command."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.selective import selective


def slow(source, up, down, spare, rows):
    spread = np.sqrt((source.scores**2).mean(axis=0))
    z = source.scores / spread
    column = source.genes.index
    scores = {}
    for row in rows:
        moved = [z[row, column(gene)] for gene in up] + [-z[row, column(gene)] for gene in down]
        left = [abs(z[row, column(gene)]) for gene in spare]
        scores[source.table.index[row]] = np.mean(moved) - (np.mean(left) if left else 0)
    return scores


@pytest.mark.parametrize(
    ("up", "down", "spare"),
    [([0, 5], [], []), ([5], [7], [9, 11]), ([], [3], [4]), ([1], [], [2])],
)
def test_scores_are_those_of_a_loop(source, index, up, down, spare):
    names = [[source.genes[k] for k in side] for side in (up, down, spare)]
    rows = np.flatnonzero(source.table["cell_id"] == "B")
    found = selective(index, *names, Filters(cell="B"), n=20)
    wanted = slow(source, *names, rows)
    best = sorted(wanted, key=lambda sig: -wanted[sig])[:20]
    assert found["sig_id"].tolist() == best
    np.testing.assert_allclose(found["score"], [wanted[sig] for sig in best], rtol=2e-3, atol=2e-3)
    for _, row in found.iterrows():
        z = [row[f"{gene} z"] for gene in (*names[0], *names[1], *names[2])]
        signs = np.repeat([1, -1, 0], [len(side) for side in names])
        moved = (np.array(z) * signs)[signs != 0]
        assert row["as_asked"] == ((moved > 0).all() and (np.abs(np.array(z)[signs == 0]) < 1).all())


def test_what_cannot_be_asked(index):
    with pytest.raises(ValueError, match="FKBP5 is asked for twice"):
        selective(index, ["FKBP5"], ["fkbp5"])
    with pytest.raises(ValueError, match="no gene is to be raised or lowered"):
        selective(index, spare=["FKBP5"])
    with pytest.raises(ValueError, match="min_abs_cd=1 does not apply: several genes are asked for"):
        selective(index, ["FKBP5"], filters=Filters(min_abs_cd=1.0))


def test_the_command(index_path, index):
    words = ["search", "FKBP5", "--down", "GATA3", "--not", "DDR1", "--index", str(index_path), "-n", "7"]
    table = CliRunner().invoke(main, words)
    assert table.exit_code == 0 and "up: FKBP5; down: GATA3; spared: DDR1." in table.output
    tsv = CliRunner().invoke(main, [*words, "--format", "tsv"])
    wanted = selective(index, ["FKBP5"], ["GATA3"], ["DDR1"], n=7)
    assert pd.read_csv(io.StringIO(tsv.output), sep="\t")["sig_id"].tolist() == wanted["sig_id"].tolist()
    refused = CliRunner().invoke(main, [*words, "--by", "cd"])
    assert refused.exit_code == 2 and "--by does not apply to it" in refused.output
