"""The RNA-seq side of a simulated data folder: series with batch effects, GTEx, HPA, dexamethasone studies.

Counts are negative binomial about the true expression plus a source's and a series' own log2 shift per gene.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.hdf5 import HDF5Writer
from l1000_rnaseq.data.simulate.biology import GTEX_TISSUES, HPA_LINES, HPA_TISSUES, PAIRED, World
from l1000_rnaseq.data.simulate.writers import write_table

SOURCES = (
    "RNAseqDB RSEM expected count",
    "TCGA RNASeqV2 RSEM normalized count, rounded",
    "ARCHS4 counts via D2H2 (v2-sized gene list)",
)
TCGA = {  # project: (cell it resembles, tissue name, source)
    "TCGA-LUAD": ("lung", "Lung", 0),
    "TCGA-LIHC": ("liver", "Liver", 0),
    "TCGA-KICH": ("kidney", "Kidney", 0),
    "TCGA-BRCA": ("breast", "Breast", 0),
    "TCGA-COAD": ("colon", "Colon", 0),
    "TCGA-PRAD": ("prostate", "Prostate", 1),
    "TCGA-STAD": ("stomach", "Stomach", 1),
}
GSE = {  # series: (cell lines, compound)
    "GSE900101": (("A549", "HCC515"), "dexamethasone"),
    "GSE900102": (("MCF7", "T47D", "SKBR3"), "vorinostat"),
    "GSE900103": (("HL60", "THP1", "JURKAT"), "alvocidib"),
    "GSE900104": (("PC3", "VCAP", "LNCAP"), "torin-2"),
    "GSE900105": (("A375", "SKMEL5", "U2OS", "HEPG2", "HT29"), "trametinib"),
}
BRACKETS = ("20-29", "30-39", "40-49", "50-59", "60-69", "70-79")
A549_GROUPS = {  # condition: (how much of dexamethasone's effect acts, dexamethasone, other drug)
    "reference (18h DMSO, inferred)": (0.0, "no", "none"),
    "18h KH-103": (0.0, "no", "KH-103"),
    "18h MIF": (0.1, "no", "MIF"),
    "18h Cort113": (0.0, "no", "Cort113"),
    "16h DMSO > 2h DEX+DMSO": (0.5, "yes", "none"),
    "16h KH-103 > 2h DEX+KH-103": (0.05, "yes", "KH-103"),
    "16h MIF > 2h DEX+MIF": (0.15, "yes", "MIF"),
    "16h Cort113 > 2h DEX+Cort113": (0.25, "yes", "Cort113"),
    "2h DEX > 16h DEX+DMSO": (1.0, "yes", "none"),
    "2h DEX > 16h DEX+KH-103": (0.15, "yes", "KH-103"),
    "2h DEX > 16h DEX+MIF": (0.3, "yes", "MIF"),
    "2h DEX > 16h DEX+Cort113": (0.4, "yes", "Cort113"),
}


def counts(
    abundance: np.ndarray, library: np.ndarray, rng: np.random.Generator, dispersion=0.03
) -> np.ndarray:
    """Negative binomial counts (n, G) of log2 abundance (n, G) at library sizes (n,), in reads."""
    share = np.exp2(abundance)
    expected = share / share.sum(axis=1, keepdims=True) * library[:, None]
    return rng.poisson(rng.gamma(1 / dispersion, dispersion * expected)).astype(np.uint32)


def _libraries(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.exp(rng.normal(np.log(2e7), 0.4, n))


def _series(world: World, size: int, rng: np.random.Generator) -> tuple[np.ndarray, pd.DataFrame]:
    """Log2 abundance (n, G) with batch effects, and the ARCHS4 sample fields of every series."""
    states, rows, n_genes = [], [], len(world.mean)
    shift = rng.normal(0, 0.4, (len(SOURCES), n_genes))
    for code, (project, (cell, tissue, source)) in enumerate(TCGA.items()):
        n, series_shift = size, rng.normal(0, 0.25, n_genes)
        states.append(world.scatter(cell, n, 0.5, rng) + shift[source] + series_shift)
        for i in range(n):
            kind, number = (("solid tissue normal", "11"), ("primary tumor", "01"))[i % 4 > 0]
            patient = f"TCGA-S{code}-{rng.integers(16**4):04X}"[:12]
            text = f"tissue: {tissue},sample type: {kind},sample type code: {number}"
            rows.append((text, SOURCES[source], f"{patient}-{number}A-{i:02d}R", project, tissue, patient))
    for code, (series, (lines, compound)) in enumerate(GSE.items()):
        series_shift = rng.normal(0, 0.25, n_genes)
        for i in range(size):
            line, treated = lines[i // 2 % len(lines)], i % 2
            state = world.scatter(line, 1, 0.1, rng) + treated * world.compounds[compound].at(1.0)
            states.append(state + shift[2] + series_shift)
            title = compound if treated else "control"
            text, gsm = f"condition: {title},group: {line}", f"GSM{9000000 + 1000 * code + i}"
            rows.append((text, SOURCES[2], gsm, series, line, title))
    names = "characteristics_ch1 data_processing geo_accession series_id source_name_ch1 title".split()
    return np.concatenate(states), pd.DataFrame(rows, columns=names)


def _write_archs4(path: Path, values: np.ndarray, samples: pd.DataFrame, genes: pd.DataFrame) -> None:
    samples = samples.assign(organism_ch1="Homo sapiens", library_source="transcriptomic")
    info = {
        "creation_date": "2026-01-01",
        "title": "human gene expression, ARCHS4 v2 layout",
        "version": "1.0",
    }
    info["note"] = "Simulated: see PLANTED_TRUTH.md."

    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part, HDF5Writer(part, track_order=False) as h5:
        layout = {"chunks": (len(genes), 4), "compression": 2, "shuffle": True, "track_times": False}
        h5.create_dataset("data/expression", data=np.ascontiguousarray(values.T), **layout)
        h5["meta/genes/ensembl_gene"] = genes["ensembl"].to_numpy("S")
        h5["meta/genes/symbol"] = genes.index.to_numpy("S")
        for name in samples:
            text = not pd.api.types.is_numeric_dtype(samples[name])
            h5[f"meta/samples/{name}"] = samples[name].to_numpy("S" if text else np.int64)
        for name, value in info.items():
            h5[f"meta/info/{name}"] = value


def _gtex(folder: Path, world: World, per_bracket: int, rng: np.random.Generator) -> dict[str, float]:
    """Write the three GTEx files; every donor gives two tissues. Return the true age of each donor, years."""
    donors = [(f"GTEX-S{b}{d:02d}", b, rng.uniform(20 + 10 * b, 30 + 10 * b)) for b in range(6)
              for d in range(2 * per_bracket)]  # fmt: skip
    states, rows = [], []
    for t, (tissue, lineage) in enumerate(GTEX_TISSUES.items()):
        for donor, _, age in [d for i, d in enumerate(donors) if (i // per_bracket) % 2 == t % 2]:
            change = world.ageing.loc[tissue].to_numpy() * (age - 50) / 10
            states.append(world.scatter(tissue, 1, 0.15, rng)[0] + change)
            rows.append(
                (f"{donor}-{26 + t:02d}26-SM-{rng.integers(16**5):05X}", lineage.capitalize(), tissue)
            )
    attributes = pd.DataFrame(rows, columns=["SAMPID", "SMTS", "SMTSD"])
    values = counts(np.array(states), _libraries(len(states), rng), rng)
    versions = pd.Series(rng.integers(1, 20, len(world.genes)).astype(str), index=world.genes.index)
    table = pd.DataFrame(values.T, columns=attributes["SAMPID"])
    table.insert(0, "Name", (world.genes["ensembl"] + "." + versions).to_numpy())
    table.insert(1, "Description", world.genes.index)
    head = f"#1.2\n{len(table)}\t{len(attributes)}\n"
    write_table(table, folder / "rnaseq/gtex_gene_reads.gct.gz", head=head)
    write_table(attributes, folder / "rnaseq/gtex_sample_attributes.txt")
    people = pd.DataFrame([(name, BRACKETS[b]) for name, b, _ in donors], columns=["SUBJID", "AGE"])
    people = people.assign(SEX=rng.integers(1, 3, len(people)), DTHHRDY=rng.integers(0, 5, len(people)))
    people = people[["SUBJID", "SEX", "AGE", "DTHHRDY"]]
    write_table(people, folder / "rnaseq/gtex_subject_phenotypes.txt")
    return {name: round(age, 2) for name, _, age in donors}


def _hpa(folder: Path, world: World, n_lines: int, n_tissues: int, rng: np.random.Generator) -> None:
    """Write HPA's own linear scale (per-gene factor, column sums 0.16 M); two tissues have empty cells."""
    cells = [*list(HPA_LINES)[:: max(1, len(HPA_LINES) // n_lines)][:n_lines], *list(HPA_TISSUES)[:n_tissues]]
    scale = rng.normal(0, 0.5, len(world.genes))

    def table(names) -> pd.DataFrame:
        states = np.array([world.state(name) for name in names]) + scale
        linear = np.exp2(states + rng.normal(0, 0.15, states.shape))
        linear *= 160_000 / linear.sum(axis=1, keepdims=True)
        values = pd.DataFrame(linear.T.round(1), columns=list(names))
        values.insert(0, "Gene", world.genes["ensembl"].to_numpy())
        values.insert(1, "Gene name", world.genes.index)
        return values

    atlas = table(cells)
    for name in cells[-2:]:
        atlas.loc[np.sort(rng.choice(len(atlas), len(atlas) // 20, replace=False)), name] = np.nan
    write_table(atlas, folder / "rnaseq/hpa_cell_lines.tsv.gz")
    write_table(table(PAIRED), folder / "paired/hpa_rnaseq.tsv.gz")


def _dex(folder: Path, world: World, rng: np.random.Generator) -> None:
    """Write the three dexamethasone studies, each with the ids and columns of its real counterpart."""
    effect = world.compounds["dexamethasone"].at(1.0)

    def paired_study(cell: str, treated: np.ndarray, donor: np.ndarray) -> np.ndarray:
        donors = world.scatter(cell, 4, 0.2, rng)[donor]
        states = donors + treated[:, None] * effect + rng.normal(0, 0.1, donors.shape)
        return counts(states, _libraries(8, rng), rng).T

    treated, donor = np.arange(8) % 2, np.arange(8) // 2
    runs = [f"SRR90395{i:02d}" for i in range(8, 16)]
    airway = pd.DataFrame(paired_study("airway smooth muscle", treated, donor), columns=runs)
    airway.insert(0, "ensgene", world.genes["ensembl"].to_numpy())
    write_table(airway, folder / "dex/airway_counts.tsv.gz")
    info = pd.DataFrame({"id": runs, "dex": np.where(treated, "treated", "control")})
    info["celltype"] = [f"N{61311 + d}" for d in donor]
    write_table(
        info.assign(geo_id=[f"GSM{9275862 + i}" for i in range(8)]), folder / "dex/airway_samples.tsv"
    )

    rows = [(f"MG_{i + 1}", list(A549_GROUPS)[i % 12]) for i in range(48)]
    rows += [(f"MG_{i}", next(iter(A549_GROUPS))) for i in (49, 50, 51)]
    active = np.array([A549_GROUPS[group][0] for _, group in rows])
    states = world.scatter("A549", len(rows), 0.05, rng) + active[:, None] * effect
    salmon = counts(states, _libraries(len(rows), rng), rng) + rng.normal(0, 0.01, states.shape).round(3)
    a549 = pd.DataFrame(salmon.clip(0).T.round(3), columns=[name for name, _ in rows])
    a549.insert(0, "gene", world.genes["new_symbol"].to_numpy())
    a549 = a549[a549.iloc[:, 1:].mean(axis=1) >= 10]
    write_table(a549.sort_values("gene"), folder / "dex/a549_gr_counts.tsv.gz")
    info = pd.DataFrame(rows, columns=["sample", "condition"])
    info["dexamethasone"] = [A549_GROUPS[group][1] for _, group in rows]
    info["antagonist_or_degrader"] = [A549_GROUPS[group][2] for _, group in rows]
    write_table(info, folder / "dex/a549_gr_samples.tsv")

    treated, donor = np.repeat([1, 0], 4), np.tile(np.arange(4), 2)
    runs = [f"GSM98192{i}" for i in range(86, 94)]
    blood = pd.DataFrame(paired_study("leukocytes", treated, donor), columns=runs)
    blood.insert(0, "Gene", world.genes["new_symbol"].to_numpy())
    write_table(blood, folder / "dex/gse159094_counts.tsv.gz")
    info = pd.DataFrame({"Sample_geo_accession": runs, "Class": np.where(treated, "Dex", "Control")})
    info["Pair"] = [*"ABCDABCD"]
    write_table(info.sort_values("Class", kind="stable"), folder / "dex/gse159094_samples.tsv")


def write_rnaseq(folder: Path, world: World, settings, rng: np.random.Generator) -> dict[str, float]:
    """Write rnaseq/, dex/ and paired/hpa_rnaseq.tsv.gz; return the true age in years of each GTEx donor."""
    states, samples = _series(world, settings.samples_per_series, rng)
    library = _libraries(len(samples), rng)
    library[samples["data_processing"] == SOURCES[1]] = 2e7
    values = counts(states, library, rng)
    samples["readsaligned"] = (values.sum(axis=1, dtype=np.int64) * rng.uniform(1, 1.2, len(values))).astype(
        int
    )
    in_h5 = world.genes.index != "HDGFRP3"
    _write_archs4(folder / "rnaseq/human_matrix.h5", values[:, in_h5], samples, world.genes[in_h5])
    aliases = world.genes["new_symbol"].reset_index().rename(columns={"symbol": "l1000_symbol"})
    aliases = aliases[aliases["new_symbol"] != aliases["l1000_symbol"]].sort_values("new_symbol")
    write_table(aliases[["new_symbol", "l1000_symbol"]], folder / "rnaseq/gene_aliases.tsv")
    ages = _gtex(folder, world, settings.gtex_per_bracket, rng)
    _hpa(folder, world, settings.hpa_lines, settings.hpa_tissues, rng)
    _dex(folder, world, rng)
    return ages
