"""The gene sets of a simulated data folder: planted NR3C1 and knock-out targets among decoys."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.simulate.biology import World
from l1000_rnaseq.data.simulate.writers import write_bytes, write_table

_FACTORS = """REST SUZ12 CCND1 GATA1 CTCF SPI1 EP300 JUND MYOD1 SOX2 NANOG KLF5 ESR1 AR TP63 FOXP2 RUNX2 PPARD
ZNF217 HNF4A CEBPB RAD21 EZH2 CHD1 IRF3 EBF1 YY1 MAX ELK1 USF1 NRF1 SIX5 TCF12 PAX5 BCL3 MEF2A""".split()
_LOCATIONS = ("Intracellular and membrane", "Secreted to blood", "Secreted in other tissues")
_LOCATIONS += ("Secreted to extracellular matrix", "Secreted - unknown location", "Secreted in brain")


def nr3c1_targets(world: World) -> dict[str, list[str]]:
    """Genes that dexamethasone truly raises ('up') and lowers ('down')."""
    effect, symbols = world.compounds["dexamethasone"].effect, world.genes.index
    return {"up": list(symbols[effect > 0]), "down": list(symbols[effect < 0])}


def _gmt(sets: dict[str, list[str]], library, path: Path) -> None:
    lines = ["\t".join([name, library(name), *genes]) for name, genes in sets.items()]
    write_bytes(("\n".join(lines) + "\n").encode(), path)


def write_genesets(folder: Path, world: World, rng: np.random.Generator) -> list[str]:
    """Write genesets/; return the decoys, which are in NR3C1 sets but do not respond to dexamethasone."""
    folder, symbols = folder / "genesets", world.genes.index
    targets = sum(nr3c1_targets(world).values(), [])
    decoys = sorted(rng.choice(symbols.difference(targets), len(targets), replace=False))

    def mixed(share: float) -> list[str]:
        chosen = [
            rng.choice(group, max(5, int(share * len(group))), replace=False) for group in (targets, decoys)
        ]
        return sorted(np.concatenate(chosen))

    def random_sets(names) -> dict[str, list[str]]:
        return {n: sorted(rng.choice(symbols, rng.integers(50, 301), replace=False)) for n in names}

    prefix = {"CHEA": "ChEA", "ENCODE": "ENCODE"}
    names = {f"{p}_Transcription_Factor_Targets__NR3C1": p for p in prefix}
    harmonizome = {name: sorted(targets + decoys) if p == "CHEA" else mixed(0.8) for name, p in names.items()}
    _gmt(
        harmonizome,
        lambda n: f"Harmonizome: {prefix[names[n]]} Transcription Factor Targets",
        folder / "nr3c1_targets.gmt",
    )
    chea = random_sets(f"{f}_{90000000 + i}_CHIPSEQ_SIM_HUMAN" for i, f in enumerate(_FACTORS))
    chea["NR3C1_23031785_CHIPSEQ_PC12_MOUSE"] = mixed(0.5)
    chea["NR3C1_21868756_CHIPSEQ_MCF10A_HUMAN"] = mixed(0.8)
    for i, knockout in enumerate(world.knockouts.values()):
        moved = sorted(symbols[knockout.effect != 0])
        chea[f"{knockout.gene}_{91000000 + i}_CHIPSEQ_SIM_HUMAN"] = moved
    _gmt(chea, lambda _: "ChEA_2015", folder / "chea_2015.gmt")
    encode = random_sets(f"{factor}_SIM_HG19" for factor in _FACTORS)
    encode |= {
        f"NR3C1_{line}_HG19": mixed(part) for line, part in (("A549", 0.9), ("HEPG2", 0.3), ("ECC1", 0.3))
    }
    _gmt(encode, lambda _: "ENCODE_TF_ChIP-seq_2015", folder / "encode_tf_2015.gmt")

    secreted = world.genes[world.genes["kind"] != "other"].sample(frac=0.12, random_state=rng).sort_index()
    table = pd.DataFrame({"Gene": secreted.index, "Ensembl": secreted["ensembl"].to_numpy()})
    table["Gene description"] = secreted["title"].replace("-666", "not given").to_numpy()
    table["Uniprot"] = [f"P{90000 + i}" for i in range(len(table))]
    table["Protein class"] = "Predicted secreted proteins"
    table["Secretome location"] = rng.choice(_LOCATIONS, len(table), p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.05])
    write_table(table, folder / "hpa_secretome.tsv")
    score = 15 * world.ageing.loc["Muscle - Skeletal"] + rng.normal(0, 1, len(symbols))
    score = score.sort_values().rename("1").rename_axis("0")
    write_table(score.to_frame(), folder / "ageing_muscle_gtex.tsv", index=True, sep=",")
    return decoys
