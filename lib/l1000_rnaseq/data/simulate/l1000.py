"""The L1000 side of a simulated data folder: what the beads report of the true expression.

log2 intensity = crosstalk(4 + 11 · sigmoid(slope · (log2(CPM+1) − midpoint))) + plate effect + well noise,
clipped to 0..15; a dead probe reports a constant or noise. Unlike the real Level 3, wells are not quantile
normalised against each other.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate import biology
from l1000_rnaseq.data.simulate.biology import DOSES, L1000_LINES, PAIRED, WELL_LINES, World, log2_cpm
from l1000_rnaseq.data.simulate.writers import write_compressed_gctx, write_table

_INFO = "inst_id rna_plate rna_well pert_id pert_iname pert_type pert_dose pert_dose_unit pert_time".split()
_INFO += ["pert_time_unit", "cell_id"]
_VECTORS = {"GFP": "TRCN0000072188", "lacZ": "TRCN0000072237"}


@dataclass(frozen=True)
class Beads:
    """The measurement model; one row per landmark.

    Attributes
    ----------
    table : DataFrame (978), index = symbol
        slope and midpoint of the sigmoid (log2(CPM+1)), partner (symbol on the same bead), leak (fraction of
        the partner's linear signal that is read instead of the gene's own), dead ('', constant or noisy).
    """

    table: pd.DataFrame

    def saturate(self, truth: np.ndarray) -> np.ndarray:
        """Log2 intensity (n, 978) without crosstalk or noise, of true log2(CPM+1) (n, 978)."""
        slope, middle = self.table["slope"].to_numpy(), self.table["midpoint"].to_numpy()
        return 4 + 11 / (1 + np.exp(-slope * (truth - middle)))

    def read(self, truth: np.ndarray, rng: np.random.Generator, noise: float, plate=0.0) -> np.ndarray:
        """Measured log2 intensity (n, 978): crosstalk, plate effect (n or 1, 978), noise, dead probes."""
        light = np.exp2(self.saturate(truth))
        leak = self.table["leak"].to_numpy()
        partner = self.table.index.get_indexer(self.table["partner"])
        measured = np.log2((1 - leak) * light + leak * light[:, partner])
        measured = measured + plate + rng.normal(0, noise, measured.shape)
        for kind, spread in (("constant", 0.02), ("noisy", 1.0)):
            dead = np.flatnonzero(self.table["dead"] == kind)
            measured[:, dead] = 6 + rng.normal(0, spread, (len(truth), len(dead)))
        return np.clip(measured, 0, 15).astype(np.float32)


def make_beads(world: World, dead: int, strong: float, rng: np.random.Generator) -> Beads:
    """Draw the beads: `dead` dead probes, and a fraction `strong` of bead pairs that leak 10 to 25 %."""
    symbols = world.genes.index[world.is_landmark]
    n = len(symbols)
    pairs = rng.permutation(n).reshape(-1, 2)
    partner = np.empty(n, int)
    partner[pairs[:, 0]], partner[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    leak = np.empty(n)
    fraction = np.where(rng.random(len(pairs)) < strong, rng.uniform(0.1, 0.25, len(pairs)), 0.01)
    leak[pairs] = fraction[:, None]
    planted = list(biology.KNOCKOUTS) + biology.NR3C1_RESPONSE["up"] + biology.NR3C1_RESPONSE["down"]
    free = np.flatnonzero(~symbols.isin(planted))
    kinds = np.full(n, "", dtype=object)
    kinds[rng.choice(free, dead, replace=False)] = ["constant", "noisy"] * (dead // 2) + ["constant"] * (
        dead % 2
    )
    leak[(kinds != "") | (kinds[partner] != "")] = 0
    middle = 1 + np.median(log2_cpm(world.mean)[world.is_landmark])
    columns = {"slope": rng.normal(0.45, 0.08, n).clip(0.25), "midpoint": rng.normal(middle, 1.2, n)}
    return Beads(
        pd.DataFrame(columns | {"partner": symbols[partner], "leak": leak, "dead": kinds}, index=symbols)
    )


def _design(world: World, compounds_per_line: int, replicates: int) -> pd.DataFrame:
    """One row per well of the plates, without the plate's replicates' noise; columns of inst_info + batch."""
    rows, others = [], [name for name in world.compounds if name != "dexamethasone"]
    for i, line in enumerate(WELL_LINES):
        names = ["dexamethasone"] + [
            others[(compounds_per_line * i + j) % len(others)] for j in range(compounds_per_line)
        ]
        wells = [("DMSO", "DMSO", "ctl_vehicle", -666.0)] * 4
        wells += [(world.compounds[c].pert_id, c, "trt_cp", dose) for c in names for dose in DOSES]
        wells += [("CMAP-000", "UnTrt", "ctl_untrt", -666.0)] if i % 4 == 0 else []
        rows += [
            (f"SIM{i + 1:03d}_{line}_24H", r + 1, 24, line, *well)
            for r in range(replicates)
            for well in wells
        ]
    for i, line in enumerate(("A549", "A375", "PC3", "MCF7")):
        wells = [(_VECTORS[name], name, "ctl_vector", -666.0) for name in ("GFP", "lacZ") * 2]
        wells += [(h, k.gene, "trt_sh", -666.0) for k in world.knockouts.values() for h in k.hairpins]
        wells += [(f"BRDN-{k.gene}", k.gene, "trt_xpr", -666.0) for k in list(world.knockouts.values())[:4]]
        rows += [(f"SKD{i + 1:03d}_{line}_96H", r + 1, 96, line, *well) for r in range(2) for well in wells]
    columns = [
        "batch",
        "replicate",
        "pert_time",
        "cell_id",
        "pert_id",
        "pert_iname",
        "pert_type",
        "pert_dose",
    ]
    design = pd.DataFrame(rows, columns=columns)
    design["rna_plate"] = design["batch"] + "_X" + design["replicate"].astype(str)
    number = design.groupby("rna_plate").cumcount()
    design["rna_well"] = [f"{'ABCDEFGHIJKLMNOP'[k // 24]}{k % 24 + 1:02d}" for k in number]
    design["inst_id"] = design["rna_plate"] + "_B1_DUO52HI53LO:" + design["rna_well"]
    design["pert_dose_unit"] = np.where(design["pert_type"] == "trt_cp", "um", "-666")
    return design.assign(pert_time_unit="h")


def well_states(world: World, design: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Log2 abundance (wells, G): line, plus drug at its dose or knock-down with the hairpin's off-targets."""
    n, base = len(world.mean), {line: world.state(line) for line in design["cell_id"].unique()}
    off_target, states = {}, np.empty((len(design), n))
    for row, well in enumerate(design.itertuples()):
        state = base[well.cell_id] + rng.normal(0, 0.1, n)
        if well.pert_type == "trt_cp":
            state += world.compounds[well.pert_iname].at(well.pert_dose)
        elif well.pert_type in ("trt_sh", "trt_xpr"):
            knockout = world.knockouts[well.pert_iname]
            if well.pert_id not in off_target:
                hit = rng.random(n) < (0.02 if well.pert_type == "trt_sh" else 0)
                off_target[well.pert_id] = np.where(hit, rng.normal(0, 0.8, n), 0)
            state += knockout.effect + off_target[well.pert_id]
            state[world.genes.index.get_loc(knockout.gene)] = (
                base[well.cell_id][world.genes.index.get_loc(knockout.gene)] - knockout.log2_drop
            )
        states[row] = state
    return states


