"""The human gene-level file of ARCHS4 v2.x, written a block of samples at a time."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.disk import atomic, check_space
from l1000_rnaseq.data.files.hdf5 import HDF5Writer
from l1000_rnaseq.data.simulate.biology import HPA_TISSUES, L1000_LINES, World
from l1000_rnaseq.data.simulate.rnaseq import counts

SERIES, BLOCK = 24, 48  # samples of a usual series; samples in memory
LARGE = 240  # of the first series: more than the paper allows
TEXTS = """geo_accession sample series_id title source_name_ch1 characteristics_ch1 data_processing
extract_protocol_ch1 instrument_model library_selection library_source library_strategy molecule_ch1
organism_ch1 platform_id status submission_date last_update_date taxid_ch1 type""".split()


def samples(world: World, n: int, seed: int) -> pd.DataFrame:
    """Draw the samples: one in twelve is a single cell, one in ten has few reads.

    Parameters
    ----------
    world : World
    n : int
    seed : int

    Returns
    -------
    DataFrame, samples × (the fields of meta/samples, and cell, compound, depth)
        compound: "" of untreated samples; the second half of a cell line's series is treated at 10 uM.
    """
    rng, number = np.random.default_rng([seed, 1]), np.arange(n)
    is_large = n > 4 * LARGE
    series = np.where(number < LARGE, 0, 1 + (number - LARGE) // SERIES) if is_large else number // SERIES
    cells = np.array([*L1000_LINES, *HPA_TISSUES])[series * 7 % (len(L1000_LINES) + len(HPA_TISSUES))]
    compounds = np.array(list(world.compounds))[series % len(world.compounds)]
    treated = np.isin(cells, list(L1000_LINES)) & (number % 2 == 1)
    compound = np.where(treated, compounds, "")
    depth = np.exp(rng.normal(np.log(2e7), 0.5, n)) * np.where(rng.random(n) < 0.1, 0.02, 1)
    same = {
        "data_processing": "Kallisto pseudoalignment",
        "library_source": "transcriptomic",
        "library_strategy": "RNA-Seq",
        "molecule_ch1": "total RNA",
        "organism_ch1": "Homo sapiens",
        "taxid_ch1": "9606",
        "type": "SRA",
    }
    told = dict.fromkeys(TEXTS, "") | same
    told |= {
        "geo_accession": [f"GSM{8_000_000 + k}" for k in number],
        "sample": [f"GSM{8_000_000 + k}" for k in number],
        "series_id": [f"GSE{800_000 + k}" for k in series],
        "title": [f"{c} {d or 'control'} {k}" for c, d, k in zip(cells, compound, number, strict=True)],
        "source_name_ch1": cells,
        "characteristics_ch1": [
            f"cell line: {c},treatment: {d or 'none'}" for c, d in zip(cells, compound, strict=True)
        ],
        "singlecellprobability": np.where(rng.random(n) < 1 / 12, 0.9, 0.02) + rng.uniform(0, 0.1, n),
    }
    return pd.DataFrame(told | {"cell": cells, "compound": compound, "depth": depth, "series": series})


def _abundance(world: World, rows: pd.DataFrame, seed: int) -> np.ndarray:
    states = np.empty((len(rows), len(world.mean)))
    for at, row in enumerate(rows.itertuples()):
        rng = np.random.default_rng([seed, 2, row.series])
        shift = rng.normal(0, 0.25, len(world.mean))
        effect = world.compounds[row.compound].at(10.0) if row.compound else 0
        states[at] = world.state(row.cell) + shift + effect
    return states


def write_archs4(path: Path, world: World, n: int, seed: int) -> None:
    """Write a human_gene_v2 file: genes × samples, chunked; memory is that of a block of samples.

    Parameters
    ----------
    path : path
    world : World
    n : int
        Number of samples.
    seed : int
    """
    table, genes = samples(world, n, seed), world.genes
    check_space(path, len(genes) * n)  # compressed, about a byte a count
    rng = np.random.default_rng([seed, 3])
    with atomic(path) as part, HDF5Writer(part) as h5:
        layout = {"chunks": (min(2000, len(genes)), min(n, BLOCK)), "compression": 1, "shuffle": True}
        data = h5.create_dataset("data/expression", (len(genes), n), "uint32", **layout)
        reads = np.empty(n, np.int64)
        for start in range(0, n, BLOCK):
            rows = table.iloc[start : start + BLOCK]
            noise = rng.normal(0, 0.15, (len(rows), len(genes)))
            values = counts(_abundance(world, rows, seed) + noise, rows["depth"].to_numpy(), rng)
            reads[start : start + len(rows)] = values.sum(axis=1, dtype=np.int64)
            data[:, start : start + len(rows)] = values.T
        group = h5.create_group("meta/samples")
        for name in TEXTS:
            group.create_dataset(name, data=table[name].astype(object).to_numpy(), dtype=h5py.string_dtype())
        group["singlecellprobability"] = table["singlecellprobability"].to_numpy()
        group["alignedreads"] = reads
        about = {"ensembl_gene": genes["ensembl"], "symbol": pd.Series(genes.index)}
        about["biotype"] = pd.Series(np.where(genes["kind"] == "other", "lncRNA", "protein_coding"))
        for name, values in about.items():
            h5[f"meta/genes/{name}"] = values.to_numpy("S")
        told = {"version": "2.5", "species": "human", "note": "Simulated: see PLANTED_TRUTH.md."}
        for name, value in told.items():
            h5[f"meta/info/{name}"] = value
