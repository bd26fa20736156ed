"""GSE92743 and GSE106127 of a simulated official folder: GTEx by both technologies; knock-downs by L1000."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.gctx import GctxWriter
from l1000_rnaseq.data.simulate.biology import log2_cpm
from l1000_rnaseq.data.simulate.official.gtex_gct import GtexRelease
from l1000_rnaseq.data.simulate.official.perturbations import TREATED, Reader
from l1000_rnaseq.data.simulate.official.release_tables import gene_info
from l1000_rnaseq.data.simulate.writers import write_table

N_GENES, BLOCK = 12_320, 200
"""Genes of GSE92743. Which 8 of CMap's 12,328 it lacks is not known: here the last that are no landmarks."""


def write_pairs(folder: Path, reader: Reader, release: GtexRelease) -> None:
    """Write GSE92743: Level 3 and log2(RPKM+1) of the same samples, quantile normalised, and their tables.

    Parameters
    ----------
    folder : path
        The folder paired of a data folder.
    reader : Reader
    release : GtexRelease
        Its tissues; its donors are others than those of the GTEx counts.
    """
    world, all_genes = reader.world, gene_info()
    left_out = np.flatnonzero(all_genes["pr_is_lm"] == 0)[N_GENES - len(all_genes) :]
    columns = np.delete(np.arange(len(all_genes)), left_out)
    genes = all_genes.iloc[columns]
    kept = world.genes.index.get_indexer(genes["pr_gene_symbol"])
    ids = release.samples.index.tolist()
    info = pd.DataFrame({"inst_id": ids, "tissue": release.samples["SMTSD"].to_numpy()})
    write_table(info, folder / "gse92743_inst_info.txt")
    write_table(genes, folder / "gse92743_gene_info.txt")
    kilobases = np.exp(np.random.default_rng(23).normal(np.log(2.5), 0.5, len(kept)))
    reference = np.sort(np.log2(np.exp2(log2_cpm(world.mean)[kept]) / kilobases + 1))
    names = "gse92743_l1000.gctx", "gse92743_rnaseq.gctx"
    rows = genes["pr_gene_id"].astype(str)
    writers = [GctxWriter(folder / name, rows, ids, attrs={"seed": release.seed}) for name in names]
    with writers[0] as l1000, writers[1] as rnaseq:
        for start in range(0, len(ids), BLOCK):
            rng = np.random.default_rng([release.seed, 7, start])
            level = log2_cpm(release.abundance(slice(None), slice(start, start + BLOCK)))
            if start + len(level) > l1000.done:
                measured = reader.read(level[:, world.is_landmark], rng)
                l1000.write(start, reader.infer(measured)[:, columns])
            if start + len(level) > rnaseq.done:
                rpkm = level[:, kept] - np.log2(kilobases) + rng.normal(0, 0.1, (len(level), len(kept)))
                rnaseq.write(start, reference[np.argsort(np.argsort(rpkm, axis=1), axis=1)])


def write_gse106127(folder: Path, reader: Reader, perturbagens: pd.DataFrame, n: int, seed: int) -> None:
    """Write GSE106127: Level 5 of hairpins and guides, consensus signatures of hairpins, and their tables.

    Landmarks only. Liu et al. (Methods) have guides of 53 genes. Here the planted genes have some.

    Parameters
    ----------
    folder : path
        The folder l1000 of a data folder.
    reader : Reader
    perturbagens : DataFrame
        Of `perturbations.perturbagens`.
    n : int
        Signatures of hairpins, at least three lines of all target genes of the planted world. Guides come
        after them.
    seed : int
    """
    used = perturbagens[perturbagens["kind"].isin(("sh", "xpr"))].reset_index()
    hairpins, guides = (np.flatnonzero(used["kind"] == kind) for kind in ("sh", "xpr"))
    guides = guides[: len(reader.world.knockouts)]
    lines, n = reader.lines[0], max(n, 90)
    at, line = hairpins[np.arange(n) % len(hairpins)], np.arange(n) // len(hairpins) % len(lines)
    at = np.concatenate([at, np.tile(guides, len(lines))])
    line = np.concatenate([line, np.repeat(np.arange(len(lines)), len(guides))])
    info = used.iloc[at][["pert_id", "pert_iname"]].reset_index(drop=True)
    kind = used["kind"].iloc[at].to_numpy()
    info = info.assign(
        pert_type=pd.Series(kind).map(TREATED), cell_id=np.array(lines)[line], pert_itime="96 h"
    )
    kit = np.where(kind == "sh", "KDB001_", "XPR001_")
    info.insert(0, "sig_id", kit + info["cell_id"] + "_96H:" + info["pert_id"])
    info["distil_id"] = info["sig_id"].str.replace("_96H:", "_96H_X1_B1:")
    consensus = info[kind == "sh"].drop_duplicates(["pert_iname", "cell_id"]).copy()
    consensus["sig_id"] = "CGS001_" + consensus["cell_id"] + "_96H:" + consensus["pert_iname"] + ":1"
    consensus["pert_id"] = consensus["pert_id"].str.replace("TRCN", "CGSTRCN")
    consensus = consensus.drop(columns="distil_id").assign(pert_type="trt_sh.cgs")
    marks = gene_info().query("pr_is_lm == 1")
    write_table(info, folder / "gse106127_sig_info.txt")
    inst = info.rename(columns={"sig_id": "of", "distil_id": "inst_id"})[["inst_id", *info.columns[1:5]]]
    write_table(inst, folder / "gse106127_inst_info.txt")
    write_table(consensus, folder / "gse106127_cgs_info.txt")
    write_table(marks, folder / "gse106127_gene_info.txt")

    def score(start: int, stop: int, noise: float, stream: int, rows: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([seed, stream, start])
        told = used.iloc[at[rows[start:stop]]]
        change = told["strength"].to_numpy()[:, None] * reader.effects[told["programme"]]
        z = np.empty(change.shape, np.float32)
        for number in np.unique(line[rows[start:stop]]):
            of = line[rows[start:stop]] == number
            treated = reader.beads.saturate(reader.truth(number, change[of]))
            z[of] = treated - reader.beads.saturate(reader.truth(number, 0 * change[of][:1]))
        alive = (reader.beads.table["dead"] == "").to_numpy()
        z = np.where(alive, z, 0) / (2 * reader.well_noise)
        return np.clip(z + rng.normal(0, noise, z.shape), -10, 10)

    for name, table, noise in (("level5", info, 1.0), ("cgs", consensus, 0.6)):
        path, rows = folder / f"gse106127_{name}.gctx", table.index.to_numpy()
        genes = marks["pr_gene_id"].astype(str)
        with GctxWriter(path, genes, table["sig_id"].tolist(), attrs={"seed": seed}) as out:
            for start in range(0, len(rows), 2000):
                stop = min(start + 2000, len(rows))
                if stop > out.done:
                    out.write(start, score(start, stop, noise, len(name), rows))