# the target of a mechanism, by its first word
TARGETS = {
    "Glucocorticoid": "NR3C1", "EGFR": "EGFR", "CDK": "CDK4", "HDAC": "HDAC1", "Topoisomerase": "TOP2A",
    "MTOR": "MTOR", "PI3K": "PIK3CA", "Proteasome": "PSMB5", "MEK": "MAP2K1", "Tubulin": "TUBB",
    "HSP": "HSP90AA1", "HMGCR": "HMGCR", "NFkB": "RELA",
}  # fmt: skip


def _level5(world: World, beads: Beads, n_lines: int, noise: float, rng) -> tuple[pd.DataFrame, pd.DataFrame]:
    lines, marks = list(dict.fromkeys([*WELL_LINES, *L1000_LINES]))[:n_lines], world.is_landmark
    names, values, info = list(world.compounds)[:25], [], []
    for line in lines:
        control = beads.saturate(log2_cpm(world.state(line))[None, marks])
        for name in names:
            drug = world.compounds[name]
            treated = beads.saturate(log2_cpm(world.state(line) + drug.at(10.0))[None, marks])
            z = (treated - control)[0] / (2 * noise)
            values.append(np.where(beads.table["dead"] == "", z, 0) + rng.normal(0, 1, len(z)))
            sig = f"SIM_{line}_24H:{drug.pert_id}:10"
            mechanism_and_target = drug.moa, TARGETS[drug.moa.split()[0]]
            info.append((sig, drug.pert_id, name, "trt_cp", line, "10 uM", "24 h", *mechanism_and_target))
    columns = "sig_id pert_id pert_iname pert_type cell_id pert_idose pert_itime moa target".split()
    info = pd.DataFrame(info, columns=columns)
    profiles = np.clip(np.array(values), -10, 10).astype(np.float32)
    return pd.DataFrame(profiles, index=info["sig_id"], columns=beads.table.index), info


