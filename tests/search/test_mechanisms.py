"""Mechanisms: planted truth, every group by a slow loop, p-values without an effect, bad input."""

import doctest
import logging
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.compounds import join_compounds
from l1000_rnaseq.search import mechanisms as module
from l1000_rnaseq.search.consensus import relative_ranks
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.mechanism_tests import different
from l1000_rnaseq.search.mechanisms import enriched_mechanisms, values_by_line
from scipy.stats import false_discovery_control


def annotation(mechanisms: dict[str, str]) -> pd.DataFrame:
    """Compounds with a mechanism each; their targets are the mechanism in capitals."""
    table = pd.DataFrame({"name": list(mechanisms), "mechanism": list(mechanisms.values())})
    table = table.assign(targets=table["mechanism"].str.upper())
    return table.reindex(
        columns=["pert_id", "name", "mechanism", "targets", "flags", "synonyms"], fill_value=""
    )


def random_scores(n=60, seed=0) -> pd.DataFrame:
    """Compounds c0, c1, …: all in line A, every second in B, every third in C; lines have an offset."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, 1)) + rng.normal(size=(n, 3)) + [0.0, 5.0, -5.0]
    scores[1::2, 1] = np.nan
    scores[np.arange(n) % 3 > 0, 2] = np.nan
    return pd.DataFrame(scores, [f"c{k}" for k in range(n)], list("ABC"))


def test_the_example_holds():
    assert doctest.testmod(module).failed == 0


def test_a_planted_mechanism_is_found_and_a_line_is_no_mechanism():
    scores = random_scores()
    classes = {f"c{k}": "planted" for k in (1, 2, 3, 4)} | {f"c{k}": "of one line" for k in (8, 16, 20, 28)}
    scores.loc[["c1", "c2", "c3", "c4"]] += 4
    table = enriched_mechanisms(scores, annotation(classes | {"c40": "small"}), n_draws=2000)
    assert table.index.tolist() == ["planted", "of one line"]
    assert table.loc["planted", "p"] < 0.01 and table.loc["planted", "compounds"] == 4
    values = scores.loc[["c1", "c2", "c3", "c4"]].mean(axis=1)
    assert table.loc["planted", "mean"] == pytest.approx(values.mean())
    assert table.loc["planted", "names"].split("|") == values.sort_values(ascending=False).index.tolist()
    # c8 … c28 are in A and B, where everything is 2.5 on average: expected, not a finding
    assert table.loc["of one line", "expected"] > 1.5 and table.loc["of one line", "p"] > 0.05
    np.testing.assert_allclose(table["fdr"], false_discovery_control(table["p"]))
    by_target = enriched_mechanisms(scores, annotation(classes), by="target", n_draws=2000)
    assert by_target.index.tolist() == ["PLANTED", "OF ONE LINE"] and by_target.index.name == "target"


def test_p_is_that_of_all_groups_by_a_loop():
    """Every group of two compounds of A alone and one seen in A and B, one after the other."""
    rng = np.random.default_rng(3)
    scores = pd.DataFrame(rng.normal(size=(9, 2)), [f"c{k}" for k in range(9)], ["A", "B"])
    scores.iloc[5:, 1] = np.nan
    table = enriched_mechanisms(
        scores, annotation({"c0": "x", "c6": "x", "c7": "x"}), n_draws=40_000, seed=1
    ).loc["x"]
    in_a = scores["A"].tolist()
    in_both = scores.iloc[:5].mean(axis=1).tolist()
    means = [
        (first + second + third) / 3 for (first, second), third in product(combinations(in_a, 2), in_both)
    ]
    observed = (in_a[6] + in_a[7] + in_both[0]) / 3
    share = min(np.mean([mean >= observed for mean in means]), np.mean([mean <= observed for mean in means]))
    assert table["mean"] == pytest.approx(observed)
    # four standard errors of a share and of a mean over 40,000 draws
    assert table["p"] == pytest.approx(min(1, 2 * share), abs=8 * np.sqrt(share * (1 - share) / 40_000))
    assert table["expected"] == pytest.approx(np.mean(means), abs=4 * np.std(means) / 200)


def test_groups_are_drawn_without_replacement():
    drawn = different(7, 3, 21_000, np.random.default_rng(0))
    assert all(len(set(row)) == 3 for row in drawn[:2000].tolist())
    sets, counts = np.unique(np.sort(drawn, axis=1), axis=0, return_counts=True)
    assert sets.tolist() == [list(group) for group in combinations(range(7), 3)]
    assert np.abs(counts - 600).max() < 5 * np.sqrt(600)
    assert np.sort(different(3, 3, 5, np.random.default_rng(0)), axis=1).tolist() == [[0, 1, 2]] * 5


def test_p_is_uniform_without_an_effect():
    classes = annotation({f"c{k}": f"m{k % 12}" for k in range(60)})
    p = pd.concat(
        [enriched_mechanisms(random_scores(seed=seed), classes, n_draws=400)["p"] for seed in range(40)]
    )
    assert len(p) == 480 and p.min() >= 2 / 401 and p.max() <= 1
    assert np.quantile(p, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.07)


def test_p_is_never_zero_and_missing_where_nothing_could_be_drawn():
    scores = pd.DataFrame({"A": [5.0, 6, 7, 0, 0.1, 0.2, -0.1], "B": np.nan}, [f"c{k}" for k in range(7)])
    alone = pd.DataFrame({"A": np.nan, "B": [1.0, 2.0, 3.0]}, ["d0", "d1", "d2"])
    classes = annotation({"c0": "x", "c1": "x", "c2": "x", "d0": "y", "d1": "y", "d2": "y"})
    table = enriched_mechanisms(pd.concat([scores, alone]), classes, n_draws=9)
    assert table.loc["x", "p"] >= 2 / 10 and table.loc["x", "cell_lines"] == 1
    assert table.loc["y", ["p", "fdr", "expected"]].isna().all() and table.loc["y", "mean"] == 2
    assert table.index.tolist() == ["x", "y"]


def test_spellings_of_one_compound_are_one(caplog):
    classes = annotation({"AS-1": "x", "b": "x|y", "c": "x", "d": "y", "e": "y"})
    scores = pd.DataFrame({"A": [1.0, 3, 5, 7, 0, 0, np.nan]}, ["AS1", "as-1", "b", "c", "d", "e", "gone"])
    with caplog.at_level(logging.INFO):
        table = enriched_mechanisms(scores, classes, n_draws=50)
    assert table.loc["x", "compounds"] == 3 and table.loc["x", "mean"] == pytest.approx((2 + 5 + 7) / 3)
    assert table.loc["x", "names"] == "c|b|AS-1" and table.loc["y", "compounds"] == 3
    assert "6 rows are 5 compounds" in caplog.text and "1 compounds have no value: gone" in caplog.text


def test_the_order_of_the_rows_changes_nothing():
    scores = random_scores()
    classes = annotation({f"c{k}": f"m{k % 4}" for k in range(40)})
    again = enriched_mechanisms(scores.sample(frac=1, random_state=1), classes, n_draws=200)
    pd.testing.assert_frame_equal(enriched_mechanisms(scores, classes, n_draws=200), again)


def test_values_of_a_compound_are_averaged_by_batch_then_line(caplog):
    signatures = pd.DataFrame(
        {
            "compound": ["x", "x", "x", "x", "y", "y"],
            "cell_id": ["A", "A", "A", "B", "A", "B"],
            "batch": ["1", "1", "2", "3", "1", "3"],
            "flags": ["", "", "", "", "", "doubt"],
        }
    ).astype("category")
    with caplog.at_level(logging.INFO):
        wide = values_by_line(signatures, pd.Series([1.0, 3.0, 6.0, 5.0, 4.0, 9.0]))
    assert wide.loc["x"].tolist() == [4.0, 5.0] and wide.loc["y", "A"] == 4 and np.isnan(wide.loc["y", "B"])
    assert "1 flagged signatures and 0 without a value are left out" in caplog.text
    with pytest.raises(ValueError, match="None of the 6 signatures has a value and no flag"):
        values_by_line(signatures, pd.Series(np.nan, range(6)))
    with pytest.raises(ValueError, match="lack flags; give what join_compounds returns"):
        values_by_line(signatures.drop(columns="flags"), pd.Series(1.0, range(6)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"by": "class"}, "by='class' is not known; expected one of mechanism, target"),
        ({"n_draws": 0}, "n_draws=0; expected 1 or more"),
        ({"min_compounds": 99}, "min_compounds=99 leaves no mechanism; the largest has 5"),
    ],
)
def test_bad_input_is_a_sentence(given, message):
    classes = annotation({f"c{k}": "x" for k in range(5)})
    with pytest.raises(ValueError, match=message):
        enriched_mechanisms(random_scores(), classes, **given)
    with pytest.raises(ValueError, match="leaves no mechanism; no compound has a mechanism"):
        enriched_mechanisms(random_scores(), annotation({"other": "x"}))
    with pytest.raises(ValueError, match="infinite values; leave a value empty"):
        enriched_mechanisms(random_scores().replace({"A": {random_scores().iloc[0, 0]: np.inf}}), classes)


def test_hsp90_inhibitors_raise_hspa1b_in_the_demo_index():
    index = Index()
    joined = join_compounds(index.signatures)
    is_well = (joined["type"] == "chemical") & joined["pert_id"].astype(str).str.startswith("BRD-")
    assert (joined.loc[is_well, "matched_by"] == "pert_id").all()
    values = relative_ranks(index, "HSPA1B").loc[is_well, "relative_rank"]
    table = enriched_mechanisms(values_by_line(joined[is_well], values))
    assert table.loc["HSP90 inhibitor", "mean"] > 0.9 and table.loc["HSP90 inhibitor", "p"] < 0.05
