"""Gene sets as GMT: read any, and write the genes that each signature moves most."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.stats.ranks import ends


def read_gmt(path: Path, containing: str = "") -> dict[str, set[str]]:
    """Read the gene sets whose name contains a text: name → symbols in upper case."""
    sets = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, *genes = line.split("\t")
        if containing in name:
            sets[name] = {gene.split(",")[0].strip().upper() for gene in genes if gene.strip()}
    return sets


def write_gmt(path: Path, scores: Path, signatures: pd.DataFrame, top: int, block: int = 500) -> None:
    """Write the genes with the largest and the smallest score of every signature, strongest first."""
    file = open_gctx(scores)
    genes = np.asarray(file.row_ids, object)
    top = min(top, len(genes) // 2)
    with atomic(path) as part, part.open("w", encoding="utf-8") as text:
        for start in range(0, len(file.sample_ids), block):
            values = file.read(start, start + block)
            up, down = ends(values, top)
            for number, sig_id in enumerate(file.sample_ids[start : start + block]):
                row = signatures.loc[sig_id]
                description = " ".join(filter(None, row[["pert_iname", "cell_id", "pert_dose", "pert_time"]]))
                for direction, chosen in (("up", up[number]), ("dn", down[number])):
                    text.write("\t".join([f"{sig_id} {direction}", description, *genes[chosen]]) + "\n")
