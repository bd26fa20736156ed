"""A small GTEx with planted ageing genes, and its signatures; the simulated folder's, split by tissue."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.aging.tissues import split_by_tissue
from l1000_rnaseq.data.files.gtex import read_sample_info
from small_gtex import BRACKETS, N_GENES, PLANTED, write_gct


@pytest.fixture(scope="session")
def small_info() -> pd.DataFrame:
    """Two tissues of 8, 5 and 12 donors, some with two samples of a tissue; a third without young donors."""
    rng, rows = np.random.default_rng(3), []
    ages = np.repeat(BRACKETS, (8, 5, 12))
    for number, age in enumerate(ages):
        donor, sex = f"GTEX-{number:03d}", 1 + number % 2
        for tissue, detail in (
            ("Skin", "Skin - Leg"),
            ("Skin", "Skin - Arm"),
            ("Lung", "Lung"),
            ("Eye", "Eye"),
        ):
            if (detail == "Skin - Arm" and number % 3) or (tissue == "Eye" and age == "20-29"):
                continue
            rows.append((f"{donor}-{len(rows):04d}-SM", tissue, detail, donor, sex, age, 0))
    names = ["SAMPID", "SMTS", "SMTSD", "SUBJID", "SEX", "AGE", "DTHHRDY"]
    info = pd.DataFrame(rows, columns=names).set_index("SAMPID")
    return info.iloc[rng.permutation(len(info))]


@pytest.fixture(scope="session")
def small_counts(small_info) -> pd.DataFrame:
    """Counts, samples × genes: negative binomial, shifted by tissue detail, sex and age."""
    rng = np.random.default_rng(4)
    level = rng.normal(5, 2, N_GENES)
    shifts = {name: rng.normal(0, 1.5, N_GENES) for name in small_info["SMTSD"].unique()}
    shifts["male"] = np.where(np.arange(N_GENES) % 10 == 9, 2.0, 0)
    effect = np.zeros(N_GENES)
    effect[:PLANTED], effect[PLANTED : 2 * PLANTED] = 2, -2
    values = []
    for _, row in small_info.iterrows():
        old = {"20-29": 0.0, "30-39": 0.3, "60-69": 1.0}[row["AGE"]]
        mean = np.exp2(level + shifts[row["SMTSD"]] + (row["SEX"] == 1) * shifts["male"] + old * effect)
        values.append(rng.poisson(mean * rng.gamma(10, 0.1, N_GENES) * rng.uniform(0.7, 1.5)))
    return pd.DataFrame(values, small_info.index, [f"GENE{i:03d}" for i in range(N_GENES)]).astype(np.float32)


@pytest.fixture(scope="session")
def small_tissues(small_info, small_counts, tmp_path_factory):
    """The small GTEx split by tissue."""
    folder = tmp_path_factory.mktemp("small_gtex")
    write_gct(folder / "reads.gct.gz", small_counts)
    return split_by_tissue(folder / "reads.gct.gz", small_info, folder / "tissues.h5", progress=False)


@pytest.fixture(scope="session")
def simulated_tissues(simulated_data, tmp_path_factory):
    """GTEx of the simulated folder, split by tissue."""
    path = simulated_data / "rnaseq" / "gtex_gene_reads.gct.gz"
    cache = tmp_path_factory.mktemp("simulated_gtex") / "tissues.h5"
    return split_by_tissue(path, read_sample_info(path.parent), cache, progress=False)
