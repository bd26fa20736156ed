"""Make a data folder with planted truth: every file of a real one, in the same formats, from one seed."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.output import LOCK, output
from l1000_rnaseq.data.simulate import biology
from l1000_rnaseq.data.simulate.annotations import write_compounds, write_gene_names
from l1000_rnaseq.data.simulate.cell_lines import TRANSCRIPT_OFFSET, write_ccle
from l1000_rnaseq.data.simulate.changes import write_changes
from l1000_rnaseq.data.simulate.gene_sets import nr3c1_targets, write_genesets
from l1000_rnaseq.data.simulate.knockdowns import write_knockdowns
from l1000_rnaseq.data.simulate.l1000 import Beads, make_beads, write_l1000
from l1000_rnaseq.data.simulate.rnaseq import A549_GROUPS, write_rnaseq
from l1000_rnaseq.data.simulate.tissue_pairs import write_gtex_pairs
from l1000_rnaseq.data.simulate.writers import write_bytes, write_table

SMALL = 0.125


@dataclass(frozen=True)
class SimulationSettings:
    """How much is simulated, and how noisy it is.

    Attributes
    ----------
    further_genes : genes beside the 978 landmarks; 7 in 10 are in CMap, the others are made up.
    latent : dimensions of the expression space that both platforms share.
    replicates : L1000 plates (_X1, _X2, …) of each compound batch.
    compounds_per_line : compounds beside dexamethasone on each line's plates, each at 0.08, 0.4, 2 and 10 uM.
    baseline_lines : L1000 lines with an averaged unperturbed profile.
    signature_lines : lines with Level 5 signatures (25 compounds each, 10 uM).
    samples_per_series : RNA-seq samples of each of the 12 series of human_matrix.h5.
    gtex_per_bracket : GTEx samples of each tissue (4) and age bracket (6).
    hpa_lines, hpa_tissues : HPA columns beside the nine paired lines.
    well_noise, plate_noise : sd in log2 intensity; well, and plate × gene (as much again per batch × gene).
    dead_probes : landmarks whose bead reports a constant or noise.
    strong_crosstalk : fraction of bead pairs that leak 10 to 25 % of their partner's linear signal.
    """

    further_genes: int = 3200
    latent: int = 12
    replicates: int = 3
    compounds_per_line: int = 3
    baseline_lines: int = 60
    signature_lines: int = 24
    samples_per_series: int = 50
    gtex_per_bracket: int = 5
    hpa_lines: int = 40
    hpa_tissues: int = 20
    well_noise: float = 0.25
    plate_noise: float = 0.15
    dead_probes: int = 6
    strong_crosstalk: float = 0.2

    def scaled(self, scale: float) -> "SimulationSettings":
        """Return settings with the genes and samples multiplied by `scale`, each kept large enough to use."""
        least = {
            "further_genes": 100,
            "compounds_per_line": 1,
            "baseline_lines": 30,
            "signature_lines": 8,
            "samples_per_series": 12,
            "gtex_per_bracket": 3,
            "hpa_lines": 12,
            "hpa_tissues": 6,
        }
        most = {
            "further_genes": 15_000,
            "compounds_per_line": 20,
            "baseline_lines": 63,
            "signature_lines": 63,
        }
        sizes = {name: max(low, round(scale * getattr(self, name))) for name, low in least.items()}
        sizes = {name: min(size, most.get(name, size)) for name, size in sizes.items()}
        return replace(self, **sizes)


UNFINISHED = ".unfinished"  # there until all files are


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated folder.

    Attributes
    ----------
    planted : dict, the content of planted_truth.json (its keys are explained in PLANTED_TRUTH.md).
    expression : DataFrame, the baseline lines and every 40th well × genes, true log2(CPM+1).
    beads : DataFrame, one row per landmark: slope, midpoint, partner, leak, dead.
    """

    planted: dict
    expression: pd.DataFrame
    beads: pd.DataFrame


