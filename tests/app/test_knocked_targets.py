"""A compound beside the loss of its target."""

import numpy as np
import pandas as pd
from l1000_rnaseq.app.card_tables import Perturbagens
from l1000_rnaseq.app.knocked_targets import knocked_targets

NAMES = [
    "blocker",
    "no target",
    "two",
    "T1 (shRNA)",
    "T2 (shRNA)",
    "T3 (shRNA)",
    "T1 (CRISPR)",
    "T2 (overexpression)",
]
TABLE = pd.DataFrame({"relative_rank": [0.9, 0.8, -0.7, 0.5, -0.6, 0.7, -0.2, 0.9]}, NAMES)
ABOUT = pd.DataFrame(
    {
        "type": ["chemical"] * 3 + ["shRNA"] * 3 + ["CRISPR", "overexpression"],
        "targets": ["T1", "", "T2|T9", "", "", "", "", ""],
    },
    NAMES,
)
PERTURBAGENS = Perturbagens(ABOUT.iloc[::-1], np.array([]), [], np.array([]))


def test_each_target_that_was_knocked_is_a_row_with_its_base_rate():
    found = pd.DataFrame(knocked_targets(TABLE, PERTURBAGENS, ["blocker", "no target", "two"]))
    assert found.to_numpy().tolist() == [
        ["blocker", 0.9, "T1", "CRISPR", -0.2, 1, 1],  # alone of its type
        ["blocker", 0.9, "T1", "shRNA", 0.5, 2, 3],  # T3 goes further up
        ["two", -0.7, "T2", "shRNA", -0.6, 1, 3],  # none goes further down; its overexpression does not count
    ]


def test_without_knocked_targets_there_is_no_table():
    assert knocked_targets(TABLE, PERTURBAGENS, ["no target"]) == {}


def test_the_base_rate_of_random_ranks_is_even():
    random = np.random.default_rng(0)
    genes = [f"G{k}" for k in range(200)]
    names = ["drug", *genes]
    about = pd.DataFrame(
        {"type": ["chemical"] + ["CRISPR"] * 200, "targets": ["|".join(genes)] + [""] * 200}, names
    )
    table = pd.DataFrame({"relative_rank": [0.5, *random.uniform(-1, 1, 200)]}, names)
    found = knocked_targets(table, Perturbagens(about, np.array([]), [], np.array([])), ["drug"])
    assert sorted(found["as_far"]) == list(range(1, 201))
