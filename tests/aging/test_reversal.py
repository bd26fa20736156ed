"""What reverses ageing: a planted reference is called, calls are counted, mechanisms are ranked."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from l1000_rnaseq.aging.reversal import AGES, GENES, classes_that_reverse, match_with_both_nulls


def test_called_references_are_counted_on_both_sides():
    rng = np.random.default_rng(0)
    genes = [f"G{k}" for k in range(600)]
    query = pd.Series(rng.normal(size=600), genes)
    values = rng.normal(size=(12, 600))
    values[0], values[1] = -query + rng.normal(0, 0.3, 600), query + rng.normal(0, 0.3, 600)
    table = pd.DataFrame({"pert_iname": [f"p{k}" for k in range(12)]}, [f"S{k}" for k in range(12)])
    source = SimpleNamespace(table=table, genes=genes, read=lambda a, b: (values[a:b], values[a:b]))
    null = pd.DataFrame(rng.normal(size=(40, 600)), columns=genes)
    matched, called = match_with_both_nulls(query, source, null, 40)
    assert matched.index[0] == "S0" and matched.index[-1] == "S1"
    for name in (AGES, GENES):
        assert called.loc[name].to_dict() == {"reverse ageing": 1, "mimic ageing": 1, "references": 12}


def test_classes_of_level_5_are_ranked(simulated_data, trained):
    bundle = trained["best"]
    rng = np.random.default_rng(0)
    query = pd.Series(rng.normal(size=len(bundle.genes)), list(bundle.genes))
    null = pd.DataFrame(rng.normal(size=(5, len(bundle.genes))), columns=list(bundle.genes))
    classes, n_called = classes_that_reverse(query, simulated_data, bundle, null, 3)
    assert classes.index.name == "mechanism" and classes["perturbagens"].ge(3).all()
    assert classes["auc"].is_monotonic_decreasing and n_called >= 0