def gene_info(genes: pd.DataFrame) -> pd.DataFrame:
    """Return genes as in CMap's gene_info: pr_gene_id (Entrez), symbol, title, pr_is_lm, pr_is_bing."""
    table = genes.assign(pr_is_lm=(genes["kind"] == "landmark").astype(int)).reset_index()
    columns = {"entrez": "pr_gene_id", "symbol": "pr_gene_symbol", "title": "pr_gene_title"}
    columns |= {"pr_is_lm": "pr_is_lm", "is_bing": "pr_is_bing"}
    return table[list(columns)].rename(columns=columns)


def write_l1000(folder: Path, world: World, beads: Beads, settings, rng: np.random.Generator) -> pd.DataFrame:
    """Write l1000/ and paired/hpa_l1000.gctx; return true log2(CPM+1) (a few wells × G) for checks."""
    genes, marks = world.genes, world.is_landmark
    rows = gene_info(genes[marks])

    def save(name: str, values: pd.DataFrame) -> None:
        by_entrez = values.set_axis(rows["pr_gene_id"].astype(str), axis=1)
        write_compressed_gctx(by_entrez, rows.drop(columns="pr_gene_id"), folder / name)

    design = _design(world, settings.compounds_per_line, settings.replicates)
    truth = log2_cpm(well_states(world, design, rng))
    plate, index = pd.factorize(design["rna_plate"])
    batch = pd.factorize(design["batch"])[0]
    shift = rng.normal(0, settings.plate_noise, (len(index), marks.sum()))
    shift += rng.normal(0, 0.3, (len(index), 1))
    shared = rng.normal(0, settings.plate_noise, (batch.max() + 1, marks.sum()))
    wells = beads.read(truth[:, marks], rng, settings.well_noise, shift[plate] + shared[batch])
    save("l1000/level3.gctx", pd.DataFrame(wells, index=design["inst_id"], columns=genes.index[marks]))
    dose = design["pert_dose"].map("{:g}".format)
    write_table(design.assign(pert_dose=dose)[_INFO], folder / "l1000/inst_info.txt")

    lines = list(dict.fromkeys([*WELL_LINES, *PAIRED, *L1000_LINES]))[: settings.baseline_lines]
    lines_truth = log2_cpm(np.array([world.state(line) for line in lines]))
    baseline = pd.DataFrame(
        beads.read(lines_truth[:, marks], rng, settings.well_noise / 3),
        index=lines,
        columns=genes.index[marks],
    )
    save("l1000/baseline.gctx", baseline)
    save("paired/hpa_l1000.gctx", baseline.loc[list(PAIRED)])
    info = pd.DataFrame(
        {"cell_id": lines, "pert_type": "ctl_vehicle", "pert_time": -666, "pert_time_unit": -666}
    )
    info = info.assign(base_cell_id=lines, sample_type="tumor", primary_site=[L1000_LINES[i] for i in lines])
    write_table(info.assign(subtype="-666"), folder / "l1000/baseline_info.txt")

    signatures, sig_info = _level5(world, beads, settings.signature_lines, settings.well_noise, rng)
    save("l1000/level5.gctx", signatures)
    write_table(sig_info, folder / "l1000/sig_info.txt")
    write_table(gene_info(genes[genes["kind"] != "other"]), folder / "l1000/gene_info.txt")
    columns = "cell_id cell_type base_cell_id precursor_cell_id modification sample_type primary_site subtype"
    columns += " original_growth_pattern provider_catalog_id original_source_vendor donor_age donor_sex"
    cells = pd.DataFrame("-666", index=range(len(L1000_LINES)), columns=[*columns.split(), "donor_ethnicity"])
    cells = cells.assign(cell_id=list(L1000_LINES), base_cell_id=list(L1000_LINES), cell_type="Cell line")
    cells = cells.assign(sample_type="tumor", primary_site=list(L1000_LINES.values()))
    write_table(cells, folder / "l1000/cell_info.txt")

    sampled = np.arange(0, len(design), 40)
    return pd.concat(
        [
            pd.DataFrame(lines_truth, index=lines, columns=genes.index),
            pd.DataFrame(truth[sampled], index=design["inst_id"].iloc[sampled], columns=genes.index),
        ]
    )
