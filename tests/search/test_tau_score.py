"""Tau against a plain loop over whole running sums, its bounds, and what it tells apart."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.by_gene_list import Query, perturbagens, score_query
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import IndexSource
from l1000_rnaseq.search.tau_score import add_tau
from l1000_rnaseq.stats.enrichment import peak, running_sum


def enrichment_by_hand(signature: pd.Series, names) -> float:
    ordered = signature.sort_values(ascending=False, kind="stable")
    members = ordered.index.isin(list(names))
    return float(peak(running_sum(members, ordered.abs().to_numpy())))


def score_by_hand(signature, up, down):
    parts = [enrichment_by_hand(signature, names) if len(names) else None for names in (up, down)]
    if parts[1] is None:
        return parts[0]
    if parts[0] is None:
        return -parts[1]
    return (parts[0] - parts[1]) / 2 if np.sign(parts[0]) != np.sign(parts[1]) else 0.0


@pytest.mark.parametrize("sizes", [(12, 10), (11, 0), (0, 10)])
@pytest.mark.parametrize("by", ["cd", "log2fc"])
def test_tau_is_that_of_a_loop_over_all_queries(index, sizes, by):
    genes = list(index.genes.index)
    up, down = genes[: sizes[0]], genes[30 : 30 + sizes[1]]
    query, scores = score_query(up, down, index, by=by, progress=False)
    table = perturbagens(scores, 3)
    found = add_tau(table, IndexSource.of(index), query, by, n_references=15, seed=3)
    names = index.signatures["pert_iname"].astype(str).to_numpy()
    whole = pd.DataFrame(index.whole(by, np.arange(240)).astype(float), columns=genes)
    seen, drawn = set(), []
    for row in np.random.default_rng(3).permutation(240):
        if names[row] not in seen and len(drawn) < 15:
            seen.add(names[row])
            drawn.append(row)
    for hit in found.itertuples():
        row = index.signatures["sig_id"].tolist().index(hit.sig_id)
        smaller = n = 0
        for other in drawn:
            if names[other] == names[row]:
                continue
            order = whole.iloc[other].sort_values(kind="stable").index
            b = score_by_hand(whole.iloc[row], order[len(order) - sizes[0] :], order[: sizes[1]])
            smaller, n = smaller + (abs(b) < abs(hit.score) - 1e-9), n + 1
        assert hit.references == n and n in (14, 15)
        assert hit.tau == pytest.approx(np.sign(hit.score) * 100 * smaller / n, abs=1e-9)


def test_a_query_of_the_signature_itself_has_the_largest_tau_and_a_random_one_has_not(index):
    row = 40
    own = index.signature(index.signatures["sig_id"].iloc[row])["cd"].sort_values()
    query, scores = score_query(list(own.index[-10:]), list(own.index[:10]), index, progress=False)
    itself = scores.iloc[[row]]
    found = add_tau(itself, IndexSource.of(index), query)
    assert found["tau"].tolist() == [100] and found["references"].tolist() == [19]
    rng, sizes = np.random.default_rng(0), []
    for _ in range(20):
        drawn = list(rng.choice(index.genes.index, 20, replace=False))
        query, scores = score_query(drawn[:10], drawn[10:], index, progress=False)
        sizes.append(abs(add_tau(scores.iloc[[row]], IndexSource.of(index), query)["tau"].iloc[0]))
    assert np.mean(sizes) < 70


def test_what_has_no_reference_or_no_signature_is_refused(index, source):
    query = Query.of(index.names, list(index.genes.index[:10]))
    wrong = pd.DataFrame({"sig_id": ["absent"], "score": [0.5]})
    with pytest.raises(ValueError, match="'absent' is no signature of"):
        add_tau(wrong, IndexSource.of(index), query)
    rows = np.flatnonzero((index.signatures["pert_iname"] == "P3").to_numpy())
    alone = IndexSource(index, rows)
    with pytest.raises(ValueError, match="has one perturbagen; tau needs others"):
        add_tau(pd.DataFrame({"sig_id": [alone.table.index[0]], "score": [0.5]}), alone, query)


def test_the_command_has_tau_and_says_what_it_does_not_apply_to(index_path, tmp_path):
    genes = list(Index(index_path).genes.index)
    (tmp_path / "up.txt").write_text("\n".join(genes[:12]))
    words = ["match", "--up", str(tmp_path / "up.txt"), "--index", str(index_path), "--format", "tsv"]
    plain, done = (CliRunner().invoke(main, [*words, *more]) for more in ([], ["--tau", "--cell", "A"]))
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    found = pd.DataFrame(rows[1:], columns=rows[0])
    assert found["tau"].astype(float).between(-100, 100).all() and (found["references"] == "19").all()
    signs = found["direction"].map({"connected": 1, "reversed": -1})
    assert (found["tau"].astype(float) * signs >= 0).all() and "tau" not in plain.stdout
    (tmp_path / "de.csv").write_text("gene,logFC\n" + "\n".join(f"{gene},1" for gene in genes))
    refused = CliRunner().invoke(main, ["match", "--table", str(tmp_path / "de.csv"), "--tau"])
    assert refused.exit_code == 2 and "--tau is for --up and --down" in refused.output
