"""The genetic perturbations of a simulated data folder: Level 5 of shRNA and CRISPR, as in GSE106127."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.biology import L1000_LINES, World, log2_cpm
from l1000_rnaseq.data.simulate.l1000 import Beads, well_states
from l1000_rnaseq.data.simulate.writers import write_compressed_gctx, write_table

LINES = 8


def write_knockdowns(folder: Path, world: World, beads: Beads, noise: float, seed: int) -> None:
    """Write l1000/gse106127_*: z-scores of every hairpin and guide in eight lines, and a sample table.

    A hairpin has off-targets, the same in every line; a guide has none.
    """
    rng = np.random.default_rng([seed, 106127])
    marks, lines = world.is_landmark, list(L1000_LINES)[:LINES]
    rows = [
        (line, reagent, gene.gene, kind)
        for line in lines
        for gene in world.knockouts.values()
        for kind, reagents in (("trt_sh", gene.hairpins), ("trt_xpr", (f"BRDN-{gene.gene}",)))
        for reagent in reagents
    ]
    info = pd.DataFrame(rows, columns=["cell_id", "pert_id", "pert_iname", "pert_type"])
    kit = info["pert_type"].map({"trt_sh": "SKG", "trt_xpr": "SXP"})
    info.insert(0, "sig_id", kit + "_" + info["cell_id"] + "_96H:" + info["pert_id"])
    control = pd.DataFrame(
        {line: beads.saturate(log2_cpm(world.state(line))[None, marks])[0] for line in lines}
    )
    treated = beads.saturate(log2_cpm(well_states(world, info, rng))[:, marks])
    z = (treated - control[info["cell_id"]].T.to_numpy()) / (2 * noise)
    z = np.where((beads.table["dead"] == "").to_numpy(), z, 0) + rng.normal(0, 1, z.shape)
    table = world.genes[marks]
    entrez = table["entrez"].astype(str)
    values = pd.DataFrame(np.clip(z, -10, 10).astype(np.float32), index=info["sig_id"], columns=entrez)
    shown = pd.DataFrame({"pr_gene_symbol": table.index.to_numpy()}, index=entrez)
    write_compressed_gctx(values, shown.reset_index(drop=True), folder / "l1000/gse106127_level5.gctx")
    write_table(info, folder / "l1000/gse106127_sig_info.txt")
