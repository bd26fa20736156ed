"""GTEx as it is published: gene_reads GCT, sample attributes, donors. Written gene block by gene block."""

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.simulate.biology import World
from l1000_rnaseq.data.simulate.official.gtex_tissues import ORGANS, TISSUES
from l1000_rnaseq.data.simulate.writers import write_table

BLOCK = 2_000_000  # counts in memory
TISSUES_PER_DONOR = 18
PAR = """PLCXD1 GTPBP6 PPP2R3B SHOX CRLF2 CSF2RA IL3RA SLC25A6 ASMTL P2RY8 AKAP17A ASMT DHRSX ZBED1 CD99 VAMP7
IL9R SPRY3 WASH6P""".split()
"""Genes on both X and Y; GENCODE has a second row of each, with _PAR_Y behind its id."""
ATTRIBUTES = """SAMPID SMATSSCR SMCENTER SMPTHNTS SMRIN SMTS SMTSD SMUBRID SMTSISCH SMTSPAX SMNABTCH SMNABTCHT
SMNABTCHD SMGEBTCH SMGEBTCHD SMGEBTCHT SMAFRZE SMGTC""".split()


@dataclass(frozen=True)
class GtexRelease:
    """Samples of a GTEx release and the state of each.

    Attributes
    ----------
    world : World
    n_samples : int
        At least three per tissue are made.
    seed : int
        Of samples, donors and counts. What a tissue is and how it ages is the same in every release.
    letter : str
        Of the names of its donors: no two releases share a donor.
    """

    world: World
    n_samples: int
    seed: int
    letter: str = "S"

    @cached_property
    def samples(self) -> pd.DataFrame:
        """Samples × (SMTS, SMTSD, SUBJID, SMRIN, SMTSISCH, and the rows tissue and donor)."""
        rng = np.random.default_rng([self.seed, 1])
        number = np.arange(max(self.n_samples, 3 * len(TISSUES)))
        donor, part = number // TISSUES_PER_DONOR, number % TISSUES_PER_DONOR
        tissue = (3 * part + donor) % len(TISSUES)
        names = np.array(list(TISSUES))[tissue]
        subjects = np.array([f"GTEX-{self.letter}{k:04d}" for k in range(donor[-1] + 1)])[donor]
        aliquot = rng.integers(16**5, size=len(number))
        ids = [f"{s}-{p:02d}26-SM-{a:05X}" for s, p, a in zip(subjects, part, aliquot, strict=True)]
        columns = {"SMTS": [ORGANS[name] for name in names], "SMTSD": names, "SUBJID": subjects}
        columns |= {"tissue": tissue, "donor": donor, "SMRIN": rng.uniform(5.5, 10, len(number)).round(1)}
        columns["SMTSISCH"] = rng.integers(0, 1400, len(number))
        return pd.DataFrame(columns, index=pd.Index(ids, name="SAMPID"))

    @cached_property
    def donors(self) -> pd.DataFrame:
        """Donors × (age: true, years; AGE: bracket; SEX; DTHHRDY)."""
        rng, subjects = np.random.default_rng([self.seed, 2]), self.samples["SUBJID"].unique()
        age = rng.uniform(20, 80, len(subjects))
        bracket = [f"{int(a) // 10 * 10}-{int(a) // 10 * 10 + 9}" for a in age]
        told = {"SEX": rng.integers(1, 3, len(age)), "AGE": bracket, "DTHHRDY": rng.integers(0, 5, len(age))}
        return pd.DataFrame({**told, "age": age}, index=pd.Index(subjects, name="SUBJID"))

    @cached_property
    def ageing(self) -> np.ndarray:
        """Log2 per decade, tissues × genes: changes that all tissues share, and some of each tissue alone."""
        world, rng = self.world, np.random.default_rng(20)
        shared = np.where((world.ageing != 0).all(), world.ageing.iloc[0], 0)
        free = np.flatnonzero(shared == 0)
        rows = np.tile(shared, (len(TISSUES), 1))
        for row, name in zip(rows, TISSUES, strict=True):
            chosen = rng.choice(free, 60, replace=False)
            row[chosen] = rng.choice([-1, 1], 60) * rng.uniform(0.25, 0.5, 60)
            if name in world.ageing.index:
                row[:] = world.ageing.loc[name]
        return rows.astype(np.float32)

    @cached_property
    def _latent(self) -> np.ndarray:
        rng, tissues = np.random.default_rng([self.seed, 3]), np.random.default_rng(21)
        size = self.world.loadings.shape[1]
        centres = [self.world.latent[lineage] + tissues.normal(0, 0.3, size) for lineage in TISSUES.values()]
        return np.array(centres)[self.samples["tissue"]] + rng.normal(0, 0.15, (len(self.samples), size))

    @cached_property
    def _own(self) -> np.ndarray:
        """What each tissue has beyond its latent state: tissues × genes."""
        shape = len(TISSUES), len(self.world.mean)
        return np.random.default_rng(22).normal(0, 0.3, shape).astype(np.float32)

    def abundance(self, genes: slice, samples: slice = slice(None)) -> np.ndarray:
        """Return log2 abundance of some genes in some samples, without noise: samples × genes."""
        world, tissue = self.world, self.samples["tissue"].to_numpy()[samples]
        decades = ((self.donors["age"].to_numpy() - 50) / 10)[self.samples["donor"].to_numpy()[samples]]
        level = world.mean[genes] + self._latent[samples] @ world.loadings[genes].T
        return level + self._own[tissue, genes] + decades[:, None] * self.ageing[tissue, genes]

    def blocks(self) -> list[slice]:
        """Return gene slices that bound memory."""
        step = max(1, BLOCK // len(self.samples))
        return [slice(k, min(k + step, len(self.world.mean))) for k in range(0, len(self.world.mean), step)]

    def counts(self):
        """Yield read counts, gene block by gene block: the slice, and samples × genes (whole numbers)."""
        library = np.exp(np.random.default_rng([self.seed, 4]).normal(np.log(3e7), 0.4, len(self.samples)))
        total = sum(np.exp2(self.abundance(block)).sum(axis=1) for block in self.blocks())
        for number, block in enumerate(self.blocks()):
            rng = np.random.default_rng([self.seed, 5, number])
            abundance = self.abundance(block)
            abundance += rng.normal(0, 0.15, abundance.shape)
            expected = np.exp2(abundance) * (library / total)[:, None]
            yield block, rng.poisson(rng.gamma(1 / 0.03, 0.03 * expected))


def write_gtex(folder: Path, release: GtexRelease, prefix: str) -> None:
    """Write the three GTEx files of a release.

    Parameters
    ----------
    folder : path
        The folder rnaseq of a data folder.
    release : GtexRelease
    prefix : str
        Of the names of the files: gtex_ (v8) or gtex_v10_.
    """
    world, rng = release.world, np.random.default_rng([release.seed, 6])
    ids = (
        world.genes["ensembl"]
        + "."
        + pd.Series(rng.integers(1, 20, len(world.genes)), world.genes.index).astype(str)
    )
    par = [(f"{ids[gene]}_PAR_Y", gene) for gene in PAR if gene in ids]
    with atomic(folder / f"{prefix}gene_reads.gct.gz") as part, gzip.open(part, "wt", compresslevel=1) as out:
        out.write(f"#1.2\n{len(ids) + len(par)}\t{len(release.samples)}\n")
        out.write("\t".join(["Name", "Description", *release.samples.index]) + "\n")
        for block, values in release.counts():
            names = zip(ids.iloc[block], world.genes.index[block], values.T, strict=True)
            out.writelines(f"{i}\t{symbol}\t" + "\t".join(map(str, row)) + "\n" for i, symbol, row in names)
        zeros = "\t0" * len(release.samples)  # reads that fit X and Y are counted on X
        out.writelines(f"{i}\t{symbol}{zeros}\n" for i, symbol in par)
    attributes = release.samples.reset_index().assign(SMCENTER="B1", SMAFRZE="RNASEQ")
    write_table(attributes.reindex(columns=ATTRIBUTES), folder / f"{prefix}sample_attributes.txt")
    donors = release.donors.drop(columns="age").reset_index()
    write_table(donors, folder / f"{prefix}subject_phenotypes.txt")
