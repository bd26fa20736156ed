"""Permuted ages as the null of a search by signature."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from l1000_rnaseq.aging.aging_signatures import aging_signatures
from l1000_rnaseq.aging.chance import permuted_scores
from l1000_rnaseq.aging.comparisons import AgingSettings
from l1000_rnaseq.search.by_signature import match_signatures


def test_label_permutations_are_the_honest_null(small_tissues):
    """References that move one module of correlated genes: permuted genes call them, permuted ages do not."""
    settings = AgingSettings(older=("30-39",), n_draws=1, top=40)
    signatures = aging_signatures(small_tissues, settings, progress=False)
    sig_id = "GTEx Lung 20-29 vs 30-39"
    genes = signatures.genes[sig_id].index
    null = dict(permuted_scores(small_tissues, signatures, 40, sig_ids=[sig_id], progress=False))[sig_id]
    rng = np.random.default_rng(0)
    module = null.iloc[::2].to_numpy() + rng.normal(0, 0.02, (20, len(genes)))
    source = SimpleNamespace(
        table=pd.DataFrame(index=[f"S{i}" for i in range(20)]),
        genes=list(genes),
        read=lambda start, stop: (module[start:stop], module[start:stop]),
    )
    false = {}
    queries = [null.iloc[number] for number in range(1, 20, 2)]
    for kind in ("genes", "labels"):
        permuted = None if kind == "genes" else null.iloc[21::2]
        p = [match_signatures(q, source, permuted, top=40, progress=False)["cosine_p"] for q in queries]
        false[kind] = float((pd.concat(p) < 0.15).mean())
    assert false["genes"] > 0.5 > 0.3 > false["labels"]
