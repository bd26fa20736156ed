"""The RNA-seq changes of a simulated data folder: genes × contrasts, and a table that says what each is."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.simulate.biology import World
from l1000_rnaseq.data.simulate.writers import write_table

RESPONDERS = {  # the stimuli, each with genes that are known to rise; its other genes are drawn
    "TNF": "CXCL8 TNFAIP3 NFKBIA CCL2 VCAM1".split(),
    "IL17A": "CXCL8 IL6 NFKBIZ".split(),
    "IL22": "SOCS3 REG1A BCL3".split(),
    "IFNL": "IFIT1 ISG15 STAT1 MX1".split(),
    "DHT": "KLK3 FKBP5 TMPRSS2".split(),
    "hypoxia": "PDK1 NDRG1 CA9 VEGFA".split(),
}
TAHOE_LINES = ("A498", "HCT15", "LOVO")
NOISE = 0.25  # sd, log2
_COLUMNS = {  # of the .meta.tsv tables
    "morphic_ko": "contrast release group contrast_name path bytes git_blob sha256 n_genes n_padj05 "
    "median_baseMean target kind model repo".split(),
    "synovial_tnf_il17_sirna": "contrast set factor cell path bytes sha256 label repo geo".split(),
    "t84_il22_ifnl": ["", *"treatment time cell path bytes sha256 repo unit".split()],
    "lncap_antiandrogen": "contrast treated control cell n_treated n_control geo path bytes sha256 "
    "repo".split(),
    "tahoe_rank": "contrast compound cell n_genes path bytes sha256 repo unit".split(),
}
Contrasts = list[tuple[np.ndarray, dict]]  # log2 effect (G,) and what the meta table says of it


def write_changes(folder: Path, world: World, seed: int) -> dict[str, np.ndarray]:
    """Write changes/; return the log2 effect (G,) of each stimulus.

    A gene is missing where it was not tested: half of the time for the 15 % of genes with least expression.
    """
    rng, n_genes = np.random.default_rng([seed, 167]), len(world.mean)
    stimuli = {}
    for name, responders in RESPONDERS.items():
        moved = rng.choice(n_genes, max(40, n_genes // 40), replace=False)
        stimuli[name] = np.zeros(n_genes)
        stimuli[name][moved] = rng.choice([-1, 1], len(moved)) * rng.uniform(0.8, 2.5, len(moved))
        stimuli[name][world.genes.index.isin(responders)] = 3.0
    is_faint = world.mean < np.quantile(world.mean, 0.15)

    def write(name: str, contrasts: Contrasts, ranked: bool = False) -> None:
        effects = np.array([effect for effect, _ in contrasts])
        values = effects + rng.normal(0, NOISE, effects.shape)
        values[(rng.random(values.shape) < 0.5) & is_faint] = np.nan
        changes = pd.DataFrame(values.T, index=world.genes["new_symbol"].to_numpy())
        if ranked:
            changes = ndtri((changes.rank() - 0.5) / changes.notna().sum())
        table = pd.DataFrame([row for _, row in contrasts])
        table = table.assign(path="simulated", repo="simulated: see PLANTED_TRUTH.md")
        table = table.assign(n_genes=changes.notna().sum(), n_padj05=(effects != 0).sum(axis=1))
        table = table.reindex(columns=_COLUMNS[name])
        changes = changes.set_axis(table.iloc[:, 0].to_numpy(), axis=1).sort_index()
        changes = changes.round(2 if ranked else 3).astype(np.float32)
        write_table(table, folder / f"changes/{name}.meta.tsv")
        with atomic(folder / f"changes/{name}.parquet") as part:
            changes.to_parquet(part)

    knockouts = {gene: _with_own_gene(world, gene) for gene in world.knockouts}
    write("morphic_ko", _morphic(knockouts, stimuli["hypoxia"]))
    write("synovial_tnf_il17_sirna", _synovial(knockouts, stimuli))
    write("t84_il22_ifnl", _t84(stimuli))
    write("lncap_antiandrogen", _lncap(stimuli["DHT"]))
    write("tahoe_rank", _tahoe(world), ranked=True)
    return stimuli


def _with_own_gene(world: World, gene: str) -> np.ndarray:
    """Log2 effect (G,) of a knock-out, its own gene lowered."""
    effect = world.knockouts[gene].effect.copy()
    effect[world.genes.index.get_loc(gene)] = -world.knockouts[gene].log2_drop
    return effect


def _morphic(knockouts: dict[str, np.ndarray], hypoxia: np.ndarray) -> Contrasts:
    """Two clones of every knock-out, and hypoxia in the wild type."""
    rows = [
        (effect, f"PrS_day_6_nor_{gene}", f"{gene}_{clone}", gene, "CRISPR knock-out vs WT")
        for gene, effect in knockouts.items()
        for clone in ("CE", "KO")
    ]
    rows += [(hypoxia, "PrS_day_6_WT_WT_hyp_vs_nor", "hyp_vs_nor", "hypoxia", "hypoxia vs normoxia")]
    contrasts = []
    for number, (effect, group, name, target, kind) in enumerate(rows):
        release = f"simulated_{number * 2 // len(rows) + 1}"
        row = {"contrast": f"{release}|{group}|{name}", "release": release, "group": group}
        contrasts.append(
            (effect, row | {"contrast_name": name, "target": target, "kind": kind, "model": "PrS"})
        )
    return contrasts


def _synovial(knockouts: dict, stimuli: dict) -> Contrasts:
    """TNF over time, IL-17A on top of it at two doses, and an siRNA against STAT3."""
    rows = [
        (stimuli["TNF"] * hours / (hours + 3), "RNA-seq 1", f"t{hours}", f"{hours} h TNF vs 0 h")
        for hours in (2, 4, 6, 8, 10, 12, 18, 24)
    ]
    rows += [
        (stimuli["IL17A"] * dose / (dose + 1), "RNA-seq 1", f"d{dose}", f"IL-17A dose {dose} on top of TNF")
        for dose in (1, 10)
    ]
    rows += [(knockouts["STAT3"], "RNA-seq 2", "STAT3", "siRNA STAT3")]
    cell = {"cell": "human synovial fibroblasts"}
    return [
        (effect, {"contrast": f"{batch}|{factor}", "set": batch, "factor": factor, "label": label} | cell)
        for effect, batch, factor, label in rows
    ]


def _t84(stimuli: dict) -> Contrasts:
    """IL-22, interferon lambda and both, over time."""
    treatments = {name: stimuli[name] for name in ("IL22", "IFNL")}
    treatments["IL22_IFNL"] = treatments["IL22"] + treatments["IFNL"]
    same = {"cell": "T84 (colon carcinoma)", "unit": "log2FC vs mock of same time"}
    return [
        (
            effect * hours / (hours + 3),
            {"": f"{name}_{hours}h", "treatment": name, "time": f"{hours}h"} | same,
        )
        for name, effect in treatments.items()
        for hours in (3, 6, 12, 24)
    ]


def _lncap(androgen: np.ndarray) -> Contrasts:
    """An androgen, and three blockers of its receptor with and without it."""
    blockers = ("Apalutamide", "Bicalutamide", "Enzalutamide")
    rows = [("DHT vs vehicle", "Control_Plus_DHT", "Control_No_DHT", 1.0)]
    rows += [(f"{name}+DHT vs DHT", f"{name}_Plus_DHT", "Control_Plus_DHT", -0.8) for name in blockers]
    rows += [(f"{name} vs vehicle", f"{name}_No_DHT", "Control_No_DHT", -0.1) for name in blockers]
    same = {"cell": "LNCaP", "n_treated": 2, "n_control": 2}
    return [
        (share * androgen, {"contrast": contrast, "treated": treated, "control": control} | same)
        for contrast, treated, control, share in rows
    ]


def _tahoe(world: World) -> Contrasts:
    """Every compound at 10 uM in three lines; the table has normal scores of ranks."""
    unit = "normal score of the rank; NOT a log fold change"
    return [
        (
            compound.at(10.0),
            {"contrast": f"{name}|tahoe.{line.lower()}", "compound": name, "cell": line, "unit": unit},
        )
        for line in TAHOE_LINES
        for name, compound in world.compounds.items()
    ]
