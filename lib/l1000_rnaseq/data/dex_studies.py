"""RNA-seq studies of dexamethasone in a data folder, each with the ids and the sample table of its source."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.metadata import once, read_metadata
from l1000_rnaseq.data.gene_ids import canonical_symbols, resolve_ids

A549_CONTROL, A549_TREATED = "reference (18h DMSO, inferred)", "2h DEX > 16h DEX+DMSO"


@dataclass(frozen=True)
class DexStudy:
    """Treated and control samples of one study.

    Attributes
    ----------
    counts : DataFrame, samples × genes, linear counts; columns = L1000 or HGNC symbols
    treated : array of bool, samples
    donor : array of str, samples
        The block of a paired design; "" where samples are not paired.
    description : str
        Cells and number of samples.
    """

    counts: pd.DataFrame
    treated: np.ndarray
    donor: np.ndarray
    description: str


def load_dex_studies(folder: Path) -> dict[str, DexStudy]:
    """Load the studies that a data folder has under dex/: name → DexStudy, none where there are none."""
    folder, studies = Path(folder) / "dex", {}
    if (folder / "airway_counts.tsv.gz").is_file():
        info = _samples(folder / "airway_samples.tsv")
        counts = _counts(folder / "airway_counts.tsv.gz", info.index)
        studies["GSE52778 airway smooth muscle"] = _study(
            counts, info["dex"] == "treated", info["celltype"], "airway smooth muscle, 18 h"
        )
    if (folder / "a549_gr_counts.tsv.gz").is_file():
        info = _samples(folder / "a549_gr_samples.tsv")
        info = info[info["condition"].isin([A549_CONTROL, A549_TREATED])]
        counts = _counts(folder / "a549_gr_counts.tsv.gz", info.index)
        nobody = pd.Series("", info.index)
        studies["A549"] = _study(counts, info["condition"] == A549_TREATED, nobody, "A549, 18 h")
    if (folder / "gse159094_counts.tsv.gz").is_file():
        info = _samples(folder / "gse159094_samples.tsv")
        counts = _counts(folder / "gse159094_counts.tsv.gz", info.index)
        studies["GSE159094 leukocytes"] = _study(counts, info["Class"] == "Dex", info["Pair"], "leukocytes")
    return studies


def _samples(path: Path) -> pd.DataFrame:
    return once(read_metadata(path), path)


def _counts(path: Path, samples: pd.Index) -> pd.DataFrame:
    """Read genes × samples counts; sum the rows of one symbol."""
    table = pd.read_csv(path, sep="\t", index_col=0)
    absent = samples.difference(table.columns)
    if len(absent):
        raise ValueError(
            f"{path}: no column for {len(absent)} samples of its sample table: {', '.join(absent[:3])}."
        )
    names = table.index.astype(str)
    if names.str.startswith("ENSG").mean() > 0.5:  # the airway table has rows LRG_1, … too
        symbols = pd.Index(resolve_ids(list(names), id_type="ensembl"))
    else:
        symbols = pd.Index(canonical_symbols(names))
    return table[list(samples)].groupby(symbols.to_numpy()).sum().T


def _study(counts: pd.DataFrame, treated: pd.Series, donor: pd.Series, cells: str) -> DexStudy:
    treated = treated.to_numpy(bool)
    description = f"{cells}; {treated.sum()} treated, {(~treated).sum()} controls"
    return DexStudy(counts, treated, donor.to_numpy(str), description)