def simulate(
    folder, seed: int = 0, scale: float = 1.0, settings: SimulationSettings | None = None, force: bool = False
) -> Truth:
    """Write a simulated data folder; the same seed gives the same bytes.

    Parameters
    ----------
    folder : path-like
        Made if it does not exist; must be empty unless `force`, but for what a run that was stopped left.
    seed : int
        Seed of everything.
    scale : float
        Multiplies the numbers of further genes and of samples; `SMALL` (0.125) is meant for tests.
    settings : SimulationSettings, optional
        Numbers and noise at scale 1.
    force : bool
        Write into a folder that is not empty; files of the same names are replaced.

    Returns
    -------
    Truth
        Also written to the folder, as PLANTED_TRUTH.md, planted_truth.json and truth/.

    Raises
    ------
    ValueError
        If `scale` is not a positive number, or the folder is not empty.
    """
    folder = Path(folder)
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"scale is {scale}; expected a positive number, such as 1 or {SMALL}.")
    with output(folder, folder=True):
        there, begun = {path.name for path in folder.iterdir()} - {LOCK}, folder / UNFINISHED
        if there and UNFINISHED not in there and not force:
            raise ValueError(f"{folder} is not empty; name an empty or new folder, or pass --force.")
        begun.touch()
        truth = _simulate(folder, seed, scale, (settings or SimulationSettings()).scaled(scale))
        begun.unlink()
        return truth


def _simulate(folder: Path, seed: int, scale: float, settings: SimulationSettings) -> Truth:
    rng = np.random.default_rng(seed)
    world = biology.make_world(settings.further_genes, settings.latent, rng)
    beads = make_beads(world, settings.dead_probes, settings.strong_crosstalk, rng)
    expression = write_l1000(folder, world, beads, settings, rng)
    ages = write_rnaseq(folder, world, settings, rng)
    decoys = write_genesets(folder, world, rng)
    write_gtex_pairs(folder, world, beads, settings.well_noise, seed)
    write_knockdowns(folder, world, beads, settings.well_noise, seed)
    write_ccle(folder, world, seed)
    stimuli = write_changes(folder, world, seed)
    write_gene_names(folder, world)
    write_compounds(folder, world)
    planted = {"seed": seed, "scale": scale, **planted_truth(world, beads), "donor_age_years": ages}
    planted["stimuli_log2"] = {name: _nonzero(effect, world.genes.index) for name, effect in stimuli.items()}
    planted["ccle_transcript_log2_offset"] = TRANSCRIPT_OFFSET
    planted["nr3c1_targets"]["decoys"] = decoys
    truth = Truth(planted, expression, beads.table)
    table = truth.expression.round(4).rename_axis("sample")
    write_table(table, folder / "truth/expression.tsv.gz", index=True)
    write_table(truth.beads.round(4), folder / "truth/beads.tsv", index=True)
    write_bytes(json.dumps(planted, indent=1).encode(), folder / "planted_truth.json")
    write_bytes(_PROSE.encode(), folder / "PLANTED_TRUTH.md")
    return truth


def _nonzero(effect: np.ndarray, symbols: pd.Index) -> dict[str, float]:
    return {symbols[i]: round(float(effect[i]), 3) for i in np.flatnonzero(effect)}


def planted_truth(world: biology.World, beads: Beads) -> dict:
    """Return what a world and its beads have planted, for planted_truth.json."""
    symbols, kinds = world.genes.index, world.genes["kind"]
    targets, leaks = nr3c1_targets(world), beads.table[beads.table["leak"] >= 0.1]
    shared = (world.ageing != 0).all()
    return {
        "genes": {kind: int((kinds == kind).sum()) for kind in ("landmark", "inferred", "other")}
        | {"absent_from_h5": ["HDGFRP3"]},
        "lines": biology.L1000_LINES,
        "paired_lines": list(biology.PAIRED),
        "compounds": {
            c.name: {
                "pert_id": c.pert_id,
                "moa": c.moa,
                "ec50_um": round(c.ec50, 4),
                "hill": round(c.hill, 4),
            }
            | {"log2_effect": _nonzero(c.effect, symbols)}
            for c in world.compounds.values()
        },
        "knockouts": {
            k.gene: {"hairpins": list(k.hairpins), "own_log2_drop": round(k.log2_drop, 3)}
            | {"downstream_log2": _nonzero(k.effect, symbols)}
            for k in world.knockouts.values()
        },
        "nr3c1_targets": targets,
        "ageing_log2_per_decade": {
            "shared": _nonzero(np.where(shared, world.ageing.iloc[0], 0), symbols),
            **{t: _nonzero(np.where(shared, 0, row), symbols) for t, row in world.ageing.iterrows()},
        },
        "dead_probes": beads.table.loc[beads.table["dead"] != "", "dead"].to_dict(),
        "crosstalk": [
            {"gene": gene, "partner": row["partner"], "fraction": round(float(row["leak"]), 4)}
            for gene, row in leaks.iterrows()
        ],
        "a549_groups_dexamethasone_activity": {name: group[0] for name, group in A549_GROUPS.items()},
    }


