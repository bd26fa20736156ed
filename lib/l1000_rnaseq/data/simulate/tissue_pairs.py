"""The GTEx pairs of a simulated data folder: the same tissues by L1000 and by RNA-seq, as in GSE92743."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.biology import GTEX_TISSUES, World, log2_cpm
from l1000_rnaseq.data.simulate.l1000 import Beads, gene_info
from l1000_rnaseq.data.simulate.rnaseq import counts
from l1000_rnaseq.data.simulate.writers import write_compressed_gctx, write_table

PER_TISSUE = 12


def write_gtex_pairs(folder: Path, world: World, beads: Beads, noise: float, seed: int) -> None:
    """Write paired/gse92743_*: Level 3, log2(RPKM+1) quantile normalised, gene and sample tables.

    Every second donor gives two tissues. No donor is in gtex_gene_reads.
    """
    rng = np.random.default_rng([seed, 92743])
    genes, marks = world.genes, world.is_landmark
    states, rows = [], []
    for number, tissue in enumerate(GTEX_TISSUES):
        states.append(world.scatter(tissue, PER_TISSUE, 0.3, rng))
        for k in range(PER_TISSUE):
            donor = f"GTEX-P{number // 2 * PER_TISSUE + k:03d}" if k % 2 else f"GTEX-Q{number}{k:02d}"
            rows.append((f"{donor}-{number:02d}26-SM-{rng.integers(16**5):05X}", tissue))
    states, info = np.concatenate(states), pd.DataFrame(rows, columns=["inst_id", "tissue"])
    intensities = beads.read(log2_cpm(states)[:, marks], rng, noise)
    in_cmap = (genes["kind"] != "other").to_numpy()
    reads = counts(states, np.full(len(states), 2e7), rng)[:, in_cmap]
    kilobases = np.exp(rng.normal(np.log(2.5), 0.5, in_cmap.sum()))
    rpkm = np.log2(reads / reads.sum(axis=1, keepdims=True) * 1e6 / kilobases + 1)
    order, reference = np.argsort(np.argsort(rpkm, axis=1), axis=1), np.sort(rpkm, axis=1).mean(axis=0)

    def save(name: str, values: np.ndarray, is_measured: np.ndarray) -> None:
        table = genes[is_measured]
        entrez = table["entrez"].astype(str)
        by_entrez = pd.DataFrame(values.astype(np.float32), index=info["inst_id"], columns=entrez)
        shown = pd.DataFrame({"pr_gene_symbol": table.index.to_numpy()}, index=entrez)
        write_compressed_gctx(by_entrez, shown.reset_index(drop=True), folder / name)

    save("paired/gse92743_l1000.gctx", intensities, marks)
    save("paired/gse92743_rnaseq.gctx", reference[order], in_cmap)
    write_table(info, folder / "paired/gse92743_inst_info.txt")
    write_table(gene_info(genes[in_cmap]), folder / "paired/gse92743_gene_info.txt")
