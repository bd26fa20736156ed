"""Make enrichment.tsv with gseapy (not a dependency: pip install gseapy, then run this file here).

    python make_enrichment.py

Signatures and sets follow from their number, so that the test makes them anew; only scores are stored.
"""

from importlib.metadata import version
from pathlib import Path

import gseapy
import numpy as np
import pandas as pd

rows = []
for number in range(40):
    rng = np.random.default_rng(number)
    n_genes, n_set = int(rng.integers(20, 978)), int(rng.integers(1, 15))
    values = pd.Series(np.sort(rng.standard_t(4, n_genes))[::-1], [f"G{k}" for k in range(n_genes)])
    members = values.index[rng.choice(n_genes, n_set, replace=False)].tolist()
    options = {"min_size": 1, "permutation_num": 10, "seed": 0, "outdir": None, "threads": 1}
    found = gseapy.prerank(rnk=values, gene_sets={"set": members}, weight=1.0, **options).res2d
    rows.append(f"{number}\t{float(found['ES'].iloc[0]):.15g}")
text = f"# gseapy {version('gseapy')}: prerank, weight 1\nnumber\tscore\n"
Path(__file__).with_name("enrichment.tsv").write_text(text + "\n".join(rows) + "\n")
