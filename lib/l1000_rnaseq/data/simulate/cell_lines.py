"""The CCLE tables of a simulated data folder: untreated cell lines by RNA-seq, genes × lines, log2(TPM+1)."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.biology import L1000_LINES, WELL_LINES, World, log2_cpm
from l1000_rnaseq.data.simulate.writers import write_table

NCI60 = "A549 DU145 HCT116 HL60 HS578T HT29 MCF7 MDAMB231 PC3 SKMEL28 SKMEL5 SW620 T47D".split()
TRANSCRIPT_OFFSET = -0.93  # log2, mean over genes


def write_ccle(folder: Path, world: World, seed: int) -> None:
    """Write rnaseq/ccle_*.tsv.gz: landmarks by one transcript, NCI-60 lines, and lines that L1000 uses.

    One transcript has only part of a gene's TPM, the same part in every line: -0.93 log2 on average.
    """
    rng = np.random.default_rng([seed, 954])
    is_renamed = (world.genes["new_symbol"] != world.genes.index).to_numpy()
    transcript_share = np.minimum(rng.normal(TRANSCRIPT_OFFSET, 0.5, len(world.mean)), 0)

    def write(name: str, lines: list[str], genes: np.ndarray, share=0.0, corner: str | None = None) -> None:
        abundance = np.array([world.state(line) for line in lines])
        tpm = np.exp2(log2_cpm(abundance + rng.normal(0, 0.15, abundance.shape))) - 1
        values = np.log2(1 + tpm * np.exp2(share))[:, genes]
        table = pd.DataFrame(values.T.round(4), index=world.genes.index[genes], columns=lines)
        write_table(table.rename_axis(corner), folder / f"rnaseq/ccle_{name}.tsv.gz", index=True)

    every_fourth = np.arange(len(world.mean)) % 4 == 0
    write("landmarks_transcript", list(L1000_LINES), world.is_landmark, transcript_share)
    write("nci60_subset", NCI60, every_fourth, corner="s")
    write("l1000_lines", list(WELL_LINES[:10]), world.is_landmark & ~is_renamed)