_PROSE = """# What is true in this folder

Every file here is simulated; no value was measured. Gene symbols and ids of CMap genes, cell line, tissue and
drug names are real, their behaviour is not. Genes named LINC9xxxx are made up: genes that CMap lacks.

**Cells.** log2 abundance = gene mean + loadings × latent state + a part of each gene and cell (sd 0.3).
Lines and tissues of one lineage share part of their latent state; both platforms see the same lines, so the
genome can be predicted from the landmarks, for lines never seen too, up to that part.
True expression is log2(CPM+1) of that abundance; `truth/expression.tsv.gz` has it for the baseline lines
(the nine paired ones among them) and for every 40th Level 3 well.

**L1000.** log2 intensity = 4 + 11 · sigmoid(slope · (log2(CPM+1) − midpoint)), with a slope and midpoint for
each gene; then two landmarks of one bead leak linear signal into each other; then plate and well noise.
`truth/beads.tsv` has slope, midpoint, partner, leak and dead for each landmark. Dead probes report a constant
or noise. Plate SIM001_A375_24H_X1 is of batch SIM001_A375_24H. Level 3 is not quantile normalised.
Level 5 is (treated − control) / (2 · well noise) without crosstalk, plus N(0, 1), clipped to ±10.

**Perturbations.** A compound's effect is log2_effect · dose^hill / (ec50^hill + dose^hill); compounds of one
mechanism share it but for ten genes. A knock-down (SKD plates, trt_sh with two hairpins, trt_xpr) lowers its
own gene by own_log2_drop and moves downstream genes; each hairpin has off-target effects of its own.
l1000/gse106127_* has their Level 5 in eight lines, in the format of GSE106127.
The studies in dex/ use dexamethasone at 1 uM; in the A549 study a group has the fraction of it that
a549_groups_dexamethasone_activity says.

**Gene sets.** NR3C1 sets have the planted targets (nr3c1_targets: up, down) among as many decoys; the other
sets are random, but for SIM-named ones, which have the downstream genes of a knock-out.

**RNA-seq.** Negative binomial counts (dispersion 0.03); each source (data_processing) shifts each gene by
sd 0.4 and each series by sd 0.25 log2. HDGFRP3 is absent from human_matrix.h5, as in the real one. dex/ uses
today's symbols. HPA has a per-gene scale of its own (sd 0.5 log2); two tissues have empty cells.

rnaseq/ccle_* has cell lines in log2(TPM+1). In ccle_landmarks_transcript every gene has the share of one
transcript, the same in every line: ccle_transcript_log2_offset on average, sd 0.5.

**Changes.** changes/ has log2 fold changes of RNA-seq under today's symbols, with noise of sd 0.25. Both
clones of a knock-out move the same genes and lower their own gene by own_log2_drop. A stimulus (TNF, IL17A,
IL22, IFNL, DHT, hypoxia) moves the genes of stimuli_log2. A time course has hours / (hours + 3) of that, and
IL-17A dose / (dose + 1). A blocker takes 0.8 of DHT's effect away. tahoe_rank has every compound at 10 uM in
three lines, as normal scores of the ranks. A gene of low expression is missing half of the time.

**Names and compounds.** names/hgnc.tsv.gz has today's symbols, with the L1000 symbol as the previous one; its
hgnc_id are made up. compounds/ has the mechanism and target of every planted compound.

**GTEx pairs.** paired/gse92743_* has the formats of GSE92743: tissues of donors of their own by both
technologies, log2(RPKM+1) with a made-up length of every gene, quantile normalised.

**Ageing.** GTEx donors have a true age in years (donor_age_years); genes in ageing_log2_per_decade change by
so much per decade about 50: the shared ones in all four tissues, the others in one.

`planted_truth.json`: seed, scale, genes, lines, paired_lines, compounds, knockouts, nr3c1_targets,
ageing_log2_per_decade, dead_probes, crosstalk (leaks of 10 % and more), a549_groups_…, donor_age_years,
stimuli_log2, ccle_transcript_log2_offset.
"""
